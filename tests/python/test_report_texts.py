"""Names in files can be anything: what a spreadsheet would run, or what no page can contain."""

import csv
import io
from decimal import Decimal
from urllib.parse import unquote

import pytest

from adventure_works.report.csv_cells import harmless
from adventure_works.report.evidence_fold import _data_address
from adventure_works.report.figures import _printable


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "\uff1d1", "-", "=1.5"]
)
def test_a_text_that_is_a_formula_is_none(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1.5", "+3", "-1e9", "", "Road-150", "a=b", "'=1", "3 + 4"])
def test_numbers_and_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_the_data_of_the_page_has_no_formulas() -> None:
    address = _data_address([{"name": "=1+1", "money": Decimal("-1.50"), "count": -2}])
    (row,) = csv.DictReader(io.StringIO(unquote(address.partition(",")[2])))
    assert row == {"name": "'=1+1", "money": "-1.5", "count": "-2"}


@pytest.mark.parametrize("letter", ["\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x9b", "\ufffe"])
def test_a_control_character_in_a_name_is_not_drawn(letter: str) -> None:
    """The process would end where the chart is drawn."""
    (row,) = _printable(lambda sql: [{"name": f"a{letter}b", "line": "a\tb\n", "money": Decimal(1)}])("")
    assert row == {"name": "a\N{REPLACEMENT CHARACTER}b", "line": "a\tb\n", "money": Decimal(1)}
