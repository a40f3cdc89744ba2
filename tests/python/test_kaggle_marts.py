"""The marts on the real files: they give the true figures, and no wrong one can be had by adding a column up."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from support.places import needs_kaggle_files

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


def cents(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_no_wrong_figure_is_the_sum_of_a_column(query: Query, expected: dict) -> None:
    """No fan-out, no sum of a non-additive count: no column of a mart sums to a figure known as wrong."""
    wrong = expected["never_report_these"]
    columns = query(
        """
        select table_name, column_name from information_schema.columns
        where table_schema = 'marts' and regexp_matches(data_type, 'INT|DECIMAL|DOUBLE')
        """
    )
    tables = {row["table_name"] for row in columns}
    assert len([table for table in tables if table.startswith("mart_")]) == 16
    found = []
    for row in columns:
        table, column = row["table_name"], row["column_name"]
        (total,) = query(f"select sum({column}) as whole, avg({column}) * 100 as mean from marts.{table}")
        for name, figure in wrong.items():
            if any(value is not None and abs(float(value) - figure) < 0.0001 for value in total.values()):
                found.append(f"{table}.{column} gives {name}")
    assert not found


def test_monthly_performance(query: Query, expected: dict) -> None:
    months = query("select * from marts.mart_monthly_performance order by month_start_date")
    headline = expected["headline"]
    for name in ("revenue", "cost", "profit"):
        assert sum(row[name] for row in months) == Decimal(headline[name])
    for name in ("orders", "units"):
        assert sum(row[name] for row in months) == headline[name]
    assert sum(row["new_customers"] for row in months) == headline["customers_with_orders"]
    assert sum(row["return_units"] for row in months) == expected["returns"]["return_units"]
    for truth in expected["by_year"]:
        year = [row for row in months if row["year_number"] == truth["y"]]
        assert sum(row["orders"] for row in year) == truth["orders"]
        assert cents(sum(row["revenue"] for row in year)) == cents(truth["revenue"])
        assert cents(sum(row["profit"] for row in year)) == cents(truth["profit"])
    trailing = {str(row["month_start_date"]): row["trailing_12_revenue"] for row in months}
    assert cents(trailing["2016-06-01"]) == cents(expected["half_years"]["ttm_2016_06"])
    assert cents(trailing["2017-06-01"]) == cents(expected["half_years"]["ttm_2017_06"])


def test_category_performance(query: Query, expected: dict) -> None:
    found = query(
        """
        select category_name, sum(units) as units, sum(revenue) as revenue, sum(cost) as cost, sum(profit) as profit,
            sum(return_units) as return_units, max(orders_to_date) as orders,
            min(month_start_date) filter (units > 0) as first_month
        from marts.mart_category_performance group by category_name
        """
    )
    by_name = {row["category_name"]: row for row in found}
    assert set(by_name) == {truth["category"] for truth in expected["by_category"]}
    for truth in expected["by_category"]:
        row = by_name[truth["category"]]
        for name in ("orders", "units", "return_units"):
            assert row[name] == (truth[name] or 0)
        for name in ("revenue", "cost", "profit"):
            assert cents(row[name]) == cents(truth[name] or 0)
        assert str(row["first_month"])[:7] == str(truth["first_sale"])[:7]


@pytest.mark.parametrize(
    ("segment_type", "section", "labels"),
    [
        ("gender", "by_gender", {"Female": "F", "Male": "M", "Unknown": "NA"}),
        ("age_group", "by_age_group_at_order_date", {}),
        ("income_bracket", "by_income_bracket", {}),
    ],
)
def test_customer_segments(query: Query, expected: dict, segment_type: str, section: str, labels: dict) -> None:
    found = query(
        f"select * from marts.mart_customer_demographics where segment_type = '{segment_type}' and orders > 0"
    )
    truths = {truth[segment_type]: truth for truth in expected[section]}
    assert {labels.get(row["segment_value"], row["segment_value"]) for row in found} == set(truths)
    for row in found:
        truth = truths[labels.get(row["segment_value"], row["segment_value"])]
        assert (row["customers"], row["orders"]) == (truth["customers"], truth["orders"])
        for name, true_name in {"revenue": "revenue", "profit": "profit", "average_order_value": "aov"}.items():
            assert cents(row[name]) == cents(truth[true_name])
        assert cents(row["revenue_per_customer"]) == cents(truth["revenue_per_customer"])
        # The smallest group has 16 customers, and is said to be one.
        assert row["is_small_base"] == (truth["customers"] < 30)


def test_customer_value(query: Query, expected: dict) -> None:
    (found,) = query(
        """
        select count(*) as customers, avg(lifetime_revenue) as mean_revenue, min(lifetime_revenue) as min_,
            max(lifetime_revenue) as max_, avg(lifetime_profit) as mean_profit,
            median(lifetime_profit) as median_profit,
            quantile_cont(lifetime_profit, 0.8) as p80_profit, count(*) filter (is_repeat) as repeat_customers,
            sum(lifetime_revenue) filter (is_repeat) / sum(lifetime_revenue) * 100 as repeat_share,
            count(*) filter (days_since_last_order <= 90) as active_90d,
            count(*) filter (days_since_last_order <= 180) as active_180d,
            count(*) filter (days_since_last_order > 365) as lapsed_365d,
            count(*) filter (days_since_last_order > 180 and days_since_last_order <= 365) as lapsed_181_365
        from marts.mart_customer_value where orders > 0
        """
    )
    truth, repeat = expected["customer_lifetime_revenue"], expected["repeat_customers"]
    for name in ("mean_revenue", "min_", "max_", "mean_profit", "median_profit", "p80_profit"):
        assert float(found[name]) == pytest.approx(truth[name], abs=0.006)
    for share in (5, 25, 50, 75, 90, 95, 99):
        quantile = f"quantile_cont(lifetime_revenue, {share / 100})"
        (row,) = query(f"select {quantile} as q from marts.mart_customer_value where orders > 0")
        assert float(row["q"]) == pytest.approx(truth[f"p{share:02}"], abs=0.006)
    for name in ("customers", "repeat_customers", "active_90d", "active_180d", "lapsed_365d", "lapsed_181_365"):
        assert found[name] == repeat[name]
    assert float(found["repeat_share"]) == pytest.approx(repeat["repeat_revenue_share_pct"], abs=5e-5)


def test_products_and_territories_add_up(query: Query, expected: dict) -> None:
    for mart in ("mart_model_profitability", "mart_product_profitability", "mart_territory_performance"):
        (found,) = query(
            f"select sum(revenue) as revenue, sum(profit) as profit, sum(units) as units from marts.{mart}"
        )
        assert found["revenue"] == Decimal(expected["headline"]["revenue"])
        assert found["profit"] == Decimal(expected["headline"]["profit"])
        assert found["units"] == expected["headline"]["units"]
    (found,) = query("select count(*) as n, count(*) filter (is_sold) as sold from marts.mart_product_profitability")
    assert (found["n"], found["sold"]) == (expected["row_counts"]["products"], expected["headline"]["products_sold"])


def test_elasticity_cannot_be_identified(query: Query) -> None:
    """One price per product: nothing but a verdict may be said."""
    assert query("select distinct verdict from marts.mart_price_elasticity order by 1") != []
    assert (
        query("select * from marts.mart_price_elasticity where verdict = 'identifiable' or elasticity is not null")
        == []
    )


def test_the_budget_is_given_out_whole(query: Query) -> None:
    (found,) = query(
        "select sum(recommended_share) as shares, sum(last_12_profit) as profit from marts.mart_budget_allocation"
    )
    assert found["shares"] == 1
    assert found["profit"] == Decimal("6604133.4978")  # of the last 12 months
