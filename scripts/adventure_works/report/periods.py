"""The periods that the report can be filtered by, and what each is compared with."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Span:
    """A run of days: `start` is in it, `end` is the day after its last."""

    start: date
    end: date

    @property
    def last_day(self) -> date:
        """The last day that is in it."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A period to choose.

    `label` stands on its button, `words` in a sentence ("in the 12 months to 30 June 2017"), and
    `before_words` names the span before, which is None where the records do not cover it.
    """

    key: str
    label: str
    words: str
    span: Span
    before: Span | None
    before_words: str = ""


LAST_12 = "last-12-months"
EVERYTHING = "all"


def periods(first_order: date, as_of: date, first_month: date) -> list[Period]:
    """The last 12 months, each calendar year from the newest, and the whole record.

    A span is compared with the one a year before only when the records begin no later than in its first month, as
    in the marts.

    Args:
        first_order: Day of the first order on record.
        as_of: The day up to which the figures stand; the last that counts.
        first_month: First day of the first month with any record, which can be a return.
    """
    end = as_of + timedelta(days=1)
    record = Span(min(first_month, first_order), end)

    def before(span: Span) -> Span | None:
        earlier = Span(_years_back(span.start, 1), _years_back(span.end, 1))
        return earlier if first_order.replace(day=1) <= earlier.start else None

    def words(span: Span, usual: str) -> str:
        """The span in words; where the records begin in the midst of it, from where they do."""
        is_covered = first_order.replace(day=1) <= span.start
        return usual if is_covered else f"from {day(first_order)} to {day(span.last_day)}"

    last_12 = Span(_years_back(end, 1), end)
    found = [
        Period(
            LAST_12,
            "Last 12 months",
            words(last_12, f"in the 12 months to {day(as_of)}"),
            last_12,
            before(last_12),
            "the 12 months before",
        )
    ]
    for year in range(as_of.year, first_order.year - 1, -1):
        whole = Span(date(year, 1, 1), date(year + 1, 1, 1))
        span = Span(whole.start, min(whole.end, end))
        is_part = span.end < whole.end
        found.append(
            Period(
                str(year),
                f"{year} to {as_of.day} {as_of:%b}" if is_part else str(year),
                words(span, f"in {year} to {as_of.day} {as_of:%B}" if is_part else f"in {year}"),
                span,
                before(span),
                f"the same part of {year - 1}" if is_part else str(year - 1),
            )
        )
    found.append(Period(EVERYTHING, "All on record", f"from {day(first_order)} to {day(as_of)}", record, None))
    return found


def day(value: date) -> str:
    """A day in words that no reader can misread: 30 June 2017."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """A month in words: July 2016."""
    return f"{value:%B %Y}"


def _years_back(value: date, years: int) -> date:
    try:
        return value.replace(year=value.year - years)
    except ValueError:  # 29 February
        return value.replace(year=value.year - years, day=28)
