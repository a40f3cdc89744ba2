"""From the texts of a piece, in a table of DuckDB, to typed Parquet.

What is written as the contract would write it, DuckDB casts by itself. Every other text is read once by `read_value`,
which has the rules, and its value is joined to the records that have it.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from adventure_works.contract import Column, Table
from adventure_works.read import amounts
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import Styles
from adventure_works.read.values import Reading, Style, read_value
from adventure_works.sql import one_row, quoted


@dataclass
class Typed:
    """The outcome of typing a piece: the number of rows written, and for the other records the column and its fault.

    `notes` has how many values of a column were changed and how, `damaged` how many show lost letters and how.
    """

    loaded: int = 0
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    damaged: Counter[tuple[str, str]] = field(default_factory=Counter)


def write_typed(connection: duckdb.DuckDBPyConnection, file: SourceFile, how: Styles, part: Path) -> Typed:
    """Writes the records of the table `records`, texts beside `record_number`, to the new Parquet file `part`.

    Raises:
        RefusedFileError: dates or amounts that contradict those seen before.
    """
    result = Typed()
    odd = {column.name: _odd_texts(connection, file, column, how) for column in file.columns}
    how.add(file, {name: odd[name] for name in how.by_column})
    for column in file.columns:
        if odd[column.name]:
            style = how.by_column.get(column.name)
            readings = [(text, read_value(text, file.table, column, style)) for text in odd[column.name]]
            _keep(connection, column, readings)
            _count(connection, column, readings, result)
    joins = [column for column in file.columns if odd[column.name]]
    connection.execute(
        f"""
        create or replace temp table typed as
        select
            {", ".join(f"{_value(column, file, joins)} as {column.name}" for column in file.table.file_columns)},
            {quoted(file.name)}::varchar as source_file,
            record_number::bigint as record_number,
            {_first_fault(file.columns, joins)} as fault
        from records
        {" ".join(f"left join read_{c.name} on read_{c.name}.written = records.{c.name}" for c in joins)}
        """
    )
    faults = connection.execute(
        "select record_number, fault[1], fault[2] from typed where fault is not null order by record_number"
    ).fetchall()
    result.faults = {number: (name, fault) for number, name, fault in faults}
    (result.loaded,) = one_row(
        connection,
        f"""
        copy (select * exclude (fault) from typed where fault is null order by record_number)
        to {quoted(part)} (format parquet, compression zstd)
        """,
    )
    return result


def as_in_contract(column: Column, table: Table, text: str, style: Style | None = None) -> str:
    """SQL for whether `text` is written so that DuckDB can cast it, with nothing to clean and nothing to decide."""
    if column.kind == "integer" and column.minimum is None:
        return f"regexp_full_match({text}, '-?[0-9]{{1,9}}')"
    if column.kind == "numeric" and style and style.name == amounts.POINT:
        return f"regexp_full_match({text}, '-?[0-9]{{1,13}}([.][0-9]{{1,4}})?')"
    if column.kind == "varchar" and not column.codes:
        # ASCII from a letter or digit on, without quotes and question marks, and no blank at the end.
        words = ", ".join(map(quoted, table.missing_words))
        return (
            f"(regexp_full_match({text}, '[A-Za-z0-9]([ !#->@-~]*[!#->@-~])?') "
            f"and strlen({text}) <= {column.sizes[0]} and {text} not in ({words}))"
        )
    return "false"


def _odd_texts(connection: duckdb.DuckDBPyConnection, file: SourceFile, column: Column, how: Styles) -> set[str]:
    """The distinct texts of a column that are not written as in the contract."""
    is_as_written = as_in_contract(column, file.table, column.name, how.by_column.get(column.name))
    rows = connection.execute(
        f"select distinct {column.name} from records where {column.name} is not null and not {is_as_written}"
    ).fetchall()
    return {text for (text,) in rows}


def _keep(connection: duckdb.DuckDBPyConnection, column: Column, readings: list[tuple[str, Reading]]) -> None:
    """Fills the table `read_<column>` with the outcome for each text."""
    connection.execute(
        f"create or replace temp table read_{column.name} (written varchar, value varchar, fault varchar)"
    )
    connection.execute(
        f"insert into read_{column.name} select unnest($1), unnest($2), unnest($3)",
        [
            [text for text, _ in readings],
            [None if reading.value is None else str(reading.value) for _, reading in readings],
            [reading.fault for _, reading in readings],
        ],
    )


def _count(
    connection: duckdb.DuckDBPyConnection, column: Column, readings: list[tuple[str, Reading]], result: Typed
) -> None:
    special = {text: reading for text, reading in readings if reading.note or reading.damage}
    if not special:
        return
    found = connection.execute(
        f"select {column.name}, count(*) from records where {column.name} in (select unnest($1)) group by all",
        [list(special)],
    ).fetchall()
    for text, count in found:
        reading = special[text]
        if reading.note:
            result.notes[column.name, reading.note] += count
        if reading.damage:
            result.damaged[column.name, reading.damage] += count


def _value(column: Column, file: SourceFile, joins: list[Column]) -> str:
    """SQL for the column's value, null where the text is not one."""
    if column not in file.columns:
        return f"null::{column.data_type}"
    if column not in joins:
        return f"records.{column.name}::{column.data_type}"
    read = f"read_{column.name}"
    value = f"case when {read}.written is null then records.{column.name} else {read}.value end"
    return f"{value}::{column.data_type}"


def _first_fault(columns: list[Column], joins: list[Column]) -> str:
    """SQL for name and fault of the first column whose text did not become a value, or that lacks one it needs."""
    conditions = []
    for column in columns:
        if column.needs_value:
            conditions.append(f"when records.{column.name} is null then ['{column.name}', 'is empty']")
        if column in joins:
            read = f"read_{column.name}"
            conditions.append(f"when {read}.fault is not null then ['{column.name}', {read}.fault]")
    return f"case {' '.join(conditions)} end" if conditions else "null::varchar[]"
