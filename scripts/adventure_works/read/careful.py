"""The careful path: Python takes the records of a piece apart, DuckDB casts the values by rule.

What cannot be read is kept with its line and reason. This is several times slower than DuckDB's own reader.
"""

from pathlib import Path

import duckdb
import numpy as np

from adventure_works.contract import Column
from adventure_works.errors import RefusedFileError
from adventure_works.read import dates
from adventure_works.read.date_order import DateOrders, refuse_contradiction
from adventure_works.read.records import Converted, Record, Reject, records
from adventure_works.read.scan import Piece
from adventure_works.read.source_file import SourceFile
from adventure_works.sql import one_row, quoted

BATCH = 20_000


def read_carefully(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, order: DateOrders, piece: Piece, part: Path
) -> Converted:
    """Writes the rows of a piece to the new Parquet file `part`; `connection` is to a database in memory.

    Raises:
        RefusedFileError: dates that contradict those seen before, or a misplaced quote.
    """
    known = file.columns
    connection.execute(
        f"create or replace temp table records (record_number bigint, {', '.join(f'{c.name} varchar' for c in known)})"
    )
    result, date_texts = _take_apart(connection, file, piece)
    for name, values in date_texts.items():
        order.evidence[name].add(values)
        refuse_contradiction(file, name, order.evidence[name])
    for name, values in date_texts.items():
        parsed = [(value, dates.parse(value, order.orders[name])) for value in values]
        connection.execute(f"create or replace temp table read_{name} (written varchar, day date)")
        connection.execute(
            f"insert into read_{name} select unnest($1), unnest($2)",
            [[value for value, _ in parsed], [day for _, day in parsed]],
        )
    connection.execute(
        f"""
        create or replace temp table typed as
        select
            {", ".join(f"{_value(column, known)} as {column.name}" for column in file.table.file_columns)},
            {quoted(file.name)}::varchar as source_file,
            record_number::bigint as record_number,
            {_first_bad_column(known)} as bad_column
        from records
        {" ".join(f"left join read_{name} on read_{name}.written = records.{name}" for name in date_texts)}
        order by 2 + {len(file.table.file_columns)}
        """
    )
    bad = connection.execute(
        "select record_number, bad_column from typed where bad_column is not null order by record_number"
    ).fetchall()
    if bad:
        result.rejects += _value_rejects(file, order, piece, dict(bad))
        result.rejects.sort(key=lambda reject: reject.record_number)
    (result.loaded,) = one_row(
        connection,
        f"""
        copy (select * exclude (bad_column) from typed where bad_column is null order by record_number)
        to {quoted(part)} (format parquet, compression zstd)
        """,
    )
    return result


def _take_apart(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, piece: Piece
) -> tuple[Converted, dict[str, set[str]]]:
    """Fills the table `records` with the records of the right shape; the others are counted in the result.

    Returns the result so far and the distinct texts of each date column.
    """
    result = Converted()
    positions, date_columns = file.positions, file.date_columns
    date_texts: dict[str, set[str]] = {name: set() for name in date_columns}
    batch: list[list[str | int]] = []
    for record in records(file.scan, piece):
        fault = record.fault or _shape_fault(file, record)
        if not record.fault and not any(value.strip() for value in record.values):
            result.blank += 1
        elif fault:
            result.rejects.append(record.rejected(None, fault))
        else:
            batch.append(
                [record.number, *(value for value, column in zip(record.values, positions, strict=False) if column)]
            )
            for name, position in date_columns.items():
                date_texts[name].add(record.values[position])
        if len(batch) == BATCH:
            _insert(connection, batch)
            batch = []
    if batch:
        _insert(connection, batch)
    return result, date_texts


def _insert(connection: duckdb.DuckDBPyConnection, batch: list[list[str | int]]) -> None:
    """Hands records over as columns: going through CSV again would read what has just been read."""
    columns = {f"c{index}": np.array(values, dtype=object) for index, values in enumerate(zip(*batch, strict=True))}
    connection.register("batch", columns)
    connection.execute("insert into records select * from batch")
    connection.unregister("batch")


def _value(column: Column, known: list[Column]) -> str:
    """SQL for the column's value, null where the text is not one."""
    if column not in known:
        return f"null::{column.data_type}"
    name = f"records.{column.name}"
    if column.kind == "date":
        return f"read_{column.name}.day"
    if column.kind == "integer":
        number = f"trim({name})"
        return f"case when regexp_full_match({number}, '[+-]?[0-9]+') then try_cast({number} as integer) end"
    if column.kind == "numeric":
        # A comma is a thousands separator only where one can be: 33,6442 is not an amount.
        amount = f"replace(replace(trim({name}), '$', ''), ' ', '')"
        return (
            f"case when regexp_full_match({amount}, '[+-]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)([.][0-9]{{1,4}}0*)?') "
            f"then try_cast(replace({amount}, ',', '') as decimal(18, 4)) end"
        )
    return f"case when strlen({name}) <= {column.sizes[0]} then nullif({name}, '') end"


def _first_bad_column(known: list[Column]) -> str:
    """SQL for the name of the first column whose text did not become a value, or that lacks one it needs."""
    conditions = []
    for column in known:
        is_needed = "true" if column.needs_value else f"coalesce(trim(records.{column.name}), '') <> ''"
        conditions.append(f"when {is_needed} and ({_value(column, known)}) is null then '{column.name}'")
    return f"case {' '.join(conditions)} end"


def _value_rejects(file: SourceFile, order: DateOrders, piece: Piece, bad: dict[int, str]) -> list[Reject]:
    rejects = []
    for record in records(file.scan, piece):
        if name := bad.get(record.number):
            column = file.table.column(name)
            text = record.values[file.positions.index(column)]
            rejects.append(record.rejected(name, _value_fault(column, text, order.orders.get(name))))
    return rejects


def _value_fault(column: Column, text: str, order: str | None) -> str:
    if not text.strip():
        return f"{column.name} is empty"
    if column.kind == "date":
        return f"{column.name} '{text}' is not a date, read {order}"
    if column.kind == "integer":
        return f"{column.name} '{text}' is not a whole number"
    if column.kind == "numeric":
        return f"{column.name} '{text}' is not an amount with at most four decimals"
    return f"{column.name} takes {len(text.encode())} bytes where {column.sizes[0]} fit"


def _shape_fault(file: SourceFile, record: Record) -> str | None:
    """What is wrong with the number of fields; more than there are headings are fine while they are empty."""
    positions = file.positions
    width = len(positions)
    if len(record.values) < width or any(value.strip() for value in record.values[width:]):
        return f"{len(record.values)} fields where the header has {width}"
    for value, column in zip(record.values, positions, strict=False):
        if column and not column.multiline and ("\n" in value or "\r" in value):
            raise RefusedFileError(
                f"{file.name}, line {record.line}: a line break in {column.name}, where none belongs. A quote out of "
                "place has joined records; close it or double it, and load again."
            )
    return None
