"""Customer value on the real files, recomputed from the CSV files alone: life table, value groups and backtest."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest

from support.places import needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
# Orders of a customer: day and profit.
History = list[tuple[date, float]]
AS_OF = date(2017, 6, 30)
STEP = timedelta(90)
BANDS = (30, 90, 180, 365)
# What a group of the life table did: customers, buyers, orders, profit.
Sums = list[float]


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


@pytest.fixture(scope="module")
def histories() -> dict[int, History]:
    """Orders of each customer, by day."""
    profit = {
        row["ProductKey"]: float(row["ProductPrice"]) - float(row["ProductCost"]) for row in kaggle_rows("Products")
    }
    orders: dict[tuple[int, str], list] = {}
    for year in (2015, 2016, 2017):
        for row in kaggle_rows(f"Sales_{year}"):
            key = int(row["CustomerKey"]), row["OrderNumber"]
            order = orders.setdefault(key, [datetime.strptime(row["OrderDate"], "%m/%d/%Y").date(), 0.0])
            order[1] += int(row["OrderQuantity"]) * profit[row["ProductKey"]]
    found: dict[int, History] = defaultdict(list)
    for (customer, _), (day, amount) in sorted(orders.items(), key=lambda item: item[1][0]):
        found[customer].append((day, amount))
    return found


def per_year(history: History, day: date) -> int:
    return int(sum(profit for _, profit in history) * 365 / max((day - history[0][0]).days, 365) // 1)


class LifeTable:
    """What the 90 days up to a day say of the customers of that day. Every range began on 1 July 2016."""

    def __init__(self, histories: dict[int, History], day: date) -> None:
        self.day = day
        self.now = {customer: [o for o in orders if o[0] <= day] for customer, orders in histories.items()}
        self.now = {customer: orders for customer, orders in self.now.items() if orders}
        earlier = day - STEP
        before = {customer: [o for o in orders if o[0] <= earlier] for customer, orders in self.now.items()}
        before = {customer: orders for customer, orders in before.items() if orders}
        self.limit = self.vip_limit(self.now, day)
        limit = self.vip_limit(before, earlier)
        self.first: dict[tuple, Sums] = defaultdict(lambda: [0.0] * 4)
        for customer, orders in before.items():
            came = self.now[customer][len(orders) :]
            for group in self.groups(orders, earlier, limit):
                add(self.first[group], (1, bool(came), len(came), sum(profit for _, profit in came)))
        self.second: dict[tuple, Sums] = defaultdict(lambda: [0.0] * 4)
        for customer, orders in before.items():
            (_, probability, *more), _ = self.learned(self.now[customer])
            is_back = len(self.now[customer]) > len(orders)
            for group in self.groups(orders, earlier, limit):
                add(self.second[group], (1, 0 if is_back else probability, *more))

    @staticmethod
    def vip_limit(customers: dict[int, History], day: date) -> int:
        """The lowest amount with at most a tenth of the other customers above it."""
        amounts = sorted((per_year(orders, day) for orders in customers.values()), reverse=True)
        return next(
            amount
            for place, amount in reversed(list(enumerate(amounts)))
            if amounts.index(amount) <= (len(amounts) - 1) / 10 and place == amounts.index(amount)
        )

    def groups(self, orders: History, day: date, limit: int) -> list[tuple]:
        number, began = min(len(orders), 4), orders[0][0] >= date(2016, 7, 1)
        band = bisect_left(BANDS, (day - orders[-1][0]).days)
        is_vip = number > 1 and per_year(orders, day) >= limit
        return [(number, began, band, is_vip), (number, began, band), (number, began), (number,), ()]

    def learned(self, orders: History) -> tuple[Sums, tuple]:
        """Means of the finest group with 50 customers: 1, probability, orders, profit; and the group."""
        group = next(
            group for group in self.groups(orders, self.day, self.limit) if self.first[group][0] >= 50 or not group
        )
        return [value / self.first[group][0] for value in self.first[group]], group

    def expected(self, orders: History) -> tuple[Sums, Sums, tuple]:
        """Probability, orders and profit of a customer in 90 and 180 days, and the group."""
        first, group = self.learned(orders)
        second = [value / self.second[group][0] for value in self.second[group]]
        return first[1:], [one + two for one, two in zip(first[1:], second[1:], strict=True)], group


def add(sums: Sums, values: Iterable[float]) -> None:
    for place, value in enumerate(values):
        sums[place] += value


@pytest.fixture(scope="module")
def now(histories: dict[int, History]) -> LifeTable:
    return LifeTable(histories, AS_OF)


def test_what_each_customer_is_expected_to_bring(query: Query, now: LifeTable) -> None:
    found = query("select * from marts.mart_customer_value where orders > 0")
    assert {row["customer_key"] for row in found} == set(now.now)
    for row in found:
        orders = now.now[row["customer_key"]]
        near, far, group = now.expected(orders)
        assert row["life_table_customers"] == now.first[group][0]
        assert row["is_vip"] == (len(orders) > 1 and per_year(orders, AS_OF) >= now.limit)
        assert float(row["order_probability_90_days"]) == pytest.approx(near[0], abs=2e-6)
        assert float(row["expected_90_day_orders"]) == pytest.approx(near[1], abs=2e-6)
        assert float(row["expected_90_day_profit"]) == pytest.approx(near[2], abs=1e-3)
        assert float(row["order_probability_180_days"]) == pytest.approx(far[0], abs=4e-6)
        assert float(row["expected_180_day_orders"]) == pytest.approx(far[1], abs=4e-6)
        assert float(row["expected_180_day_profit"]) == pytest.approx(far[2], abs=1e-3)
        for name in ("order_probability_180_days", "expected_180_day_profit"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
        lifetime = sum(profit for _, profit in orders) + far[2]
        assert float(row["customer_lifetime_value_180_days"]) == pytest.approx(lifetime, abs=1e-2)
        is_due = (AS_OF - orders[-1][0]).days > 90 and far[0] >= 0.5
        assert (row["value_group"] == "due") == is_due


@pytest.mark.parametrize(("back", "horizon"), [(1, 90), (2, 90), (2, 180)])
def test_what_was_expected_and_what_came(query: Query, histories: dict[int, History], back: int, horizon: int) -> None:
    """On a day in the past, from the orders up to that day alone; the days after it only count what came."""
    day = AS_OF - back * STEP
    known = {customer: [o for o in orders if o[0] <= day] for customer, orders in histories.items()}
    table = LifeTable({customer: orders for customer, orders in known.items() if orders}, day)
    sums = [0.0] * 7
    due = [0.0] * 3
    for customer, orders in table.now.items():
        near, far, _ = table.expected(orders)
        came = [o for o in histories[customer] if day < o[0] <= day + timedelta(horizon)]
        profit = sum(amount for _, amount in came)
        add(sums, (1, *(near if horizon == 90 else far), bool(came), len(came), profit))
        if (day - orders[-1][0]).days > 90 and far[0] >= 0.5:
            add(due, (1, bool(came), profit))
    rows = query(
        f"select * from marts.mart_customer_value_backtest where cutoff_date = '{day}' and horizon_days = {horizon}"
    )
    found = {row["value_group"]: row for row in rows}
    names = ("customers", "expected_buyers", "expected_orders", "expected_profit", "buyers", "orders", "profit")
    for name, value in zip(names, sums, strict=True):
        assert float(found["all"][name]) == pytest.approx(value, rel=1e-5), name
        assert sum(row[name] for group, row in found.items() if group != "all") == pytest.approx(found["all"][name])
    for name, value in zip(("customers", "buyers", "profit"), due, strict=True):
        assert float(found["due"][name]) == pytest.approx(value, rel=1e-6), name


def test_value_groups_are_worth_what_their_order_says(query: Query) -> None:
    """On 1 January 2017, 86 % of those who were due came back; the order of all groups was that of what came."""
    groups = query(
        """
        select value_group, ordered_share, profit_per_customer from marts.mart_customer_value_backtest
        where cutoff_date = '2017-01-01' and horizon_days = 180 and value_group not in ('all', 'new', 'one-time')
        order by expected_profit_per_customer desc
        """
    )
    assert [row["value_group"] for row in groups] == ["due", "VIP", "loyal"]
    assert round(float(groups[0]["ordered_share"]), 3) == 0.856
    assert [round(row["profit_per_customer"]) for row in groups] == [657, 274, 78]
    ranked = query("select value_group from marts.rpt_value_groups order by value_group_order")
    assert [row["value_group"] for row in ranked] == [
        "due", "VIP", "VIP at risk", "loyal", "new", "one-time", "never ordered",
    ]  # fmt: skip


def test_median_gaps(query: Query, histories: dict[int, History]) -> None:
    """FACTS has 222 days over everything. Since the current range half of the gaps are 72 days or fewer."""
    gaps = [
        (place, (after[0] - before[0]).days, before[0] >= date(2016, 7, 1))
        for orders in histories.values()
        for place, (before, after) in enumerate(pairwise(orders))
    ]
    (found,) = query("select * from marts.rpt_repeat_purchases")
    assert found["median_gap_days"] == median(days for _, days, _ in gaps) == 222
    assert found["current_range_median_gap_days"] == median(days for _, days, is_new in gaps if is_new) == 72
    later = median(days for place, days, is_new in gaps if is_new and place)
    assert found["current_range_later_median_gap_days"] == later == 49
