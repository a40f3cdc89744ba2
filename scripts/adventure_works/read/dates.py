"""How a column's dates are written, decided only on evidence that excludes another reading.

`1/2/2016` says nothing; `1/13/2016` can only be month first. A column whose values rule out neither order is
ambiguous, and one whose values rule out both is contradictory: neither is guessed at.
"""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

MONTH_FIRST = "month_first"
DAY_FIRST = "day_first"
ISO = "iso"
MONTH_NAME = "month_name"
SERIAL = "excel_days"
ORDERS = (MONTH_FIRST, DAY_FIRST)
# Kinds of evidence that are not an order: a date in both of `ORDERS`, one with a year of two digits, and any other.
EITHER = "either"
SHORT_YEAR = "short_year"
OTHER = "other"

# Outside these years a date is a slip, not history: no customer, stock or order is that old or that far off.
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
Window = tuple[date, date]

# A spreadsheet counts days from here; the day that it wrongly sees in February 1900 is before all that is read.
_DAY_0 = date(1899, 12, 30)
_CLOCK = re.compile(r"(.*?)[T ]\s*(\d{1,2}:\d\d\b.*)")
_MIDNIGHT = re.compile(r"(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?am)\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_ISO = re.compile(r"(?P<year>\d{4})([/.-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})")
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_SERIAL = re.compile(r"(\d{4,5})(?:\.0+)?")
_WEEKDAY = re.compile(r"(?:(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?(.*)", re.IGNORECASE)
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[/., -]{1,2}([A-Za-z]{3,9})\.?[/., -]{1,2}(\d{4}|\d{2})")
_MONTH_DAY_YEAR = re.compile(r"([A-Za-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})")
_MONTHS = [name.lower() for name in calendar.month_name]
_DAYS = [name.lower() for name in calendar.day_abbr]


@dataclass
class Evidence:
    """What a column's distinct values say of how its dates are written.

    `examples` has the first value of each kind: of the orders, of `EITHER`, `SHORT_YEAR` and `OTHER`. `window` are the
    first and the last day that the column can hold, where that is known.
    """

    window: Window | None = None
    examples: dict[str, str] = field(default_factory=dict)
    separators: set[str] = field(default_factory=set)

    def add(self, values: Iterable[str]) -> None:
        """Takes in distinct values; text that is not a date is evidence of nothing."""
        for text in values:
            day, kind, separator = without_clock(text), None, ""
            if found := _NUMERIC.fullmatch(day):
                separator = found[2] if len(found[4]) == 4 else ""
                if len(found[4]) == 2:
                    self.examples.setdefault(SHORT_YEAR, text)
                # A year of 29 February: what counts is which of the two can be the month.
                month_first, day_first = (
                    _day(2000, int(month), int(number)) for month, number in (found.group(1, 3), found.group(3, 1))
                )
                # 5/5/2016 is the same day either way round, and so no reason to doubt.
                if month_first != day_first:
                    kind = EITHER if month_first and day_first else MONTH_FIRST if month_first else DAY_FIRST
            elif found := _ISO.fullmatch(day):
                kind, separator = ISO, found[2]
            elif parse(text, ISO):
                kind = ISO
            elif parse(text, MONTH_NAME, self.window) or parse(text, MONTH_NAME, (date(2000, 1, 1), LATEST)):
                kind = MONTH_NAME
                if has_short_year(day):
                    self.examples.setdefault(SHORT_YEAR, text)
            elif parse(text, SERIAL, self.window):
                kind = SERIAL
            if kind:
                self.examples.setdefault(kind, text)
            if kind or separator or _NUMERIC.fullmatch(day):
                self.separators.add(separator if day == text else "")
            elif text:
                self.examples.setdefault(OTHER, text)

    def style(self) -> str | None:
        """The order that the evidence settles, or None while it is open."""
        for order in (ISO, MONTH_NAME, MONTH_FIRST, DAY_FIRST, SERIAL):
            if order in self.examples:
                return order
        # Nothing but days like 5/5/2016, or nothing that is a date: both orders give the same.
        return None if EITHER in self.examples else MONTH_FIRST

    def is_settled(self) -> bool:
        """Whether further values can only contradict what these have settled."""
        return self.style() in self.examples

    def contradiction(self) -> str | None:
        """Why no single way of reading fits the whole column, or None when one does."""
        seen = self.examples
        if SHORT_YEAR in seen and self.window is None:
            return f"'{seen[SHORT_YEAR]}' has a year of two digits, and nothing says its century"
        if self.style() == SERIAL and self.window is None:
            return f"'{seen[SERIAL]}' may be a day as a spreadsheet counts them, and nothing says so"
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


def without_clock(text: str) -> str:
    """The text without a time of midnight, which says no more than the day; any other time is left."""
    found = _CLOCK.fullmatch(text)
    return found[1].strip() if found and _MIDNIGHT.fullmatch(found[2]) else text


def has_time(text: str) -> bool:
    """Whether the text has a time of day that is not midnight."""
    found = _CLOCK.fullmatch(text)
    return bool(found and not _MIDNIGHT.fullmatch(found[2]))


def has_short_year(text: str) -> bool:
    """Whether a text that is a date has a year of two digits."""
    return not re.search(r"\d{4}", text)


def parse(text: str, order: str, window: Window | None = None) -> date | None:
    """The date of a text in a column that is written in `order`; None when it is not a date.

    A year of two digits is the one of the `window`; without a window, or with more than one such year, there is none.
    """
    text = without_clock(text)
    if order == SERIAL:
        serial = _SERIAL.fullmatch(text)
        found = _DAY_0 + timedelta(days=int(serial[1])) if serial else None
        return found if found and (window is None or window[0] <= found <= window[1]) else None
    if order == MONTH_NAME:
        return _parse_named(text, window)
    if order == ISO:
        iso = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
        return _day(int(iso["year"]), int(iso["month"]), int(iso["day"])) if iso else None
    parts = _NUMERIC.fullmatch(text)
    if not parts:
        return None
    month, day = parts.group(1, 3) if order == MONTH_FIRST else parts.group(3, 1)
    return _day(_year(parts[4], window), int(month), int(day))


def _parse_named(text: str, window: Window | None) -> date | None:
    weekday, rest = _WEEKDAY.findall(text)[0]
    if found := _DAY_MONTH_YEAR.fullmatch(rest):
        day, month, year = found.groups()
    elif found := _MONTH_DAY_YEAR.fullmatch(rest):
        month, day, year = found.groups()
    else:
        return None
    number = next((n for n, name in enumerate(_MONTHS) if name.startswith(month.lower())), 0)
    parsed = _day(_year(year, window), number, int(day))
    # A weekday that is wrong is a date that was changed by hand, or another calendar.
    return parsed if parsed and (not weekday or _DAYS[parsed.weekday()] == weekday.lower()[:3]) else None


def _year(digits: str, window: Window | None) -> int:
    """The year of four digits; 0 where two digits do not say which."""
    if len(digits) == 4:
        return int(digits)
    years = range(window[0].year, window[1].year + 1) if window else range(0)
    possible = [year for year in years if year % 100 == int(digits)]
    return possible[0] if len(possible) == 1 else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def strptime_format(order: str, separators: set[str]) -> str | None:
    """The one `strptime` format that reads the column, or None where there is more than one or none."""
    separator = next(iter(separators), "")
    if len(separators) != 1 or not separator or order not in (MONTH_FIRST, DAY_FIRST, ISO):
        return None
    parts = {MONTH_FIRST: ("%m", "%d", "%Y"), DAY_FIRST: ("%d", "%m", "%Y"), ISO: ("%Y", "%m", "%d")}[order]
    return separator.join(parts)
