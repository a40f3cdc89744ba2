"""The errors that a user can cause and correct.

AdventureError
    HeldError                   another process is in the way
    UnreadableError             a database file that DuckDB cannot read (warehouse/duckdb_access.py)
    ConnectionLostError         the connection to Redshift broke (redshift/session.py)
    LostRaceError               another load was faster (lake/s3_write.py)
    RefusedFileError            a source file that cannot be read without losing something
        RefusedArchiveError     a zip that is not unpacked (sources/archive.py)
            DamagedArchiveError
    FetchError                  a dataset that cannot be had from Kaggle
"""


class AdventureError(Exception):
    """A problem that the user can correct: the command line prints it without a traceback and exits 1.

    The message names the file (and line), what is wrong, and what to do about it.
    """


class HeldError(AdventureError):
    """Another process holds a file that this one needs, or has it open in a way that keeps this one out."""


class RefusedFileError(AdventureError):
    """A source file that cannot be read without losing or guessing something."""


class FetchError(AdventureError):
    """A dataset that could not be fetched from where it is published."""
