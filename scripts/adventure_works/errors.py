"""The errors that a user can cause and correct; those of a single module are defined there, on these."""


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
