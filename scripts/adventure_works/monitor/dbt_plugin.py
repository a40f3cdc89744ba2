"""A plugin of dbt-duckdb (profiles.yml names it): attaches what is published, and gives SQL the function `record_run`.

`record_run` keeps a run's results. It is a function of SQL, because a hook of dbt cannot catch an error: a lake that
cannot be written must not fail a build.
"""

import atexit
import json
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from adventure_works.disk import keep_to_owner, replaced
from adventure_works.sql import quoted

# The commands of dbt that write into a warehouse; `retry` goes on as the command that it repeats.
WRITING = ("build", "run", "seed", "snapshot", "test", "clone", "run-operation")


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a plugin's module."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keeps the path of what is published, `published`; what dbt writes has customers in it."""
        keep_to_owner()
        self.published = Path(plugin_config["published"])

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Refuses a plain dbt command that would write into what is published, and to read it before anything is."""
        if config.get("access_mode") != "read_only":
            if not Path(creds.path).parent.exists():
                raise DbtRuntimeError(
                    f"{creds.path}: there is no such folder. Make it, or set ADVENTURE_DEV_DATABASE to another file."
                )
            return
        if get_flags().WHICH in WRITING:  # type: ignore[no-untyped-call]
            raise DbtRuntimeError(
                f"{creds.path} is what people read, and only `adventure run`, which audits it first, writes into it. "
                "Build in your own file: leave out --target published (and ADVENTURE_TARGET=published). There, "
                "`--defer --state warehouse/state` reads from what is published what you have not built."
            )
        if not Path(creds.path).exists():
            raise DbtRuntimeError(f"{creds.path}: nothing is published here yet. Build and publish it: adventure run")

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Registers the function; attaches what is published, if there is anything and dbt does not build that."""
        if self.published.exists() and self.creds and Path(self.creds.path) != self.published:
            # The name that DuckDB gives it when it is opened by itself: its views and dbt's manifest have that name.
            name = self.creds.path_derived_database_name(self.published)
            if name == self.creds.database:
                raise DbtRuntimeError(
                    f"{self.creds.path}: has the name of what is published, {self.published}, so that dbt could not "
                    "tell the two apart. Give it another one: ADVENTURE_DEV_DATABASE."
                )
            conn.execute(f'attach {quoted(self.published)} as "{name}" (read_only)')
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
