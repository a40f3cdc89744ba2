"""The fast paths for a piece of a file that looks clean: DuckDB takes it apart, and in the fastest casts it as well.

They have no rules of their own: they give up on whatever is not exactly as expected, and the careful path decides.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from adventure_works.contract import Column
from adventure_works.read import dates
from adventure_works.read.records import Converted
from adventure_works.read.scan import Piece
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import Styles
from adventure_works.read.typed import write_typed, write_typed_at_once
from adventure_works.sql import glob, one_row, quoted

# With these bytes alone there is nothing to clean in a text, and DuckDB's cast to an integer is exact: with others it
# casts 332.6 to 333, 1e3 to 1000, 1_0 to 10 and 0x1A to 26.
SAFE_BYTES = b"0123456789ACDFGHIJKLMNOPQRSTUVWYZ/-,:\r\n"
# All but control characters and question marks.
QUIET_BYTES = bytes({*range(32, 256), *b"\r\n"} - {*b"?\x7f"})

BLOCK = 1 << 15
_NOT_LATIN = bytes(range(0x80, 0xA0))


def read_fastest(
    connection: duckdb.DuckDBPyConnection, text: Path, file: SourceFile, how: Styles, piece: Piece, part: Path
) -> int | None:
    """Writes the rows of a piece to the new Parquet file `part` when the piece is as clean as it looks.

    `text` is a file that is written over, to hand the piece to DuckDB.

    Returns:
        The number of rows; None, and nothing written, when the piece is for the careful path.
    """
    formats = {how.strptime_format(name) for name in file.date_columns}
    columns = file.columns
    if (
        not file.scan.is_plain
        or len(columns) != len(file.positions)
        or any(column.kind not in ("integer", "date", "varchar") for column in columns)
        or len(formats) > 1
        or None in formats
        or piece.data.translate(None, SAFE_BYTES)
    ):
        return None
    _write_over(text, [piece.data])
    try:
        (rows,) = one_row(
            connection,
            f"""
            copy (
                select
                    {", ".join(_expression(column, file) for column in file.table.file_columns)},
                    {quoted(file.name)}::varchar as source_file,
                    row_number() over () + {piece.records_before} as record_number
                from {_read_csv(text, {c.name: c.kind for c in columns}, *formats)}
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


def read_texts(
    connection: duckdb.DuckDBPyConnection, text: Path, file: SourceFile, how: Styles, piece: Piece, part: Path
) -> Converted | None:
    """The same for a piece with quotes, amounts or another encoding: DuckDB takes it apart, and each text is looked at.

    Raises:
        RefusedFileError: dates or amounts that contradict those seen before.
    """
    _write_over(text, [piece.data] if file.scan.codec == "utf-8" else _in_utf8(piece.data))
    names = [column.name if column else f"unknown_{number}" for number, column in enumerate(file.positions)]
    known = ", ".join(column.name for column in file.columns)
    records = (
        f"select row_number() over () + {piece.records_before} as record_number, {known} "
        f"from {_read_csv(text, dict.fromkeys(names, 'varchar'))}"
    )
    try:
        is_quiet = not (file.scan.has_inner_lines or b'""' in piece.data or piece.data.translate(None, QUIET_BYTES))
        if write_typed_at_once(connection, file, how, records, part, is_quiet=is_quiet) == piece.records:
            return Converted(loaded=piece.records)
    except duckdb.Error:
        part.unlink(missing_ok=True)
    try:
        connection.execute(f"create or replace temp table records as {records}")
    except duckdb.Error:
        return None
    if one_row(connection, "select count(*) from records")[0] != piece.records:
        return None
    typed = write_typed(connection, file, how, part)
    if typed.faults:
        part.unlink()
        return None
    return Converted(loaded=typed.loaded, notes=typed.notes, damaged=typed.damaged)


def _write_over(path: Path, blocks: Iterable[bytes]) -> None:
    """Writes a file in the place of the one before, several times as fast as making a new one."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.writelines(blocks)
        file.truncate()


def _in_utf8(data: bytes) -> Iterator[bytes]:
    """Windows-1252 in UTF-8, in blocks that stay in the processor's cache."""
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        # Latin-1 is decoded ten times as fast, and is the same but for these bytes.
        is_latin = len(block.translate(None, _NOT_LATIN)) == len(block)
        yield block if block.isascii() else block.decode("latin-1" if is_latin else "cp1252").encode()


def _expression(column: Column, file: SourceFile) -> str:
    """SQL for a column of the table that DuckDB has read in its type already."""
    if column not in file.columns:
        return f"null::{column.data_type} as {column.name}"
    if column.kind == "varchar":
        # Of the safe bytes nothing is to be cleaned; what is left are words such as NULL, and the length.
        words = ", ".join(map(quoted, file.table.missing_words))
        is_text = f"strlen({column.name}) <= {column.sizes[0]} and {column.name} not in ({words})"
        return f"case when {is_text} then {column.name} else error('odd') end as {column.name}"
    return column.name


def _is_allowed(column: Column, nulls: int | None, least: str | None, most: str | None) -> bool:
    """Whether the contract allows what Parquet's own statistics say of a column."""
    if column.needs_value and nulls != 0:
        return False
    if column.kind == "date" and least is not None and most is not None:
        return (column.earliest or str(dates.EARLIEST)) <= least and most <= str(dates.LATEST)
    return column.minimum is None or least is None or int(least) >= column.minimum


def _read_csv(path: Path, columns: dict[str, str], date_format: str | None = None) -> str:
    """SQL that reads a file without header: every option set, nothing sniffed, nothing forgiven."""
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    dateformat = f"dateformat = '{date_format}', " if date_format else ""
    return (
        f"read_csv({glob(path)}, columns = {{{types}}}, header = false, auto_detect = false, {dateformat}"
        "delim = ',', quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false)"
    )
