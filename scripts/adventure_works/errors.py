"""The errors that a user can cause and correct; those of a single module are defined there, on these."""

import re

# What a terminal would obey, or a message in an alert could not show: names and values in files can have it.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def readable(text: str) -> str:
    """The text with a mark in the place of each control character but tab and line feed."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class AdventureError(Exception):
    """A problem that the user can correct: the command line prints it without a traceback and exits 1.

    The message names the file (and line), what is wrong, and what to do about it; it has no control characters.
    """

    def __str__(self) -> str:
        """The message as it is shown and sent."""
        return readable(super().__str__())


class HeldError(AdventureError):
    """Another process holds a file that this one needs, or has it open in a way that keeps this one out."""


class RefusedFileError(AdventureError):
    """A source file that cannot be read without losing or guessing something."""


class FetchError(AdventureError):
    """A dataset that could not be fetched from where it is published."""
