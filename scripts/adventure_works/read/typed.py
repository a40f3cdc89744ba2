"""From the texts of a piece to typed Parquet.

What is written as the contract would write it, DuckDB casts by itself. Every other text is read once by `read_value`,
which has the rules, and its value is joined to the records that have it.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from adventure_works.contract import Column
from adventure_works.read import amounts, dates
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import Styles
from adventure_works.read.values import Reading, read_value
from adventure_works.sql import one_row, quoted

# More texts of a column than these are not worth joining to every piece.
MOST_KNOWN = 10_000
# Letters of Western Europe. UTF-8 that was read as Windows-1252 always has another character behind one of them.
_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff"
# From a letter or digit on, without quotes, question marks and control characters, and no blank at the end.
_TEXT = f"[A-Za-z0-9{_ACCENTED}\u0100-\u017f]([ !#->@-~{_ACCENTED}]*[!#->@-~{_ACCENTED}])?"


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
    odd = {column.name: _odd_texts(connection, column, file, how) for column in file.columns}
    how.add(file, {name: odd[name] for name in how.by_column})
    joins = [column for column in file.columns if odd[column.name]]
    for column in joins:
        style, known = how.by_column.get(column.name), how.known[column.name]
        readings = {text: known.get(text) or read_value(text, file.table, column, style) for text in odd[column.name]}
        _keep(connection, column, readings)
        special = {text: reading for text, reading in readings.items() if reading.note or reading.damage}
        _count(connection, column, special, result)
        if len(known) < MOST_KNOWN:
            known |= {text: reading for text, reading in readings.items() if reading == Reading(reading.value)}
    connection.execute(
        f"""
        create or replace temp table typed as
        select {_values(file, how, joins, "null")}, {_first_fault(file.columns, joins)} as fault
        from records
        {_joined(joins)}
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


def write_typed_at_once(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, how: Styles, records: str, part: Path, *, is_quiet: bool
) -> int:
    """The same, in one step, of a piece whose texts are all as in the contract, or known from other pieces.

    `records` is SQL for the texts beside `record_number`. `is_quiet` promises that no text has a control character, a
    question mark or quotes around it. Returns the number of rows.

    Raises:
        duckdb.Error: a text is not, or a value is missing.
    """
    joins = [column for column in file.columns if how.known[column.name]]
    for column in joins:
        _keep(connection, column, dict(how.known[column.name]))
    order = "order by record_number" if file.table.sorted_by else ""
    (rows,) = one_row(
        connection,
        f"""
        copy (
            select {_values(file, how, joins, "error('odd')", is_quiet)}
            from ({records}) as records {_joined(joins)} {order}
        )
        to {quoted(part)} (format parquet, compression zstd)
        """,
    )
    return int(rows)


def cast_if_as_written(
    column: Column, file: SourceFile, how: Styles, text: str, is_quiet: bool = False
) -> tuple[str, str]:
    """SQL for whether `text` is written so that there is nothing to clean or to decide, and for its value then."""
    style = how.by_column.get(column.name)
    if column.kind == "integer":
        number = f"try_cast({text} as integer)"
        least = f" and {number} >= {column.minimum}" if column.minimum is not None else ""
        return f"coalesce({number}::varchar = {text}{least}, false)", number
    if column.kind == "numeric" and style and style.name == amounts.POINT:
        is_plain = f"regexp_full_match({text}, '-?[0-9]{{1,13}}([.][0-9]{{1,4}})?')"
        return is_plain, f"try_cast({text} as {column.data_type})"
    if column.kind == "date" and (pattern := how.strptime_format(column.name)):
        day = f"try_strptime({text}, {quoted(pattern)})::date"
        first = column.earliest or str(dates.EARLIEST)
        return f"coalesce({day} between date '{first}' and date '{dates.LATEST}', false)", day
    if column.codes:
        return f"{text} in ({', '.join(map(quoted, column.codes))})", text
    if column.kind == "varchar":
        is_text = f"regexp_full_match({text}, {quoted(_TEXT)})"
        if is_quiet and not column.identifier:
            # The same in half the time: in ASCII only the blanks are left to look for.
            is_ascii = f"length({text}) = strlen({text})"
            is_text = f"({is_ascii} and not starts_with({text}, ' ') and not ends_with({text}, ' ') or {is_text})"
        words = ", ".join(map(quoted, file.table.missing_words))
        longest = max(len(word) for word in file.table.missing_words)
        is_value = f"(strlen({text}) > {longest} or {text} not in ({words}))"
        return f"({is_text} and strlen({text}) <= {column.sizes[0]} and {is_value})", text
    return "false", "null"


def _values(file: SourceFile, how: Styles, joins: list[Column], otherwise: str, is_quiet: bool = False) -> str:
    """SQL for the columns of the table; `otherwise` is for a text that is not as written and not in the joined tables.

    In a record without a value that it needs it is `otherwise`, too.
    """
    values = []
    for column in file.table.file_columns:
        text, read = f"records.{column.name}", f"read_{column.name}"
        if column not in file.columns:
            value = "null"
        else:
            is_as_written, cast = cast_if_as_written(column, file, how, text, is_quiet)
            missing = otherwise if column.needs_value else "null"
            known = f"when {read}.written is not null then {read}.value::{column.data_type}" if column in joins else ""
            cases = f"when {text} is null then {missing} when {is_as_written} then {cast} {known}"
            value = f"case {cases} else {otherwise} end"
        values.append(f"({value})::{column.data_type} as {column.name}")
    return ", ".join(
        [*values, f"{quoted(file.name)}::varchar as source_file", "record_number::bigint as record_number"]
    )


def _joined(columns: list[Column]) -> str:
    return " ".join(f"left join read_{c.name} on read_{c.name}.written = records.{c.name}" for c in columns)


def _odd_texts(connection: duckdb.DuckDBPyConnection, column: Column, file: SourceFile, how: Styles) -> set[str]:
    """The distinct texts of a column that are not written as in the contract."""
    is_as_written, _ = cast_if_as_written(column, file, how, "written")
    # Few texts are many values: they are made distinct first.
    rows = connection.execute(
        f"with texts as materialized (select distinct {column.name} as written from records) "
        f"select written from texts where written is not null and not {is_as_written}"
    ).fetchall()
    return {text for (text,) in rows}


def _keep(connection: duckdb.DuckDBPyConnection, column: Column, readings: dict[str, Reading]) -> None:
    """Fills the table `read_<column>` with the outcome for each text."""
    connection.execute(
        f"create or replace temp table read_{column.name} (written varchar, value varchar, fault varchar)"
    )
    connection.execute(
        f"insert into read_{column.name} select unnest($1), unnest($2), unnest($3)",
        [
            list(readings),
            [None if reading.value is None else str(reading.value) for reading in readings.values()],
            [reading.fault for reading in readings.values()],
        ],
    )


def _count(connection: duckdb.DuckDBPyConnection, column: Column, special: dict[str, Reading], result: Typed) -> None:
    """Counts the values with a note or damage."""
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
