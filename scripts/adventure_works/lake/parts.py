"""Parquet as Redshift's COPY, Athena and Spectrum take it: snappy, columns in contract order, in parts of one size."""

from pathlib import Path

import duckdb

from adventure_works.contract import Column, Table
from adventure_works.errors import AdventureError
from adventure_works.sql import glob, one_row, quoted

PART_BYTES = 128 << 20
MEMORY = "512MB"
# What a type of the contract is in Parquet: the physical type, and what it is converted to. Signed, at most 64 bits,
# and no others: all three readers take these.
PARQUET_TYPES = {
    "date": ("INT32", "DATE"),
    "integer": ("INT32", "INT_32"),
    "bigint": ("INT64", "INT_64"),
    "numeric": ("INT64", "DECIMAL"),
    "varchar": ("BYTE_ARRAY", "UTF8"),
    "timestamp": ("INT64", "TIMESTAMP_MICROS"),
}


def write_parts(
    pieces: list[Path], table: Table, into: Path, *, part_bytes: int, slices: int
) -> list[tuple[Path, int]]:
    """Writes the rows of the pieces, in their order, as `0000.parquet` and so on into the new folder `into`.

    Rows that fit into `part_bytes` make one part; else the number of parts is the least multiple of `slices` that
    keeps each within `part_bytes`, before compression, so that every slice of Redshift has equally much to read.
    Whatever their number, memory stays within `MEMORY`.

    Returns:
        The parts, each with its number of rows.

    Raises:
        AdventureError: a part has not come out in the types of the contract.
    """
    into.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set temp_directory = {quoted(into / '.tmp')}")
        connection.execute("set enable_progress_bar = false")
        files = f"[{', '.join(map(glob, pieces))}]"
        columns = ", ".join(f"{c.name}::{c.data_type} as {c.name}" for c in table.columns)
        (size,) = one_row(
            connection, f"select coalesce(sum(total_uncompressed_size), 0) from parquet_metadata({files})"
        )
        count, last = 1, 0
        if size > part_bytes:
            count = -(-int(size) // (part_bytes * slices)) * slices
            (last,) = one_row(connection, f"select coalesce(max(record_number), 0) from read_parquet({files})")
        parts = []
        for number in range(count):
            first, end = last * number // count, last * (number + 1) // count
            where = f"where record_number > {first} and record_number <= {end}" if count > 1 else ""
            part = into / f"{number:04}.parquet"
            (rows,) = one_row(
                connection,
                f"copy (select {columns} from read_parquet({files}) {where}) to {quoted(part)} "
                "(format parquet, compression snappy, parquet_version v1)",
            )
            _check_types(connection, part, table)
            parts.append((part, rows))
    return parts


def _check_types(connection: duckdb.DuckDBPyConnection, part: Path, table: Table) -> None:
    # The first line is the schema itself.
    found = connection.execute(
        f"select name, type, converted_type, precision, scale from parquet_schema({glob(part)}) offset 1"
    ).fetchall()
    expected = [
        (column.name, *parquet_type(column), *(column.sizes if column.kind == "numeric" else (None, None)))
        for column in table.columns
    ]
    if found != expected:
        found_here, wanted_here = next(pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1])
        raise AdventureError(
            f"{table.name}: DuckDB has written the column {found_here} where the contract asks for {wanted_here}. Use "
            "the versions of requirements.txt; the lake is as it was."
        )


def parquet_type(column: Column) -> tuple[str, str]:
    """Physical and converted type of a column in Parquet.

    Raises:
        AdventureError: the contract gives it a type that is not on the list.
    """
    if column.kind not in PARQUET_TYPES:
        raise AdventureError(
            f"{column.name}: a {column.data_type} has no counterpart in Parquet that Redshift, Athena and Spectrum all "
            f"read. Give it one of these in the contract: {', '.join(PARQUET_TYPES)}."
        )
    return PARQUET_TYPES[column.kind]
