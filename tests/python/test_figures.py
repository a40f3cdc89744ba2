"""The figures of the star schema, on the sample and on the real files, against figures computed elsewhere."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from support.bands import bands
from support.places import needs_kaggle_files

Query = Callable[[str], list[dict]]


@pytest.fixture(scope="module", params=["sample", pytest.param("kaggle", marks=needs_kaggle_files)])
def source(request: pytest.FixtureRequest) -> str:
    """Which files were built: the sample, which is everywhere, or those from Kaggle."""
    return request.param


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_headline(query: Query, truth: dict) -> None:
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
    true = truth["headline"]
    for name in ("revenue", "cost", "profit"):
        assert found[name] == Decimal(true[name])
    for name in ("first_order_date", "last_order_date"):
        assert str(found[name]) == true[name]
    for name in ("order_lines", "orders", "customers", "customers_with_orders", "products_sold", "units"):
        assert found[name] == true[name]
    assert float(found["profit"] / found["revenue"] * 100) == pytest.approx(float(true["profit_margin_pct"]), abs=5e-5)
    assert float(found["revenue"] / found["orders"]) == pytest.approx(float(true["average_order_value"]), abs=5e-5)


def test_returns(query: Query, truth: dict) -> None:
    (found,) = query(
        """
        select count(*) as return_rows, sum(return_quantity) as return_units, sum(returned_value) as value,
            min(return_date) as first_return_date, max(return_date) as last_return_date
        from core.fact_returns
        """
    )
    true = truth["returns"]
    assert (found["return_rows"], found["return_units"]) == (true["return_rows"], true["return_units"])
    assert money(found["value"]) == money(true["returned_list_value"])
    assert [str(found[name]) for name in ("first_return_date", "last_return_date")] == [
        true["first_return_date"],
        true["last_return_date"],
    ]


def test_by_category(query: Query, truth: dict) -> None:
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
    assert set(by_name) == {row["category"] for row in truth["by_category"]}
    for true in truth["by_category"]:
        row = by_name[true["category"]]
        for name in ("orders", "units", "return_units"):
            assert row[name] == true[name]
        for name in ("revenue", "cost", "profit"):
            assert true[name] is None or money(row[name]) == money(true[name])
        assert true["first_sale"] is None or str(row["first_sale"]) == true["first_sale"]


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


def test_by_year(query: Query, truth: dict) -> None:
    found = query(
        f"""
        select year_number, {SUMS} from core.fact_sales inner join core.dim_dates on date_day = order_date
        group by 1 order by 1
        """
    )
    assert [row["year_number"] for row in found] == [true["y"] for true in truth["by_year"]]
    assert all(agrees(row, true) for row, true in zip(found, truth["by_year"], strict=True))


def test_by_gender(query: Query, truth: dict) -> None:
    found = query(
        f"select gender, {SUMS} from core.fact_sales inner join core.dim_customers using (customer_key) group by 1"
    )
    by_gender = {{"F": "F", "M": "M"}.get(row["gender"][0], "NA"): row for row in found}
    assert all(agrees(by_gender.pop(true["gender"]), true) for true in truth["by_gender"])
    assert by_gender == {}


def test_by_income_bracket(query: Query, truth: dict) -> None:
    found = query(
        f"""
        select income_bracket, {SUMS} from core.fact_sales inner join core.dim_customers using (customer_key)
        group by 1, income_bracket_order order by income_bracket_order
        """
    )
    assert [row["income_bracket"] for row in found] == list(bands("income_bracket"))
    assert all(agrees(row, true) for row, true in zip(found, truth["by_income_bracket"], strict=True))


def test_by_age_group_at_the_order_date(query: Query, truth: dict) -> None:
    # Completed years, reckoned by DuckDB's own calendar arithmetic and not by the project's macro.
    found = query(
        f"""
        with aged as (
            select sales.*, date_part('year', age(order_date, birth_date)) as age
            from core.fact_sales as sales
            inner join persons.dim_customer_persons as persons
                on sales.customer_key = persons.customer_key and persons.is_current
        )
        select age_group, {SUMS} from aged inner join core.age_groups on age >= lower_age and age < upper_age
        group by 1, age_group_order order by age_group_order
        """
    )
    assert all(agrees(row, true) for row, true in zip(found, truth["by_age_group_at_order_date"], strict=True))
