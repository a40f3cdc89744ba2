"""How to ask a warehouse, whichever engine it is: DuckDB's file in dev, Redshift in prod."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from adventure_works.settings import PROJECT

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


@contextmanager
def on_redshift(prefix: str) -> Iterator[Ask]:
    """Asks Redshift by the login that built what is asked for; `prefix` is what the schemas' names begin with.

    Raises:
        AdventureError: Redshift does not answer, with its reason.
    """
    from adventure_works.redshift.session import session

    with session() as redshift:
        yield lambda sql: redshift.ask(sql.format_map(_Schemas(f"{prefix}_")))


def dbt_options(logs: Path) -> list[str]:
    """Where dbt finds the project and leaves its log. Its console stays quiet: the commands say what matters."""
    options = {
        "--log-level": "none",
        # Otherwise the file would follow the console and stay empty.
        "--log-level-file": "debug",
        "--log-path": logs,
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
