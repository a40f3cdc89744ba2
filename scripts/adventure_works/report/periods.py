"""The periods that the report can be filtered by, and what each is compared with."""

from collections.abc import Mapping
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

    `label` is on its button, `words` in a sentence ("in the 12 months to 30 June 2017"), and
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


def periods(spans: Mapping[tuple[str, bool], Span], first_order: date) -> list[Period]:
    """The last 12 months, each calendar year from the newest, and the whole record.

    Args:
        spans: By period, and whether it is the span a year before, as in `rpt_period_spans`.
        first_order: Day of the first order on record.
    """
    as_of = spans[EVERYTHING, False].last_day

    def period(key: str, label: str, words: str, before_words: str = "") -> Period:
        span = spans[key, False]
        # Where the records begin in the middle of a span, its words begin there as well.
        is_covered = first_order.replace(day=1) <= span.start
        words = words if is_covered else f"from {day(first_order)} to {day(span.last_day)}"
        return Period(key, label, words, span, spans.get((key, True)), before_words)

    found = [period(LAST_12, "Last 12 months", f"in the 12 months to {day(as_of)}", "the 12 months before")]
    for year in sorted({key for key, _ in spans if key.isdigit()}, reverse=True):
        label, words, before = year, f"in {year}", str(int(year) - 1)
        if spans[year, False].end <= date(int(year), 12, 31):
            label, words = f"{year} to {as_of.day} {as_of:%b}", f"in {year} to {as_of.day} {as_of:%B}"
            before = f"the same part of {before}"
        found.append(period(year, label, words, before))
    found.append(
        Period(EVERYTHING, "All on record", f"from {day(first_order)} to {day(as_of)}", spans[EVERYTHING, False], None)
    )
    return found


def day(value: date) -> str:
    """A day in words that no reader can misread: 30 June 2017."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """A month in words: July 2016."""
    return f"{value:%B %Y}"
