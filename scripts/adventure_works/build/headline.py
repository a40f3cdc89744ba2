"""The headline figures of a build, and what was left out on the way from file to fact."""

from decimal import Decimal
from typing import Any

from adventure_works.errors import AdventureError
from adventure_works.warehouse.base import Ask


def headline(ask: Ask) -> dict[str, Any]:
    """The headline figures of the star schema: money in US dollars, rates from 0 to 1.

    Every ratio is a ratio of sums. `customers` are those who ordered, without the
    Unknown one as everywhere, and `return_rate` is returned units by units sold, up to the last sale as in the marts.
    """
    sql = """
        with
        sales as (
            select
                sum(revenue) as revenue, sum(cost) as cost, sum(profit) as profit, sum(units) as units,
                sum(order_lines) as order_lines, count(*) as orders,
                count(distinct nullif(customer_key, -1)) as customers, min(order_date) as first_order_date,
                max(order_date) as last_order_date
            from {core}.fact_orders
        ),
        returned as (
            select coalesce(sum(returns.return_quantity), 0) as return_units
            from {core}.fact_returns as returns
            inner join sales on returns.return_date <= sales.last_order_date
        )
        select * from sales cross join returned
        """
    (figures,) = ask(sql)
    if not figures["order_lines"]:
        raise AdventureError("The build holds no sale at all. operations.ledger_files shows where the records went.")
    return figures | {
        "profit_margin": figures["profit"] / figures["revenue"],
        "average_order_value": figures["revenue"] / figures["orders"],
        "return_rate": Decimal(figures["return_units"]) / figures["units"],
    }


def ledger_totals(ask: Ask) -> dict[str, Any]:
    """Records that did not become facts, by reason, and the largest amount that the ledger cannot explain."""
    sql = """
        select
            (select sum(rejected_records) from {operations}.ledger_files) as rejected,
            (select sum(duplicate_amount) from {operations}.ledger_amounts where measure = 'records') as duplicates,
            (select coalesce(sum(records), 0) from {operations}.ledger_quarantine) as quarantined,
            (select max(abs(unexplained_amount)) from {operations}.ledger_amounts) as unexplained
        """
    (totals,) = ask(sql)
    return totals
