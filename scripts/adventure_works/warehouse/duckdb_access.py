"""Opening a DuckDB file, which one process at a time may do for writing, and nobody else meanwhile; asking it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from adventure_works.disk import NO_ROOM, has_no_room
from adventure_works.errors import AdventureError, HeldError
from adventure_works.settings import shown
from adventure_works.sql import glob, one_row, quoted
from adventure_works.warehouse.base import Ask, rows, with_schemas

# What a new file can be read by: every DuckDB from this version on (docs/connect.md). profiles.yml has it too.
STORAGE = "v1.2.0"

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
    if read_only and not path.exists():
        raise AdventureError(f"{shown(path)}: is gone; somebody has removed it meanwhile. Run again.")
    until = time.monotonic() + patience
    # Only for a new file; a file that exists keeps its version.
    config: dict[str, Any] = {} if read_only else {"storage_compatibility_version": STORAGE}
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            break
        except duckdb.Error as error:
            holder = HOLDER.search(str(error))
            if not holder:
                raise UnreadableError(
                    f"{shown(path)}: cannot be opened. Go back to the previous one (adventure publish --rollback), or "
                    "move the file away and run again: the lake has all that is needed to build it, the history of "
                    f"prices and customers too.\n{error}"
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
        why = NO_ROOM if has_no_room(str(error)) else "DuckDB could not go on."
        raise AdventureError(f"{shown(path)}: {why}\n{error}") from error
    finally:
        connection.close()


def has_storage(path: Path) -> bool:
    """Whether a file can be read by every DuckDB from `STORAGE` on, and by no fewer than that."""
    with connected(path, read_only=True) as connection:
        databases = "from duckdb_databases() where database_name = current_database()"
        (found,) = one_row(connection, f"select tags['storage_version'] {databases}")
    return str(found) == f"{STORAGE}+"


def rewrite(source: Path, target: Path) -> None:
    """Copies every table and view of a file into a new one, which has `STORAGE`."""
    with connected(target, read_only=False) as connection:
        (name,) = one_row(connection, "select current_database()")
        connection.execute(f"attach {quoted(source)} as rewritten (read_only)")
        connection.execute(f'copy from database rewritten to "{name}"')


@contextmanager
def asking(database: Path) -> Iterator[Ask]:
    """Asks a DuckDB file, where schemas have plain names."""
    with connected(database, read_only=True) as connection:
        yield asker(connection)


def asker(connection: duckdb.DuckDBPyConnection) -> Ask:
    """Asks what a connection has open."""
    return lambda sql: rows(connection.execute(with_schemas(sql)))


@contextmanager
def asking_history(lake: Path, warehouse: str) -> Iterator[Ask]:
    """Asks `{runs}.run_results` and `{raw}.load_log` of a lake, which are empty where nothing was recorded.

    Of the runs, those of the warehouse with that name: several may be built from one lake.

    Raises:
        AdventureError: a file of them cannot be read.
    """
    with duckdb.connect() as connection:
        try:
            for name, folder, pattern, empty, condition in (
                ("runs.run_results", lake / "runs", "run-*.parquet", _NO_RESULTS, f"warehouse = {quoted(warehouse)}"),
                ("raw.load_log", lake / "raw" / "load_log", "*.parquet", _NO_LOADS, "true"),
            ):
                # Files of earlier versions may lack a column.
                files = f"union all by name from read_parquet({glob(folder, pattern)}, union_by_name = true)"
                found = f"{empty} {files if any(folder.glob(pattern)) else ''}"
                connection.execute(f"create schema {name.partition('.')[0]}")
                connection.execute(f"create view {name} as select * from ({found}) where {condition}")
        except duckdb.Error as error:
            raise AdventureError(
                f"{shown(lake)}: what was recorded of past runs cannot be read. Move away the file that is named here, "
                f"and ask again.\n{error}"
            ) from error
        yield asker(connection)


_NO_RESULTS = """
    select
        null::varchar as invocation_id, null::varchar as command, null::varchar as target, null::boolean as is_whole,
        null::varchar as load_id, null::timestamp as started_at, null::timestamp as node_finished_at,
        null::varchar as unique_id, null::varchar as node_name, null::varchar as resource_type,
        null::varchar as test_kind, null::varchar as status, null::bigint as failures,
        null::varchar as failures_table, null::varchar as message, null::numeric(18, 6) as execution_seconds,
        null::varchar as warehouse
    where false
    """
_NO_LOADS = "select null::varchar as load_id, null::timestamp as loaded_at where false"
