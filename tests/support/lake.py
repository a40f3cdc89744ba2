"""What a lake in a folder holds."""

from pathlib import Path

import duckdb


def rows(lake: Path, table: str, what: str = "*", where: str = "true") -> list[tuple]:
    """The rows of a raw table, in a fixed order."""
    files = f"read_parquet('{lake}/raw/{table}/**/*.parquet')"
    return duckdb.sql(f"select {what} from {files} where {where} order by all").fetchall()
