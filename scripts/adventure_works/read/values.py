"""From the text of one value to the value: what every column of the contract takes, and in which spellings."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from adventure_works.contract import Column, Table
from adventure_works.read import amounts, dates
from adventure_works.read.texts import cleaned, damage, repaired, unguarded

# What was done to values, as it goes on after "12 values of gender".
MIDNIGHT = "had a time of midnight, which is dropped"
SERIAL = "are days as a spreadsheet counts them"
SHORT_YEAR = "have a year of two digits, of which only one is from {} to {}"
WHOLE = "were written with zero decimals or as text, as spreadsheets and programs write keys"
COMMA = "were read with points between thousands and a decimal comma"
ROUNDED = "had the noise of binary fractions, and are rounded to four decimals"
MISSING = "were words for a missing value"
CLEANED = "were cleaned of invisible characters, or of blanks or quotes around them"
REPAIRED = "were UTF-8 that had been read as Windows-1252, and are put right"
SPELLED = "were codes in another spelling"
UNKNOWN = "are none of the codes {}, and count as unknown"
# Those that change the text of a value.
NORMALISED = (MISSING, CLEANED, REPAIRED, SPELLED)

_WHOLE = re.compile(r"([+-]?\d+)(\.0+)?")


@dataclass(frozen=True)
class Style:
    """How the values of a column are written: as an order of dates or amounts says, and days within the `window`.

    `is_proven` says that the values themselves exclude every other order.
    """

    name: str
    is_proven: bool = True
    window: dates.Window | None = None


@dataclass(frozen=True)
class Reading:
    """The outcome for a text: a value or none, the fault that makes the record a reject, and what was done or seen."""

    value: date | int | Decimal | str | None = None
    fault: str | None = None
    note: str | None = None
    damage: str | None = None


def plain(text: str, column: Column) -> str:
    """The text without what is not part of the value, in any kind of column."""
    text = cleaned(text, has_lines=column.multiline)
    return unguarded(text) if column.kind != "varchar" or column.identifier else text


def read_value(text: str, table: Table, column: Column, style: Style | None) -> Reading:
    """Reads one text, not null, of a column; `style` is that of a column of dates or amounts."""
    if not column.multiline and ("\n" in text or "\r" in text):
        return Reading(fault="a line break where none belongs")
    written = plain(text, column)
    if not written or written in table.missing_words:
        note = MISSING if written else None
        return Reading(fault="is empty", note=note) if column.needs_value else Reading(note=note)
    if column.kind == "date" and style:
        return _date(written, column, style)
    if column.kind == "numeric" and style:
        return _amount(written, style)
    if column.kind == "integer":
        return _whole_number(text, written, column)
    return _text(text, written, column)


def _date(text: str, column: Column, style: Style) -> Reading:
    day = dates.parse(text, style.name, style.window)
    if day is None:
        if dates.has_time(text):
            return Reading(fault=f"{_shown(text)} has a time of day, where a day is expected")
        as_read = f", read {style.name}" if style.is_proven else "; write it as 2016-12-31"
        return Reading(fault=f"{_shown(text)} is not a date{as_read}")
    if column.earliest and day < date.fromisoformat(column.earliest):
        return Reading(fault=f"{_shown(text)} is before {column.earliest}")
    if style.name == dates.SERIAL:
        return Reading(day, note=SERIAL)
    if style.window and dates.has_short_year(text):
        return Reading(day, note=SHORT_YEAR.format(style.window[0].year, style.window[1].year))
    return Reading(day, note=MIDNIGHT if dates.without_clock(text) != text else None)


def _amount(text: str, style: Style) -> Reading:
    amount = amounts.parse(text, style.name)
    if amount is None:
        return Reading(fault=f"{_shown(text)} is not an amount with at most four decimals")
    if amounts.has_noise(text):
        return Reading(amount, note=ROUNDED)
    return Reading(amount, note=COMMA if style.name == amounts.COMMA else None)


def _whole_number(text: str, written: str, column: Column) -> Reading:
    found = _WHOLE.fullmatch(written)
    number = int(found[1]) if found else 1 << 31
    if not found or not -(1 << 31) <= number < 1 << 31:
        return Reading(fault=f"{_shown(text)} is not a whole number")
    if column.minimum is not None and number < column.minimum:
        return Reading(fault=f"{_shown(text)} is less than {column.minimum}")
    return Reading(number, note=WHOLE if found[2] or written != text.strip() else None)


def _text(text: str, written: str, column: Column) -> Reading:
    meant = repaired(written)
    note = REPAIRED if meant != written else CLEANED if written != text else None
    if column.codes:
        code = _codes(column).get(meant.casefold())
        if code is None:
            return Reading(meant, note=UNKNOWN.format(", ".join(column.codes)))
        meant, note = code, note if meant == code else SPELLED
    if len(meant.encode()) > column.sizes[0]:
        return Reading(fault=f"takes {len(meant.encode())} bytes where {column.sizes[0]} fit")
    return Reading(meant, note=note, damage=damage(meant, is_prose=column.multiline))


def _codes(column: Column) -> dict[str, str]:
    return {spelling.casefold(): code for code, others in column.codes.items() for spelling in (code, *others)}


def _shown(text: str) -> str:
    return f"'{text if len(text) <= 40 else text[:40] + '...'}'"
