"""What the life table expects of customers beside BG/NBD and Gamma-Gamma of pymc-marketing, on days in the past.

    adventure load --source FOLDER
    dbt build --select +int_customers__value_groups --vars 'as_of_date: 2017-06-29'
    python benchmarks/customer_value.py --database warehouse/dev_USER.duckdb

Runs in an environment of its own with pymc-marketing and duckdb, which the project does not need. Both sides know the
orders up to the cut-off day and no later one; both are compared with the 90 or 180 days after it. Prints rows for the
table in README.md.
"""

import argparse
import logging
import warnings
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd

WEEK = 7
# By number of the cut-off day, with the horizon that is over on the as-of date.
CUTOFFS = ((2, 180), (1, 90))
STATES = ("orders_group", "began_in_current_range", "recency_band")


def main() -> None:
    """Prints a row for each cut-off day and side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="the DuckDB file of the build")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with duckdb.connect(options.database, read_only=True) as connection:
        for number, horizon in CUTOFFS:
            customers = connection.execute(
                f"""
                select customer_key, cutoff_date, began_in_current_range,
                    expected_{horizon}_day_orders::double as orders,
                    expected_{horizon}_day_profit::double as profit, next_{horizon}_day_orders as orders_that_came,
                    next_{horizon}_day_profit::double as profit_that_came
                from intermediate.int_customers__value_groups where cutoff_number = {number} order by customer_key
                """
            ).df()
            day = customers.cutoff_date[0].date()
            sides = {"life table": customers[["orders", "profit"]]}
            if horizon == 180:
                sides["life table, 180 days in one step"] = in_one_step(connection, number, customers)
            history = summaries(connection, str(day), customers)
            sides["BG/NBD, all customers"] = bg_nbd(history, horizon)
            sides["BG/NBD, by start"] = pd.concat(
                [bg_nbd(history[history.began == began], horizon) for began in (False, True)]
            ).sort_index()
            for name, expected in sides.items():
                print(
                    f"| {day} | {horizon} | {len(customers):,} | {name} | {' | '.join(compared(expected, customers))} |"
                )


def summaries(connection: duckdb.DuckDBPyConnection, day: str, customers: pd.DataFrame) -> pd.DataFrame:
    """Days with orders after the first, time of the last and since the first in weeks, mean profit of such a day."""
    found = connection.execute(
        """
        with days as (
            select customer_key, order_date, sum(profit)::double as profit,
                order_date = min(order_date) over (partition by customer_key) as is_first
            from core.fact_orders where order_date <= $day and customer_key <> -1 group by customer_key, order_date
        )
        select customer_key, count(*) - 1 as frequency, (max(order_date) - min(order_date)) / $week as recency,
            ($day::date - min(order_date)) / $week as T,
            coalesce(avg(profit) filter (not is_first), 0) as monetary_value
        from days group by customer_key order by customer_key
        """,
        {"day": day, "week": WEEK},
    ).df()
    assert (found.customer_key == customers.customer_key).all()
    return found.rename(columns={"customer_key": "customer_id"}).assign(began=customers.began_in_current_range)


def bg_nbd(history: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Expected orders and profit, both models at their maximum a posteriori."""
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel  # takes 20 seconds

    buying = BetaGeoModel(data=history[["customer_id", "frequency", "recency", "T"]])
    buying.fit(method="map", progressbar=False)
    repeat = history[(history.frequency > 0) & (history.monetary_value > 0)]
    spending = GammaGammaModel(data=repeat[["customer_id", "frequency", "monetary_value"]])
    spending.fit(method="map", progressbar=False)
    orders = mean(buying.expected_purchases(data=history, future_t=horizon / WEEK))
    return pd.DataFrame(
        {"orders": orders, "profit": orders * mean(spending.expected_customer_spend(data=history))}, index=history.index
    )


def mean(draws: object) -> np.ndarray:
    """One figure for each customer: at the maximum there is one draw."""
    return draws.mean(("chain", "draw")).to_numpy()


def in_one_step(connection: duckdb.DuckDBPyConnection, number: int, customers: pd.DataFrame) -> pd.DataFrame:
    """Groups of customers 180 days before the cut-off day, and what they did up to it, on average of at least 50."""
    states = connection.execute(
        f"select cutoff_number, {', '.join(STATES)}, next_180_day_orders as orders, "
        "next_180_day_profit::double as profit from intermediate.int_customers__value_groups "
        f"where cutoff_number in ({number}, {number + 2}) order by customer_key"
    ).df()
    now, before = (states[states.cutoff_number == one] for one in (number, number + 2))
    expected = pd.DataFrame({"orders": np.nan, "profit": np.nan}, index=customers.index)
    for level in (STATES, STATES[:2], STATES[:1]):
        groups = before.groupby(list(level)).agg(
            size=("orders", "size"), orders=("orders", "mean"), profit=("profit", "mean")
        )
        found = now[list(level)].merge(groups[groups["size"] >= 50], left_on=list(level), right_index=True, how="left")
        expected = expected.fillna(found[["orders", "profit"]].set_axis(customers.index))
    return expected.fillna(before[["orders", "profit"]].mean())


def compared(expected: pd.DataFrame, customers: pd.DataFrame) -> Iterator[str]:
    """Orders and profit each: expected as a ratio to what came, mean absolute error, Gini."""
    for name in ("orders", "profit"):
        given, came = expected[name].to_numpy(), customers[f"{name}_that_came"].to_numpy(dtype=float)
        error = np.abs(given - came).mean()
        yield f"{given.sum() / came.sum():.2f}"
        yield f"{error:.3f}" if name == "orders" else f"${error:,.0f}"
        yield f"{gini(given, came):.3f}"


def gini(given: np.ndarray, came: np.ndarray) -> float:
    """Twice the area between the diagonal and the share of what came, customers in the order of what was expected."""
    groups = pd.DataFrame({"given": np.round(given, 9), "came": came}).groupby("given")["came"].agg(["size", "sum"])
    groups = groups.sort_index(ascending=False)
    width, height = groups["size"] / len(came), groups["sum"] / came.sum()
    return float(2 * (width * (height.cumsum() - height / 2)).sum() - 1)


if __name__ == "__main__":
    main()
