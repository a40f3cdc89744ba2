"""The order of day, month and year in a column's dates, decided only on evidence that excludes another order.

`1/2/2016` says nothing; `1/13/2016` can only be month first. A column whose values rule out neither order is
ambiguous, and one whose values rule out both is contradictory: neither is guessed at.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

MONTH_FIRST = "month_first"
DAY_FIRST = "day_first"
ISO = "iso"
MONTH_NAME = "month_name"
ORDERS = (MONTH_FIRST, DAY_FIRST)

# Outside these years a date is a slip, not history: no customer, stock or order is that old or that far off.
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)

_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_ISO = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})")
_NAMED = re.compile(r"(\d{1,2})([/. -])([A-Za-z]{3,9})\2(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}([/. -])(\d{1,2}|[A-Za-z]{3,9})\1\d{2}")


@dataclass
class Evidence:
    """What a column's distinct values say of how its dates are written.

    Each field holds one value that is an example of its kind, or None when none has been seen.
    """

    month_first: str | None = None  # only month first makes a date of it: 1/13/2016
    day_first: str | None = None  # only day first does: 13/1/2016
    either: str | None = None  # both do: 1/2/2016
    iso: str | None = None
    month_name: str | None = None
    short_year: str | None = None
    separators: set[str] = field(default_factory=set)

    def add(self, values: Iterable[str | None]) -> None:
        """Takes in distinct values; text that is not a date is evidence of nothing."""
        for value in values:
            text = (value or "").strip()
            if found := _NUMERIC.fullmatch(text):
                first, separator, second = int(found[1]), found[2], int(found[3])
                self.separators.add(separator)
                month_first = _date(int(found[4]), first, second) is not None
                day_first = _date(int(found[4]), second, first) is not None
                if month_first and day_first:
                    # 5/5/2016 is the same day either way round, and so no reason to doubt.
                    if first != second:
                        self.either = self.either or text
                elif month_first:
                    self.month_first = self.month_first or text
                elif day_first:
                    self.day_first = self.day_first or text
            elif found := _ISO.fullmatch(text):
                self.iso = self.iso or text
                self.separators.add(found[2])
            elif found := _NAMED.fullmatch(text):
                self.month_name = self.month_name or text
            elif _SHORT_YEAR.fullmatch(text):
                self.short_year = self.short_year or text

    def order(self) -> str | None:
        """The order that the evidence settles, or None while it is open."""
        if self.iso:
            return ISO
        if self.month_name:
            return MONTH_NAME
        if self.month_first:
            return MONTH_FIRST
        if self.day_first:
            return DAY_FIRST
        # Nothing but days like 5/5/2016, or nothing that is a date: both orders give the same.
        return None if self.either else MONTH_FIRST

    def contradiction(self) -> str | None:
        """Why no single way of reading fits the whole column, or None when one does."""
        if self.short_year:
            return f"'{self.short_year}' has a year of two digits, which does not say its century"
        if self.month_first and self.day_first:
            return f"'{self.month_first}' can only be month first and '{self.day_first}' only day first"
        numeric = self.month_first or self.day_first or self.either
        kinds = [kind for kind in (numeric, self.iso, self.month_name) if kind]
        if len(kinds) > 1:
            return (
                f"'{kinds[0]}' and '{kinds[1]}' are in one column; a spreadsheet that converted half of the "
                "dates may have swapped days and months in them"
            )
        return None


def parse(value: str | None, order: str) -> date | None:
    """The date of a text in a column that is written in `order`; None when it is not a date."""
    text = (value or "").strip()
    if order == ISO:
        found = _ISO.fullmatch(text)
        return _date(int(found[1]), int(found[3]), int(found[4])) if found else None
    if order == MONTH_NAME:
        found = _NAMED.fullmatch(text)
        return _date(int(found[4]), _month(found[3]), int(found[1])) if found else None
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    return _date(year, first, second) if order == MONTH_FIRST else _date(year, second, first)


def strptime_format(order: str, separators: set[str]) -> str | None:
    """The one `strptime` format that reads the column, or None where there is more than one or none."""
    if len(separators) != 1 or order == MONTH_NAME:
        return None
    (separator,) = separators
    parts = {MONTH_FIRST: ("%m", "%d", "%Y"), DAY_FIRST: ("%d", "%m", "%Y"), ISO: ("%Y", "%m", "%d")}[order]
    return separator.join(parts)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found < LATEST else None


def _month(name: str) -> int:
    for form in ("%b", "%B"):
        try:
            return datetime.strptime(name.title(), form).month
        except ValueError:
            continue
    return 0
