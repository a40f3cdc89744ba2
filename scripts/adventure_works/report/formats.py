"""Figures as HTML. Each keeps its full value, so that the page's script can write it in the reader's own style.

The text between the tags is the default for readers without script. A figure that is absent is one of
three different things, and looks like it: a zero is a zero, `nothing` is a figure that cannot be because there was
nothing to calculate it from, and `not_yet` is one whose period is not over yet.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

Number = Decimal | float | int | None

NOTHING = Markup('<span class="none" title="No figure: there is nothing to calculate it from">&ndash;</span>')
NOT_YET = Markup('<span class="notyet"><span class="vh">not yet</span></span>')
SMALL_BASE = Markup('<span class="small" title="Too few to rely on">small base</span>')


def exact(value: Number) -> str:
    """The full value without trailing zeros."""
    text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _figure(value: Number, places: int, form: str, write: Callable[[float], str]) -> Markup:
    """The figure as `write` has it, and in full to so many decimal places for the script, which knows the form."""
    if value is None:
        return NOTHING
    number = round(float(value), places)
    return Markup('<data value="{}" class="{}">{}</data>').format(exact(number), form, write(number))


def _half_up(value: float, digits: int) -> Decimal:
    """The number rounded as the page's script does it: a half goes away from zero."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def money(value: Number) -> Markup:
    """An amount of dollars in three figures: $9.73M."""
    return _figure(value, 2, "m", compact)


def compact(value: float) -> str:
    """An amount of dollars in three significant figures, as plain text."""
    size = abs(value)
    for limit, divisor, name in ((999.5e6, 1e9, "B"), (999.5e3, 1e6, "M"), (999.5, 1e3, "K")):
        if size >= limit:
            scaled, unit = value / divisor, name
            break
    else:
        scaled, unit = value, ""
    digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    if not scaled or (not unit and abs(scaled) >= 99.95):
        digits = 0
    return f"{'-' if scaled < 0 else ''}${abs(scaled):.{digits}f}{unit}"


def dollars(value: Number) -> Markup:
    """An amount of whole dollars: $1,431."""
    return _figure(value, 2, "d", lambda amount: f"${amount:,.0f}".replace("$-", "-$"))


def count(value: Number) -> Markup:
    """A count: 25,164."""
    return _figure(None if value is None else int(value), 0, "c", "{:,.0f}".format)


def percent(value: Number, digits: int = 1) -> Markup:
    """A share or rate from 0 to 1 as per cent: 41.1%. What is not zero is not written as zero: <0.1%."""
    if value and not float(f"{float(value) * 100:.{digits}f}"):
        return _figure(value, 8, "tiny", lambda share: f"{'<' if share > 0 else '>-'}{10**-digits:g}%")
    return _figure(value, 6, f"p{digits}", lambda share: f"{_half_up(share, digits + 2) * 100:.{digits}f}%")


def change(value: Number) -> Markup:
    """A change as a ratio, with its sign: +181%."""
    return _figure(value, 6, "s0", lambda ratio: f"{_signed(ratio * 100, 0)}%")


def points(value: Number) -> Markup:
    """A difference of two rates in percentage points: +0.6 pp."""
    if value is None:
        return NOTHING
    return _figure(float(value) * 100, 4, "pp", lambda size: _signed(size, 1)) + Markup("&nbsp;pp")


def _signed(value: float, digits: int) -> str:
    """The number with its sign, and without one when it is written as zero."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]


def decimal(value: Number, digits: int = 1) -> Markup:
    """A plain number with decimals: 4.2."""
    return _figure(value, 4, f"n{digits}", f"{{:.{digits}f}}".format)


def listed(names: Iterable[str]) -> Markup:
    """Names in a sentence: A, B and C."""
    parts = [escape(name) for name in names]
    if len(parts) < 2:
        return Markup("").join(parts)
    return Markup(", ").join(parts[:-1]) + Markup(" and ") + parts[-1]


WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(value: int) -> str:
    """A small count in words, as in a sentence; figures from 13 on."""
    return WORDS[value] if value < len(WORDS) else f"{value:,}"
