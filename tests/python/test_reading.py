"""Reading one file: every record is loaded, rejected with its line and reason, or blank; or the file is refused."""

import csv
import io
import random
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.read import convert as convert_module
from adventure_works.read import scan as scan_module
from adventure_works.read.convert import convert
from adventure_works.read.recognise import recognise
from adventure_works.read.records import Converted
from adventure_works.read.scan import scan

TABLES = [table for table in raw_tables().values() if table.file_columns]
SALES = "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity"
SALES_ROWS = [f"1/{day}/2016,1/{day}/2003,SO{day},{300 + day},{11000 + day},4,1,2" for day in range(1, 29)]
TERRITORIES = "SalesTerritoryKey,Region,Country,Continent"
PRODUCTS = (
    "ProductKey,ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductDescription,ProductColor,ProductSize,"
    "ProductStyle,ProductCost,ProductPrice"
)


def read(folder: Path, text: str | bytes, name: str = "file.csv", **options: object) -> tuple[Converted, list[tuple]]:
    """Reads a file of that content; returns what became of its records, and the rows of the Parquet."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    into = folder / f"{name}.rows"
    into.mkdir()
    found = scan(path)
    file = recognise(found, TABLES)
    converted = convert(file, into, **{"max_reject_share": 1.0, **options})
    rows = duckdb.sql(f"select * from read_parquet('{into}/*.parquet') order by record_number").fetchall()
    assert [part.suffix for part in into.iterdir()] == [".parquet"] * len(list(into.iterdir()))
    assert len(rows) == converted.loaded
    return converted, rows


def lines(*rows: str, end: str = "\r\n") -> str:
    return end.join([*rows, ""])


def test_sales_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    converted, rows = read(tmp_path, lines(SALES, *SALES_ROWS))
    assert (converted.loaded, converted.blank, converted.rejects) == (28, 0, [])
    assert rows[12] == (date(2016, 1, 13), date(2003, 1, 13), "SO13", 313, 11013, 4, 1, 2, "file.csv", 13)


def test_columns_are_matched_by_name_in_any_order(tmp_path: Path) -> None:
    _, rows = read(tmp_path, lines("Country,Continent,SalesTerritoryKey,Region", "Norway,Europe,7,Oslo"))
    assert rows == [(7, "Oslo", "Norway", "Europe", "file.csv", 1)]


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.encode("utf-8"), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("cp1252"), "cp1252"),
        (lambda text: text.replace("\r\n", "\n").encode("utf-8"), "utf-8"),
        (lambda text: text.replace("\r\n", "\r").encode("cp1252"), "cp1252"),
        (lambda text: text.removesuffix("\r\n").encode("utf-8"), "utf-8"),
    ],
)
def test_encodings_and_line_ends_give_the_same_rows(tmp_path: Path, encode, encoding: str) -> None:
    text = lines(TERRITORIES, "1,Zürich,Schweiz,Europe", '2,"Île, grande",France,Europe', "3,Lyon,France,Europe")
    _, rows = read(tmp_path, encode(text))
    assert [row[1] for row in rows] == ["Zürich", "Île, grande", "Lyon"]
    assert scan(tmp_path / "file.csv").encoding == encoding


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1/5/2016,1/5/2003,SO1,332.6,11001,4,1,2", "product_key", "'332.6' is not a whole number"),
        ("1/5/2016,1/5/2003,SO1,1e3,11001,4,1,2", "product_key", "'1e3' is not a whole number"),
        ("1/5/2016,1/5/2003,SO1,1_0,11001,4,1,2", "product_key", "'1_0' is not a whole number"),
        ("1/5/2016,1/5/2003,SO1,0x1A,11001,4,1,2", "product_key", "'0x1A' is not a whole number"),
        ("1/5/2016,1/5/2003,SO1,99999999999,11001,4,1,2", "product_key", "'99999999999' is not a whole number"),
        ("1/5/2016,1/5/2003,SO1,,11001,4,1,2", "product_key", "product_key is empty"),
        ("1/5/2016,1/5/2003,SO1,abc,11001,4,1,2", "product_key", "'abc' is not a whole number"),
        ("1/32/2016,1/5/2003,SO1,1,11001,4,1,2", "order_date", "'1/32/2016' is not a date, read month_first"),
        ("1/5/0016,1/5/2003,SO1,1,11001,4,1,2", "order_date", "'1/5/0016' is not a date"),
        (f"1/5/2016,1/5/2003,{'S' * 65},1,11001,4,1,2", "order_number", "takes 65 bytes where 64 fit"),
        ("1/5/2016,1/5/2003,SO1,1,11001,4,1", None, "7 fields where the header has 8"),
        ("1/5/2016,1/5/2003,SO1,1,11001,4,1,2,9", None, "9 fields where the header has 8"),
        ('1/5/2016,1/5/2003,"SO"1,1,11001,4,1,2', None, "quotes out of place"),
    ],
)
def test_a_bad_record_is_kept_with_its_line_and_reason(
    tmp_path: Path, row: str, column: str | None, reason: str
) -> None:
    converted, rows = read(tmp_path, lines(SALES, *SALES_ROWS[:20], row, *SALES_ROWS[20:]))
    (reject,) = converted.rejects
    assert (reject.record_number, reject.line_number, reject.column_name) == (21, 22, column)
    assert reason in reject.reason
    assert reject.raw_text == row
    assert [r[-1] for r in rows] == [n for n in range(1, 30) if n != 21]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("33.6442", "33.6442"),
        ('"$90,000 "', "90000.0000"),
        ("$1234.5", "1234.5000"),
        ("-5", "-5.0000"),
        ("5.25000000", "5.2500"),
        ("33.64425", None),
        ('"9,00,000"', "900000.0000"),
        ("1e3", None),
        ("", None),
    ],
)
def test_amounts(tmp_path: Path, written: str, amount: str | None) -> None:
    good = "1,1,S1,Pump,Pump,Text,Red,0,0,1.5,2.5"
    converted, rows = read(tmp_path, lines(PRODUCTS, good, f"2,1,S2,Pump,Pump,,,,,{written},2.5"))
    assert [str(row[9]) for row in rows[1:]] == ([amount] if amount else [])
    assert len(converted.rejects) == (0 if amount else 1)


def test_the_header_again_in_the_middle_is_no_record(tmp_path: Path) -> None:
    """As where the files of some years were joined."""
    converted, rows = read(tmp_path, lines(SALES, *SALES_ROWS[:14], SALES, *SALES_ROWS[14:]))
    assert (converted.loaded, converted.blank, converted.rejects) == (28, 1, [])
    assert [row[-1] for row in rows] == [*range(1, 15), *range(16, 30)]
    assert [note for _, note in converted.notes if "for the heading again" in note]


def test_a_conflict_in_the_middle_refuses_the_file(tmp_path: Path) -> None:
    rows = [*SALES_ROWS * 100, "<<<<<<< HEAD", *SALES_ROWS * 100]
    with pytest.raises(RefusedFileError, match=r"line 2802: the file is the rest of a merge with conflicts"):
        read(tmp_path, lines(SALES, *rows))


def test_blank_records_are_counted_and_numbered(tmp_path: Path) -> None:
    text = lines(SALES, SALES_ROWS[0], "", *SALES_ROWS[1:], ",,,,,,,", "  , ,,,,,,", "", "")
    converted, rows = read(tmp_path, text)
    assert (converted.loaded, converted.blank) == (28, 5)
    assert [row[-1] for row in rows] == [1, *range(3, 30)]


def test_a_quoted_line_break_is_part_of_a_value(tmp_path: Path) -> None:
    text = lines(PRODUCTS, '1,1,S1,A,A,"Two\r\nlines",,,,1,2', "2,1,S2,B,B,One line,,,,1,2", "x,1,S3,C,C,,,,,1,2")
    converted, rows = read(tmp_path, text)
    assert [row[5] for row in rows] == ["Two\r\nlines", "One line"]
    assert [(reject.record_number, reject.line_number) for reject in converted.rejects] == [(3, 5)]


def test_optional_columns_may_be_missing_and_nameless_ones_empty(tmp_path: Path) -> None:
    header = PRODUCTS.replace("ProductColor,", "").replace("ProductStyle,", "") + ",,"
    _, rows = read(tmp_path, lines(header, "1,1,S1,Pump,Pump,Text,0,1.5,2.5,,"))
    assert rows[0][5:9] == ("Text", None, "0", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (SALES.encode(), "a header and no records"),
        ((SALES + "\r\n").encode(), "a header and no records"),
        (lines(SALES, *SALES_ROWS[:5]).encode() + b"\0" + lines(*SALES_ROWS[5:]).encode(), "line 7: a NUL byte"),
        (lines(TERRITORIES, "1,A\x81B,C,D").encode("latin-1"), "neither UTF-8 nor Windows-1252"),
        (lines(TERRITORIES, "1,A,B,C", '2,"A,B,C', "3,A,B,C").encode(), "line 3: a quote opens and never closes"),
        (lines(TERRITORIES, "1,A,B,C", '2,"A,B,C', '3,A",B,C').encode(), "line 3: a line break in region"),
        (lines(SALES, *SALES_ROWS).encode()[:-14], "breaks off in the middle of a record"),
        (lines("Region,Country,Continent", "A,B,C").encode(), "lacks the column SalesTerritoryKey"),
        (lines("Key,Region,Country,Continent", "1,A,B,C").encode(), "and has Key, which territories does not know"),
        (lines(TERRITORIES + ",Region", "1,A,B,C,A").encode(), "the heading Region is there twice"),
        (lines("Fruit,Weight", "Apple,1").encode(), "fits none of the tables"),
        (lines(SALES, *SALES_ROWS, "13/1/2016,1/1/2003,SO1,1,1,4,1,2").encode(), "only day first"),
        (lines(SALES, *(row.replace("/2016", "/16") for row in SALES_ROWS)).encode(), "year of two digits"),
        (lines(SALES, *SALES_ROWS[:12]).encode(), "--date-order month_first"),
    ],
)
def test_a_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(RefusedFileError, match=re.escape(words)):
        read(tmp_path, content)


def test_a_file_with_too_many_rejects_is_refused_with_examples(tmp_path: Path) -> None:
    rows = [row.replace(",4,1,2", ",4,1,two") if day % 2 else row for day, row in enumerate(SALES_ROWS)]
    with pytest.raises(RefusedFileError, match=r"14 of 28 .*\n  line 3: order_quantity 'two' is not") as refusal:
        read(tmp_path, lines(SALES, *rows), max_reject_share=0.01)
    assert "--max-rejects" in str(refusal.value)


AMBIGUOUS = [f"1/{day}/2016,1/{day}/2003,SO{day},1,1,4,1,2" for day in range(1, 13)]


def test_ambiguous_dates_are_settled_by_the_calendar(tmp_path: Path) -> None:
    # Day first, the twelve days of January would be the first days of twelve months, beyond the calendar's end.
    _, rows = read(
        tmp_path,
        lines(SALES, *AMBIGUOUS[:1], *AMBIGUOUS),
        calendar=(date(2015, 1, 1), date(2016, 6, 30)),
        date_order="month_first",
    )
    assert rows[-1][0] == date(2016, 1, 12)


@pytest.mark.parametrize(("order", "last"), [("month_first", date(2016, 1, 12)), ("day_first", date(2016, 12, 1))])
def test_ambiguous_dates_are_settled_by_the_user(tmp_path: Path, order: str, last: date) -> None:
    _, rows = read(tmp_path, lines(SALES, *AMBIGUOUS), date_order=order)
    assert rows[-1][0] == last


def test_the_user_cannot_overrule_the_evidence(tmp_path: Path) -> None:
    _, rows = read(tmp_path, lines(SALES, *SALES_ROWS), date_order="day_first")
    assert rows[1][0] == date(2016, 1, 2)


def test_both_paths_read_the_same(small_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast path is only faster: forced down the careful one, every file gives the same rows."""
    fast, careful = tmp_path / "fast", tmp_path / "careful"
    fast_rows = []
    texts_read = []
    original, original_texts = convert_module.read_fastest, convert_module.read_texts

    def watch(*arguments: object) -> int | None:
        fast_rows.append(original(*arguments))
        return fast_rows[-1]

    def watch_texts(*arguments: object) -> Converted | None:
        texts_read.append(original_texts(*arguments))
        return texts_read[-1]

    def nothing(*arguments: object) -> None:
        return None

    for folder, path_taken, texts in ((fast, watch, watch_texts), (careful, nothing, nothing)):
        folder.mkdir()
        monkeypatch.setattr(convert_module, "read_fastest", path_taken)
        monkeypatch.setattr(convert_module, "read_texts", texts)
        # Small pieces, so that their edges are tried as well.
        monkeypatch.setattr(scan_module, "PIECE", 10_000)
        monkeypatch.setattr(scan_module, "BLOCK", 1_000)
        for path in sorted(small_sample.glob("*.csv")):
            read(folder, path.read_bytes(), path.name)
    assert sum(taken is not None for taken in fast_rows) > 5
    assert sum(taken is not None for taken in texts_read) > 2
    for path in small_sample.glob("*.csv"):
        one, other = (f"read_parquet('{folder / path.name}.rows/*.parquet')" for folder in (fast, careful))
        assert duckdb.sql(f"describe from {one}").fetchall() == duckdb.sql(f"describe from {other}").fetchall()
        rows = [duckdb.sql(f"from {side} order by record_number").fetchall() for side in (one, other)]
        assert rows[0] == rows[1]


@pytest.mark.parametrize("seed", range(25))
def test_no_record_is_lost_whatever_the_file_holds(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of random good, bad and blank records: the rows and rejects are those that were written, in order."""
    chance = random.Random(seed)
    monkeypatch.setattr(scan_module, "PIECE", chance.choice([60, 200, 1000]))
    monkeypatch.setattr(scan_module, "BLOCK", chance.choice([7, 64, 1 << 20]))
    end = chance.choice(["\r\n", "\n"])
    text, good, bad, blank = io.StringIO(newline=""), [], [], 0
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(PRODUCTS.split(","))
    for number in range(1, chance.randrange(2, 60)):
        kind = chance.choices(["good", "bad", "blank"], [8, 1, 1])[0]
        if kind == "blank":
            text.write(chance.choice(["", "," * 10, '""' + ',""' * 10]) + end)
            blank += 1
            continue
        words = ["".join(chance.choices('ab,"éü ', k=chance.randrange(1, 9))).strip(' "') or "x" for _ in range(3)]
        key = str(number) if kind == "good" else chance.choice(["x", "1.5", "", "1e2"])
        if chance.random() < 0.1 and kind == "good":
            words[2] += f"{end}second line"
        writer.writerow([key, "1", *words[:2], "M", words[2], "", "", "", "1.5", "2.5"])
        if kind == "good":
            good.append((int(key), *words, number))
        else:
            bad.append(number)
    if not good:
        return
    content = text.getvalue().encode(chance.choice(["utf-8", "utf-8-sig", "cp1252"]))
    converted, rows = read(tmp_path, content)
    assert [(row[0], row[2], row[3], row[5], row[-1]) for row in rows] == good
    assert [reject.record_number for reject in converted.rejects] == bad
    assert converted.blank == blank
