"""The sections of the page: the question, what the filter changes in it, the models behind it, and its data."""

from collections.abc import Callable
from dataclasses import dataclass

from adventure_works.report.answers.common import MATRIX_TYPES
from adventure_works.report.answers.trust import sources
from adventure_works.report.figures import ALL, Figures
from adventure_works.warehouse.base import Row

# What of the filter changes a section.
CATEGORY, PERIOD = "category", "period"


@dataclass(frozen=True)
class Section:
    """A section of the page.

    `follows` says which choices of the filter change all of its figures; `fixed` has, for a choice that does
    not, the words that are shown instead. `data` gives the rows of its CSV file.
    """

    key: str
    short: str
    question: str
    models: tuple[str, ...]
    follows: tuple[str, ...]
    fixed: dict[str, str]
    data: Callable[[Figures], list[Row]]


def _table(name: str, *columns: str) -> Callable[[Figures], list[Row]]:
    """The rows of a field of the figures, with these columns or all."""
    return lambda figures: [_take(row, columns) for row in getattr(figures, name)]


def _take(row: Row, columns: tuple[str, ...]) -> Row:
    return {column: row[column] for column in columns or row}


def _scorecard(figures: Figures) -> list[Row]:
    """The measures of every choice of the filter."""
    columns = ("revenue", "profit", "orders", "customers", "units", "return_units")
    result = []
    for category, slug in [("All categories", ALL), *((one.name, one.slug) for one in figures.categories)]:
        for period in figures.periods:
            now = figures.measures(slug, period.key)
            before = figures.measures_before(slug, period.key)
            like = figures.like_for_like.get(("product", slug, period.key))
            result.append(
                {
                    "category": category,
                    "period": period.label,
                    "first_day": period.span.start,
                    "last_day": period.span.last_day,
                    **{name: getattr(now, name) for name in columns},
                    "revenue_before": before and before.revenue,
                    "profit_before": before and before.profit,
                    "like_for_like_revenue": like and like.revenue,
                    "like_for_like_revenue_before": like and like.revenue_before,
                }
            )
    return result


def _products(figures: Figures) -> list[Row]:
    columns = (
        "model_name", "subcategory_name", "category_name", "products", "sales_status", "recommended_action", "units",
        "profit", "return_units", "last_12_units", "last_12_revenue", "last_12_profit", "last_12_profit_margin",
        "last_12_profit_per_day", "profit_position", "break_even_units_lost_at_5_percent",
        "break_even_units_lost_at_10_percent",
    )  # fmt: skip
    return [_take(row, columns) for row in figures.models if row["units"]]


def _matrix(figures: Figures) -> list[Row]:
    columns = (
        "category_name", "product_group_name", "segment_type", "segment_value", "customers", "profit", "profit_index",
        "observed_to_expected", "is_untapped",
    )  # fmt: skip
    return [_take(row, columns) for row in figures.matrix if row["segment_type"] in MATRIX_TYPES or row["is_untapped"]]


WHOLE = "all on record"
SECTIONS = (
    Section(
        "headline", "Headline", "How is the business doing?",
        ("rpt_measures", "rpt_like_for_like", "rpt_period_spans", "mart_monthly_performance"),
        (CATEGORY, PERIOD), {}, _scorecard,
    ),
    Section(
        "categories", "Categories", "Which categories earn the most profit?",
        ("rpt_measures", "mart_category_performance"), (PERIOD,), {CATEGORY: "all categories, side by side"},
        _table("category_months", "category_name", "month_start_date", "units", "revenue", "cost", "profit",
               "return_units", "trend"),
    ),
    Section(
        "trend", "Trend", "Where is profit heading?",
        ("mart_monthly_performance", "mart_category_performance", "mart_monthly_forecast"),
        (CATEGORY,), {PERIOD: "every month on record"},
        _table("months", "month_start_date", "is_complete_month", "orders", "customers", "units", "revenue", "cost",
               "profit", "like_for_like_revenue", "like_for_like_last_year_revenue", "like_for_like_coverage"),
    ),
    Section(
        "products", "Products", "Which products to promote, review or phase out?",
        ("mart_model_profitability", "mart_product_profitability"), (CATEGORY,), {PERIOD: "last 12 months"}, _products,
    ),
    Section(
        "demographics", "Demographics", "Which customers spend the most?",
        ("mart_customer_demographics",), (), {CATEGORY: "all categories", PERIOD: WHOLE},
        _table("demographics", "segment_type", "segment_value", "customers", "orders", "revenue", "profit",
               "revenue_per_customer", "revenue_per_customer_low", "revenue_per_customer_high",
               "standardised_revenue_per_customer", "differs_from_rest", "is_small_base"),
    ),
    Section(
        "combinations", "Combinations", "Who buys what, and what is untapped?",
        ("mart_profitability_matrix",), (CATEGORY,), {PERIOD: "since the last launch of a category"}, _matrix,
    ),
    Section(
        "regions", "Regions", "Which regions perform best, and which are growing?",
        ("rpt_measures", "mart_territory_performance", "mart_market_expansion"), (CATEGORY, PERIOD), {},
        _table("territories", "region", "country", "orders", "customers", "revenue", "profit", "last_12_revenue",
               "last_12_profit", "previous_12_revenue", "revenue_growth", "like_for_like_change",
               "like_for_like_coverage", "is_small_base", "maturity"),
    ),
    Section(
        "customers", "Customers", "Which customers are worth most next, and who is at risk?",
        ("rpt_value_groups", "mart_customer_value", "mart_customer_value_backtest"),
        (), {CATEGORY: "all categories", PERIOD: WHOLE},
        _table("value_groups"),
    ),
    Section(
        "retention", "Retention", "Do customers come back?",
        ("rpt_cohort_quarters", "rpt_repeat_purchases", "mart_customer_cohorts"),
        (), {CATEGORY: "all categories", PERIOD: WHOLE},
        _table("cohorts"),
    ),
    Section(
        "together", "Cross-selling", "What sells together?",
        ("mart_cross_sell",), (CATEGORY,), {PERIOD: "since both were on sale"},
        _table("pairs", "product_group_a_name", "product_group_b_name", "orders", "orders_with_a", "orders_with_b",
               "orders_together", "lift", "lift_low", "lift_high", "is_above_chance"),
    ),
    Section(
        "prices", "Prices", "What would a change of price do?",
        ("rpt_price_verdicts", "mart_price_elasticity"), (CATEGORY,), {PERIOD: WHOLE}, _table("prices"),
    ),
    Section(
        "budget", "Budget", "Where should the marketing budget go?",
        ("mart_budget_allocation", "mart_holdout_test"),
        (), {CATEGORY: "all categories", PERIOD: "next 180 days, against the last 12 months"},
        _table("budget", "region", "category_name", "value_group", "customers", "last_12_profit", "base_share",
               "expected_180_day_profit", "share_before_cap", "recommended_share", "allocation_rule", "conflicts_with"),
    ),
    # About all that there is, whatever is chosen.
    Section(
        "quality", "Data quality", "Can these figures be trusted?",
        ("ledger_amounts", "ledger_files", "ledger_quarantine", "test_history", "run_history"),
        (), {}, _table("files"),
    ),
    Section("about", "About", "What is this data, and what can it not say?", ("ledger_files",), (), {}, sources),
)  # fmt: skip

MODELS = tuple(dict.fromkeys(name for section in SECTIONS for name in section.models))
"""Every model behind the page, in the order of its sections."""
