"""What every answer is made of: the choice it is for, its sentences, and the words for a change."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.figures import ALL, Category
from adventure_works.report.formats import percent
from adventure_works.report.periods import Period
from adventure_works.warehouse.base import Row

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
    """An answer: its first sentence, what follows from it, and what must be known to read it rightly."""

    lead: Markup
    more: Markup | str = ""
    caveats: tuple[Markup, ...] = ()


def say(text: str, **values: object) -> Markup:
    """A sentence; values that are not HTML yet are escaped."""
    return Markup(text).format(**values)


def rose_or_fell(value: Decimal | None, up: str = "rose", down: str = "fell", same: str = "did not change") -> Markup:
    """A change as a verb: rose 12%."""
    if value is None:
        return Markup("cannot be compared")
    if round(value, 2) == 0:
        return Markup(same)
    return say("{verb} {size}", verb=up if value > 0 else down, size=percent(abs(value), 0))


def people(kind: str, segment: str) -> Markup:
    """The customers of a segment, in words: customers aged 45-54."""
    words = PEOPLE.get((kind, segment)) or PEOPLE.get(kind, "customers of {kind} {segment}")
    return say(words, kind=SEGMENT_TYPES[kind], segment=segment)


def joined(sentences: Iterable[Markup | None]) -> Markup:
    """The sentences that are there, one after the other."""
    return Markup(" ").join(sentence for sentence in sentences if sentence)


def total(rows: list[Row], column: str) -> Decimal:
    """The sum of a column."""
    return sum((row[column] for row in rows), Decimal(0))
