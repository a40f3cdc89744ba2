"""The order of day, month and year in a column's dates, decided only on evidence that excludes another order.

`1/2/2016` says nothing; `1/13/2016` can only be month first. A column whose values rule out neither order is
ambiguous, and one whose values rule out both is contradictory: neither is guessed at.
"""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

MONTH_FIRST = "month_first"
DAY_FIRST = "day_first"
ISO = "iso"
MONTH_NAME = "month_name"
ORDERS = (MONTH_FIRST, DAY_FIRST)
# Kinds of evidence that are not an order: a date in both of `ORDERS`, and one whose year has two digits.
EITHER = "either"
SHORT_YEAR = "short_year"

# Outside these years a date is a slip, not history: no customer, stock or order is that old or that far off.
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)

_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_ISO = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})")
_NAMED = re.compile(r"(\d{1,2})([/. -])([A-Za-z]{3,9})\2(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}([/. -])(\d{1,2}|[A-Za-z]{3,9})\1\d{2}")
# The pattern of each order, and which of its groups are year, month and day.
_FORMS = {
    MONTH_FIRST: (_NUMERIC, (4, 1, 3)),
    DAY_FIRST: (_NUMERIC, (4, 3, 1)),
    ISO: (_ISO, (1, 3, 4)),
    MONTH_NAME: (_NAMED, (4, 3, 1)),
}
_MONTHS = {
    name.lower(): number for names in (calendar.month_abbr, calendar.month_name) for number, name in enumerate(names)
}


@dataclass
class Evidence:
    """What a column's distinct values say of how its dates are written.

    `examples` has the first value of each kind: of the orders, of `EITHER` and of `SHORT_YEAR`.
    """

    examples: dict[str, str] = field(default_factory=dict)
    separators: set[str] = field(default_factory=set)

    def add(self, values: Iterable[str]) -> None:
        """Takes in distinct values; text that is not a date is evidence of nothing."""
        for value in values:
            text, kind = value.strip(), None
            if found := _NUMERIC.fullmatch(text):
                self.separators.add(found[2])
                month_first, day_first = parse(text, MONTH_FIRST), parse(text, DAY_FIRST)
                # 5/5/2016 is the same day either way round, and so no reason to doubt.
                if month_first != day_first:
                    kind = EITHER if month_first and day_first else MONTH_FIRST if month_first else DAY_FIRST
            elif found := _ISO.fullmatch(text):
                self.separators.add(found[2])
                kind = ISO
            elif _NAMED.fullmatch(text):
                kind = MONTH_NAME
            elif _SHORT_YEAR.fullmatch(text):
                kind = SHORT_YEAR
            if kind:
                self.examples.setdefault(kind, text)

    def order(self) -> str | None:
        """The order that the evidence settles, or None while it is open."""
        for order in (ISO, MONTH_NAME, MONTH_FIRST, DAY_FIRST):
            if order in self.examples:
                return order
        # Nothing but days like 5/5/2016, or nothing that is a date: both orders give the same.
        return None if EITHER in self.examples else MONTH_FIRST

    def contradiction(self) -> str | None:
        """Why no single way of reading fits the whole column, or None when one does."""
        seen = self.examples
        if SHORT_YEAR in seen:
            return f"'{seen[SHORT_YEAR]}' has a year of two digits, which does not say its century"
        if MONTH_FIRST in seen and DAY_FIRST in seen:
            return f"'{seen[MONTH_FIRST]}' can only be month first and '{seen[DAY_FIRST]}' only day first"
        numeric = seen.get(MONTH_FIRST) or seen.get(DAY_FIRST) or seen.get(EITHER)
        kinds = [text for text in (numeric, seen.get(ISO), seen.get(MONTH_NAME)) if text]
        if len(kinds) > 1:
            return (
                f"'{kinds[0]}' and '{kinds[1]}' are in one column; a spreadsheet that converted half of the "
                "dates may have swapped days and months in them"
            )
        return None


def parse(value: str, order: str) -> date | None:
    """The date of a text in a column that is written in `order`; None when it is not a date."""
    pattern, groups = _FORMS[order]
    found = pattern.fullmatch(value.strip())
    if not found:
        return None
    year, month, day = found.group(*groups)
    try:
        number = _MONTHS.get(month.lower(), 0) if order == MONTH_NAME else int(month)
        parsed = date(int(year), number, int(day))
    except ValueError:
        return None
    return parsed if EARLIEST <= parsed < LATEST else None


def strptime_format(order: str, separators: set[str]) -> str | None:
    """The one `strptime` format that reads the column, or None where there is more than one or none."""
    if len(separators) != 1 or order == MONTH_NAME:
        return None
    parts = {MONTH_FIRST: ("%m", "%d", "%Y"), DAY_FIRST: ("%d", "%m", "%Y"), ISO: ("%Y", "%m", "%d")}[order]
    return next(iter(separators)).join(parts)
