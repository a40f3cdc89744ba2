"""Shops with next to nothing: everything builds, every test passes, and no figure is made up of nothing."""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from support.commands import run_adventure

pytestmark = pytest.mark.slow

Sale = tuple[date, int, int, int]  # day, order, product, customer
CATEGORIES = {1: ("Boats", 10), 2: ("Boats", 10), 3: ("Paddles", 20)}
START = date(2016, 3, 15)


def days(count: int, step: int = 1) -> list[date]:
    return [START + timedelta(step * number) for number in range(count)]


SHOPS: dict[str, tuple[list[Sale], int, int]] = {
    # name: sales, known customers, returned units of product 1
    "one_line": ([(START, 1, 1, 1)], 1, 0),
    "one_day": ([(START, number, number % 3 + 1, number) for number in range(1, 41)], 40, 1),
    "one_customer": ([(day, number, number % 3 + 1, 1) for number, day in enumerate(days(30, 16), 1)], 1, 0),
    "one_category": (
        [(day, number, 1 + number % 2, number % 50 + 1) for number, day in enumerate(days(300, 2), 1)],
        50,
        3,
    ),
    "unknown_customers_only": ([(day, number, 1, 900 + number) for number, day in enumerate(days(9, 40), 1)], 1, 0),
    "more_returned_than_sold": ([(day, number, 1, 1) for number, day in enumerate(days(3, 200), 1)], 2, 9),
    "begins_within_a_month": (
        [(day, number, number % 3 + 1, number % 7 + 1) for number, day in enumerate(days(500), 1)],
        7,
        2,
    ),
}


def write(folder: Path, name: str, header: str, rows: Iterable[Iterable[object]]) -> None:
    with (folder / f"AdventureWorks_{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def shown(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def shop(folder: Path, sales: list[Sale], customers: int, returned: int) -> Path:
    """The ten files of a shop, in their usual form."""
    folder.mkdir()
    last = max(day for day, *_ in sales)
    calendar = [START + timedelta(number) for number in range(-20, (last - START).days + 40)]
    write(folder, "Calendar", "Date", [[shown(day)] for day in calendar])
    write(
        folder,
        "Customers",
        "CustomerKey,Prefix,FirstName,LastName,BirthDate,MaritalStatus,Gender,EmailAddress,AnnualIncome,TotalChildren,"
        "EducationLevel,Occupation,HomeOwner",
        [
            [
                key,
                "MR.",
                "A",
                "B",
                f"3/15/19{40 + key % 50}",
                "M",
                "F",
                f"c{key}@example.com",
                20000 * (key % 9),
                0,
                "Bachelors",
                "Clerical",
                "Y",
            ]
            for key in range(1, customers + 1)
        ],
    )
    write(folder, "Product_Categories", "ProductCategoryKey,CategoryName", [[10, "Boats"], [20, "Paddles"]])
    write(
        folder,
        "Product_Subcategories",
        "ProductSubcategoryKey,SubcategoryName,ProductCategoryKey",
        [[10, "Boats", 10], [20, "Paddles", 20]],
    )
    write(
        folder,
        "Products",
        "ProductKey,ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductDescription,ProductColor,ProductSize,"
        "ProductStyle,ProductCost,ProductPrice",
        [
            [key, group, f"S{key}", f"{name} {key}", name, "Text", "Red", "0", "0", 6, 10]
            for key, (name, group) in CATEGORIES.items()
        ],
    )
    returns = [[shown(last), 1, 1, returned]] if returned else []
    write(folder, "Returns", "ReturnDate,TerritoryKey,ProductKey,ReturnQuantity", returns)
    header = "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity"
    for year in sorted({day.year for day, *_ in sales}):
        rows = [
            [shown(day), "3/15/2003", f"SO{order}", product, customer, 1, 1, 1]
            for day, order, product, customer in sales
            if day.year == year
        ]
        write(folder, f"Sales_{year}", header, rows)
    write(
        folder,
        "Territories",
        "SalesTerritoryKey,Region,Country,Continent",
        [[1, "North", "Land", "Europe"], [2, "South", "Land", "Europe"]],
    )
    return folder


@pytest.mark.parametrize("name", SHOPS)
def test_a_tiny_shop_builds(name: str, tmp_path: Path) -> None:
    sales, customers, returned = SHOPS[name]
    files = shop(tmp_path / "files", sales, customers, returned)
    # Guards that know this retailer's prices and customers only warn.
    done = run_adventure(tmp_path, "run", "--source", files, "--date-order", "month_first", "--accept-drift")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(tmp_path / "warehouse" / "test.duckdb"), read_only=True) as connection:
        (sold,) = connection.execute("select sum(revenue) from marts.mart_monthly_performance").fetchall()[0]
        assert sold == 10 * len(sales)
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
            "and regexp_matches(data_type, 'DECIMAL|DOUBLE')"
        ).fetchall()
        shares = [(table, column) for table, column in columns if column.endswith(("_share", "_rate", "probability"))]
        assert shares
        for table, column in shares:
            # All returns may come in a month with one sale.
            limit = max(1, returned)
            wrong = f"select count(*) from marts.{table} where {column} not between -1 and {limit}"
            assert connection.execute(wrong).fetchall() == [(0,)], (table, column)
        known = {customer for *_, customer in sales if customer <= customers}
        per_customer = "select count(*) from marts.mart_territory_performance where revenue_per_customer is not null"
        assert connection.execute(per_customer).fetchall() == [(1 if known else 0,)]
