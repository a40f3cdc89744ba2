"""The last day that a version of the lake is complete for."""

from datetime import date

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.lake.base import NewVersion
from adventure_works.sql import one_row


def calendar_days(version: NewVersion) -> tuple[date, date] | None:
    """First and last day of the calendar in the version being built, None where its file was refused."""
    return first_and_last_day(version.rows("calendar"))


def first_and_last_day(rows: str) -> tuple[date, date] | None:
    """The same of a calendar whose rows are in the files of a pattern, in SQL."""
    found = _answer(f"select min(date), max(date) from read_parquet({rows})")
    return (found[0], found[1]) if found else None


def as_of_date(version: NewVersion, wanted: date | None, before: list[date]) -> date:
    """The last day that a version is complete for: the one wanted, else the last order date that its calendar covers.

    A change of a product or a customer applies from the next day, so that no sale already known changes its price.
    The date therefore never goes back, not even when a corrected file ends earlier than the one before.

    Args:
        version: the version under construction.
        wanted: the day that the user gave.
        before: the days of the files in the version before.
    """
    latest = max(before, default=date.min)
    calendar = calendar_days(version)
    if calendar is None:
        raise AdventureError("The calendar holds no day. Load one that does. Nothing has been loaded.")
    if wanted and wanted < latest:
        raise AdventureError(
            f"--as-of {wanted}: the lake is complete up to {latest} already, and prices until then are settled. Give "
            "that day or a later one, or leave the option out. Nothing has been loaded."
        )
    if wanted and wanted > calendar[1]:
        raise AdventureError(
            f"--as-of {wanted}: the calendar ends on {calendar[1]}. Give an earlier day, or load a calendar that "
            "reaches further. Nothing has been loaded."
        )
    # On S3 the sales of this load only, so that the others need not be fetched: `before` has their days.
    sales = f"read_parquet({version.local_rows('sales')})"
    last_order = _answer(f"select max(order_date) from {sales} where order_date <= ?", [calendar[1]])
    return wanted or max([*before, *(last_order or ())], default=calendar[1])


def _answer(sql: str, parameters: list[date] | None = None) -> tuple[date, ...] | None:
    """The only row of a query on Parquet files, None where there are no files or no rows in them."""
    with duckdb.connect() as connection:
        try:
            row = one_row(connection, sql, parameters)
        except duckdb.IOException:
            return None
    return None if None in row else row
