"""SQL for DuckDB: texts and paths as it takes them, and answers of one row."""

import re
from pathlib import Path
from typing import Any

import duckdb


def quoted(text: str | Path) -> str:
    """The text as a SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def glob(place: Path, pattern: str = "") -> str:
    """A path as a SQL string for a function that reads files and so takes `[`, `*` and `?` for a pattern.

    In `place` they are ordinary characters; `pattern` is for the files below it.
    """
    literal = re.sub(r"[*?[]", r"[\g<0>]", str(place))
    return quoted(f"{literal}/{pattern}" if pattern else literal)


def location(files: str, options: str = "") -> str:
    """Files, as `glob` gives them, as the `external_location` of a dbt source, in which braces are for names."""
    braced = files.replace("{", "{{").replace("}", "}}")
    return f"read_parquet({braced}{options})"


def one_row(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> tuple[Any, ...]:
    """The only row of a query that always has one, such as an aggregate or the count of a COPY."""
    (row,) = connection.execute(sql, parameters).fetchall()
    return row
