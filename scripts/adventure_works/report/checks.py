"""What must hold before a report is written. Each check gives the reasons why it does not."""

from collections.abc import Iterable
from decimal import Decimal

from adventure_works.errors import AdventureError
from adventure_works.report.evidence import PASSED, Evidence
from adventure_works.report.figures import ALL, MARTS, Connection, Figures, rows
from adventure_works.report.periods import EVERYTHING

# A pair is only told when it is in enough orders, so a small shop has none; the page says so.
MAY_BE_EMPTY = {"mart_cross_sell"}
# The marts whose rows add up to all sales, and how.
TOTALS = {
    "mart_monthly_performance": "",
    "mart_category_performance": "",
    "mart_product_profitability": "",
    "mart_territory_performance": "",
    "mart_customer_demographics": "where segment_type = 'gender'",
    "mart_profitability_matrix": "where product_level = 'category' and segment_type = 'income_bracket'",
    "mart_budget_allocation": "",
}


def check(connection: Connection, figures: Figures, evidence: Evidence) -> None:
    """Raises AdventureError with every reason why the figures must not be shown."""
    reasons = [
        *tests_that_did_not_pass(evidence),
        *empty_marts(connection),
        *totals_that_differ(connection, figures),
        *choices_that_differ(figures),
    ]
    if reasons:
        shown = "\n".join(f"  {reason}" for reason in reasons[:10])
        more = f"\n  ... and {len(reasons) - 10} more" if len(reasons) > 10 else ""
        raise AdventureError(
            f"No report is written, because its figures could not be relied upon:\n{shown}{more}\n"
            "Build and test everything anew: adventure run"
        )


def tests_that_did_not_pass(evidence: Evidence) -> Iterable[str]:
    """Tests of data that have not run in the last build, and any that failed in it.

    A warning is shown in the report instead.
    """
    waiting = [test.name for test in evidence.tests if test.status == "not run"]
    if waiting:
        names = ", ".join(waiting[:3]) + (", ..." if len(waiting) > 3 else "")
        yield (
            f"{len(waiting)} of {len(evidence.tests)} tests have not run in the last dbt command "
            f"(dbt {evidence.command}): {names}"
        )
    for test in evidence.tests:
        if test.status not in (*PASSED, "warn", "not run"):
            yield f"the test {test.name} ended with {test.status}"


def empty_marts(connection: Connection) -> Iterable[str]:
    """Marts without a row."""
    for mart in MARTS:
        (found,) = rows(connection, f"select count(*) as n from marts.{mart}")
        if not found["n"] and mart not in MAY_BE_EMPTY:
            yield f"{mart} is empty"


def totals_that_differ(connection: Connection, figures: Figures) -> Iterable[str]:
    """Marts that do not add up to what the page shows as the whole."""
    whole = figures.measures(ALL, EVERYTHING)
    shown = {"revenue": whole.revenue, "profit": whole.profit, "units": whole.units}
    for mart, condition in TOTALS.items():
        (found,) = rows(
            connection,
            f"select sum(revenue) as revenue, sum(profit) as profit, sum(units) as units from marts.{mart} {condition}",
        )
        yield from _differences(mart, found, shown)
    (found,) = rows(
        connection,
        """
        select sum(lifetime_revenue) as revenue, sum(lifetime_profit) as profit, sum(units) as units
        from marts.mart_customer_value
        """,
    )
    yield from _differences("mart_customer_value", found, shown)
    yield from _differences(
        "fact_sales by cohort",
        {"revenue": sum(row["revenue"] for row in figures.cohorts)},
        {"revenue": rows(connection, "select sum(revenue) as revenue from marts.mart_customer_cohorts")[0]["revenue"]},
    )


def choices_that_differ(figures: Figures) -> Iterable[str]:
    """Choices of the filter that do not give the figures of the marts."""
    months = figures.months
    for category in figures.categories:
        mine = [row for row in figures.category_months if row["product_category_key"] == category.key]
        found = figures.measures(category.slug, EVERYTHING)
        shown = {
            "revenue": found.revenue,
            "profit": found.profit,
            "units": found.units,
            "return_units": found.return_units,
        }
        sums = {name: sum((row[name] for row in mine), Decimal(0)) for name in shown}
        yield from _differences(f"mart_category_performance, {category.name}", sums, shown)
    for period in figures.periods:
        inside = [row for row in months if period.span.start <= row["month_start_date"] < period.span.end]
        starts_with_a_month = period.span.start.day == 1 or period.key == EVERYTHING
        if not starts_with_a_month:
            continue
        if period.key == EVERYTHING:
            inside = months
        found = figures.measures(ALL, period.key)
        shown = {
            "revenue": found.revenue,
            "profit": found.profit,
            "orders": found.orders,
            "return_units": found.return_units,
        }
        sums = {name: sum((row[name] for row in inside), Decimal(0)) for name in shown}
        yield from _differences(f"mart_monthly_performance, {period.label}", sums, shown)
        if period.before:
            like = figures.like_for_like[ALL, period.key]
            sums = {
                "like_for_like_revenue": sum((row["like_for_like_revenue"] or 0 for row in inside), Decimal(0)),
                "like_for_like_last_year_revenue": sum(
                    (row["like_for_like_last_year_revenue"] or 0 for row in inside), Decimal(0)
                ),
            }
            shown = {"like_for_like_revenue": like.revenue, "like_for_like_last_year_revenue": like.revenue_before}
            yield from _differences(f"mart_monthly_performance, {period.label}", sums, shown)
    for row in figures.territories:
        found = figures.measures(ALL, EVERYTHING, row["territory_key"])
        shown = {"revenue": found.revenue, "profit": found.profit, "orders": found.orders, "customers": found.customers}
        yield from _differences(f"mart_territory_performance, {row['region']}", row, shown)


def _differences(source: str, found: dict, shown: dict) -> Iterable[str]:
    for name, value in shown.items():
        if found[name] != value:
            yield f"{name} of {source} is {found[name]}, where the page has {value}"
