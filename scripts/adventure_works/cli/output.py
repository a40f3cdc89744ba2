"""How the commands print: progress on stderr where someone is watching, results on stdout.

Nothing is read as markup, since names of files may hold [brackets]: what is styled is a `Text` or has a `style`.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adventure_works.errors import readable

SECONDS_BETWEEN_LINES = 10
# Wide enough for the tables where nobody says how wide a line is: a file, a pipe, a CI log.
WIDTH = None if sys.stdout.isatty() else 140


class _Console(Console):
    """Goes on when its reader has read enough, as `head` does: a run is to end, and a check to give its exit code."""

    def on_broken_pipe(self) -> None:
        """Prints no more."""
        with suppress(SystemExit):
            super().on_broken_pipe()


out = _Console(highlight=False, markup=False, emoji=False, width=WIDTH)
err = _Console(highlight=False, markup=False, emoji=False, width=WIDTH, stderr=True)


def announce(message: str) -> None:
    """Prints a sentence that the user should see while the work goes on, above a progress bar."""
    err.print(readable(message))


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that is gone when the work is done; in a log, a line every ten seconds.

    Gives the function that moves it: what is under way, how much is done, and of how much.
    """
    if not err.is_terminal:
        yield lines(time.monotonic)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Starting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def lines(clock: Callable[[], float]) -> Callable[[str, int, int], None]:
    """Prints how far the work is, at most every ten seconds of the clock: work that is quicker prints nothing."""
    printed_at = clock()

    def show(what: str, done: int, total: int) -> None:
        nonlocal printed_at
        if clock() - printed_at >= SECONDS_BETWEEN_LINES:
            printed_at = clock()
            err.print(f"{what} ({done:,} of {total:,})", soft_wrap=True)

    return show


def table(*headings: str, numbers: tuple[str, ...] = (), title: str | None = None) -> Table:
    """A table without lines: columns of text, then columns of numbers."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in (*headings, *numbers):
        made.add_column(heading, justify="right" if heading in numbers else "left")
    return made
