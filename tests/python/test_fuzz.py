"""Files in any mixture of separator, encoding, line end, quoting, header, dates, amounts and texts.

Each gives exactly the rows of the clean file, or is refused. A row that is different would be wrong in silence.
"""

import csv
import io
import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.read.convert import convert
from adventure_works.read.prepare import prepared

TABLES = [table for table in raw_tables().values() if table.file_columns]
CALENDAR = (date(2015, 1, 1), date(2017, 6, 30))
RECORDS = 40
Spelling = Callable[[str], str]


def day(pattern: str) -> Spelling:
    def spelled(text: str) -> str:
        month, number, year = map(int, text.split("/"))
        when = date(year, month, number)
        serial = (when - date(1899, 12, 30)).days
        return when.strftime(pattern.replace("#d", str(number)).replace("#m", str(month)).replace("#s", str(serial)))

    return spelled


def money(pattern: str, thousands: str = "", decimal: str = ".", decimals: int | None = None) -> Spelling:
    def spelled(text: str) -> str:
        amount = Decimal(text.strip().strip("$").replace(",", ""))
        shown = f"{amount:,f}" if decimals is None else f"{amount:,.{decimals}f}"
        return pattern.format(shown.translate(str.maketrans({",": thousands, ".": decimal})))

    return spelled


DATES = {
    **{f: day(f) for f in ("#m/#d/%Y", "#d/#m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m-%d-%Y")},
    **{f: day(f) for f in ("#m/#d/%y", "#d-%b-%y", "#d-%b-%Y", "%b #d, %Y", "%A, %B #d, %Y", "#d %B %Y", "#s", "#s.0")},
    **{f: day(f) for f in ("%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00.000Z", "#m/#d/%Y 0:00", "#d/#m/%Y 12:00:00 AM")},
    "a time of day": day("%Y-%m-%d 13:45"),
}
# Only in a column that is sorted can it be seen.
SWAPPED = {"swapped": lambda text: day("#m/#d/%Y" if int(text.split("/")[1]) > 12 else "#d/#m/%Y")(text)}
MONEY = {
    "plain": money("{}"),
    "dollars": money("${} ", ","),
    "comma": money("{}", ".", ","),
    "comma without thousands": money("{}", "", ","),
    "Swiss": money("{}", "'"),
    "narrow": money("{}", "\u202f", ","),
    "two decimals": money("USD {}", ","),
    "points and no decimals": money("{}", ".", ",", 0),
    "euro": money("\u20ac {}"),
}
TEXTS: dict[str, Spelling] = {
    "same": str,
    "blanks": " {} ".format,
    "no-break": "{}\u00a0".format,
    "zero width": "\u200b{}".format,
    "guarded": '="{}"'.format,
    "quoted twice": lambda text: '"' + text.replace('"', '""') + '"',
    "read twice": lambda text: text.encode().decode("latin-1"),
}
KEYS: dict[str, Spelling] = {"same": str, "float": "{}.0".format, "text": "'{}".format, "blank": " {}".format}
HEADINGS: dict[str, Spelling] = {
    "same": str,
    "lower": str.lower,
    "upper": str.upper,
    "spaced": lambda name: "".join(" " * (one.isupper() and at > 0) + one for at, one in enumerate(name)),
    "no-break": "{}\u00a0".format,
}
# Which table, and which of its columns are spelled in another way.
COLUMNS = {
    "Sales_2016": {"OrderDate": "sorted date", "StockDate": "date", "OrderNumber": "identifier", "CustomerKey": "key"},
    "Customers": {"BirthDate": "date", "AnnualIncome": "money", "LastName": "text", "CustomerKey": "key"},
    "Products": {"ProductCost": "money", "ProductPrice": "money", "ProductName": "text", "ProductSKU": "identifier"},
    "Returns": {"ReturnDate": "sorted date", "ProductKey": "key"},
}
SPELLINGS = {
    "date": DATES,
    "sorted date": DATES | SWAPPED,
    "money": MONEY,
    "key": KEYS,
    "identifier": TEXTS,
    # What guards a key is part of a name.
    "text": {name: spelling for name, spelling in TEXTS.items() if name != "guarded"},
}


@st.composite
def forms(draw: st.DrawFn) -> dict:
    """One way to write one of the files."""
    table = draw(st.sampled_from(sorted(COLUMNS)))
    kinds = COLUMNS[table]
    return {
        "table": table,
        "columns": {name: draw(st.sampled_from(sorted(SPELLINGS[kind]))) for name, kind in kinds.items()},
        "separator": draw(st.sampled_from(",;\t|")),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be", "utf-32"])),
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "heading": draw(st.sampled_from(sorted(HEADINGS))),
        "has_index": draw(st.booleans()),
        "last_line_ends": draw(st.booleans()),
    }


def written(rows: list[list[str]], form: dict) -> bytes | None:
    """The file in that form; None where its encoding lacks a character."""
    spelled = {
        rows[0].index(name): SPELLINGS[COLUMNS[form["table"]][name]][spelling]
        for name, spelling in form["columns"].items()
    }
    changed = [[HEADINGS[form["heading"]](name) for name in rows[0]]]
    changed += [[spelled.get(at, str)(value) for at, value in enumerate(row)] for row in rows[1:]]
    if form["has_index"]:
        changed = [[str(number - 1) if number else "", *row] for number, row in enumerate(changed)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=form["separator"], quoting=form["quoting"], lineterminator=form["end"]).writerows(
        changed
    )
    content = text.getvalue() if form["last_line_ends"] else text.getvalue().removesuffix(form["end"])
    try:
        return content.encode(form["encoding"])
    except UnicodeEncodeError:
        return None


numbers: Iterator[int] = itertools.count()


def rows_of(content: bytes, name: str, folder: Path) -> list[tuple]:
    place = folder / str(next(numbers))
    place.mkdir()
    path = place / f"AdventureWorks_{name}.csv"
    path.write_bytes(content)
    into = place / "rows"
    into.mkdir()
    (file,) = prepared(path, path.name, place / "scratch", TABLES)
    if isinstance(file, RefusedFileError):
        raise file
    converted = convert(file, into, calendar=CALENDAR, max_reject_share=0)
    assert converted.rejects == []
    return duckdb.sql(f"from read_parquet('{into}/*.parquet') order by record_number").fetchall()


@pytest.fixture(scope="module")
def tables(small_sample: Path) -> dict[str, list[list[str]]]:
    """The first records of each table, spread over the file, with accents in the names."""
    found = {}
    for name in COLUMNS:
        text = (small_sample / f"AdventureWorks_{name}.csv").read_bytes().decode("cp1252")
        head, *rows = csv.reader(io.StringIO(text, newline=""))
        found[name] = [head, *rows[:: max(1, len(rows) // RECORDS)][:RECORDS]]
    last_name = found["Customers"][0].index("LastName")
    for row, written_as in zip(found["Customers"][1:], ("MU\u00d1OZ", "GR\u00dcN", "ANDR\u00c9S"), strict=False):
        row[last_name] = written_as
    return found


def check(tables: dict[str, list[list[str]]], form: dict) -> None:
    rows = tables[form["table"]]
    content = written(rows, form)
    if content is None:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = io.StringIO(newline="")
        csv.writer(plain).writerows(rows)
        clean = rows_of(plain.getvalue().encode(), form["table"], folder)
        try:
            found = rows_of(content, form["table"], folder)
        except RefusedFileError:
            return
        assert found == clean


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(forms())
def test_a_file_in_any_form_gives_the_rows_of_the_clean_one_or_is_refused(
    tables: dict[str, list[list[str]]], form: dict
) -> None:
    check(tables, form)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(forms())
def test_two_thousand_forms(tables: dict[str, list[list[str]]], form: dict) -> None:
    check(tables, form)


def test_most_forms_are_read(tables: dict[str, list[list[str]]]) -> None:
    """What is refused would pass the test above, so that forms without an open question are seen to be read."""
    plain = {"separator": ";", "encoding": "utf-16", "end": "\r\n", "quoting": csv.QUOTE_ALL, "heading": "spaced"}
    plain |= {"has_index": True, "last_line_ends": False}
    for table, columns in {
        "Sales_2016": {
            "OrderDate": "%A, %B #d, %Y",
            "StockDate": "#m/#d/%y",
            "OrderNumber": "guarded",
            "CustomerKey": "float",
        },
        "Customers": {
            "BirthDate": "#s",
            "AnnualIncome": "points and no decimals",
            "LastName": "read twice",
            "CustomerKey": "text",
        },
        "Products": {
            "ProductCost": "comma",
            "ProductPrice": "Swiss",
            "ProductName": "quoted twice",
            "ProductSKU": "zero width",
        },
        "Returns": {"ReturnDate": "%Y-%m-%dT00:00:00.000Z", "ProductKey": "blank"},
    }.items():
        form = {"table": table, "columns": columns, **plain}
        with tempfile.TemporaryDirectory() as name:
            assert rows_of(written(tables[table], form) or b"", table, Path(name))
        check(tables, form)
