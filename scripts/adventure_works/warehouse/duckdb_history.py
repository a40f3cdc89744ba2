"""The recorded results of runs and the log of loads, which a lake on this machine keeps beside its tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sql import glob
from adventure_works.warehouse.base import Ask, rows, with_schemas


@contextmanager
def asking_history(lake: Path) -> Iterator[Ask]:
    """Asks `{runs}.run_results` and `{raw}.load_log`, which are empty where nothing was recorded.

    Raises:
        AdventureError: a file of them cannot be read.
    """
    kept = {
        "runs.run_results": (lake / "runs", "run-*.parquet", _NO_RESULTS),
        "raw.load_log": (lake / "raw" / "load_log", "*.parquet", _NO_LOADS),
    }
    with duckdb.connect() as connection:
        try:
            for name, (folder, pattern, empty) in kept.items():
                files = f"select * from read_parquet({glob(folder, pattern)}, union_by_name = true)"
                connection.execute(f"create schema {name.partition('.')[0]}")
                connection.execute(f"create view {name} as {files if any(folder.glob(pattern)) else empty}")
        except duckdb.Error as error:
            raise AdventureError(
                f"{shown(lake)}: what was recorded of past runs cannot be read. Move away the file that is named here, "
                f"and ask again.\n{error}"
            ) from error
        yield lambda sql: rows(connection.execute(with_schemas(sql)))


_NO_RESULTS = """
    select
        null::varchar as invocation_id, null::varchar as command, null::varchar as target, null::boolean as is_whole,
        null::varchar as load_id, null::timestamp as started_at, null::timestamp as node_finished_at,
        null::varchar as unique_id, null::varchar as node_name, null::varchar as resource_type,
        null::varchar as test_kind, null::varchar as status, null::bigint as failures,
        null::varchar as failures_table, null::varchar as message, null::numeric(18, 6) as execution_seconds
    where false
    """
_NO_LOADS = "select null::varchar as load_id, null::timestamp as loaded_at where false"
