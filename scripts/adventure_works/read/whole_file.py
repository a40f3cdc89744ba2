"""What only a whole file shows once it is read: lost letters, swapped days and months, keys in two cases."""

import re
from pathlib import Path

import duckdb

from adventure_works.errors import RefusedFileError
from adventure_works.read.records import Converted
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import Styles
from adventure_works.sql import glob, one_row

# What git writes between the two versions of some lines.
CONFLICT = re.compile(r"(<{7}|={7}|>{7})(?![^ \r\n])")
# A file is refused when more values of a column than these show that letters are lost.
DAMAGED_VALUES, DAMAGED_SHARE = 2, 0.001
# In fewer days a record out of order can look like swapped dates.
FEWEST_DAYS = 10


def refuse_as_a_whole(connection: duckdb.DuckDBPyConnection, file: SourceFile, result: Converted, into: Path) -> None:
    """Refuses a file for what its records show together; `into` has its rows as Parquet.

    Damage that is too little to refuse the file becomes a note of the result.

    Raises:
        RefusedFileError: with what is wrong.
    """
    for reject in result.rejects:
        if CONFLICT.match(reject.raw_text):
            raise RefusedFileError(
                f"{file.name}, line {reject.line_number}: the file is the rest of a merge with conflicts. Settle the "
                "conflicts in it."
            )
    for (column, what), count in result.damaged.items():
        if count > max(DAMAGED_VALUES, DAMAGED_SHARE * file.scan.records):
            raise RefusedFileError(
                f"{file.name}: {count} values of {column} have {what}. Fetch or export the file again, as UTF-8: the "
                "lost letters are not in it."
            )
        result.notes[column, f"have {what}"] += count
    rows = f"read_parquet({glob(into, '*.parquet')})"
    for identifier in (column.name for column in file.columns if column.identifier):
        _refuse_two_cases(connection, file, identifier, rows)


def refuse_swapped(connection: duckdb.DuckDBPyConnection, file: SourceFile, how: Styles, into: Path) -> None:
    """Refuses a file that is sorted by date only with day and month exchanged, where their values allow it.

    A spreadsheet of another country leaves 1/13/2016 and turns 2 January into 2/1/2016.

    Raises:
        RefusedFileError: with the number of dates that are swapped.
    """
    name = file.table.sorted_by
    if not name or name not in how.by_column or not how.by_column[name].is_proven:
        return
    # The window is streamed in the order of the records, which a sort of them all would not be.
    days, breaks, breaks_exchanged, swapped = one_row(
        connection,
        f"""
        with days as (
            select
                {name} as day,
                case when day({name}) <= 12 then make_date(year({name}), day({name}), month({name})) else {name} end
                    as exchanged
            from read_parquet({glob(into, "*.parquet")})
        ),
        pairs as (
            select *, lag(day) over () as day_before, lag(exchanged) over () as exchanged_before from days
        )
        select
            count(*) filter (day <> day_before),
            count(*) filter (day < day_before),
            count(*) filter (exchanged < exchanged_before),
            count(*) filter (exchanged <> day)
        from pairs
        """,
    )
    if days >= FEWEST_DAYS and breaks_exchanged * 10 < breaks:
        raise RefusedFileError(
            f"{file.name}: day and month are swapped in {swapped} dates of {name}. Only with them exchanged is the "
            f"file sorted by date; as it is, the order breaks in {breaks} places. A spreadsheet set to another country "
            "does this to dates up to the 12th: export the file again, with dates as YYYY-MM-DD."
        )


def _refuse_two_cases(connection: duckdb.DuckDBPyConnection, file: SourceFile, column: str, rows: str) -> None:
    (mixed,) = one_row(connection, f"select count(*) from {rows} where {column} <> upper({column})")
    if not mixed:
        return
    found = connection.execute(
        f"""
        select min({column}), max({column}), min(record_number) from {rows}
        group by upper({column}) having min({column}) <> max({column}) order by 3 limit 1
        """
    ).fetchone()
    if found:
        raise RefusedFileError(
            f"{file.name}: {column} has '{found[0]}' and '{found[1]}', which differ only in capital letters. Write the "
            "same one in the same way in every record, and load again."
        )
