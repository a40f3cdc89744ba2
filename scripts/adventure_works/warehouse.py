"""How to ask a warehouse, whichever engine it is: DuckDB's file in dev, Redshift in prod."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from adventure_works import places
from adventure_works.errors import AdventureError
from adventure_works.places import PROJECT

Ask = Callable[[str], list[dict[str, Any]]]
"""Gives a query's rows, by column name: exact numbers are integers or Decimal, days are dates. In the query `{core}`,
`{operations}` and so on stand for the names of the schemas."""


def in_file(database: Path) -> Ask:
    """Asks a DuckDB file, where schemas have plain names."""

    def ask(sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            found = connection.execute(sql.format_map(_Schemas("")))
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return ask


def on_redshift(sql: str) -> list[dict[str, Any]]:
    """Asks Redshift over dbt's own connection, so that the login is the one that built what is asked for.

    Raises:
        AdventureError: Redshift does not answer, with dbt's reason.
    """
    from dbt.cli.main import dbtRunner

    schema = os.environ.get("REDSHIFT_SCHEMA") or "adventure_works"
    query = sql.format_map(_Schemas(f"{schema}_"))
    arguments = ["show", "--inline", query, "--limit", "-1", "--target", "prod", "--quiet", *dbt_options()]
    done = dbtRunner().invoke(arguments)
    if done.exception or not done.success:
        results = getattr(done.result, "results", None) or ()
        reason = str(done.exception or next((result.message for result in results), "dbt said nothing of why")).strip()
        raise AdventureError(
            f"Redshift could not be asked for the figures: {reason}\nMore in {places.shown(places.logs() / 'dbt.log')}"
        )
    return [dict(row) for row in done.result.results[0].agate_table.rows]


def dbt_options() -> list[str]:
    """Where dbt finds the project and leaves its log. Its console stays quiet: the commands say what matters."""
    options = {
        "--log-level": "none",
        # Otherwise the file would follow the console and stay empty.
        "--log-level-file": "debug",
        "--log-path": places.logs(),
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
    }
    return ["--no-version-check", *(str(part) for option in options.items() for part in option)]


class _Schemas(dict):
    """Gives every schema its name behind the target's prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __missing__(self, name: str) -> str:
        return self._prefix + name
