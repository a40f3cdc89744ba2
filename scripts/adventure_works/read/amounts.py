"""Amounts of money: which sign separates thousands and which decimals, decided for a column as the order of dates is.

`33.6442` can only have a decimal point, and `1.234,56` only a decimal comma; `90.000` can have either.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

POINT = "decimal_point"
COMMA = "decimal_comma"
STYLES = (POINT, COMMA)
# Evidence that is not a style: a sign followed by three digits.
EITHER = "either"

_FOUR_DECIMALS = Decimal("0.0001")
# A program that computes in binary writes 5.7052 as 5.7052000000000005.
_NOISE = Decimal("1e-9")
# Dollars only: an amount in another currency is not the amount.
_CURRENCY = re.compile(r"\s*(?:US\s?\$|USD|\$)\s*", re.IGNORECASE)
_GAPS = "[ '\u2019]"
_DIGITS = rf"(?:\d+|[1-9]\d{{0,2}}(?:{_GAPS}\d{{3}})+)"
# Thousands by blank, apostrophe or sign, three digits a group; in India the groups before the last have two.
_SHAPES = {
    POINT: re.compile(rf"[+-]?(?:{_DIGITS}|[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d?(?:,\d\d)+,\d{{3}})?(?:\.\d+)?"),
    COMMA: re.compile(rf"[+-]?(?:{_DIGITS}|[1-9]\d{{0,2}}(?:\.\d{{3}})+|[1-9]\d?(?:\.\d\d)+\.\d{{3}})?(?:,\d+)?"),
}
_OPEN = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def bare(text: str) -> str:
    """The text without the sign of the currency, and a minus before it where it belongs."""
    sign = "-" if text.startswith("-") else ""
    return sign + _CURRENCY.sub("", text.removeprefix("-"), count=1).strip()


def parse(text: str, style: str) -> Decimal | None:
    """The amount, to four decimals, of a text in a column of that style; None when it is not one.

    A fifth decimal is refused, but for zeros and the noise of binary fractions.
    """
    number = bare(text)
    if not number or not _SHAPES[style].fullmatch(number):
        return None
    thousands, decimal = (",", ".") if style == POINT else (".", ",")
    plain = re.sub(_GAPS, "", number).replace(thousands, "").replace(decimal, ".")
    try:
        exact = Decimal(plain)
        amount = exact.quantize(_FOUR_DECIMALS)
    except InvalidOperation:
        return None
    is_exact = abs(amount - exact) <= abs(exact) * _NOISE
    return amount if is_exact and abs(amount) < 10**14 else None


def has_noise(text: str) -> bool:
    """Whether more than four decimals are written that are not all zero."""
    decimals = re.search(r"[.,](\d{4})(\d+)$", text)
    return bool(decimals and decimals[2].strip("0"))


@dataclass
class Evidence:
    """What a column's distinct values say of its signs, with the first value of each kind as its example.

    `plausible` are the least and the greatest amount that the contract expects; it settles what the values leave open.
    """

    plausible: Sequence[int] = ()
    examples: dict[str, str] = field(default_factory=dict)
    _fits: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(STYLES, True))

    def add(self, values: Iterable[str]) -> None:
        """Takes in distinct values; text that is not an amount is evidence of nothing."""
        for value in values:
            number = bare(value)
            amounts = {style: amount for style in STYLES if (amount := parse(value, style)) is not None}
            if len(amounts) == 1:
                self.examples.setdefault(next(iter(amounts)), value)
            elif _OPEN.fullmatch(number):
                self.examples.setdefault(EITHER, value)
                for style, amount in amounts.items():
                    self._fits[style] = self._fits[style] and self._is_plausible(amount)

    def _is_plausible(self, amount: Decimal) -> bool:
        return not self.plausible or self.plausible[0] <= amount <= self.plausible[1]

    def style(self) -> str | None:
        """The style that the values settle, or the one that leaves plausible amounts; None while it is open."""
        for style in STYLES:
            if style in self.examples:
                return style
        if EITHER not in self.examples:
            # Whole amounts only: both styles give the same.
            return POINT
        fitting = [style for style in STYLES if self._fits[style]]
        return fitting[0] if len(fitting) == 1 else None

    def is_settled(self) -> bool:
        """Whether further values can only contradict what these have settled."""
        return bool(self.examples and self.style())

    def contradiction(self) -> str | None:
        """Why no single style fits the whole column, or None when one does."""
        if POINT in self.examples and COMMA in self.examples:
            return f"'{self.examples[POINT]}' has a decimal point and '{self.examples[COMMA]}' a decimal comma"
        return None
