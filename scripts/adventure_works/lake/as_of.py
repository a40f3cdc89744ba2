"""The last day that a version of the lake is complete for."""

from datetime import date

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.lake.base import NewVersion
from adventure_works.sql import one_row


def calendar_days(version: NewVersion) -> tuple[date, date] | None:
    """First and last day of the calendar in the version being built, None where its file was refused."""
    files = version.rows("calendar")
    with duckdb.connect() as connection:
        try:
            first, last = one_row(connection, f"select min(date), max(date) from read_parquet({files})")
        except duckdb.IOException:
            return None
    return (first, last) if first else None


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
    last_order = _last_order_date(version, calendar[1])
    return wanted or max([*before, *([last_order] if last_order else [])], default=calendar[1])


def _last_order_date(version: NewVersion, until: date) -> date | None:
    """The last order date up to a day in the files on this machine, None where there is none.

    On S3 those are the files of this load, so that the others need not be fetched: `before` has their days.
    """
    with duckdb.connect() as connection:
        sales = f"read_parquet({version.local_rows('sales')})"
        try:
            (last,) = one_row(connection, f"select max(order_date) from {sales} where order_date <= ?", [until])
        except duckdb.IOException:
            return None
    return last if isinstance(last, date) else None
