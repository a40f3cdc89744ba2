"""The generated sample: its form, its figures, its reproducibility and the folder it goes into.

The figures were measured on the Kaggle files, or follow from the issue; none comes from the generator.
"""

import csv
import errno
import hashlib
import json
import re
import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from adventure_works.cli import adventure
from adventure_works.errors import AdventureError
from adventure_works.sample import generator as generator_module
from adventure_works.sample import people, sales
from adventure_works.sample.generator import generate
from adventure_works.settings import PROJECT

KAGGLE = PROJECT.parent / "shared" / "data" / "kaggle"
ROW_COUNTS = {
    "Calendar": 912,
    "Customers": 18_148,
    "Product_Categories": 4,
    "Product_Subcategories": 37,
    "Products": 293,
    "Returns": 1_809,
    "Sales_2015": 2_630,
    "Sales_2016": 23_935,
    "Sales_2017": 29_481,
    "Territories": 10,
}
# As Kaggle's page of the dataset shows them.
HEADERS = {
    "Calendar": "Date",
    "Customers": "CustomerKey,Prefix,FirstName,LastName,BirthDate,MaritalStatus,Gender,EmailAddress,AnnualIncome,"
    "TotalChildren,EducationLevel,Occupation,HomeOwner",
    "Product_Categories": "ProductCategoryKey,CategoryName",
    "Product_Subcategories": "ProductSubcategoryKey,SubcategoryName,ProductCategoryKey",
    "Products": "ProductKey,ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductDescription,ProductColor,"
    "ProductSize,ProductStyle,ProductCost,ProductPrice",
    "Returns": "ReturnDate,TerritoryKey,ProductKey,ReturnQuantity",
    "Sales": "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity",
    "Territories": "SalesTerritoryKey,Region,Country,Continent",
}
LAUNCH = date(2016, 7, 1)
DIGEST_OF_A_HUNDREDTH = "139f679ee8e220d20ea5fd040f8da031c0b4f25826e418c8a6c44c07994ddfb1"

needs_kaggle = pytest.mark.skipif(not KAGGLE.is_dir(), reason="the Kaggle files are not on this machine")


def file_name(table: str) -> str:
    return f"AdventureWorks_{table}.csv"


def read(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / file_name(table)).open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def as_date(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "full"
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[dict]:
    """All order lines in file order, with the date parsed and the product and customer looked up."""
    products = {row["ProductKey"]: row for row in read(folder, "Products")}
    category = {
        row["ProductSubcategoryKey"]: row["ProductCategoryKey"] for row in read(folder, "Product_Subcategories")
    }
    customers = {row["CustomerKey"]: row for row in read(folder, "Customers")}
    days = {row["Date"]: as_date(row["Date"]) for row in read(folder, "Calendar")}
    rows = [row for year in (2015, 2016, 2017) for row in read(folder, f"Sales_{year}")]
    for row in rows:
        product = products[row["ProductKey"]]
        row["day"] = days[row["OrderDate"]]
        row["category"] = category[product["ProductSubcategoryKey"]]
        row["subcategory"] = product["ProductSubcategoryKey"]
        row["units"] = int(row["OrderQuantity"])
        row["revenue"] = row["units"] * Decimal(product["ProductPrice"])
        row["cost"] = row["units"] * Decimal(product["ProductCost"])
        row["customer"] = customers[row["CustomerKey"]]
    return rows


def sums(rows: list[dict], key: str, value: str) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row[key]] += row[value]
    return totals


# ---- form ----


def test_the_headers_are_those_of_the_dataset(folder: Path) -> None:
    assert {path.name for path in folder.glob("*.csv")} == {file_name(table) for table in ROW_COUNTS}
    for table in ROW_COUNTS:
        found = (folder / file_name(table)).read_text(encoding="cp1252").splitlines()[0]
        assert found == HEADERS[table.split("_20")[0]], table


@needs_kaggle
def test_the_header_lines_are_those_of_kaggle(folder: Path) -> None:
    for table in ROW_COUNTS:
        first_lines = [(place / file_name(table)).read_bytes().split(b"\n")[0] for place in (folder, KAGGLE)]
        assert first_lines[0] == first_lines[1], table


@pytest.mark.parametrize("table", ROW_COUNTS)
def test_row_counts_are_within_two_per_cent_of_kaggle(folder: Path, table: str) -> None:
    assert len(read(folder, table)) == pytest.approx(ROW_COUNTS[table], rel=0.02)


def test_row_counts_hold_for_other_seeds(tmp_path: Path) -> None:
    for seed in (0, 7, 123_456_789):
        generate(tmp_path / str(seed), seed=seed)
        for table, expected in ROW_COUNTS.items():
            found = (tmp_path / str(seed) / file_name(table)).read_bytes().count(b"\r\n") - 1
            assert found == pytest.approx(expected, rel=0.02), (seed, table)


def test_lines_end_in_crlf_and_no_file_has_a_blank_tail(folder: Path) -> None:
    for table in ROW_COUNTS:
        content = (folder / file_name(table)).read_bytes()
        assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
        assert content.endswith(b"\r\n") and not content.endswith(b"\r\n\r\n")
        assert b"\0" not in content


def test_only_the_customers_are_not_ascii_and_they_are_cp1252(folder: Path) -> None:
    for table in ROW_COUNTS:
        assert (folder / file_name(table)).read_bytes().isascii() == (table != "Customers")
    content = (folder / file_name("Customers")).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    accented = [row for row in read(folder, "Customers") if not row["FirstName"].isascii()]
    assert 80 <= len(accented) <= 100
    # Letters that cp1252 and Latin-1 decode differently.
    assert {"ŠAVIKA", "ŒDRINE", "ŽELIANE"} <= {row["FirstName"] for row in accented}


def test_the_smallest_sample_shows_the_quirks(tmp_path: Path) -> None:
    generate(tmp_path / "small", scale=0.01)
    rows = read(tmp_path / "small", "Customers")
    assert len(rows) == 181
    assert any(not row["FirstName"].isascii() for row in rows)
    assert any(row["Gender"] == "NA" for row in rows)


def test_customers_look_like_those_of_kaggle(folder: Path) -> None:
    rows = read(folder, "Customers")
    text = (folder / file_name("Customers")).read_text(encoding="cp1252")
    assert len(re.findall(r',"\$\d{1,3},000 ",\d,', text)) == len(rows)
    for row in rows:
        assert row["FirstName"].isupper() and row["LastName"].isupper()
        assert re.fullmatch(r"[a-z]+\d+@example\.com", row["EmailAddress"])
        assert (row["Prefix"] == "") == (row["Gender"] == "NA")
    assert 110 <= sum(row["Gender"] == "NA" for row in rows) <= 150
    assert len({row["CustomerKey"] for row in rows}) == len({row["EmailAddress"] for row in rows}) == len(rows)
    youngest = max(as_date(row["BirthDate"]) for row in rows)
    assert youngest.year <= 1996


def test_dates_have_no_leading_zeros(folder: Path) -> None:
    for table, column in [("Calendar", "Date"), ("Customers", "BirthDate"), ("Returns", "ReturnDate")]:
        assert all(re.fullmatch(r"[1-9]\d?/[1-9]\d?/\d{4}", row[column]) for row in read(folder, table))
    for row in read(folder, "Sales_2016"):
        assert re.fullmatch(r"[1-9]\d?/[1-9]\d?/2016", row["OrderDate"])
        assert re.fullmatch(r"[1-9]\d?/[1-9]\d?/200[23]", row["StockDate"])


def test_products_and_their_money(folder: Path) -> None:
    rows = read(folder, "Products")
    for column in ("ProductKey", "ProductSKU", "ProductName"):
        assert len({row[column] for row in rows}) == 293
    for row in rows:
        assert re.fullmatch(r"\d+(\.\d{0,3}[1-9])?", row["ProductPrice"])
        assert Decimal("0.2") < 1 - Decimal(row["ProductCost"]) / Decimal(row["ProductPrice"]) < Decimal("0.7")
    assert any(len(row["ProductPrice"].partition(".")[2]) == 4 for row in rows)
    assert {"NA", "Black"} <= {row["ProductColor"] for row in rows}
    assert {"0", "M"} <= {row["ProductSize"] for row in rows}
    assert {row["ProductStyle"] for row in rows} == {"0", "U", "W", "M"}
    assert any('"' in row["ProductDescription"] for row in rows), "a doubled quote is part of the form"


@needs_kaggle
def test_names_and_texts_are_invented(folder: Path) -> None:
    for table, columns in {
        "Customers": ("FirstName", "LastName", "EmailAddress"),
        "Products": ("ProductName", "ModelName", "ProductSKU", "ProductDescription"),
        "Product_Categories": ("CategoryName",),
    }.items():
        for column in columns:
            ours = {row[column].lower() for row in read(folder, table)}
            theirs = {row[column].lower() for row in read(KAGGLE, table)}
            shared = ours & theirs
            assert not shared, (table, column, sorted(shared)[:5])


# ---- figures ----


def test_orders_are_sound(lines: list[dict]) -> None:
    orders = defaultdict(list)
    for row in lines:
        orders[row["OrderNumber"]].append(row)
    assert len(orders) == pytest.approx(25_164, rel=0.02)
    for rows in orders.values():
        assert len({(row["OrderDate"], row["CustomerKey"], row["TerritoryKey"]) for row in rows}) == 1
        assert [int(row["OrderLineItem"]) for row in rows] == list(range(1, len(rows) + 1))
        assert len({row["ProductKey"] for row in rows}) == len(rows) <= 8
    assert {row["units"] for row in lines} == {1, 2, 3}
    assert {row["units"] for row in lines if row["category"] == "1"} == {1}


def test_sales_are_sorted_and_only_a_leap_day_has_none(folder: Path, lines: list[dict]) -> None:
    days = [row["day"] for row in lines]
    assert days == sorted(days)
    calendar = {as_date(row["Date"]) for row in read(folder, "Calendar")}
    assert (min(calendar), max(calendar)) == (date(2015, 1, 1), date(2017, 6, 30))
    assert calendar - set(days) == {date(2016, 2, 29)}
    ages = [(row["day"] - as_date(row["StockDate"])).days / 365.25 for row in lines[::50]]
    assert min(ages) > 12.9 and max(ages) < 13.5


def test_the_launch_breaks_the_series(lines: list[dict]) -> None:
    early = [row for row in lines if row["day"] < LAUNCH]
    assert len({row["OrderNumber"] for row in early}) == len({row["CustomerKey"] for row in early}) == len(early)
    assert {row["category"] for row in early} == {"1"}
    first_sale = {row["category"]: row["day"] for row in reversed(lines)}
    assert first_sale["3"] == first_sale["4"] == LAUNCH
    assert "2" not in first_sale, "parts are never sold"
    assert {row["subcategory"] for row in early} == {"1", "2"}, "canoes start with the launch"
    assert len({row["ProductKey"] for row in lines}) == 130


def test_orders_grow_and_follow_the_seasons(lines: list[dict]) -> None:
    months = Counter((row["day"].year, row["day"].month) for row in lines if row["OrderLineItem"] == "1")
    for month in range(1, 7):
        assert months[2015, month] < months[2016, month] < months[2017, month]
    assert months[2015, 12] > months[2015, 11] and months[2015, 6] > months[2015, 2]
    weekdays = Counter(row["day"].weekday() for row in lines if row["OrderLineItem"] == "1")
    assert weekdays[5] > 1.05 * weekdays[1]


def test_boats_earn_most_at_the_lowest_margin(lines: list[dict]) -> None:
    revenue, cost = sums(lines, "category", "revenue"), sums(lines, "category", "cost")
    margin = {key: float(1 - cost[key] / revenue[key]) for key in revenue}
    assert revenue["1"] / sum(revenue.values()) > Decimal("0.85")
    assert margin["1"] < margin["3"] < margin["4"]
    assert margin == {
        "1": pytest.approx(0.41, abs=0.02),
        "3": pytest.approx(0.43, abs=0.02),
        "4": pytest.approx(0.63, abs=0.02),
    }


def test_customers_come_back_and_stay_in_their_territory(folder: Path, lines: list[dict]) -> None:
    orders, territories = defaultdict(set), defaultdict(set)
    for row in lines:
        orders[row["CustomerKey"]].add(row["OrderNumber"])
        territories[row["CustomerKey"]].add(row["TerritoryKey"])
    assert {len(keys) for keys in territories.values()} == {1}
    assert 1 - len(orders) / len(read(folder, "Customers")) == pytest.approx(0.04, abs=0.005)
    repeat_share = sum(len(numbers) > 1 for numbers in orders.values()) / len(orders)
    assert 0.28 < repeat_share < 0.37
    assert max(map(len, orders.values())) > 10, "a few order all the time"
    assert {key for keys in territories.values() for key in keys} <= {
        row["SalesTerritoryKey"] for row in read(folder, "Territories")
    }


def test_income_and_age_show_in_what_customers_spend(lines: list[dict]) -> None:
    revenue, customers = defaultdict(Decimal), defaultdict(set)
    for row in lines:
        income = int(re.sub(r"\D", "", row["customer"]["AnnualIncome"])) // 50_000
        birth_year = as_date(row["customer"]["BirthDate"]).year
        for segment in (("income", min(income, 2)), ("old", birth_year < 1955), ("middle", 1955 <= birth_year < 1971)):
            revenue[segment] += row["revenue"]
            customers[segment].add(row["CustomerKey"])
    spent = {segment: revenue[segment] / len(customers[segment]) for segment in revenue}
    assert spent["income", 0] < spent["income", 1] < spent["income", 2]
    assert spent["old", False] > Decimal("1.05") * spent["old", True]
    assert spent["middle", True] > Decimal("1.05") * spent["middle", False]


def test_returns_follow_sales(folder: Path, lines: list[dict]) -> None:
    first_sale: dict[tuple[str, str], date] = {}
    for row in lines:
        first_sale.setdefault((row["ProductKey"], row["TerritoryKey"]), row["day"])
    rows = read(folder, "Returns")
    days = [as_date(row["ReturnDate"]) for row in rows]
    assert days == sorted(days) and days[-1] <= date(2017, 6, 30)
    for row, day in zip(rows, days, strict=True):
        assert first_sale[row["ProductKey"], row["TerritoryKey"]] <= day
    returned = sum(int(row["ReturnQuantity"]) for row in rows)
    assert returned / sum(row["units"] for row in lines) == pytest.approx(0.022, abs=0.001)
    assert {row["ReturnQuantity"] for row in rows} == {"1", "2"}


# ---- reproducibility and size ----


def test_the_bytes_are_always_the_same(tmp_path: Path) -> None:
    generate(tmp_path / "sample", scale=0.01)
    files = sorted((tmp_path / "sample").glob("*.csv"))
    digest = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
    assert digest == DIGEST_OF_A_HUNDREDTH, "the sample has changed: note it in the changelog, then pin the new digest"


def test_chunks_do_not_change_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "whole", scale=0.2)
    monkeypatch.setattr(sales, "_CHUNK", 777)
    monkeypatch.setattr(generator_module, "_CUSTOMERS_PER_CHUNK", 555)
    generate(tmp_path / "chunks", scale=0.2)
    assert contents(tmp_path / "whole") == contents(tmp_path / "chunks")


def test_another_seed_gives_other_files(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), scale=0.05, seed=seed)
    one, two = contents(tmp_path / "1"), contents(tmp_path / "2")
    same = {name for name in one if one[name] == two[name]}
    unseeded = ("Calendar", "Product_Categories", "Product_Subcategories", "Products", "Territories")
    assert same == {file_name(table) for table in unseeded}


def test_rows_follow_the_scale(tmp_path: Path) -> None:
    generate(tmp_path / "sample", scale=3)
    for table in ("Customers", "Returns", "Sales_2015", "Sales_2016", "Sales_2017"):
        found = (tmp_path / "sample" / file_name(table)).read_bytes().count(b"\n") - 1
        assert found == pytest.approx(3 * ROW_COUNTS[table], rel=0.02)


def test_memory_does_not_grow_with_the_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sales, "_CHUNK", 2_000)
    monkeypatch.setattr(generator_module, "_CUSTOMERS_PER_CHUNK", 2_000)
    peaks = []
    for scale in (1, 4):
        tracemalloc.start()
        generate(tmp_path / "sample", scale=scale)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_keys_and_numbers_keep_their_form_where_digits_are_added() -> None:
    import numpy as np

    from adventure_works.sample.files import digits
    from adventure_works.sample.files import lines as csv_lines

    numbers = np.array([1, 9_999, 10_000, 10_001, 99_999_999, 100_000_000, 123_400_056])
    assert csv_lines([*digits(numbers, 123_400_056), b"\n"]).decode().split() == [str(number) for number in numbers]
    assert people.keys(np.arange(52)).tolist() == [*range(20_001, 20_051), 20_052, 20_053]


# ---- the folder, and the command ----


def test_an_own_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n")
    with pytest.raises(AdventureError, match=r"mine\.csv"):
        generate(tmp_path, scale=0.01)
    assert contents(tmp_path) == {"mine.csv": b"a,b\n"}


def test_an_own_file_in_a_generated_folder_is_kept(tmp_path: Path) -> None:
    generate(tmp_path / "sample", scale=0.01)
    (tmp_path / "sample" / "notes.txt").write_text("mine")
    with pytest.raises(AdventureError, match=r"notes\.txt"):
        generate(tmp_path / "sample", scale=0.01)


def test_a_generated_or_empty_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    (tmp_path / ".sample.partial").mkdir()
    (tmp_path / ".sample.partial" / "left.csv").write_text("by a run that was killed")
    generate(folder, scale=0.01, seed=2)
    generate(folder, scale=0.01)
    assert {path.name for path in folder.glob("*.csv")} == {file_name(table) for table in ROW_COUNTS}
    assert json.loads((folder / ".adventure-sample").read_text())["scale"] == 0.01
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    generate(folder, scale=0.01)
    before = contents(folder)

    def stop(done: int, total: int) -> None:
        raise InterruptedError(errno.EINTR, "stopped")

    with pytest.raises(AdventureError, match="stopped"):
        generate(folder, scale=0.01, seed=2, progress=stop)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


@pytest.mark.parametrize("scale", [0, -1, 0.001, 20_000, float("nan"), float("inf")])
def test_an_impossible_scale_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(AdventureError, match="out of range"):
        generate(tmp_path / "sample", scale=scale)


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 1_000_000})())
    with pytest.raises(AdventureError, match=r"needs 5\.0 GB"):
        generate(tmp_path / "sample", scale=1_000)
    assert not (tmp_path / "sample").exists()


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen = []
    generate(tmp_path / "sample", scale=0.05, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1]


def test_the_command_takes_scale_and_seed(tmp_path: Path) -> None:
    arguments = ["sample", str(tmp_path / "out"), "--scale", "0.01", "--seed", "3"]
    result = CliRunner().invoke(adventure, arguments)
    assert result.exit_code == 0, result.output
    generate(tmp_path / "same", scale=0.01, seed=3)
    assert contents(tmp_path / "out") == contents(tmp_path / "same")


def test_a_mistake_gives_one_message_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n")
    command = [sys.executable, "-c", "from adventure_works.cli import main; main()", "sample", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "mine.csv" in result.stderr and "Traceback" not in result.stderr and result.stdout == ""
