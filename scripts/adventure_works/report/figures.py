"""Reads what the report shows from the published DuckDB file.

Sections that cannot be filtered show rows of the marts as they are. What the filter changes (money, orders, customers
by category and period) is counted from the facts for each choice by itself, since distinct orders and
customers must not be added up; checks.py holds the sums to the marts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.publish.access import opened
from adventure_works.report.periods import LAST_12, Period, Span, periods
from adventure_works.settings import shown

Row = dict[str, object]
Connection = duckdb.DuckDBPyConnection

ALL = "all"

# Every mart behind the page, in the order of its sections.
MARTS = (
    "mart_monthly_performance",
    "mart_category_performance",
    "mart_product_profitability",
    "mart_customer_demographics",
    "mart_profitability_matrix",
    "mart_territory_performance",
    "mart_customer_value",
    "mart_customer_cohorts",
    "mart_cross_sell",
    "mart_price_elasticity",
    "mart_budget_allocation",
)
# What the sections on quality and on the data itself show, beside the marts.
LEDGERS = ("ledger_amounts", "ledger_files", "ledger_quarantine", "test_history", "run_history")


@dataclass(frozen=True)
class Category:
    """A product category; `slug` stands for it in addresses, `colour` is its place in the palette, from 1."""

    key: int
    name: str
    slug: str
    colour: int
    is_sold: bool
    first_month: date | None


@dataclass(frozen=True)
class Measures:
    """What was sold in a span: money in US dollars, `customers` without the Unknown one."""

    revenue: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)
    units: int = 0
    orders: int = 0
    customers: int = 0
    return_units: int = 0

    @property
    def margin(self) -> Decimal | None:
        """Profit by revenue, 0-1; None without revenue."""
        return ratio(self.profit, self.revenue)

    @property
    def order_value(self) -> Decimal | None:
        """Revenue by orders, in US dollars; None without orders."""
        return ratio(self.revenue, self.orders)

    @property
    def return_rate(self) -> Decimal | None:
        """Returned units by units sold, 0-1; None without units."""
        return ratio(self.return_units, self.units)


@dataclass(frozen=True)
class LikeForLike:
    """Two spans in what both of them sold, month by month: `names` are the product groups that were there."""

    revenue: Decimal
    revenue_before: Decimal
    profit: Decimal
    profit_before: Decimal
    names: tuple[str, ...]

    @property
    def revenue_change(self) -> Decimal | None:
        """Change of revenue as a ratio."""
        return growth(self.revenue, self.revenue_before)

    @property
    def profit_change(self) -> Decimal | None:
        """Change of profit as a ratio; None where there was no profit before."""
        return growth(self.profit, self.profit_before)


@dataclass
class Figures:
    """All that the page shows. Rows are dictionaries with the columns of their mart."""

    as_of: date
    first_order: date
    periods: list[Period]
    categories: list[Category]
    # By category (slug, or "all"), period (key), and territory (key, or None for all of them).
    now: dict[tuple[str, str, int | None], Measures]
    before: dict[tuple[str, str, int | None], Measures]
    # By category and period; by whole categories, and within them by subcategories.
    like_for_like: dict[tuple[str, str], LikeForLike]
    like_for_like_narrow: dict[tuple[str, str], LikeForLike]
    months: list[Row]
    category_months: list[Row]
    products: list[Row]
    segments: list[Row]
    matrix: list[Row]
    territories: list[Row]
    groups: list[Row]
    cohorts: list[Row]
    returning: Row
    pairs: list[Row]
    prices: list[Row]
    budget: list[Row]
    files: list[Row]
    quarantine: list[Row]
    ledger: Row
    thresholds: dict[str, Decimal]
    brackets: list[Row]
    totals: dict[str, dict[str, Decimal]] = field(default_factory=dict)

    def measures(self, category: str, period: str, territory: int | None = None) -> Measures:
        """What was sold; zeros where nothing was."""
        return self.now.get((category, period, territory), Measures())

    def measures_before(self, category: str, period: str, territory: int | None = None) -> Measures | None:
        """What was sold in the span before; None where the records do not cover it."""
        if next(one for one in self.periods if one.key == period).before is None:
            return None
        return self.before.get((category, period, territory), Measures())

    @property
    def sold(self) -> list[Category]:
        """The categories that have ever sold, by profit."""
        return [category for category in self.categories if category.is_sold]

    @property
    def launch(self) -> tuple[date, list[Category]] | None:
        """The month in which the range first widened by a category, and by which; None if it never did."""
        months = sorted({category.first_month for category in self.sold})
        if len(months) < 2:
            return None
        return months[1], [category for category in self.sold if category.first_month == months[1]]


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A share or rate; None where the whole is zero."""
    return Decimal(part) / Decimal(whole) if whole else None


def growth(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    """Change as a ratio; None where there was nothing before, or a loss."""
    if now is None or before is None or before <= 0:
        return None
    return Decimal(now) / Decimal(before) - 1


@contextmanager
def reading(database: Path) -> Iterator[Connection]:
    """The published warehouse, to be read only.

    Raises:
        AdventureError: There is none, or another process holds it.
    """
    if not database.exists():
        raise AdventureError(f"There is no warehouse at {shown(database)} to report on. Build one first: adventure run")
    with opened(database, read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        yield connection


def rows(connection: Connection, sql: str, *values: object) -> list[Row]:
    """The rows of a query as dictionaries."""
    found = connection.execute(sql, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read(connection: Connection) -> Figures:
    """Everything that the page shows.

    Raises:
        AdventureError: The warehouse lacks a table of the project, or holds no sale.
    """
    try:
        return _read(connection)
    except duckdb.CatalogException as error:
        raise AdventureError(
            f"The warehouse lacks a table that the report reads: {str(error).splitlines()[0]}\nBuild it: adventure run"
        ) from None


def _read(connection: Connection) -> Figures:
    (span,) = rows(
        connection,
        """
        select
            min(order_date) as first_order,
            (select as_of_date from intermediate.int_as_of_date) as as_of,
            (select min(month_start_date) from marts.mart_monthly_performance) as first_month
        from core.fact_sales
        """,
    )
    if span["first_order"] is None or span["first_month"] is None:
        raise AdventureError("The warehouse holds no sale. See operations.ledger_files for where the records went.")
    chosen = periods(**span)
    categories = _categories(connection)
    now, before = _measures(connection, chosen, categories)
    return Figures(
        as_of=span["as_of"],
        first_order=span["first_order"],
        periods=chosen,
        categories=categories,
        now=now,
        before=before,
        like_for_like=_like_for_like(connection, chosen, categories, "category_name"),
        like_for_like_narrow=_like_for_like(connection, chosen, categories, "subcategory_name"),
        months=rows(connection, "select * from marts.mart_monthly_performance order by month_start_date"),
        category_months=rows(
            connection, "select * from marts.mart_category_performance order by month_start_date, category_name"
        ),
        products=rows(
            connection,
            "select * from marts.mart_product_profitability order by last_12_profit desc, profit desc, product_name",
        ),
        segments=rows(
            connection,
            "select * from marts.mart_customer_demographics order by segment_type, segment_order, segment_value",
        ),
        matrix=rows(
            connection,
            """
            select * from marts.mart_profitability_matrix
            order by product_level, category_name, subcategory_name, segment_type, segment_order, segment_value
            """,
        ),
        territories=rows(connection, "select * from marts.mart_territory_performance order by profit_rank, region"),
        groups=_customer_groups(connection),
        cohorts=_cohorts(connection),
        returning=_returning(connection),
        pairs=rows(
            connection,
            """
            select * from marts.mart_cross_sell
            where product_level = 'subcategory' and segment_type = 'all'
            order by lift desc, orders_together desc, product_group_a_name, product_group_b_name
            """,
        ),
        prices=rows(
            connection,
            """
            select
                product_level, category_name, verdict, count(*) as items, sum(sold_products) as sold_products,
                sum(number_of_prices) as number_of_prices, sum(varied_products) as varied_products,
                min(elasticity) as lowest_elasticity, max(elasticity) as highest_elasticity,
                min(elasticity_lower) as lowest_bound, max(elasticity_upper) as highest_bound,
                min(cross_section_slope) as lowest_slope, max(cross_section_slope) as highest_slope,
                count(cross_section_slope) as slopes
            from marts.mart_price_elasticity
            group by product_level, category_name, verdict
            order by product_level, category_name, verdict
            """,
        ),
        budget=rows(
            connection,
            """
            select * from marts.mart_budget_allocation
            order by sum(recommended_share) over (partition by category_name) desc, category_name, income_bracket_order
            """,
        ),
        files=rows(connection, "select * from operations.ledger_files order by table_name, source_file"),
        quarantine=rows(connection, "select * from operations.ledger_quarantine order by source_file, records desc"),
        ledger=_ledger(connection),
        thresholds={
            row["threshold"]: row["value"] for row in rows(connection, "select threshold, value from core.thresholds")
        },
        brackets=rows(connection, "select * from core.income_brackets order by income_bracket_order"),
    )


def slug(name: str) -> str:
    """A name as it can stand in an address: Road Bikes -> road-bikes."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "unnamed"


def _categories(connection: Connection) -> list[Category]:
    found = rows(
        connection,
        """
        select
            product_category_key as key, category_name as name, sum(units) > 0 as is_sold,
            min(case when units > 0 then month_start_date end) as first_month
        from marts.mart_category_performance
        group by all
        order by sum(profit) desc, name
        """,
    )
    taken = {ALL}
    categories = []
    for colour, row in enumerate(found, start=1):
        name = slug(row["name"])
        # Two names may differ only in what an address cannot hold.
        row["slug"] = f"{name}-{row['key']}" if name in taken else name
        taken.add(row["slug"])
        categories.append(Category(colour=colour, **row))
    return categories


def _measures(
    connection: Connection, chosen: list[Period], categories: list[Category]
) -> tuple[dict[tuple[str, str, int | None], Measures], dict[tuple[str, str, int | None], Measures]]:
    """Measures of each category, period and territory, and of the spans before."""
    _write_spans(connection, chosen)
    sold = rows(
        connection,
        """
        select
            spans.period, spans.is_before, products.category_name, sales.territory_key,
            sum(sales.revenue) as revenue, sum(sales.cost) as cost, sum(sales.profit) as profit,
            sum(sales.order_quantity) as units, count(distinct sales.order_number) as orders,
            count(distinct nullif(sales.customer_key, -1)) as customers
        from report_spans as spans
        inner join core.fact_sales as sales
            on sales.order_date >= spans.first_day and sales.order_date < spans.day_after
        inner join core.dim_products as products on sales.product_key = products.product_key
        group by grouping sets (
            (spans.period, spans.is_before, products.category_name, sales.territory_key),
            (spans.period, spans.is_before, products.category_name),
            (spans.period, spans.is_before, sales.territory_key),
            (spans.period, spans.is_before)
        )
        """,
    )
    returned = rows(
        connection,
        """
        select
            spans.period, spans.is_before, products.category_name, returns.territory_key,
            sum(returns.return_quantity) as return_units
        from report_spans as spans
        inner join core.fact_returns as returns
            on returns.return_date >= spans.first_day and returns.return_date < spans.day_after
        inner join core.dim_products as products on returns.product_key = products.product_key
        group by grouping sets (
            (spans.period, spans.is_before, products.category_name, returns.territory_key),
            (spans.period, spans.is_before, products.category_name),
            (spans.period, spans.is_before, returns.territory_key),
            (spans.period, spans.is_before)
        )
        """,
    )
    slugs = {category.name: category.slug for category in categories} | {None: ALL}
    merged: dict[tuple, dict] = defaultdict(dict)
    for row in [*sold, *returned]:
        place = (row.pop("is_before"), slugs[row.pop("category_name")], row.pop("period"), row.pop("territory_key"))
        merged[place] |= {name: value for name, value in row.items() if value is not None}
    now = {place[1:]: Measures(**found) for place, found in merged.items() if not place[0]}
    before = {place[1:]: Measures(**found) for place, found in merged.items() if place[0]}
    return now, before


def _write_spans(connection: Connection, chosen: list[Period]) -> None:
    """Writes the spans of the periods into a temporary table, for the queries to join."""
    connection.execute(
        "create or replace temp table report_spans (period text, is_before boolean, first_day date, day_after date)"
    )
    spans: list[tuple[str, bool, Span | None]] = [(period.key, False, period.span) for period in chosen]
    spans += [(period.key, True, period.before) for period in chosen]
    for key, is_before, span in spans:
        if span:
            connection.execute("insert into report_spans values (?, ?, ?, ?)", [key, is_before, span.start, span.end])


def _like_for_like(
    connection: Connection, chosen: list[Period], categories: list[Category], level: str
) -> dict[tuple[str, str], LikeForLike]:
    """Both spans of each period in the product groups that sold in a month of the one and of the other.

    As in `mart_monthly_performance`: a group counts in a month when it sold in it and in the same part of that
    month a year before. Needs the spans of `_measures`.

    Args:
        connection: The warehouse.
        chosen: The periods.
        categories: The categories.
        level: Column of `dim_products` that holds the product group.
    """
    found = rows(
        connection,
        f"""
        select
            spans.period, products.category_name, products.{level} as name, spans.is_before,
            -- The month that a sale is compared in: of the span before, a year later.
            extract(year from sales.order_date) + case when spans.is_before then 1 else 0 end as compared_year,
            extract(month from sales.order_date) as compared_month,
            sum(sales.revenue) as revenue, sum(sales.profit) as profit
        from report_spans as spans
        inner join core.fact_sales as sales
            on sales.order_date >= spans.first_day and sales.order_date < spans.day_after
        inner join core.dim_products as products on sales.product_key = products.product_key
        group by all
        """,
    )
    slugs = {category.name: category.slug for category in categories}
    sides: dict[tuple, dict[bool, Row]] = defaultdict(dict)
    for row in found:
        group = (row["period"], row["category_name"], row["name"], row["compared_year"], row["compared_month"])
        sides[group][row["is_before"]] = row
    result = {}
    for period in chosen:
        if period.before is None:
            continue
        for category in (ALL, *slugs.values()):
            both = [
                (group[2], pair[False], pair[True])
                for group, pair in sides.items()
                if group[0] == period.key and category in (ALL, slugs[group[1]]) and len(pair) == 2
            ]
            result[category, period.key] = LikeForLike(
                revenue=sum((now["revenue"] for _, now, _ in both), Decimal(0)),
                revenue_before=sum((before["revenue"] for _, _, before in both), Decimal(0)),
                profit=sum((now["profit"] for _, now, _ in both), Decimal(0)),
                profit_before=sum((before["profit"] for _, _, before in both), Decimal(0)),
                names=tuple(sorted({name for name, _, _ in both})),
            )
    return result


def _customer_groups(connection: Connection) -> list[Row]:
    """The groups of `mart_customer_value` with what they mean, none of them told by customer."""
    return rows(
        connection,
        """
        select
            groups.value_segment, groups.meaning, groups.suggested_action, count(*) as customers,
            sum(value.orders) as orders, sum(value.lifetime_revenue) as revenue,
            sum(value.lifetime_cost) as cost, sum(value.lifetime_profit) as profit,
            median(value.days_since_last_order) as median_days_away,
            count(*) filter (value.is_repeat) as repeat_customers,
            count(*) filter (value.is_vip) as vips, count(*) filter (value.is_at_risk) as at_risk
        from marts.mart_customer_value as value
        inner join core.value_segments as groups on value.value_segment = groups.value_segment
        group by all
        order by any_value(groups.value_segment_order)
        """,
    )


def _cohorts(connection: Connection) -> list[Row]:
    """Quarters of the first order and quarters since: customers, and how many of them ordered again in each.

    Customers who came in two months of a quarter are one, so the months of `mart_customer_cohorts` cannot be added up.
    A quarter is over when its last day is not after the as-of date.
    """
    return rows(
        connection,
        """
        with
        as_of as (select as_of_date from intermediate.int_as_of_date),
        orders as (
            select customer_key, date_trunc('quarter', order_date) as quarter, revenue
            from core.fact_orders where customer_key <> -1
        ),
        firsts as (select customer_key, min(quarter) as cohort from orders group by customer_key),
        cohorts as (select cohort, count(*) as customers from firsts group by cohort),
        active as (
            select
                firsts.cohort, orders.quarter, count(distinct orders.customer_key) as active_customers,
                sum(orders.revenue) as revenue
            from orders inner join firsts on orders.customer_key = firsts.customer_key
            group by all
        ),
        quarters as (
            select unnest(generate_series(
                (select min(cohort) from cohorts), (select date_trunc('quarter', as_of_date) from as_of),
                interval 3 month
            )) as quarter
        )
        select
            cast(cohorts.cohort as date) as cohort, cohorts.customers,
            datediff('quarter', cohorts.cohort, quarters.quarter) as quarters_since,
            coalesce(active.active_customers, 0) as active_customers, coalesce(active.revenue, 0) as revenue,
            quarters.quarter + interval 3 month - interval 1 day <= as_of.as_of_date as is_over
        from cohorts
        cross join as_of
        inner join quarters on quarters.quarter >= cohorts.cohort
        left join active on cohorts.cohort = active.cohort and quarters.quarter = active.quarter
        order by cohorts.cohort, quarters_since
        """,
    )


def _returning(connection: Connection) -> Row:
    """How many who ordered have ordered again, what share of revenue is theirs, and the days between two orders."""
    (found,) = rows(
        connection,
        """
        select
            count(*) as customers, count(*) filter (is_repeat) as repeat_customers,
            sum(lifetime_revenue) as revenue,
            coalesce(sum(lifetime_revenue) filter (is_repeat), 0) as repeat_revenue,
            (
                select median(gap_days)
                from (
                    select
                        order_date - lag(order_date) over (
                            partition by customer_key order by order_date, order_number
                        ) as gap_days
                    from core.fact_orders
                    where customer_key <> -1
                ) as gaps
            ) as median_gap_days
        from marts.mart_customer_value
        where orders > 0 and customer_key <> -1
        """,
    )
    return found


def _ledger(connection: Connection) -> Row:
    """Records and money of all sales and returns files, from the raw records to the facts."""
    (found,) = rows(
        connection,
        """
        select
            sum(raw_amount) filter (measure = 'records' and table_name = 'sales') as raw_records,
            sum(duplicate_amount) filter (measure = 'records' and table_name = 'sales') as duplicate_records,
            sum(quarantined_amount) filter (measure = 'records') as quarantined_records,
            sum(fact_amount) filter (measure = 'records' and table_name = 'sales') as fact_records,
            sum(raw_amount) filter (measure = 'revenue') as raw_revenue,
            sum(fact_amount) filter (measure = 'revenue') as fact_revenue,
            max(abs(unexplained_amount)) as unexplained
        from operations.ledger_amounts
        """,
    )
    return found


def default_period(found: list[Period]) -> Period:
    """The period that the page opens with."""
    return next(period for period in found if period.key == LAST_12)
