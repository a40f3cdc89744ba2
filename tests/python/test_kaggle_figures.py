"""The main job on the real files: what test_figures.py does not ask of every set of files."""

import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from support.places import KAGGLE, needs_kaggle_files

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]


@pytest.fixture(scope="module")
def source() -> str:
    """Which files were built."""
    return "kaggle"


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
        from persons.dim_customer_persons
        where is_current
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
