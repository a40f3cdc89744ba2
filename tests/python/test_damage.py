"""The catalogue of damage: every entry does what it says to the files it names, and nothing else."""

import csv
import io
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from adventure_works.errors import AdventureError
from adventure_works.sample.generator import generate
from adventure_works.settings import PROJECT
from damage import DAMAGE, apply_damage
from damage.catalogue import edit_rows

KAGGLE = PROJECT.parent / "shared" / "data" / "kaggle"
TABLES = {
    "calendar": ("Calendar",),
    "customers": ("Customers",),
    "product_categories": ("Product_Categories",),
    "product_subcategories": ("Product_Subcategories",),
    "products": ("Products",),
    "returns": ("Returns",),
    "sales": ("Sales_2015", "Sales_2016", "Sales_2017"),
    "territories": ("Territories",),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "sample"
    generate(folder, scale=0.05)
    return folder


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "sample"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def path_of(folder: Path, table: str) -> Path:
    return folder / f"AdventureWorks_{table}.csv"


def rows_of(folder: Path, table: str, encoding: str = "cp1252") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path_of(folder, table).read_bytes().decode(encoding), newline="")))


def column(folder: Path, table: str, name: str) -> list[str]:
    rows = rows_of(folder, table)
    return [row[rows[0].index(name)] for row in rows[1:]]


def differing(before: list[list[str]], after: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    assert len(before) == len(after)
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_touches_its_table_only_and_is_always_the_same(
    name: str, clean: Path, folder: Path, tmp_path: Path
) -> None:
    twin = Path(shutil.copytree(clean, tmp_path / "twin"))
    apply_damage(folder, name)
    apply_damage(twin, name)
    before, after = contents(clean), contents(folder)
    assert after == contents(twin)
    assert after != before
    entry = DAMAGE[name]
    assert entry.name == name and entry.description
    if entry.table != "all":
        own = re.compile("|".join(rf"AdventureWorks_{table}\b" for table in TABLES[entry.table]))
        changed = {file for file in before | after if before.get(file) != after.get(file)}
        assert changed and all(own.match(file) for file in changed)


def test_every_damage_works_on_the_smallest_sample(tmp_path: Path) -> None:
    generate(tmp_path / "clean", scale=0.01)
    before = contents(tmp_path / "clean")
    for name in DAMAGE:
        folder = Path(shutil.copytree(tmp_path / "clean", tmp_path / name))
        apply_damage(folder, name)
        assert contents(folder) != before, name


@pytest.mark.skipif(not KAGGLE.is_dir(), reason="the Kaggle files are not on this machine")
def test_rows_that_are_not_damaged_keep_their_bytes_on_kaggle_files(tmp_path: Path) -> None:
    for path in KAGGLE.glob("*.csv"):
        copy = Path(shutil.copyfile(path, tmp_path / path.name))
        edit_rows(copy, lambda rows: rows)
        assert copy.read_bytes() == path.read_bytes(), path.name


def test_unknown_damage_is_refused(folder: Path) -> None:
    with pytest.raises(AdventureError, match=r"docs/faults\.md"):
        apply_damage(folder, "earthquake")


def test_damage_that_cannot_be_done_says_so(folder: Path) -> None:
    apply_damage(folder, "header-only")
    apply_damage(folder, "dates-iso")
    with pytest.raises(AdventureError, match="dates-dots cannot be done"):
        apply_damage(folder, "dates-dots")


# ---- dates ----


@pytest.mark.parametrize(
    ("name", "thirteenth", "second"),
    [
        ("dates-day-first", "13/1/2016", "2/1/2016"),
        ("dates-day-first-dashes", "13-01-2016", "02-01-2016"),
        ("dates-iso", "2016-01-13", "2016-01-02"),
        ("dates-dashes", "1-13-2016", "1-2-2016"),
        ("dates-dots", "13.01.2016", "02.01.2016"),
        ("dates-month-names", "13-Jan-2016", "2-Jan-2016"),
        ("dates-two-digit-years", "1/13/16", "1/2/16"),
        ("dates-half-converted", "1/13/2016", "01-02-2016"),
    ],
)
def test_date_styles(name: str, thirteenth: str, second: str, clean: Path, folder: Path) -> None:
    before = column(clean, "Calendar", "Date")
    apply_damage(folder, name)
    after = dict(zip(before, column(folder, "Calendar", "Date"), strict=True))
    assert after["1/13/2016"] == thirteenth
    assert after["1/2/2016"] == second
    assert ("/" in after["1/12/2016"]) == ("/" in second), "the twelfth can still be a month"
    # The other dated columns were converted too.
    old = column(clean, "Sales_2017", "StockDate") + column(clean, "Customers", "BirthDate")
    new = column(folder, "Sales_2017", "StockDate") + column(folder, "Customers", "BirthDate")
    late = [(was, now) for was, now in zip(old, new, strict=True) if was.split("/")[0] != was.split("/")[1]]
    assert any(was != now for was, now in late)
    assert column(folder, "Returns", "ReturnDate") != column(clean, "Returns", "ReturnDate")


def test_day_first_in_one_file(clean: Path, folder: Path) -> None:
    apply_damage(folder, "dates-day-first-in-one-file")
    assert rows_of(folder, "Sales_2015") == rows_of(clean, "Sales_2015")
    assert max(int(value.split("/")[1]) for value in column(folder, "Sales_2016", "OrderDate")) == 12


def test_mixed_orders_contradict_each_other(folder: Path) -> None:
    apply_damage(folder, "dates-mixed-orders")
    dates = [tuple(map(int, value.split("/"))) for value in column(folder, "Sales_2016", "OrderDate")]
    half = len(dates) // 2
    assert max(second for _, second, _ in dates[:half]) > 12
    assert max(first for first, _, _ in dates[half:]) > 12


def test_ambiguous_sales_are_sorted_and_in_the_calendar_both_ways(folder: Path) -> None:
    apply_damage(folder, "dates-ambiguous-sales")
    parts = [tuple(map(int, value.split("/"))) for value in column(folder, "Sales_2016", "OrderDate")]
    month_first = [date(year, first, second) for first, second, year in parts]
    day_first = [date(year, second, first) for first, second, year in parts]
    assert month_first == sorted(month_first) and day_first == sorted(day_first)
    assert month_first != day_first, "the order must matter"
    assert set(column(folder, "Sales_2016", "StockDate")) == {"3/4/2002"}


def test_days_to_twelve_are_sorted_one_way_only(folder: Path) -> None:
    apply_damage(folder, "dates-days-to-twelve")
    parts = [tuple(map(int, value.split("/"))) for value in column(folder, "Sales_2016", "OrderDate")]
    day_first = [date(year, second, first) for first, second, year in parts]
    assert day_first != sorted(day_first)


def test_ambiguous_returns_have_no_day_after_the_twelfth(folder: Path) -> None:
    apply_damage(folder, "dates-ambiguous-returns")
    dates = column(folder, "Returns", "ReturnDate")
    assert dates and max(int(value.split("/")[1]) for value in dates) <= 12


def test_births_move_by_a_century(clean: Path, folder: Path) -> None:
    apply_damage(folder, "births-moved-by-a-century")
    pairs = differing(rows_of(clean, "Customers"), rows_of(folder, "Customers"))
    years = [int(new[4][-4:]) - int(old[4][-4:]) for old, new in pairs]
    assert years == [100, 100, 100, -100]


# ---- rows, columns, bytes ----


@pytest.mark.parametrize(
    ("name", "table", "before", "after"),
    [
        ("order-date-after-the-calendar", "Sales_2017", r"6/30/2017", r"6/30/2027"),
        ("stock-date-after-order", "Sales_2016", r".*/200[23]", r"1/13/2017"),
        ("text-in-key", "Sales_2016", r"\d+", "unknown"),
        ("empty-key", "Sales_2016", r"\d+", ""),
        ("decimals-in-integer", "Sales_2016", r"\d+", r"332\.6"),
        ("exponent-in-key", "Sales_2016", r"\d+", r"\d\.\dE\+04"),
        ("negative-quantity", "Sales_2016", r"[123]", "-1"),
        ("zero-quantity", "Sales_2016", r"[123]", "0"),
        ("unknown-product", "Sales_2016", r"\d+", "99999"),
        ("unknown-customer", "Sales_2016", r"\d+", "999999999"),
        ("unknown-territory", "Sales_2016", r"\d+", "99"),
    ],
)
def test_one_value_is_damaged(name: str, table: str, before: str, after: str, clean: Path, folder: Path) -> None:
    apply_damage(folder, name)
    [(old, new)] = differing(rows_of(clean, table), rows_of(folder, table))
    [(was, now)] = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    assert re.fullmatch(before, was) and re.fullmatch(after, now)


def test_text_in_many_keys_is_more_than_one_per_cent(folder: Path) -> None:
    apply_damage(folder, "text-in-many-keys")
    keys = column(folder, "Sales_2016", "ProductKey")
    assert 0.015 < keys.count("unknown") / len(keys) < 0.03


@pytest.mark.parametrize(
    ("name", "table", "header_end", "row_end"),
    [
        ("nameless-empty-columns", "Products", ["", ""], ["", ""]),
        ("nameless-column", "Products", [""], ["7"]),
        ("unknown-column", "Sales_2016", ["Discount"], ["0.1"]),
        ("unknown-empty-column", "Sales_2016", ["Discount"], [""]),
        ("duplicate-header", "Sales_2016", ["OrderQuantity"], ["9"]),
    ],
)
def test_columns_are_added(name: str, table: str, header_end: list, row_end: list, clean: Path, folder: Path) -> None:
    apply_damage(folder, name)
    old, new = rows_of(clean, table), rows_of(folder, table)
    assert new == [row + (row_end if number else header_end) for number, row in enumerate(old)]


def test_columns_are_moved_renamed_and_dropped(clean: Path, folder: Path) -> None:
    for name in ("columns-reordered", "missing-column", "renamed-header"):
        apply_damage(folder, name)
    assert rows_of(folder, "Sales_2016") == [row[::-1] for row in rows_of(clean, "Sales_2016")]
    products = rows_of(clean, "Products")
    assert rows_of(folder, "Products") == [[*row[:9], row[10]] for row in products] and products[0][9] == "ProductCost"
    [(_, header)] = differing(rows_of(clean, "Customers"), rows_of(folder, "Customers"))
    assert header[0] == "CustomerID"


@pytest.mark.parametrize(("name", "fields"), [("too-many-fields", 9), ("too-few-fields", 7)])
def test_one_row_has_another_number_of_fields(name: str, fields: int, clean: Path, folder: Path) -> None:
    apply_damage(folder, name)
    widths = Counter(len(row) for row in rows_of(folder, "Sales_2016"))
    assert widths == {8: len(rows_of(clean, "Sales_2016")) - 1, fields: 1}


def test_tails(clean: Path, folder: Path) -> None:
    apply_damage(folder, "blank-tail")
    apply_damage(folder, "comma-rows")
    old, new = contents(clean), contents(folder)
    assert new["AdventureWorks_Sales_2016.csv"] == old["AdventureWorks_Sales_2016.csv"] + b"\r\n" * 5
    comma_rows = (b"," * 12 + b"\r\n") * 3
    assert new["AdventureWorks_Customers.csv"] == old["AdventureWorks_Customers.csv"] + comma_rows


def test_a_truncated_file_ends_within_a_record(clean: Path, folder: Path) -> None:
    apply_damage(folder, "truncated-file")
    old, new = path_of(clean, "Sales_2016").read_bytes(), path_of(folder, "Sales_2016").read_bytes()
    assert old.startswith(new)
    last = rows_of(folder, "Sales_2016")[-1]
    assert 1 < len(last) < 8 and len(rows_of(folder, "Sales_2016")) == len(rows_of(clean, "Sales_2016"))


def test_empty_files(clean: Path, folder: Path) -> None:
    apply_damage(folder, "header-only")
    assert path_of(folder, "Territories").read_bytes() == b"SalesTerritoryKey,Region,Country,Continent\r\n"
    apply_damage(folder, "no-returns")
    assert path_of(folder, "Returns").read_bytes() == b"ReturnDate,TerritoryKey,ProductKey,ReturnQuantity\r\n"
    apply_damage(folder, "empty-file")
    assert path_of(folder, "Returns").read_bytes() == b""


@pytest.mark.parametrize(("name", "encoding"), [("utf-8", "utf-8"), ("utf-8-bom", "utf-8-sig"), ("utf-16", "utf-16")])
def test_encodings_keep_every_value(name: str, encoding: str, clean: Path, folder: Path) -> None:
    apply_damage(folder, name)
    assert rows_of(folder, "Customers", encoding) == rows_of(clean, "Customers")
    marks = {"utf-8": b"Cus", "utf-8-bom": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}
    assert path_of(folder, "Customers").read_bytes().startswith(marks[name])


def test_an_undecodable_byte_is_neither_utf_8_nor_cp1252(folder: Path) -> None:
    apply_damage(folder, "undecodable-byte")
    for encoding in ("utf-8", "cp1252"):
        with pytest.raises(UnicodeDecodeError):
            path_of(folder, "Customers").read_bytes().decode(encoding)


@pytest.mark.parametrize(
    ("name", "present", "absent"),
    [("lf-line-ends", b"\n", b"\r"), ("cr-line-ends", b"\r", b"\n"), ("semicolons", b";", b",")],
)
def test_bytes_are_replaced_throughout(name: str, present: bytes, absent: bytes, folder: Path) -> None:
    apply_damage(folder, name)
    content = path_of(folder, "Sales_2016").read_bytes()
    assert present in content and absent not in content


def test_nul_bytes_come_in_a_block(clean: Path, folder: Path) -> None:
    apply_damage(folder, "nul-bytes")
    content = path_of(folder, "Sales_2016").read_bytes()
    assert content.count(b"\0") == 64 and b"\n" + bytes(64) in content
    assert content.replace(b"\0", b"") == path_of(clean, "Sales_2016").read_bytes()


def test_an_unterminated_quote_swallows_the_rest(clean: Path, folder: Path) -> None:
    apply_damage(folder, "unterminated-quote")
    assert path_of(folder, "Sales_2016").read_bytes().count(b'"') == 1
    half = len(rows_of(clean, "Sales_2016")) // 2
    assert len(rows_of(folder, "Sales_2016")) == pytest.approx(half, abs=2)


def test_a_swallowing_quote_leaves_a_record_of_the_right_width(clean: Path, folder: Path) -> None:
    apply_damage(folder, "swallowing-quote")
    rows = rows_of(folder, "Sales_2016")
    assert len(rows) == len(rows_of(clean, "Sales_2016")) - 10
    assert {len(row) for row in rows} == {8}
    assert [row[2].count("\n") for row in rows if "\n" in row[2]] == [10]


# ---- values and files ----


def test_money_is_rewritten(clean: Path, folder: Path) -> None:
    apply_damage(folder, "incomes-plain")
    assert all(re.fullmatch(r"\d+0000", value) for value in column(folder, "Customers", "AnnualIncome"))
    apply_damage(folder, "comma-decimals")
    prices = column(folder, "Products", "ProductPrice")
    assert [value.replace(",", ".") for value in prices] == column(clean, "Products", "ProductPrice")
    assert b',"1832,836","3279,95"\r\n' in path_of(folder, "Products").read_bytes()


def test_prices_are_rounded(clean: Path, folder: Path) -> None:
    apply_damage(folder, "prices-rounded")
    rounded = column(folder, "Products", "ProductPrice")
    assert all(value.isdigit() for value in rounded)
    assert column(clean, "Products", "ProductPrice")[0] == "3279.95" and rounded[0] == "3280"


def test_spaces_surround_keys(clean: Path, folder: Path) -> None:
    apply_damage(folder, "spaces-around-values")
    keys = column(folder, "Sales_2016", "ProductKey")
    assert keys[0].startswith("  ") and keys[0].endswith(" ")
    assert [key.strip() for key in keys] == column(clean, "Sales_2016", "ProductKey")


def test_rows_are_repeated_exactly_or_in_conflict(clean: Path, folder: Path) -> None:
    old = Counter(map(tuple, rows_of(clean, "Sales_2016")))
    apply_damage(folder, "duplicate-rows")
    extra = Counter(map(tuple, rows_of(folder, "Sales_2016"))) - old
    assert sum(extra.values()) == 5 and all(row in old for row in extra)

    apply_damage(folder, "conflicting-customers")
    keys = Counter(column(folder, "Customers", "CustomerKey"))
    assert sorted(keys.values())[-2:] == [1, 2]


def test_a_conflicting_row_differs_in_its_quantity(clean: Path, folder: Path) -> None:
    apply_damage(folder, "conflicting-rows")
    old, new = rows_of(clean, "Sales_2016"), rows_of(folder, "Sales_2016")
    [extra] = [row for row in new if row not in old]
    [original] = [row for row in old if row[:-1] == extra[:-1]]
    assert len(new) == len(old) + 1 and original in new and extra[-1] != original[-1]


def test_files_come_and_go(clean: Path, folder: Path) -> None:
    apply_damage(folder, "two-files-for-one-table")
    apply_damage(folder, "sales-file-twice")
    apply_damage(folder, "unknown-file")
    apply_damage(folder, "missing-file")
    apply_damage(folder, "missing-year")
    added = {"AdventureWorks_Customers (1).csv", "AdventureWorks_Sales_2016 (1).csv", "AdventureWorks_Budget.csv"}
    gone = {"AdventureWorks_Returns.csv", "AdventureWorks_Sales_2016.csv"}
    assert set(contents(folder)) == (set(contents(clean)) | added) - gone


def test_renamed_files_keep_their_bytes(clean: Path, folder: Path) -> None:
    apply_damage(folder, "renamed-files")
    assert sorted(contents(folder).values()) == sorted(contents(clean).values())
    assert set(contents(folder)) == {f"data{number}.csv" for number in range(1, 11)}
