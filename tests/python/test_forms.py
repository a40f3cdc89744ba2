"""What a file is, is turned into the one form that is read: the same records as from the clean file, or a refusal."""

import csv
import gzip
import io
import json
import re
import struct
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.read.headings import columns_of, normal
from adventure_works.read.prepare import prepared
from adventure_works.read.recognise import NoTableError, named
from adventure_works.read.records import records
from adventure_works.read.scan import pieces
from adventure_works.read.source_file import SourceFile
from support.workbooks import ods, xlsx

TABLES = [table for table in raw_tables().values() if table.file_columns]
HEADER = "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity"
SALES = "".join(
    f"{line}\r\n" for line in (HEADER, *(f"1/{n}/2016,1/{n}/2003,SO{n},3{n},110{n},4,1,2" for n in (7, 13)))
)
REGIONS = (
    'SalesTerritoryKey,Region,Country,Continent\r\n1,"Île, grande",France,Europe\r\n\r\n2,"Two\r\nlines",,"""Q"""\r\n'
)
Encode = Callable[[str], str | bytes]


def looked_at(folder: Path, content: str | bytes, name: str, *, strict: bool = False) -> SourceFile:
    (folder / "files").mkdir(parents=True, exist_ok=True)
    path = folder / "files" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (outcome,) = prepared(path, name, folder / "copies" / name.replace(".", "_"), TABLES, strict=strict)
    if isinstance(outcome, RefusedFileError):
        raise outcome
    return outcome


def values(file: SourceFile) -> list[tuple[int, int, dict[str, str]]]:
    """Number, line and values by column of every record that is not blank."""
    return [
        (
            record.number,
            record.line,
            {column.name: value for column, value in zip(file.positions, record.values, strict=False) if column},
        )
        for piece in pieces(file.scan)
        for record in records(file.scan, piece)
        if any(record.values)
    ]


def again(text: str, separator: str) -> str:
    """The text, which has no commas within values but those in quotes, with another separator."""
    return re.sub(r'"(?:[^"]|"")*"|,', lambda found: separator if found[0] == "," else found[0], text)


def headed(edit: Callable[[str], str]) -> Encode:
    """Edits the header only."""
    return lambda text: edit(text.split("\r\n", 1)[0]) + "\r\n" + text.split("\r\n", 1)[1]


def cells(text: str) -> list[list[str | float | date]]:
    """The records of a text, its header the first, as a spreadsheet has them: numbers as numbers, days as days."""

    def cell(value: str) -> str | float | date:
        if re.fullmatch(r"\d+/\d+/\d+", value):
            month, day, year = map(int, value.split("/"))
            return date(year, month, day)
        return int(value) if value.isdecimal() else value

    return [[cell(value) for value in row] for row in csv.reader(io.StringIO(text, newline=""))]


def json_lines(text: str) -> str:
    header, *rows = cells(text)
    return "".join(json.dumps(dict(zip(header, row, strict=True)), default=str) + "\n" for row in rows)


def parquet(text: str, folder: Path) -> bytes:
    """The same as Parquet, with types; its folder is for the file."""
    (folder / "t.csv").write_bytes(text.encode())
    duckdb.sql(f"copy (from read_csv('{folder}/t.csv', header = true)) to '{folder}/t.parquet' (format parquet)")
    return (folder / "t.parquet").read_bytes()


def numbered(text: str, heading: str) -> str:
    """The text as pandas writes it: an index in the first column, its heading as given."""
    lines = re.split("\r\n(?!lines)", text)[:-1]
    first = [heading, *("" if not line else str(number) for number, line in enumerate(lines[1:]))]
    return "".join(f"{a},{line}\r\n" if line else "\r\n" for a, line in zip(first, lines, strict=True))


def swapped_territory(line: str) -> str:
    key = "SalesTerritoryKey"
    return line.replace(key, key[5:]) if key in line else line.replace(key[5:], key)


def prefixed(above: str) -> Encode:
    return lambda text: above + text


# What is done to the text of a file; how many lines come before its own first one; what is said of it.
FORMS: list[tuple[str, Encode, int, str]] = [
    ("as it is", lambda text: text, 0, ""),
    ("semicolons", lambda text: again(text, ";"), 0, "semicolons between the values"),
    ("tabs", lambda text: again(text, "\t"), 0, "tabs between the values"),
    ("vertical bars", lambda text: again(text, "|"), 0, "vertical bars between the values"),
    ("vertical bars, no final line end", lambda text: again(text, "|").removesuffix("\r\n"), 0, "vertical bars"),
    ("semicolons after a mark", lambda text: again(text, ";").encode("utf-8-sig"), 0, "semicolons"),
    ("sep line", prefixed("sep=,\r\n"), 1, "the header is line 2"),
    ("sep line of semicolons", lambda text: "sep=;\r\n" + again(text, ";"), 1, "the header is line 2"),
    ("titles", prefixed("Sales of 2016,,,\r\n,,,\r\nExported by,Anna,,\r\n"), 3, "the header is line 4"),
    ("titles after a mark", lambda text: f"Île\r\n{text}".encode("utf-8-sig"), 1, "the header is line 2"),
    ("remarks", prefixed("# a,b,c,d,e,f,g,h,i,j\n#\n"), 2, "the header is line 3"),
    ("blank lines", prefixed("\r\n \r\n\r\n"), 3, "the header is line 4"),
    (
        "wrapped headings",
        headed(
            lambda line: (
                line.replace("Key", '\r\nKey"', 1).replace("S", '"S', 1)
                if "Sales" in line
                else '"Order\nDate"' + line[9:]
            )
        ),
        1,
        "headings with line breaks",
    ),
    ("blanks after commas", lambda text: again(text, ", "), 0, "a blank after each separator"),
    ("UTF-16", lambda text: text.encode("utf-16"), 0, "UTF-16"),
    ("UTF-16 big-endian", lambda text: b"\xfe\xff" + text.encode("utf-16-be"), 0, "UTF-16"),
    ("UTF-16 without a mark", lambda text: text.encode("utf-16-le"), 0, "UTF-16-LE"),
    ("UTF-16 big-endian without a mark", lambda text: text.encode("utf-16-be"), 0, "UTF-16-BE"),
    ("UTF-16 with tabs", lambda text: again(text, "\t").encode("utf-16"), 0, "UTF-16; tabs between the values"),
    ("UTF-32", lambda text: text.encode("utf-32"), 0, "UTF-32"),
    ("UTF-32 without a mark", lambda text: text.encode("utf-32-le"), 0, "UTF-32-LE"),
    ("lower case", headed(str.lower), 0, "headings read: '"),
    (
        "blanks",
        headed(lambda line: re.sub("([a-z])([A-Z])", r"\1 \2", line).replace(",", " , ")),
        0,
        "headings read: '",
    ),
    ("no-break spaces", headed(lambda line: line.replace("Key", "\xa0Key")), 0, "headings read: '"),
    ("invisible signs", headed(lambda line: line.replace("Key", "\u200bKey")), 0, "\\u200bKey' as "),
    ("underscores", headed(lambda line: line.replace("Key", "_KEY")), 0, "_KEY' as "),
    ("two marks", lambda text: f"\ufeff\ufeff{text}", 0, "headings read: '\\ufeff"),
    ("an index of a data frame", lambda text: numbered(text, ""), 0, "left out: the column without a name (number 1)"),
    ("a named one", lambda text: numbered(text, "Unnamed: 0"), 0, "left out: the column Unnamed: 0, which "),
    ("gzip", lambda text: gzip.compress(text.encode("cp1252")), 0, "packed by gzip"),
    ("gzip of tabs", lambda text: gzip.compress(again(text, "\t").encode()), 0, "packed by gzip; tabs between"),
    ("another name", headed(swapped_territory), 0, "TerritoryKey' as "),
]


@pytest.mark.parametrize(("name", "text"), [("Sales_2016.csv", SALES), ("Territories.csv", REGIONS)])
@pytest.mark.parametrize(("form", "encode", "above", "said"), FORMS, ids=[form[0] for form in FORMS])
def test_read_to_the_same_records(
    tmp_path: Path, name: str, text: str, form: str, encode: Encode, above: int, said: str
) -> None:
    clean = looked_at(tmp_path, text, f"clean_{name}")
    found = looked_at(tmp_path, encode(text), name)
    assert found.table == clean.table
    assert values(found) == [(number, line + above, record) for number, line, record in values(clean)]
    assert said in "; ".join(found.done)
    assert bool(found.done) == bool(said)
    path = tmp_path / "files" / name
    assert (found.name, found.scan.delivered_bytes) == (name, path.stat().st_size)


def test_days_and_numbers_of_a_workbook_are_text_again(tmp_path: Path) -> None:
    """As are those of Parquet; a record is a line, counted as the rows are, and the header is where it is."""
    titled = xlsx({"Sales": [["Sales of 2016"], [], *cells(SALES)], "Notes": [["Nothing"]]})
    clean = [list(record.values()) for _, _, record in values(looked_at(tmp_path, SALES, "clean_sales.csv"))]
    days = [[f"2016-01-{row[0].split('/')[1]:0>2}", f"2003-01-{row[1].split('/')[1]:0>2}", *row[2:]] for row in clean]
    for name, content, first_line in (
        ("Sales.xlsx", xlsx({"Sheet1": cells(SALES)}), 2),
        ("Sales.csv", xlsx({"Sheet1": cells(SALES)}), 2),
        ("Sales wrapped.xlsx", xlsx({"Sheet1": cells(SALES.replace("OrderDate", '"Order\nDate"'))}), 2),
        ("Sales.parquet", parquet(SALES, tmp_path), 1),
        ("Sales.ods", ods({"Sheet1": [[str(value) for value in row] for row in cells(SALES)]}), 2),
        ("Sales.jsonl", json_lines(SALES), 1),
        ("Sales.json", "[" + json_lines(SALES).strip().replace("\n", ",\n") + "]", 1),
        ("Sales.xlsx.gz", gzip.compress(xlsx({"Sheet1": cells(SALES)})), 2),
    ):
        found = looked_at(tmp_path, content, name)
        assert [list(record.values()) for _, _, record in values(found)] == days
        assert [line for _, line, _ in values(found)] == [first_line, first_line + 1]
        assert found.name == name
    path = tmp_path / "files" / "titled.xlsx"
    path.write_bytes(titled)
    sales, notes = prepared(path, "titled.xlsx", tmp_path / "copies" / "titled", TABLES)
    assert isinstance(sales, SourceFile) and isinstance(notes, NoTableError)
    assert sales.name == "titled.xlsx" and [line for _, line, _ in values(sales)] == [4, 5]
    assert "titled.xlsx, sheet Notes: the header (Nothing) fits none" in notes.reason


def test_a_workbook_of_the_old_format(tmp_path: Path) -> None:
    content = (Path(__file__).parents[1] / "support" / "returns.xls").read_bytes()
    assert [list(record.values()) for _, _, record in values(looked_at(tmp_path, content, "Returns.xls"))] == [
        ["2016-01-07", "4", "37", "1"],
        ["2016-01-13", "4", "313", "2"],
    ]


def test_a_workbook_on_which_its_reader_hangs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adventure_works.read.workbook.SECONDS", 2)
    content = bytearray((Path(__file__).parents[1] / "support" / "returns.xls").read_bytes())
    # The table of sectors leads in a circle.
    content[68:76] = struct.pack("<II", 0, 1)
    with pytest.raises(RefusedFileError, match="a workbook that cannot be read"):
        looked_at(tmp_path, bytes(content), "Returns.xls")


def test_the_sheets_of_a_workbook_are_tables_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(xlsx({"Sales 2016": cells(SALES), "Sales 2017": cells(SALES), "Regions": cells(REGIONS), "-": []}))
    found = prepared(path, "book.xlsx", tmp_path / "copies" / "book", TABLES)
    assert [(file.name, file.table.name) for file in found if isinstance(file, SourceFile)] == [
        ("book.xlsx, sheet Sales 2016", "sales"),
        ("book.xlsx, sheet Sales 2017", "sales"),
        ("book.xlsx, sheet Regions", "territories"),
    ]


def test_records_that_are_quoted_as_a_whole(tmp_path: Path) -> None:
    """As a spreadsheet writes them that has each record in one cell."""
    lines = [
        "id,Region,Country,Continent".replace("id", "SalesTerritoryKey"),
        '1,"Île, grande",France,Europe',
        "2,A,B,C",
    ]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([line] for line in lines)
    found = looked_at(tmp_path, text.getvalue(), "Territories.csv")
    clean = looked_at(tmp_path, "".join(f"{line}\r\n" for line in lines), "Regions.csv")
    assert values(found) == values(clean) and found.done == ("quotes around each record",)
    with pytest.raises(RefusedFileError, match="not quoted as a whole"):
        looked_at(tmp_path, text.getvalue() + "3,A,B,C\r\n", "Regions2.csv")


REFUSED: list[tuple[str, str, str | bytes, str]] = [
    (
        "records above the header",
        "Sales.csv",
        SALES.split("\r\n")[1] + "\r\n" + SALES,
        "line 1: there are records above",
    ),
    ("days above the header", "Calendar.csv", "1/1/2016\r\nDate\r\n1/2/2016\r\n", "line 1: there are records above"),
    ("no header", "Sales.csv", SALES.split("\r\n", 1)[1], "the header is missing, since line 1 holds values."),
    (
        "a quote out of place",
        "Territories.csv",
        'SalesTerritoryKey;Region;Country;Continent\n1;"A"b;C;D\n',
        "quotes out of",
    ),
    (
        "an open quote",
        "Territories.csv",
        'SalesTerritoryKey;Region;Country;Continent\n1;"Ab;C;D\n',
        "quotes out of place",
    ),
    ("UTF-16 cut in a character", "Sales.csv", SALES.encode("utf-16")[:-1], "is UTF-16 at its beginning, but not to"),
    (
        "a heading twice",
        "Territories.csv",
        REGIONS.replace("Country", "Country,region"),
        "the heading Region is there twice",
    ),
    (
        "a column missing",
        "Sales.csv",
        SALES.replace("OrderNumber", "No"),
        "looks like sales, but lacks the column Order",
    ),
    ("other columns", "Sales.csv", "a,b,c,d,e,f,g,h\r\n", "(a, b, c, d, e, f and 2 more) fits none of the tables"),
    ("a NUL byte", "Sales.csv", "Sales\r\n" + SALES.replace("SO13", "SO\0"), "line 4: a NUL byte"),
    (
        "a quote that stays open",
        "Sales.csv",
        "Sales\r\n" + SALES.replace("SO13", '"SO'),
        "line 4: a quote opens and never",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_would_have_to_be_guessed_is_refused(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    with pytest.raises(RefusedFileError) as refusal:
        looked_at(tmp_path, content, name)
    first_line = str(refusal.value).splitlines()[0]
    assert first_line.startswith(name) and words in first_line


def test_other_columns_are_left_out_or_refused_and_their_values_never_shown(tmp_path: Path) -> None:
    text = "SalesTerritoryKey,Phone,Region,Country,Continent,,Empty\r\n1,,A,B,C,,\r\n2,555-1234,A,B,C,secret,\r\n"
    file = looked_at(tmp_path, text, "Territories.csv")
    assert file.done == ("left out: the columns Phone, without a name (number 6), which territories does not have",)
    with pytest.raises(RefusedFileError, match=r"line 3: the columns Phone, without .* --strict") as refusal:
        looked_at(tmp_path / "files", text, "Territories.csv", strict=True)
    assert "555" not in str(refusal.value) and "secret" not in str(refusal.value)
    assert (
        looked_at(tmp_path, text.replace("555-1234", "").replace("secret", ""), "Regions.csv", strict=True).done == ()
    )


@pytest.mark.parametrize(
    ("name", "header", "table"),
    [
        ("data1.csv", "Date", "calendar"),
        ("AdventureWorks Calendar Lookup.csv", "Date,Month,Year", "calendar"),
        ("AdventureWorks_Calendar.csv", "OrderDate", "calendar"),
        ("Product Category Sales (Unpivot Demo).csv", "Date,Product Category,North", None),
        ("targets.csv", "Date,Target", None),
        ("Sales_2016.csv", "OrderDate", None),
        # Joined with its products, as its name does not say.
        (
            "Sales.csv",
            f"{HEADER},ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductCost,ProductPrice",
            "sales",
        ),
        ("AdventureWorks_Customers.csv", "SalesTerritoryKey,Region,Country,Continent", "territories"),
    ],
)
def test_headings_and_name_decide_together(tmp_path: Path, name: str, header: str, table: str | None) -> None:
    content = f"{header}\r\n{','.join('x' for _ in header.split(','))}\r\n"
    if table:
        assert looked_at(tmp_path, content, name).table.name == table
    else:
        with pytest.raises(NoTableError) as refusal:
            looked_at(tmp_path, content, name)
        assert not (refusal.value.is_meant or refusal.value.says)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("AdventureWorks_Product_Subcategories.csv", "product_subcategories"),
        ("AdventureWorks Product Categories Lookup.csv", "product_categories"),
        ("AdventureWorks Territory Lookup.csv", "territories"),
        ("Sales_Territories.csv", "territories"),
        ("AdventureWorks Customer Lookup.csv", "customers"),
        ("product.csv", "products"),
        ("Returns_of_sales.csv", "sales"),
        ("data.csv", None),
    ],
)
def test_the_table_that_a_name_says(name: str, table: str | None) -> None:
    found = named(name, TABLES)
    assert (found.name if found else None) == table


def test_a_file_that_cannot_be_read_is_only_refused_if_its_name_says_that_it_was_meant(tmp_path: Path) -> None:
    for name, is_meant in (("notes.txt", False), ("Sales.txt", True), ("notes.csv", True), ("package.json", False)):
        for content in ("", '{"a":', "<html>"):
            with pytest.raises(NoTableError) as refusal:
                looked_at(tmp_path / f"{len(content)}", content, name)
            assert refusal.value.is_meant is is_meant


def test_no_two_columns_of_a_table_are_known_by_one_name() -> None:
    for table in TABLES:
        names = [normal(name) for column in table.file_columns for name in (column.header, *column.other_headers)]
        assert len(names) == len(set(names))
        assert columns_of([column.header for column in table.file_columns], table) == table.file_columns
