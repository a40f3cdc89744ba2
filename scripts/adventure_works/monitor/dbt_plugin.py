"""A plugin of dbt-duckdb (profiles.yml names it): gives SQL the function `record_run`, which keeps a run's results.

A function of SQL, because a hook of dbt cannot catch an error: a lake that cannot be written must not fail a build.
"""

import atexit
import json
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from adventure_works.disk import replaced


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a plugin's module."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Registers the function."""
        conn.create_function("record_run", record_run, ["VARCHAR"] * 4, "VARCHAR", side_effects=True)
        # A process that ends with the connection open, such as sqlfluff, would complain of the function on stderr.
        atexit.register(conn.close)


def record_run(folder: str, name: str, columns: str, rows: str) -> str:
    """Writes `run-<name>.parquet` in one step into a folder, made when missing; returns what went wrong, if anything.

    `columns` is a JSON list of (name, SQL type), `rows` a JSON list of lists of values in that order.
    """
    values = ", ".join(
        f'cast(fields[{number}] as {kind}) as "{column}"'
        for number, (column, kind) in enumerate(json.loads(columns), 1)
    )
    try:
        with replaced(Path(folder) / f"run-{name}.parquet") as new, duckdb.connect() as connection:
            connection.execute("create table texts as select unnest(from_json(?, '[[\"VARCHAR\"]]')) as fields", [rows])
            connection.sql(f"select {values} from texts").write_parquet(str(new), compression="zstd")
    except (OSError, duckdb.Error) as error:
        return str(error)
    return ""
