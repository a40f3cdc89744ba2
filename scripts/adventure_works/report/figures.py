"""Reads what the report shows from the models of the dbt project, by the same queries on either engine."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from adventure_works.errors import AdventureError
from adventure_works.report.periods import Period, Span, periods
from adventure_works.warehouse.base import Ask, Row

ALL = "all"
# Categories beyond the palette share its last colour; their names distinguish them.
PALETTE = 6
# What growth like for like is shown by; the first is the headline.
LEVELS = ("product", "model", "subcategory")


@dataclass(frozen=True)
class Category:
    """A product category; `slug` is its name in addresses, `colour` its place in the palette, from 1."""

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
    # In products that were on sale in the same month of both years; 0 without a year before.
    like_for_like_revenue: Decimal = Decimal(0)
    like_for_like_last_year_revenue: Decimal = Decimal(0)

    @property
    def like_for_like_change(self) -> Decimal | None:
        """Change of revenue like for like, by product, as a ratio."""
        return growth(self.like_for_like_revenue, self.like_for_like_last_year_revenue)

    @property
    def margin(self) -> Decimal | None:
        """Profit divided by revenue, 0-1; None without revenue."""
        return ratio(self.profit, self.revenue)

    @property
    def order_value(self) -> Decimal | None:
        """Revenue per order, in US dollars; None without orders."""
        return ratio(self.revenue, self.orders)

    @property
    def return_rate(self) -> Decimal | None:
        """Returned units per unit sold, 0-1; None without units."""
        return ratio(self.return_units, self.units)


@dataclass(frozen=True)
class LikeForLike:
    """A period and the year before in what was on sale in the same months of both; `names` are these items."""

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
    # By category (slug, or ALL), period, and territory (key, or None for all of them).
    now: dict[tuple[str, str, int | None], Measures]
    before: dict[tuple[str, str, int | None], Measures]
    # By level (product, model, subcategory), category and period.
    like_for_like: dict[tuple[str, str, str], LikeForLike]
    months: list[Row]
    category_months: list[Row]
    models: list[Row]
    products: list[Row]
    demographics: list[Row]
    matrix: list[Row]
    territories: list[Row]
    value_groups: list[Row]
    expansion: list[Row]
    forecast: list[Row]
    cohorts: list[Row]
    repeat_purchases: Row
    pairs: list[Row]
    prices: list[Row]
    budget: list[Row]
    holdout: list[Row]
    files: list[Row]
    quarantine: list[Row]
    ledger: Row
    thresholds: dict[str, Decimal]
    brackets: list[Row]

    def measures(self, category: str, period: str, territory: int | None = None) -> Measures:
        """What was sold; zeros where nothing was."""
        return self.now.get((category, period, territory), Measures())

    def measures_before(self, category: str, period: str, territory: int | None = None) -> Measures | None:
        """What was sold in the year before; None where the records do not cover it."""
        if next(one for one in self.periods if one.key == period).before is None:
            return None
        return self.before.get((category, period, territory), Measures())

    @property
    def sold(self) -> list[Category]:
        """The categories that have ever sold, by profit."""
        return [category for category in self.categories if category.is_sold]

    @property
    def launch(self) -> tuple[date, list[Category]] | None:
        """The month in which the range last widened by a category, and by which; None if it never did."""
        months = sorted({category.first_month for category in self.sold if category.first_month})
        if len(months) < 2:
            return None
        return months[-1], [category for category in self.sold if category.first_month == months[-1]]


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A share or rate; None where the whole is zero."""
    return Decimal(part) / Decimal(whole) if whole else None


def growth(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    """Change as a ratio; None where there was nothing before, or a loss."""
    if now is None or before is None or before <= 0:
        return None
    return Decimal(now) / Decimal(before) - 1


# What no page and no drawing may contain (XML 1.0): names in files can.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def _printable(ask: Ask) -> Ask:
    """Asks the same, and puts U+FFFD where a text has a character that cannot be written."""

    def cleaned(value: Any) -> Any:
        return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value

    return lambda sql: [{name: cleaned(value) for name, value in row.items()} for row in ask(sql)]


def read(ask: Ask) -> Figures:
    """Everything that the page shows.

    Raises:
        AdventureError: The warehouse lacks a table of the project, or contains no sale.
    """

    ask = _printable(ask)

    def rows(relation: str, order: str, condition: str = "true") -> list[Row]:
        return ask(f"select * from {relation} where {condition} order by {order}")

    products = rows("{marts}.mart_product_profitability", "last_12_profit desc, profit desc, product_name")
    first_order = min((row["first_sale_date"] for row in products if row["is_sold"]), default=None)
    if first_order is None:
        raise AdventureError("The warehouse contains no sale. See operations.ledger_files for where the records went.")
    spans = {
        (row["period"], row["is_year_before"]): Span(row["first_date"], row["last_date"] + timedelta(days=1))
        for row in rows("{marts}.rpt_period_spans", "first_date")
    }
    chosen = periods(spans, first_order)
    category_months = rows("{marts}.mart_category_performance", "month_start_date, category_name")
    categories = _categories(category_months)
    slugs = {category.key: category.slug for category in categories}
    measures = _measures(rows("{marts}.rpt_measures", "period"), slugs)
    like_for_like = rows("{marts}.rpt_like_for_like", "product_group_name")
    return Figures(
        as_of=spans[ALL, False].last_day,
        first_order=first_order,
        periods=chosen,
        categories=categories,
        now=measures[False],
        before=measures[True],
        like_for_like=_like_for_like(like_for_like, chosen, slugs),
        months=rows("{marts}.mart_monthly_performance", "month_start_date"),
        category_months=category_months,
        models=rows("{marts}.mart_model_profitability", "last_12_profit desc, profit desc, product_model_key"),
        products=products,
        demographics=rows("{marts}.mart_customer_demographics", "segment_type, segment_order, segment_value"),
        matrix=rows(
            "{marts}.mart_profitability_matrix",
            "product_level, category_name, product_group_name, segment_type, segment_order, segment_value",
            "period = 'current_range'",
        ),
        territories=rows("{marts}.mart_territory_performance", "profit_rank, region"),
        value_groups=rows("{marts}.rpt_value_groups", "value_group_order"),
        expansion=rows(
            "{marts}.mart_market_expansion", "missing_profit desc nulls last, region, category_name", "is_shortfall"
        ),
        forecast=rows("{marts}.mart_monthly_forecast", "months_ahead", "measure = 'revenue'"),
        cohorts=rows("{marts}.rpt_cohort_quarters", "cohort_quarter, quarters_since_first_order"),
        repeat_purchases=rows("{marts}.rpt_repeat_purchases", "buyers")[0],
        pairs=rows(
            "{marts}.mart_cross_sell",
            "lift desc, orders_together desc, product_group_a_name, product_group_b_name",
            "product_level = 'subcategory' and segment_type = 'all'",
        ),
        prices=rows("{marts}.rpt_price_verdicts", "product_level, category_name, verdict"),
        budget=rows(
            "{marts}.mart_budget_allocation",
            "recommended_share desc nulls last, last_12_profit desc, region, category_name, value_group",
        ),
        holdout=rows("{marts}.mart_holdout_test", "customers desc, region"),
        files=rows("{operations}.ledger_files", "table_name, source_file"),
        quarantine=rows("{operations}.ledger_quarantine", "source_file, records desc, quarantine_reason"),
        ledger=_ledger(rows("{operations}.ledger_amounts", "table_name, source_file, measure")),
        thresholds={row["threshold"]: row["value"] for row in rows("{core}.thresholds", "threshold")},
        brackets=rows("{core}.income_brackets", "income_bracket_order"),
    )


def slug(name: str) -> str:
    """A name as it can be part of an address: Road Bikes -> road-bikes."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "unnamed"


def _categories(months: list[Row]) -> list[Category]:
    """The categories of the months, the one with the most profit first."""
    names = {row["product_category_key"]: row["category_name"] for row in months}
    profits = {key: total(months, "profit", product_category_key=key) for key in names}
    taken = {ALL}
    found = []
    for colour, (key, name) in enumerate(sorted(names.items(), key=lambda one: (-profits[one[0]], one[1])), start=1):
        # Two names may differ only in what an address cannot hold.
        address = f"{slug(name)}-{key}" if slug(name) in taken else slug(name)
        taken.add(address)
        sold = [row["month_start_date"] for row in months if row["product_category_key"] == key and row["units"] > 0]
        found.append(Category(key, name, address, min(colour, PALETTE), bool(sold), min(sold, default=None)))
    return found


def _measures(rows: list[Row], slugs: dict[int, str]) -> dict[bool, dict[tuple[str, str, int | None], Measures]]:
    """Measures of each category, period and territory: of the periods (False), and of the years before (True)."""
    found: dict[bool, dict[tuple[str, str, int | None], Measures]] = {False: {}, True: {}}
    for row in rows:
        category = ALL if row["product_category_key"] is None else slugs[row["product_category_key"]]
        values = {name: row[name] for name in Measures.__dataclass_fields__}
        found[row["is_year_before"]][category, row["period"], row["territory_key"]] = Measures(**values)
    return found


def _like_for_like(
    rows: list[Row], chosen: list[Period], slugs: dict[int, str]
) -> dict[tuple[str, str, str], LikeForLike]:
    """The sums over the items of each level, by category and by each period that has a year before."""
    found = {}
    for level, period in product(LEVELS, [period for period in chosen if period.before]):
        items = [row for row in rows if row["period"] == period.key and row["product_level"] == level]
        for key, category in [(None, ALL), *slugs.items()]:
            own = [row for row in items if key in (None, row["product_category_key"])]
            found[level, category, period.key] = LikeForLike(
                revenue=total(own, "revenue"),
                revenue_before=total(own, "revenue_year_before"),
                profit=total(own, "profit"),
                profit_before=total(own, "profit_year_before"),
                names=tuple(sorted(row["product_group_name"] for row in own)),
            )
    return found


def _ledger(rows: list[Row]) -> Row:
    """Records and money of all sales and returns files, from the raw records to the facts."""
    return {
        "duplicate_records": total(rows, "duplicate_amount", table_name="sales", measure="records"),
        "quarantined_records": total(rows, "quarantined_amount", measure="records"),
        "fact_records": total(rows, "fact_amount", table_name="sales", measure="records"),
        "raw_revenue": total(rows, "raw_amount", table_name="sales", measure="revenue"),
        "unexplained": max((abs(row["unexplained_amount"]) for row in rows), default=Decimal(0)),
    }


def total(rows: list[Row], column: str, **wanted: object) -> Decimal:
    """The sum of a column over the rows with these values, without what is NULL."""
    own = [row[column] for row in rows if all(row[name] == value for name, value in wanted.items())]
    return sum((value for value in own if value is not None), Decimal(0))
