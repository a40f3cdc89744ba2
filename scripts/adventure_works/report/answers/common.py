"""What every answer is made of: the choice it is for, its sentences, and the words for a change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from adventure_works.report import formats
from adventure_works.report.figures import ALL, Category
from adventure_works.report.periods import Period, day, month

# The kinds of segment that the page draws, and what they are called in a sentence.
SEGMENT_TYPES = {
    "income_bracket": "yearly income",
    "age_group": "age at the order",
    "gender": "gender",
    "occupation": "occupation",
    "education_level": "education",
    "total_children": "children",
    "marital_status": "marital status",
    "is_home_owner": "home owner",
    "country": "country",
}
# Those that the matrix of products and segments is drawn by.
MATRIX_TYPES = ("income_bracket", "age_group")
# The customers of a segment in a sentence, where "customers of <kind> <segment>" would not do.
PEOPLE: dict[str | tuple[str, str], str] = {
    "income_bracket": "customers with {segment} income",
    "age_group": "customers aged {segment}",
    "gender": "{segment} customers",
    "occupation": "customers with the occupation {segment}",
    "education_level": "customers with the education {segment}",
    "total_children": "customers with {segment} children",
    ("total_children", "1"): "customers with 1 child",
    ("is_home_owner", "Yes"): "customers who own a home",
    ("is_home_owner", "No"): "customers who do not own a home",
    "marital_status": "{segment} customers",
    "country": "customers in {segment}",
}


@dataclass(frozen=True)
class Scope:
    """What is chosen in the filter: a category, or None for all of them, and a period."""

    category: Category | None
    period: Period

    @property
    def slug(self) -> str:
        """The category in addresses."""
        return self.category.slug if self.category else ALL

    @property
    def category_words(self) -> str:
        """The category, in words."""
        return self.category.name if self.category else "All categories"

    @property
    def of(self) -> Markup:
        """The category behind a noun: " of Bikes"; empty for all categories."""
        return say(" of {name}", name=self.category.name) if self.category else Markup("")


@dataclass(frozen=True)
class Answer:
    """An answer: its first sentence, what follows from it, and what must be known to read it rightly.

    None is a sentence that the figures do not give.
    """

    lead: Markup
    more: Sequence[Markup | None] = ()
    caveats: Sequence[Markup | None] = ()


FORMATS: dict[str, Callable[[Any], object]] = {
    "": escape,
    "$": formats.money,
    "$,": formats.dollars,
    ",": formats.count,
    ".0%": partial(formats.percent, digits=0),
    ".1%": formats.percent,
    "+.0%": formats.change,
    ".1f": formats.decimal,
    ".2f": partial(formats.decimal, digits=2),
    "day": day,
    "month": month,
    "in words": formats.in_words,
    "listed": formats.listed,
}
"""How a sentence writes a value, by its format specification: Python's own where there is one."""


class _Sentence(Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        return FORMATS[format_spec](value)


def say(text: str, **values: object) -> Markup:
    """A sentence with its values, each in one of FORMATS: `{profit:$}`. What is not HTML yet is escaped."""
    return Markup(_Sentence().vformat(text, (), values))


def rose_or_fell(value: Decimal | None) -> Markup:
    """A change as a verb: rose 12%."""
    if value is None:
        return Markup("cannot be compared")
    if round(value, 2) == 0:
        return Markup("did not change")
    return say("{verb} {size:.0%}", verb="rose" if value > 0 else "fell", size=abs(value))


def people(kind: str, segment: str) -> Markup:
    """The customers of a segment, in words: customers aged 45-54."""
    words = PEOPLE.get((kind, segment)) or PEOPLE.get(kind, "customers of {kind} {segment}")
    return say(words, kind=SEGMENT_TYPES[kind], segment=segment)
