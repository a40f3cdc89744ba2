"""Products and customers change: old sales stay as they were, later ones follow, and nothing known is lost."""

import csv
import shutil
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from adventure_works.lake.loader import load
from support.bands import bands
from warehouse import Warehouse

SALES = "AdventureWorks_Sales_2017.csv"
Rows = list[dict[str, str]]
FACT = "select * exclude (loaded_at, build_state) from core.fact_sales order by all"


def rewrite(path: Path, change: Callable[[Rows], Rows]) -> None:
    """Changes the records of a CSV file."""
    with path.open(encoding="cp1252", newline="") as file:
        records = list(csv.DictReader(file))
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, records[0].keys())
        writer.writeheader()
        writer.writerows(change(records))


def set_value(path: Path, key: str, of: object, column: str, value: str) -> None:
    """Sets a column of the record whose key is the one given."""
    rewrite(path, lambda records: [r | {column: value} if r[key] == str(of) else r for r in records])


def without(path: Path, key: str, of: object) -> None:
    """Removes the record whose key is the one given."""
    rewrite(path, lambda records: [r for r in records if r[key] != str(of)])


def july(files: Path, day: int, products: list[int], customer: int) -> None:
    """A calendar that goes on to the end of July, and a file with one order of one unit of each product."""
    calendar = files / "AdventureWorks_Calendar.csv"
    if "7/31/2017" not in calendar.read_text():
        with calendar.open("a", newline="") as file:
            file.writelines(f"7/{number}/2017\r\n" for number in range(1, 32))
    shutil.copy(files / SALES, files / f"july_{day}.csv")
    order = {
        "OrderDate": f"7/{day}/2017",
        "OrderNumber": f"SO9{day:04}",
        "CustomerKey": str(customer),
        "OrderQuantity": "1",
    }
    rewrite(
        files / f"july_{day}.csv",
        lambda records: [
            records[0] | order | {"ProductKey": str(product), "OrderLineItem": str(number)}
            for number, product in enumerate(products, start=1)
        ],
    )


def of_july(warehouse: Warehouse, day: int) -> dict[int, tuple]:
    """Product -> price and cost of the sales of a day of July."""
    found = warehouse.rows(
        f"select product_key, unit_price, unit_cost from core.fact_sales where order_date = date '2017-07-{day}'"
    )
    return {product: (price, cost) for product, price, cost in found}


CORE = (
    "-s",
    "+fact_orders",
    "+int_sales__quarantined",
    "+dim_products",
    "+dim_products_history",
    "+dim_customers",
    "+dim_customers_history",
)
EVER, SINCE = date(9999, 12, 31), date(1900, 1, 1)


def versions(warehouse: Warehouse, entity: str, key: str, value: str) -> list[tuple]:
    """Value, first day, day after the last and whether deleted, of each version of a product or customer."""
    return warehouse.rows(
        f"select {value}, valid_from, valid_to, is_deleted from core.dim_{entity}s_history "
        f"where {entity}_key = {key} order by version_number"
    )


@pytest.mark.slow
def test_products_and_customers_change(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = Warehouse(tmp_path, monkeypatch)
    products, customers = files / "AdventureWorks_Products.csv", files / "AdventureWorks_Customers.csv"

    def load_and_build(**options: object) -> None:
        load(str(files), warehouse.lake, **options)
        warehouse.build(*CORE)

    load_and_build()
    first = warehouse.rows(FACT)
    (moved, price, cost), (gone, gone_price, gone_cost) = warehouse.rows(
        "select product_key, any_value(unit_price), any_value(unit_cost) from core.fact_sales "
        "group by product_key order by count(*) desc, product_key limit 2"
    )
    brackets = bands("income_bracket")
    lowest, *_, highest = brackets
    ((buyer,),) = warehouse.rows(
        f"select customer_key from core.dim_customers_history where income_bracket = '{lowest}' limit 1"
    )
    ((last_day,),) = warehouse.rows("select max(order_date) from core.fact_sales")
    change = last_day + timedelta(days=1)
    assert versions(warehouse, "product", moved, "product_price") == [(price, SINCE, EVER, False)]

    # Once more changes nothing.
    snapshots = [f"select * from intermediate.snap_{entity} order by all" for entity in ("products", "customers")]
    kept = [warehouse.rows(query) for query in snapshots]
    load_and_build()
    assert [warehouse.rows(query) for query in snapshots] == kept
    assert warehouse.rows(FACT) == first

    # A price moves, another product goes, a customer earns more and is born a year earlier: no sale changes.
    set_value(products, "ProductKey", moved, "ProductPrice", "1000.0001")
    without(products, "ProductKey", gone)
    income = sorted(brackets.values())[-2]
    set_value(customers, "CustomerKey", buyer, "AnnualIncome", f"${income:,}")
    set_value(customers, "CustomerKey", buyer, "BirthDate", "1/31/1950")
    ages = warehouse.rows("select order_number, customer_age from core.fact_orders order by all")
    load_and_build()
    assert warehouse.rows(FACT) == first
    assert warehouse.rows("select order_number, customer_age from core.fact_orders order by all") == ages
    new = Decimal("1000.0001")
    assert versions(warehouse, "product", moved, "product_price") == [
        (price, SINCE, change, False),
        (new, change, EVER, False),
    ]
    assert versions(warehouse, "product", gone, "product_price") == [
        (gone_price, SINCE, change, False),
        (gone_price, change, EVER, True),
    ]
    assert versions(warehouse, "customer", buyer, "income_bracket") == [
        (lowest, SINCE, change, False),
        (highest, change, EVER, False),
    ]
    present = "select product_price, is_deleted from core.dim_products where product_key"
    assert warehouse.rows(f"{present} = {moved}") == [(new, False)]
    assert warehouse.rows(f"{present} = {gone}") == [(gone_price, True)]
    incomes = "select annual_income from persons.dim_customer_persons where is_current and customer_key"
    assert warehouse.rows(f"{incomes} = {buyer}") == [(income,)]

    # Later sales follow; what no file names any more cannot be sold. Old ones are as they were.
    july(files, 20, [moved, gone], buyer)
    load_and_build()
    assert of_july(warehouse, 20) == {moved: (new, cost)}
    assert warehouse.rows("select product_key, quarantine_reason from intermediate.int_sales__quarantined") == [
        (gone, "unknown_product")
    ]
    assert warehouse.rows("select customer_age from core.fact_orders where order_date = date '2017-07-20'") == [(67,)]
    assert warehouse.rows(f"{FACT.replace('order by', 'where order_date < date $$2017-07-01$$ order by')}") == first

    # A correction, and one of that, while the lake tells of the same day; the product that went comes back.
    set_value(products, "ProductKey", moved, "ProductPrice", "2000")
    load_and_build()
    set_value(products, "ProductKey", moved, "ProductPrice", "3000")
    rewrite(products, lambda records: [*records, records[0] | back(gone, gone_price, gone_cost)])
    load_and_build()
    july_21 = date(2017, 7, 21)
    assert versions(warehouse, "product", moved, "product_price") == [
        (price, SINCE, change, False),
        (new, change, july_21, False),
        (3000, july_21, EVER, False),
    ]
    assert [version[1:] for version in versions(warehouse, "product", gone, "product_price")] == [
        (SINCE, change, False),
        (change, july_21, True),
        (july_21, EVER, False),
    ]
    july(files, 25, [moved, gone], buyer)
    load_and_build()
    assert of_july(warehouse, 20) == {moved: (new, cost)}
    assert of_july(warehouse, 25) == {moved: (3000, cost), gone: (gone_price, gone_cost)}

    # As it stood then: the present prices of a day are those in force on it.
    warehouse.build(*CORE, "--vars", f"as_of_date: {last_day}")
    assert warehouse.rows(FACT) == first
    assert warehouse.rows(f"{present} = {moved}") == [(price, False)]
    assert versions(warehouse, "product", gone, "product_price") == [(gone_price, SINCE, EVER, False)]

    # A lake that is begun anew has a history of its own, back to the beginning.
    load_and_build(replace_lake=True)
    assert versions(warehouse, "product", moved, "product_price") == [(3000, SINCE, EVER, False)]
    assert warehouse.rows("select max(version_number) from core.dim_customers_history") == [(1,)]
    assert of_july(warehouse, 20) == {moved: (3000, cost), gone: (gone_price, gone_cost)}
    assert warehouse.rows("select * from intermediate.int_sales__quarantined") == []


@pytest.mark.slow
def test_a_load_that_is_held_is_not_compared_again(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A path is itself, whatever DuckDB or dbt could take a part of it for.
    odd = "O'Brien's Data [2017] x (1) {k} {name} *100% Ü \"q\" $HOME"
    warehouse = Warehouse(tmp_path / odd, monkeypatch)
    load(str(files), warehouse.lake)
    warehouse.build("-s", "+snap_customers")
    states = "select count(*), count(dbt_valid_to) from intermediate.snap_customers"
    ((customers, _),) = warehouse.rows(states)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("update intermediate.snap_customers set occupation = 'what other code had made of the file'")
    warehouse.build("-s", "+snap_customers")
    assert warehouse.rows(states) == [(customers, 0)]
    warehouse.build("--full-refresh", "-s", "+snap_customers")
    assert warehouse.rows(states) == [(2 * customers, customers)]


STATES = "select * from intermediate.snap_customers order by all"


@pytest.mark.slow
def test_no_build_of_a_part_of_the_data_changes_history(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(tmp_path, monkeypatch)
    load(str(files), warehouse.lake)
    # In a place that has nothing yet, the next build takes everything as its first load.
    warehouse.build("-s", "+snap_customers", "--empty")
    assert warehouse.rows(STATES) == []
    warehouse.build("-s", "+snap_customers")
    states = warehouse.rows(STATES)
    ((customers,),) = warehouse.rows("select count(*) from staging.stg_adventure_works__customers")
    dated = "select count(*), count(dbt_valid_from), count(dbt_valid_to) from intermediate.snap_customers"
    assert warehouse.rows(dated) == [(customers, customers, 0)]

    # Half of the customers are gone in a load that only builds of a part have seen.
    rewrite(files / "AdventureWorks_Customers.csv", lambda records: records[::2])
    load(str(files), warehouse.lake)
    warehouse.build("-s", "+snap_customers", "--sample", "1 day")
    assert warehouse.rows(STATES) == states
    monkeypatch.setenv("DBT_EMPTY", "1")
    warehouse.build("-s", "+snap_customers")
    assert warehouse.rows(STATES) == states

    # The views that such a build has left have no rows, whatever builds on them next.
    monkeypatch.delenv("DBT_EMPTY")
    with pytest.raises(AssertionError, match=r"snap_customers: the model that it compares has no rows"):
        warehouse.dbt("snapshot", "--select", "snap_customers")
    assert warehouse.rows(STATES) == states
    warehouse.build("-s", "+snap_customers")
    assert warehouse.rows(dated) == [(customers + customers // 2, customers + customers // 2, customers // 2)]


@pytest.mark.slow
def test_another_lake_leaves_the_history_of_the_first_as_it_is(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, other = Warehouse(tmp_path, monkeypatch), tmp_path / "other"
    load(str(files), warehouse.lake)
    rewrite(files / "AdventureWorks_Customers.csv", lambda records: records[::2])
    load(str(files), other)
    warehouse.build("-s", "+snap_customers", "+load_changes")
    states = set(warehouse.rows(STATES))
    monkeypatch.setenv("ADVENTURE_LAKE", str(other))
    warehouse.build("-s", "+snap_customers", "+load_changes")
    assert set(warehouse.rows(STATES)) > states
    assert warehouse.rows("select * from operations.load_changes") == []
    both = warehouse.rows(STATES)
    monkeypatch.setenv("ADVENTURE_LAKE", str(warehouse.lake))
    warehouse.build("-s", "+snap_customers")
    assert warehouse.rows(STATES) == both


@pytest.mark.slow
def test_a_correction_changes_past_sales(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong price is loaded first; the second load is a new price, and the third corrects that."""
    warehouse = Warehouse(tmp_path, monkeypatch)
    products = files / "AdventureWorks_Products.csv"
    with (files / SALES).open(encoding="cp1252", newline="") as file:
        product = next(csv.DictReader(file))["ProductKey"]
    prices = f"select distinct unit_price from core.fact_sales where product_key = {product} order by all"

    def load_and_build(price: str, **options: object) -> list[tuple]:
        set_value(products, "ProductKey", product, "ProductPrice", price)
        load(str(files), warehouse.lake, **options)
        warehouse.build(*CORE)
        return warehouse.rows(prices)

    assert load_and_build("495") == [(495,)]
    said: list[str] = []
    assert load_and_build("4.95", corrects=("products",), announce=said.append) == [(Decimal("4.95"),)]
    ((revenue,),) = warehouse.rows(f"select sum(revenue) from core.fact_sales where product_key = {product}")
    assert f" -> {revenue:,.2f} (" in said[0]
    assert load_and_build("6") == [(Decimal("4.95"),)]
    assert [row[0] for row in versions(warehouse, "product", product, "product_price")] == [Decimal("4.95"), 6]
    assert load_and_build("5", corrects=("products",)) == [(Decimal("4.95"),)]
    assert [row[0] for row in versions(warehouse, "product", product, "product_price")] == [Decimal("4.95"), 5]


def back(product: int, price: Decimal, cost: Decimal) -> dict[str, str]:
    """What sets a returned product apart from the record that it is copied from."""
    return {"ProductKey": str(product), "ProductPrice": str(price), "ProductCost": str(cost)}


@pytest.mark.slow
def test_elasticity_is_identifiable_once_prices_vary(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the price, a quarter of the units: that is the demand curve of elasticity -2, and it fits exactly."""
    warehouse = Warehouse(tmp_path, monkeypatch)
    (files / "AdventureWorks_Sales_2016.csv").unlink()
    (files / "AdventureWorks_Sales_2015.csv").unlink()
    with (files / SALES).open(encoding="cp1252", newline="") as file:
        product = next(csv.DictReader(file))["ProductKey"]
    products = files / "AdventureWorks_Products.csv"

    def sell(name: str, months: list[tuple[int, int, int]]) -> None:
        """One order of so many units on the last day of each month."""
        rewrite(
            files / name,
            lambda records: [
                records[0]
                | {
                    "OrderDate": f"{month}/{monthrange(year, month)[1]}/{year}",
                    "OrderNumber": f"SO{year}{month:02}",
                    "OrderLineItem": "1",
                    "OrderQuantity": str(units),
                }
                for year, month, units in months
            ],
        )

    def verdict() -> list[tuple]:
        load(str(files), warehouse.lake)
        warehouse.build("-s", "+mart_price_elasticity")
        return warehouse.rows(
            "select verdict, number_of_prices, elasticity, r_squared from marts.mart_price_elasticity "
            f"where product_level = 'product' and product_group_key = {product}"
        )

    shutil.copy(files / SALES, files / "later.csv")
    later = files / "later.csv"
    later.rename(tmp_path / "later.csv")
    sell(SALES, [(2016, month, 400) for month in range(1, 13)])
    set_value(products, "ProductKey", product, "ProductPrice", "10")
    assert verdict() == [("one price only", 1, None, None)]
    set_value(products, "ProductKey", product, "ProductPrice", "20")
    assert verdict() == [("one price only", 1, None, None)]
    (tmp_path / "later.csv").rename(later)
    sell("later.csv", [(2017, 1, 100), (2017, 2, 100)])
    assert verdict() == [("identifiable", 2, -2, 1)]
