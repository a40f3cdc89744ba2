"""Who may open a database file, and when: one run at a time, and never beside somebody who writes."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from adventure_works import disk
from adventure_works.errors import AdventureError, HeldError
from adventure_works.settings import shown

HOLDER = re.compile(r"Conflicting lock is held in (.+?)\. ")


class UnreadableError(AdventureError):
    """A database file that this DuckDB cannot read."""


@contextmanager
def one_at_a_time(database: Path, announce: Callable[[str], None], *, patient: bool = True) -> Iterator[None]:
    """Holds a warehouse for one run at a time; another one waits and says so, or is refused when it is not patient.

    Raises:
        HeldError: another run is at work and this one is not to wait.
        AdventureError: the folder cannot be written, or the database is a link.
    """
    if database.is_symlink():
        raise AdventureError(
            f"{shown(database)}: is a link, which publishing would replace by a file. Set ADVENTURE_DATABASE to the "
            "file that it leads to."
        )
    lock = database.parent / f".{database.name}.lock"
    with disk.locked(lock, "run", database, "ADVENTURE_DATABASE", announce, patient=patient):
        yield


@contextmanager
def opened(
    path: Path, *, read_only: bool, patience: float = 0, announce: Callable[[str], None] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database file; while it is open, no other process can open the file for writing.

    Args:
        path: an existing file, or one to make when not `read_only`.
        read_only: whether others may read at the same time.
        patience: seconds to wait for a process that is in the way.
        announce: told once when there is one.

    Raises:
        HeldError: another process was still in the way at the end.
        UnreadableError: the file is no database that this DuckDB can read.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only)
            break
        except duckdb.Error as error:
            holder = HOLDER.search(str(error))
            if not holder:
                raise UnreadableError(
                    f"{shown(path)}: cannot be opened. Go back to the previous one (adventure publish --rollback), or "
                    f"move the file away and run again.\n{error}"
                ) from error
            if time.monotonic() >= until:
                raise HeldError(f"{shown(path)} is open in another process: {holder[1]}. Close it there.") from error
            if announce:
                announce(f"{shown(path)} is open in another process: {holder[1]}; waiting up to {patience:.0f} s.")
                announce = None
            time.sleep(0.2)
    try:
        yield connection
    except duckdb.Error as error:
        raise AdventureError(f"{shown(path)}: DuckDB could not go on.\n{error}") from error
    finally:
        connection.close()
