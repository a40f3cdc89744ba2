"""Growth, returns and territories of the real files: recomputed here from the CSV files, and equal to the marts."""

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest

from support.places import needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
AS_OF = date(2017, 6, 30)
LAST_12 = date(2016, 7, 1)
ENDED_DAYS = 180


class Line(NamedTuple):
    """A line of a sales file, or of the returns (without order and customer)."""

    day: date
    order: str
    customer: str
    territory: str
    product: str
    model: str
    subcategory: str
    units: int
    revenue: Decimal
    profit: Decimal

    @property
    def month(self) -> date:
        return self.day.replace(day=1)


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


def line(row: dict[str, str], products: dict[str, dict[str, str]], kind: str) -> Line:
    product = products[row["ProductKey"]]
    units = int(row["OrderQuantity" if kind == "Order" else "ReturnQuantity"])
    price, cost = Decimal(product["ProductPrice"]), Decimal(product["ProductCost"])
    return Line(
        datetime.strptime(row[f"{kind}Date"], "%m/%d/%Y").date(),
        row.get("OrderNumber", ""),
        row.get("CustomerKey", ""),
        row["TerritoryKey"],
        row["ProductKey"],
        product["ModelName"] + "|" + product["ProductSubcategoryKey"],
        product["ProductSubcategoryKey"],
        units,
        units * price,
        units * (price - cost),
    )


@pytest.fixture(scope="module")
def products() -> dict[str, dict[str, str]]:
    return {row["ProductKey"]: row for row in kaggle_rows("Products")}


@pytest.fixture(scope="module")
def sales(products: dict) -> list[Line]:
    return [line(row, products, "Order") for row in kaggle_rows("Sales_*")]


@pytest.fixture(scope="module")
def returns(products: dict) -> list[Line]:
    return [line(row, products, "Return") for row in kaggle_rows("Returns")]


def year_before(month: date) -> date:
    return month.replace(year=month.year - 1)


class Growth(NamedTuple):
    now: Decimal
    before: Decimal
    items: set[str]

    @property
    def change(self) -> float:
        return float(self.now / self.before - 1)


def like_for_like(sales: list[Line], level: str, months: list[date], territory: str | None = None) -> Growth:
    """Revenue of what was on sale in the same month of both years. An item is on sale from its first sale to its last,
    or until today if that is not more than 180 days ago."""
    first: dict[str, date] = {}
    last: dict[str, date] = {}
    revenue: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for one in sales:
        item = getattr(one, level)
        first[item] = min(first.get(item, one.day), one.day)
        last[item] = max(last.get(item, one.day), one.day)
        if territory in (None, one.territory):
            revenue[item, one.month] += one.revenue
    now, before, items = Decimal(0), Decimal(0), set()
    for month in months:
        earlier = year_before(month)
        for item in first:
            is_on_sale_before = (first[item].year, first[item].month) <= (earlier.year, earlier.month)
            is_on_sale_now = last[item] >= month or (AS_OF - last[item]).days <= ENDED_DAYS
            if is_on_sale_before and is_on_sale_now:
                now += revenue[item, month]
                before += revenue[item, earlier]
                items.add(item)
    return Growth(now, before, items)


MONTHS = [date(2016, month, 1) for month in range(7, 13)] + [date(2017, month, 1) for month in range(1, 7)]
LEVELS = {"product": "", "model": "_by_model", "subcategory": "_by_subcategory"}


@pytest.mark.parametrize(
    ("month", "by_product", "by_subcategory"),
    [("2016-07", 0.636, 0.349), ("2016-08", 0.163, 0.043), ("2017-03", 0.835, 1.009), ("2017-06", 1.038, 1.323)],
)
def test_like_for_like_of_a_month(
    query: Query, sales: list[Line], month: str, by_product: float, by_subcategory: float
) -> None:
    (found,) = query(f"select * from marts.mart_monthly_performance where month_start_date = '{month}-01'")
    revenue = sum(one.revenue for one in sales if f"{one.day:%Y-%m}" == month)
    for level, suffix in LEVELS.items():
        truth = like_for_like(sales, level, [date.fromisoformat(f"{month}-01")])
        assert float(found[f"like_for_like_change{suffix}"]) == pytest.approx(truth.change, abs=1e-6)
        coverage = float(found[f"like_for_like_coverage{suffix}"])
        assert coverage == pytest.approx(float(truth.now / revenue), abs=1e-6)
    assert float(found["like_for_like_change"]) == pytest.approx(by_product, abs=5e-4)
    assert float(found["like_for_like_change_by_subcategory"]) == pytest.approx(by_subcategory, abs=5e-4)


def test_like_for_like_of_the_last_12_months(query: Query, sales: list[Line]) -> None:
    """$7.52M against $4.16M in 16 products, +81 %; by model +45 %, by subcategory +87.26 %."""
    found = query(
        """
        select product_level, count(*) as items, sum(revenue) as revenue, sum(revenue_year_before) as revenue_before
        from marts.rpt_like_for_like where period = 'last-12-months' group by product_level
        """
    )
    by_level = {row["product_level"]: row for row in found}
    for level, change, items in (("product", 0.8094, 16), ("model", 0.4454, 3), ("subcategory", 0.8726, 2)):
        truth = like_for_like(sales, level, MONTHS)
        row = by_level[level]
        assert (row["revenue"], row["revenue_before"]) == (truth.now, truth.before)
        assert row["items"] == items
        assert truth.change == pytest.approx(change, abs=5e-5)
    assert by_level["product"]["revenue"].quantize(Decimal(1)) == 7518481
    assert by_level["product"]["revenue_before"].quantize(Decimal(1)) == 4155234


def test_like_for_like_of_territories(query: Query, sales: list[Line]) -> None:
    """By subcategory Southwest +169 % (+0.44 against all), Northwest +123 %, Canada +108 %, Australia +40 %."""
    found = {str(row["territory_key"]): row for row in query("select * from marts.mart_territory_performance")}
    whole = like_for_like(sales, "subcategory", MONTHS)
    for key, row in found.items():
        for level, suffix in LEVELS.items():
            truth = like_for_like(sales, level, MONTHS, key)
            change = row[f"like_for_like_change{suffix}"]
            if row["is_small_base"]:
                assert change is None
            else:
                assert float(change) == pytest.approx(truth.change, abs=1e-6)
        assert row["like_for_like_revenue"] == like_for_like(sales, "product", MONTHS, key).now
    by_region = {row["region"]: float(row["like_for_like_change_by_subcategory"] or 0) for row in found.values()}
    assert {name: round(by_region[name], 2) for name in ("Southwest", "Northwest", "Canada", "Australia")} == {
        "Southwest": 1.69,
        "Northwest": 1.23,
        "Canada": 1.08,
        "Australia": 0.40,
    }
    (southwest,) = [row for row in found.values() if row["region"] == "Southwest"]
    relative = (1 + by_region["Southwest"]) / (1 + whole.change) - 1
    assert float(southwest["relative_like_for_like_change_by_subcategory"]) == pytest.approx(relative, abs=1e-5)
    # Of exact growths, not of rounded ones.
    assert southwest["relative_revenue_growth"] == Decimal("0.488245")


def test_too_small_to_tell_is_not_emerging(query: Query) -> None:
    found = query("select region, orders from marts.mart_territory_performance where maturity = 'too small to tell'")
    assert {row["region"]: row["orders"] for row in found} == {"Northeast": 10, "Central": 9, "Southeast": 14}
    assert query("select * from marts.mart_territory_performance where maturity = 'emerging'") == []


def test_net_of_returns(query: Query, sales: list[Line], returns: list[Line], products: dict) -> None:
    """$765,277.84 were returned, $318,855.05 of it profit. If worthless, profit falls by 7.3 %."""
    value, profit = sum(one.revenue for one in returns), sum(one.profit for one in returns)
    assert (value.quantize(Decimal("0.01")), profit.quantize(Decimal("0.01"))) == (
        Decimal("765277.84"),
        Decimal("318855.05"),
    )
    revenue, gross = sum(one.revenue for one in sales), sum(one.profit for one in sales)
    for mart in ("mart_monthly_performance", "mart_category_performance", "mart_territory_performance"):
        (found,) = query(
            f"""
            select sum(returned_value) as value, sum(returned_profit) as profit, sum(net_revenue) as net_revenue,
                sum(net_profit_if_resaleable) as resaleable, sum(net_profit_if_worthless) as worthless
            from marts.{mart}
            """
        )
        assert found == {
            "value": value,
            "profit": profit,
            "net_revenue": revenue - value,
            "resaleable": gross - profit,
            "worthless": gross - value,
        }
    assert float(value / gross) == pytest.approx(0.0732, abs=5e-5)
    bikes = query(
        "select sum(returned_value) as value from marts.mart_category_performance where category_name = 'Bikes'"
    )
    of_bikes = {
        row["ProductSubcategoryKey"] for row in kaggle_rows("Product_Subcategories") if row["ProductCategoryKey"] == "1"
    }
    assert bikes[0]["value"] == sum(one.revenue for one in returns if one.subcategory in of_bikes)
    assert bikes[0]["value"].quantize(Decimal(1)) == 733553


def test_new_and_returning_customers_bring_all_revenue(query: Query, sales: list[Line]) -> None:
    first: dict[str, date] = {}
    for one in sales:
        first[one.customer] = min(first.get(one.customer, one.day), one.day)
    truth: dict[date, dict[bool, Decimal]] = defaultdict(lambda: {True: Decimal(0), False: Decimal(0)})
    for one in sales:
        truth[one.month][first[one.customer].replace(day=1) == one.month] += one.revenue
    for row in query("select * from marts.mart_monthly_performance"):
        month = truth[row["month_start_date"]]
        assert (row["new_customer_revenue"], row["returning_customer_revenue"]) == (month[True], month[False])
        assert row["unknown_customer_revenue"] == 0
    # Of the last 12 months, customers whose first order is in them brought 48 %.
    (found,) = query(
        """
        select sum(last_12_new_customer_revenue) as new, sum(last_12_returning_customer_revenue) as returning
        from marts.mart_territory_performance
        """
    )
    recent = [one for one in sales if one.day >= LAST_12]
    new = sum(one.revenue for one in recent if first[one.customer] >= LAST_12)
    assert found == {"new": new, "returning": sum(one.revenue for one in recent) - new}
    assert float(new / (new + found["returning"])) == pytest.approx(0.48, abs=5e-3)


def test_profit_per_customer_standardised(query: Query, sales: list[Line]) -> None:
    first: dict[str, date] = {}
    for one in sales:
        first[one.customer] = min(first.get(one.customer, one.day), one.day)
    customers: dict[tuple[str, tuple[int, int]], set[str]] = defaultdict(set)
    profit: dict[tuple[str, tuple[int, int]], Decimal] = defaultdict(Decimal)
    for one in sales:
        began = first[one.customer]
        cell = one.territory, (began.year, (began.month - 1) // 3)
        customers[cell].add(one.customer)
        profit[cell] += one.profit
    quarters = {quarter for _, quarter in customers}
    assert len(quarters) == 10
    size = {quarter: sum(len(who) for cell, who in customers.items() if cell[1] == quarter) for quarter in quarters}
    whole = {quarter: sum(amount for cell, amount in profit.items() if cell[1] == quarter) for quarter in quarters}
    for row in query("select * from marts.mart_territory_performance"):
        own = {quarter for territory, quarter in customers if territory == str(row["territory_key"])}
        cells = {quarter: (str(row["territory_key"]), quarter) for quarter in own}
        mean = {quarter: profit[cell] / len(customers[cell]) for quarter, cell in cells.items()}
        covered = sum(size[quarter] for quarter in own)
        direct = sum(size[quarter] * mean[quarter] for quarter in own) / covered
        expected = sum(len(customers[cells[quarter]]) * whole[quarter] / size[quarter] for quarter in own)
        observed = sum(profit[cell] for cell in cells.values())
        assert float(row["standardised_profit_per_customer"]) == pytest.approx(float(direct), abs=1e-5)
        assert float(row["standardised_coverage"]) == pytest.approx(covered / sum(size.values()), abs=1e-6)
        if row["customers"] < 30:
            assert row["profit_to_expected"] is None
        else:
            assert own == quarters
            assert float(row["profit_to_expected"]) == pytest.approx(float(observed / expected), abs=1e-6)


def came_back(followed: list[tuple[int, bool]], days: int) -> float:
    """Kaplan-Meier: the share that came back within so many days, of customers with days and whether they came."""
    remaining, share = len(followed), 1.0
    for day in sorted({day for day, _ in followed if day <= days}):
        of_day = [came for last, came in followed if last == day]
        share *= 1 - sum(of_day) / remaining
        remaining -= len(of_day)
    return 1 - share


def test_the_share_that_came_back(query: Query, sales: list[Line]) -> None:
    """Before the launch 32.7 % after a year and 91.6 % after two, since the launch 25.6 % after a year."""
    orders: dict[str, set[tuple[date, str]]] = defaultdict(set)
    for one in sales:
        orders[one.customer].add((one.day, one.order))
    groups: dict[object, list[tuple[int, bool]]] = defaultdict(list)
    for placed in orders.values():
        first, *later = [day for day, _ in sorted(placed)]
        followed = ((later[0] if later else AS_OF) - first).days, bool(later)
        groups[first < LAST_12].append(followed)
        groups[first.replace(day=1)].append(followed)
    found = query("select * from marts.mart_customer_cohorts")
    for row in found:
        months = row["months_since_first_order"] + 1
        for column, group in (
            ("cumulative_return_rate", row["cohort_month"]),
            ("range_cumulative_return_rate", row["is_before_launch"]),
        ):
            if row[column] is not None:
                assert float(row[column]) == pytest.approx(came_back(groups[group], 365 * months // 12), abs=1e-6)
    # Only a cohort whose first customers came late in their month is not followed to the end of the last one.
    unknown = [row for row in found if row["cumulative_return_rate"] is None]
    assert {row["activity_month"] for row in unknown} <= {date(2017, 6, 1)}
    after = {
        (row["is_before_launch"], row["months_since_first_order"] + 1): float(row["range_cumulative_return_rate"])
        for row in found
        if row["range_cumulative_return_rate"] is not None
    }
    assert [round(after[key], 3) for key in ((True, 12), (True, 24), (False, 12))] == [0.327, 0.916, 0.256]


def test_where_to_expand(query: Query, sales: list[Line]) -> None:
    """Mantel-Haenszel by quarter of the first order, of customers with an order since the category's first sale; Holm
    over all rows with 30 expected buyers."""
    category = {row["ProductSubcategoryKey"]: row["ProductCategoryKey"] for row in kaggle_rows("Product_Subcategories")}
    first: dict[str, date] = {}
    launch: dict[str, date] = {}
    for one in sales:
        first[one.customer] = min(first.get(one.customer, one.day), one.day)
        launch[category[one.subcategory]] = min(launch.get(category[one.subcategory], one.day), one.day)
    members: dict[tuple[str, tuple[int, int], str], set[str]] = defaultdict(set)
    buyers: dict[tuple[str, tuple[int, int], str], set[str]] = defaultdict(set)
    for one in sales:
        quarter = (first[one.customer].year, (first[one.customer].month - 1) // 3)
        for kind in launch:
            if one.day >= launch[kind]:
                members[one.territory, quarter, kind].add(one.customer)
        buyers[one.territory, quarter, category[one.subcategory]].add(one.customer)
    territories = {territory for territory, _, _ in members}
    quarters = {quarter for _, quarter, _ in members}
    truth = {}
    for territory in territories:
        for kind in launch:
            observed, expected, variance = 0, 0.0, 0.0
            for quarter in quarters:
                n = len(members[territory, quarter, kind])
                whole = sum(len(members[other, quarter, kind]) for other in territories)
                if not whole:
                    continue
                bought = sum(len(buyers[other, quarter, kind]) for other in territories)
                observed += len(buyers[territory, quarter, kind])
                expected += n * bought / whole
                variance += n * bought * (whole - bought) * (whole - n) / (whole**2 * (whole - 1))
            p = math.erfc(abs(observed - expected) / math.sqrt(variance) / math.sqrt(2))
            truth[territory, kind] = (observed, expected, p if expected >= 30 else None)
    tested = sorted((p, key) for key, (_, _, p) in truth.items() if p is not None)
    adjusted, highest = {}, 0.0
    for rank, (p, key) in enumerate(tested):
        highest = max(highest, min(1, p * (len(tested) - rank)))
        adjusted[key] = highest
    found = query("select * from marts.mart_market_expansion")
    assert len(found) == len(truth) == 30
    for row in found:
        key = (str(row["territory_key"]), str(row["product_category_key"]))
        observed, expected, p = truth[key]
        assert row["buyers"] == observed
        assert float(row["expected_buyers"]) == pytest.approx(expected, abs=1e-5)
        if p is None:
            assert row["p_value"] is row["adjusted_p_value"] is None
        else:
            assert float(row["p_value"]) == pytest.approx(p, abs=1e-7)
            assert float(row["adjusted_p_value"]) == pytest.approx(adjusted[key], abs=1e-6)
        assert row["is_shortfall"] == (observed < expected and adjusted.get(key, 1) < 0.05)
    names = {(row["region"], row["category_name"]) for row in found if row["is_shortfall"]}
    assert names == {
        ("Northwest", "Bikes"),
        ("France", "Bikes"),
        ("Canada", "Bikes"),
        ("Australia", "Accessories"),
        ("Southwest", "Clothing"),
    }
    (canada,) = [row for row in found if (row["region"], row["category_name"]) == ("Canada", "Accessories")]
    assert (canada["buyers"], round(canada["expected_buyers"], 1)) == (1166, Decimal("1162.7"))


def test_the_forecast(query: Query, sales: list[Line]) -> None:
    """From every month with a year before; the drift is nearer than the last month as many months ahead."""
    for measure in ("revenue", "profit"):
        by_month: dict[date, Decimal] = defaultdict(Decimal)
        for one in sales:
            by_month[one.month] += getattr(one, measure)
        amounts = [float(by_month[month]) for month in sorted(by_month)]
        found = query(f"select * from marts.mart_monthly_forecast where measure = '{measure}' order by months_ahead")
        assert [str(row["month_start_date"])[:7] for row in found] == [f"2017-{month:02}" for month in range(7, 13)]
        for ahead, row in enumerate(found, start=1):
            drift, naive = [], []
            for origin in range(12, len(amounts) - ahead):
                change = (amounts[origin] - amounts[origin - 12]) / 12
                naive.append(amounts[origin + ahead] - amounts[origin])
                drift.append(naive[-1] - ahead * change)
            assert row["backtests"] == len(drift) == 18 - ahead
            error = sum(map(abs, drift)) / len(drift)
            assert float(row["drift_mean_absolute_error"]) == pytest.approx(error, abs=1e-3)
            assert float(row["naive_mean_absolute_error"]) == pytest.approx(sum(map(abs, naive)) / len(naive), abs=1e-3)
            assert row["forecast_method"] == "yearly drift"
            assert row["drift_mean_absolute_error"] < row["naive_mean_absolute_error"]
            expected = amounts[-1] + ahead * (amounts[-1] - amounts[-13]) / 12
            assert float(row["forecast"]) == pytest.approx(expected, abs=1e-3)
            spread = math.sqrt(sum(one * one for one in drift) / len(drift))
            # Student's t at 12 to 17 degrees of freedom.
            assert 2.10 < float(row["forecast_high"] - row["forecast"]) / spread < 2.18
