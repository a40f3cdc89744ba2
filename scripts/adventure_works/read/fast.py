"""The fast path for a piece of a file that looks clean: DuckDB reads it by itself.

It has no rules of its own: it gives up on whatever is not exactly as expected, and the careful path decides.
"""

from pathlib import Path

import duckdb

from adventure_works.contract import Column
from adventure_works.read import dates
from adventure_works.read.date_order import DateOrders
from adventure_works.read.scan import Piece
from adventure_works.read.source_file import SourceFile
from adventure_works.sql import glob, one_row, quoted

# DuckDB casts 332.6 to 333, 1e3 to 1000, 1_0 to 10 and 0x1A to 26. Without one of these bytes in the piece its cast
# to an integer is exact.
LOOSE_INTEGER_BYTES = (b".", b"e", b"E", b"_", b"x", b"X", b"b", b"B")


def read_fast(
    connection: duckdb.DuckDBPyConnection, text: Path, file: SourceFile, order: DateOrders, piece: Piece, part: Path
) -> int | None:
    """Writes the rows of a piece to the new Parquet file `part` when the piece is as clean as it looks.

    `text` is a file that is written over, to hand the piece to DuckDB.

    Returns:
        The number of rows; None, and nothing written, when the piece is for the careful path.
    """
    formats = {dates.strptime_format(order.orders[name], order.evidence[name].separators) for name in file.date_columns}
    columns = file.columns
    if (
        not file.scan.is_plain
        or len(columns) != len(file.positions)
        or any(column.kind not in ("integer", "date", "varchar") for column in columns)
        or len(formats) > 1
        or None in formats
        or any(byte in piece.data for byte in LOOSE_INTEGER_BYTES)
    ):
        return None
    _write_over(text, piece.data)
    try:
        (rows,) = one_row(
            connection,
            f"""
            copy (
                select
                    {", ".join(_expression(column, columns) for column in file.table.file_columns)},
                    {quoted(file.name)}::varchar as source_file,
                    row_number() over () + {piece.records_before} as record_number
                from {_read_csv(text, columns, *formats)}
            ) to {quoted(part)} (format parquet, compression zstd)
            """,
        )
        statistics = connection.execute(
            f"""
            select path_in_schema, sum(stats_null_count), min(stats_min_value), max(stats_max_value)
            from parquet_metadata({glob(part)}) group by path_in_schema
            """
        ).fetchall()
    except duckdb.Error:
        part.unlink(missing_ok=True)
        return None
    if rows != piece.records or not all(_is_allowed(file.table.column(name), *found) for name, *found in statistics):
        part.unlink()
        return None
    return int(rows)


def _write_over(path: Path, data: bytes) -> None:
    """Writes a file in the place of the one before, several times as fast as making a new one."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(data)
        file.truncate()


def _expression(column: Column, known: list[Column]) -> str:
    """SQL for a column of the table that DuckDB has read in its type already."""
    if column not in known:
        return f"null::{column.data_type} as {column.name}"
    if column.kind == "varchar":
        fits = f"strlen({column.name}) <= {column.sizes[0]}"
        return f"case when {fits} then {column.name} else error('long or empty') end as {column.name}"
    return column.name


def _is_allowed(column: Column, nulls: int | None, least: str | None, most: str | None) -> bool:
    """Whether the contract allows what Parquet's own statistics say of a column."""
    if column.needs_value and nulls != 0:
        return False
    if column.kind == "date" and least is not None and most is not None:
        return str(dates.EARLIEST) <= least and most < str(dates.LATEST)
    return True


def _read_csv(path: Path, columns: list[Column], date_format: str | None = None) -> str:
    """SQL that reads a file without header: every option set, nothing sniffed, nothing forgiven."""
    types = ", ".join(f"'{column.name}': '{column.kind}'" for column in columns)
    dateformat = f"dateformat = '{date_format}', " if date_format else ""
    return (
        f"read_csv({glob(path)}, columns = {{{types}}}, header = false, auto_detect = false, {dateformat}"
        "delim = ',', quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false)"
    )
