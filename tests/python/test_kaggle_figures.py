"""The main job on the real files: every figure that the star schema can answer, against figures computed elsewhere."""

import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from support.places import KAGGLE, needs_kaggle_files

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]


@pytest.fixture(scope="module")
def query(built: tuple[Path, object]) -> Query:
    """Rows of a query on the built warehouse, as dictionaries."""
    connection = duckdb.connect(str(built[0] / "warehouse" / "test.duckdb"), read_only=True)

    def run(sql: str) -> list[dict]:
        found = connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return run


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_row_counts(query: Query, expected: dict) -> None:
    tables = [
        "calendar",
        "customers",
        "product_categories",
        "product_subcategories",
        "products",
        "returns",
        "territories",
    ]
    counts = {name: query(f"select count(*) as n from staging.stg_adventure_works__{name}")[0]["n"] for name in tables}
    by_year = query("select year(order_date) as y, count(*) as n from core.fact_sales group by 1")
    counts |= {f"sales_{row['y']}": row["n"] for row in by_year} | {"sales_total": sum(row["n"] for row in by_year)}
    assert counts == expected["row_counts"]


def test_headline(query: Query, expected: dict) -> None:
    (found,) = query(
        """
        select count(*) as order_lines, count(distinct order_number) as orders,
            (select count(*) from core.dim_customers where customer_key <> -1) as customers,
            count(distinct customer_key) as customers_with_orders, count(distinct product_key) as products_sold,
            sum(order_quantity) as units, sum(revenue) as revenue, sum(cost) as cost, sum(profit) as profit,
            min(order_date) as first_order_date, max(order_date) as last_order_date
        from core.fact_sales
        """
    )
    truth = expected["headline"]
    for name in ("revenue", "cost", "profit"):
        assert found[name] == Decimal(truth[name])
    for name in ("first_order_date", "last_order_date"):
        assert str(found[name]) == truth[name]
    for name in ("order_lines", "orders", "customers", "customers_with_orders", "products_sold", "units"):
        assert found[name] == truth[name]
    assert float(found["profit"] / found["revenue"] * 100) == pytest.approx(truth["profit_margin_pct"], abs=5e-5)
    assert float(found["revenue"] / found["orders"]) == pytest.approx(truth["average_order_value"], abs=5e-5)


def test_returns(query: Query, expected: dict) -> None:
    (found,) = query(
        """
        select count(*) as return_rows, sum(return_quantity) as return_units, sum(returned_value) as value,
            min(return_date) as first_return_date, max(return_date) as last_return_date
        from core.fact_returns
        """
    )
    truth = expected["returns"]
    assert (found["return_rows"], found["return_units"]) == (truth["return_rows"], truth["return_units"])
    assert money(found["value"]) == money(truth["returned_list_value"])
    assert [str(found[name]) for name in ("first_return_date", "last_return_date")] == [
        truth["first_return_date"],
        truth["last_return_date"],
    ]


def test_by_category(query: Query, expected: dict) -> None:
    # Sales and returns are summed apart and then joined: a join of the records would multiply them.
    found = query(
        """
        with
        sold as (
            select category_name, count(distinct order_number) as orders, sum(order_quantity) as units,
                sum(revenue) as revenue, sum(cost) as cost, sum(profit) as profit, min(order_date) as first_sale
            from core.fact_sales inner join core.dim_products using (product_key) group by category_name
        ),
        returned as (
            select category_name, sum(return_quantity) as return_units
            from core.fact_returns inner join core.dim_products using (product_key) group by category_name
        )
        select categories.category_name as category, sold.* exclude (category_name),
            coalesce(return_units, 0) as return_units
        from core.dim_product_categories as categories
        left join sold using (category_name) left join returned using (category_name)
        where categories.product_category_key <> -1
        """
    )
    by_name = {row["category"]: row for row in found}
    assert set(by_name) == {row["category"] for row in expected["by_category"]}
    for truth in expected["by_category"]:
        row = by_name[truth["category"]]
        for name in ("orders", "units", "return_units"):
            assert row[name] == truth[name]
        for name in ("revenue", "cost", "profit"):
            assert truth[name] is None or money(row[name]) == money(truth[name])
        assert truth["first_sale"] is None or str(row["first_sale"]) == truth["first_sale"]


SUMS = """
    count(distinct customer_key) as customers, count(distinct order_number) as orders, sum(revenue) as revenue,
    sum(profit) as profit
"""


def agrees(found: dict, truth: dict) -> bool:
    return (found["customers"], found["orders"], money(found["revenue"]), money(found["profit"])) == (
        truth["customers"],
        truth["orders"],
        money(truth["revenue"]),
        money(truth["profit"]),
    )


def test_by_year(query: Query, expected: dict) -> None:
    found = query(
        f"""
        select year_number, {SUMS} from core.fact_sales inner join core.dim_dates on date_day = order_date
        group by 1 order by 1
        """
    )
    assert [row["year_number"] for row in found] == [truth["y"] for truth in expected["by_year"]]
    assert all(agrees(row, truth) for row, truth in zip(found, expected["by_year"], strict=True))


def test_by_gender(query: Query, expected: dict) -> None:
    found = query(
        f"select gender, {SUMS} from core.fact_sales inner join core.dim_customers using (customer_key) group by 1"
    )
    by_gender = {{"F": "F", "M": "M"}.get(row["gender"][0], "NA"): row for row in found}
    assert all(agrees(by_gender.pop(truth["gender"]), truth) for truth in expected["by_gender"])
    assert by_gender == {}


def test_by_income_bracket(query: Query, expected: dict) -> None:
    found = query(
        f"""
        select income_bracket, {SUMS} from core.fact_sales inner join core.dim_customers using (customer_key)
        group by 1, income_bracket_order order by income_bracket_order
        """
    )
    assert [row["income_bracket"] for row in found] == ["Low", "Medium", "High", "Premium"]
    assert all(agrees(row, truth) for row, truth in zip(found, expected["by_income_bracket"], strict=True))


def test_by_age_group_at_the_order_date(query: Query, expected: dict) -> None:
    # Completed years, reckoned by DuckDB's own calendar arithmetic and not by the project's macro.
    found = query(
        f"""
        with aged as (
            select sales.*, date_part('year', age(order_date, birth_date)) as age
            from core.fact_sales as sales inner join core.dim_customers using (customer_key)
        )
        select age_group, {SUMS} from aged inner join core.age_groups on age >= lower_age and age < upper_age
        group by 1, age_group_order order by age_group_order
        """
    )
    assert all(agrees(row, truth) for row, truth in zip(found, expected["by_age_group_at_order_date"], strict=True))


def test_by_customer(query: Query, expected: dict) -> None:
    (found,) = query(
        """
        with customers as (
            select customer_key, sum(revenue) as revenue, sum(profit) as profit, count(distinct order_number) as orders,
                date_diff('day', max(order_date), (select max(order_date) from core.fact_sales)) as days_since
            from core.fact_sales group by customer_key
        )
        select count(*) as customers, avg(revenue) as mean_revenue, quantile_cont(revenue, 0.5) as p50,
            quantile_cont(revenue, 0.9) as p90, max(revenue) as max_, min(revenue) as min_, avg(profit) as mean_profit,
            count(*) filter (orders > 1) as repeat_customers,
            sum(revenue) filter (orders > 1) / sum(revenue) * 100 as repeat_share,
            count(*) filter (days_since <= 90) as active_90d, count(*) filter (days_since <= 180) as active_180d
        from customers
        """
    )
    truth, repeat = expected["customer_lifetime_revenue"], expected["repeat_customers"]
    for name in ("mean_revenue", "p50", "p90", "max_", "min_", "mean_profit"):
        assert float(found[name]) == pytest.approx(truth[name], abs=0.01)
    for name in ("customers", "repeat_customers", "active_90d", "active_180d"):
        assert found[name] == repeat[name]
    assert float(found["repeat_share"]) == pytest.approx(repeat["repeat_revenue_share_pct"], abs=5e-5)


def test_half_years(query: Query, expected: dict) -> None:
    periods = {
        "h1_2015": ("2015-01-01", "2015-06-30"),
        "h1_2016": ("2016-01-01", "2016-06-30"),
        "h1_2017": ("2017-01-01", "2017-06-30"),
        "ttm_2016_06": ("2015-07-01", "2016-06-30"),
        "ttm_2017_06": ("2016-07-01", "2017-06-30"),
    }
    for name, (first, last) in periods.items():
        (found,) = query(
            f"select sum(revenue) as r from core.fact_sales where order_date between '{first}' and '{last}'"
        )
        assert money(found["r"]) == money(expected["half_years"][name])


def test_names_are_spelt_right(query: Query) -> None:
    (found,) = query(
        """
        select count(*) filter (upper(first_name) = 'ANDRÉS') as andres,
            count(*) filter (regexp_matches(first_name || last_name, '[^ -~]')) as accented,
            count(*) filter (contains(first_name || last_name, chr(65533))) as broken
        from core.dim_customers
        """
    )
    cp1252 = (KAGGLE / "AdventureWorks_Customers.csv").read_bytes()
    assert found["andres"] == cp1252.count(b"ANDR\xc9S,")
    assert (found["accented"], found["broken"]) == (90, 0)


def test_nothing_is_lost(query: Query, built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    assert query("select sum(rejected_records + blank_records) as n from operations.ledger_files")[0]["n"] == 0
    assert query("select count(*) as n from operations.ledger_quarantine")[0]["n"] == 0
    (found,) = query("select count(*) as n, max(abs(unexplained_amount)) as gap from operations.ledger_amounts")
    assert found["n"] > 0
    assert found["gap"] == 0
    assert "0 records rejected, 0 exact duplicates, 0 quarantined; 0.0000 unexplained" in built[1].stdout


def test_the_summary_shows_the_true_figures(
    built: tuple[Path, subprocess.CompletedProcess[str]], expected: dict
) -> None:
    truth = expected["headline"]
    printed = dict(
        line.rsplit(maxsplit=1) for line in built[1].stdout.splitlines() if line.startswith("  ") and line[2:3] != " "
    )
    printed = {name.strip(): value for name, value in printed.items()}
    assert printed["Revenue"] == f"{money(truth['revenue']):,}"
    assert printed["Profit"] == f"{money(truth['profit']):,}"
    assert printed["Profit margin"] == f"{truth['profit_margin_pct']:.2f}%"
    assert printed["Orders"] == f"{truth['orders']:,}"
    assert printed["Average order value"] == f"{truth['average_order_value']:,.2f}"
    assert printed["Return rate"] == f"{expected['returns']['return_rate_of_units_pct']:.2f}%"


def test_the_lake_is_at_least_80_percent_smaller(built: tuple[Path, object]) -> None:
    csv = sum(path.stat().st_size for path in KAGGLE.glob("*.csv"))
    parquet = sum(path.stat().st_size for path in (built[0] / "lake" / "raw").rglob("*.parquet"))
    assert parquet <= 0.2 * csv, f"{1 - parquet / csv:.1%} smaller"
