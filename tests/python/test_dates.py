"""The order of dates is settled by evidence that excludes the other reading, or not at all."""

from datetime import date

import pytest

from adventure_works.read.dates import Evidence, parse


def evidence(*values: str) -> Evidence:
    found = Evidence()
    found.add(values)
    return found


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["1/2/2016", "1/13/2016"], "month_first"),
        (["1/2/2016", "13/1/2016"], "day_first"),
        (["1-2-2016", "13-1-2016"], "day_first"),
        (["1.2.2016", "1.13.2016"], "month_first"),
        (["2016-01-02"], "iso"),
        (["2-Jan-2016"], "month_name"),
        (["02 January 2016"], "month_name"),
        # A spreadsheet turned the values that it took for day-first into 01-02-2016, digits where they were.
        (["1/13/2016", "01-02-2016"], "month_first"),
        # 2/30 is not a date either way round: it is a slip, and evidence of nothing.
        (["2/30/2016", "5/13/2016"], "month_first"),
        # The same day either way round.
        (["5/5/2016"], "month_first"),
        (["1/2/2016"], None),
        (["1/2/2016", "3/4/2016", "rubbish", ""], None),
    ],
)
def test_order(values: list[str], order: str | None) -> None:
    assert evidence(*values).contradiction() is None
    assert evidence(*values).style() == order


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1/13/2016", "13/1/2016"], "can only be month first"),
        (["1/13/16"], "two digits"),
        (["13-Jan-16"], "two digits"),
        # A spreadsheet that read 1/2/2016 as 1 February wrote 2016-02-01 for 2 January.
        (["1/13/2016", "2016-02-01"], "are in one column"),
        (["1/13/2016", "1-Feb-2016"], "are in one column"),
    ],
)
def test_contradiction(values: list[str], words: str) -> None:
    assert words in (evidence(*values).contradiction() or "")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1/2/2016", "month_first", date(2016, 1, 2)),
        ("1/2/2016", "day_first", date(2016, 2, 1)),
        ("01-02-2016", "month_first", date(2016, 1, 2)),
        ("2016-02-29", "iso", date(2016, 2, 29)),
        ("2-jan-2016", "month_name", date(2016, 1, 2)),
        ("2-January-2016", "month_name", date(2016, 1, 2)),
        ("2/29/2015", "month_first", None),
        ("13/1/2016", "month_first", None),
        ("1/2/16", "month_first", None),
        ("1/2-2016", "month_first", None),
        ("1/2/1816", "month_first", None),
        ("", "iso", None),
    ],
)
def test_parse(text: str, order: str, day: date | None) -> None:
    assert parse(text, order) == day
