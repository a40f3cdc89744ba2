"""Opening a DuckDB file, which one process at a time may do for writing, and nobody else meanwhile."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from adventure_works.errors import AdventureError, HeldError
from adventure_works.settings import shown
from adventure_works.warehouse.base import Ask, rows, with_schemas

HOLDER = re.compile(r"Conflicting lock is held in (.+?)\. ")


class UnreadableError(AdventureError):
    """A database file that this DuckDB cannot read."""


@contextmanager
def connected(
    path: Path, *, read_only: bool, patience: float = 0, announce: Callable[[str], None] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database file; while it is open, no other process can open the file for writing.

    A process that is in the way is announced, and waited for as many seconds as `patience` says.

    Raises:
        HeldError: another process was still in the way at the end.
        UnreadableError: this DuckDB cannot read the file.
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


@contextmanager
def asking(database: Path) -> Iterator[Ask]:
    """Asks a DuckDB file, where schemas have plain names."""
    with connected(database, read_only=True) as connection:
        yield lambda sql: rows(connection.execute(with_schemas(sql)))
