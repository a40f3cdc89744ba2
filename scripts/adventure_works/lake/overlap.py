"""Compares the files of a load: records in several files, and days made from the sales where there is no calendar."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import duckdb

from adventure_works.contract import Table, raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.lake.base import LogEntry, NewVersion
from adventure_works.read.prepare import prepared
from adventure_works.read.source_file import SourceFile
from adventure_works.sql import quoted

MADE_DAYS = "days made from the sales.csv"
"""The name, in the lake, of the calendar that is made where no file brings one."""
# A day this far from all others is mistyped, and would become a calendar of its own.
LONGEST_GAP = timedelta(days=366)
MEMORY = "256MB"


def lacks_calendar(files: list[SourceFile], held: dict[str, LogEntry]) -> bool:
    """Whether neither the files nor what the lake holds has a calendar that was delivered."""
    tables = {file.table.name for file in files}
    tables |= {entry.table_name for name, entry in held.items() if name != MADE_DAYS}
    return "calendar" not in tables


def days_of_sales(version: NewVersion, scratch: Path, announce: Callable[[str], None]) -> SourceFile:
    """A calendar from the first to the last day on which something was sold or returned.

    Raises:
        RefusedFileError: a day is so far from the others that it cannot be a day of this calendar.
    """
    columns = [(name, column) for name, table in raw_tables().items() for column in table.within_calendar]
    with duckdb.connect() as connection:
        found = connection.execute(
            " union ".join(
                f"select {column} as day from read_parquet({version.rows(name)})" for name, column in columns
            )
            + " order by day"
        ).fetchall()
    days: list[date] = [day for (day,) in found if day]
    for day, following in pairwise(days):
        if following - day > LONGEST_GAP:
            raise RefusedFileError(
                f"There is no file for the calendar, and between {day} and {following} nothing was sold: one of the "
                "days is mistyped. Correct it, or add a calendar (a file with one column, Date)."
            )
    made = [days[0] + timedelta(days=number) for number in range((days[-1] - days[0]).days + 1)]
    path = scratch / MADE_DAYS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in ("Date", *made)), encoding="utf-8")
    (file,) = prepared(path, MADE_DAYS, scratch / "days", [raw_tables()["calendar"]])
    if not isinstance(file, SourceFile):
        raise file
    announce(f"There is no file for the calendar: its days are made from the sales, {made[0]} to {made[-1]}.")
    return file


def records_shared(version: NewVersion, changed: set[str]) -> list[str]:
    """A sentence for each group of files that share records; `changed` are the names of those that are new."""
    tables = [table for table in raw_tables().values() if table.files == "many"]
    return [sentence for table in tables for sentence in _shared(table, version, changed)]


def _shared(table: Table, version: NewVersion, changed: set[str]) -> list[str]:
    place = version.local_rows(table.name)
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set temp_directory = {quoted(version.folder / '.tmp')}")
        try:
            # From the statistics of the files: where the days of no two files overlap, no record is read.
            spans = connection.execute(
                f"""
                select string_split(file_name, '/')[-2], min(stats_min_value), max(stats_max_value)
                from parquet_metadata({place}) where path_in_schema = '{table.sorted_by}' group by 1
                """
            ).fetchall()
        except duckdb.IOException:
            return []
        shared = [
            f"{table.sorted_by} between '{max(one[1], other[1])}' and '{min(one[2], other[2])}'"
            for one, other in combinations([span for span in spans if span[1]], 2)
            if max(one[1], other[1]) <= min(one[2], other[2]) and {one[0], other[0]} & changed
        ]
        if not shared:
            return []
        values = ", ".join(column.name for column in table.file_columns)
        groups = connection.execute(
            f"""
            with shared as (
                select list_sort(list(distinct source_file)) as files
                from read_parquet({place})
                where {" or ".join(shared)}
                group by {values}
                having count(distinct source_file) > 1
            )
            select files, count(*) from shared group by files order by files
            """
        ).fetchall()
    return [
        f"{' and '.join(files)}: {count:,} records are the same in {len(files)} files, and counted once."
        for files, count in groups
        if changed & set(files)
    ]
