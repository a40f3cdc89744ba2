"""The marts of products and models on the real files, recomputed from the CSV files."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil, erfc, sqrt
from pathlib import Path
from statistics import mean, median, stdev

import pytest

from support.commands import run_dbt
from support.places import PUBLISHED, needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
AS_OF = date(2017, 6, 30)
LAST_12, PREVIOUS_12 = date(2016, 7, 1), date(2015, 7, 1)
BACK_TEST = "products__promoted_earned_less"
ENDED, NEW = timedelta(days=180), timedelta(days=90)


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


def day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()


class Group:
    """What a product or model sold, all time (`units` to `profit`), in the last 12 months, and in the 12 before."""

    def __init__(self) -> None:
        self.units, self.returned = 0, 0
        self.lines, self.records = 0, 0
        self.revenue = self.profit = self.last_revenue = self.last_profit = self.previous_profit = Decimal(0)
        self.last_units = 0
        self.days: list[date] = []

    def add(self, ordered: date, units: int, price: Decimal, cost: Decimal) -> None:
        self.lines += 1
        self.units += units
        self.revenue += units * price
        self.profit += units * (price - cost)
        self.days.append(ordered)
        if ordered >= LAST_12:
            self.last_units += units
            self.last_revenue += units * price
            self.last_profit += units * (price - cost)
        elif ordered >= PREVIOUS_12:
            self.previous_profit += units * (price - cost)

    @property
    def status(self) -> str:
        if not self.days:
            return "never sold"
        if AS_OF - max(self.days) > ENDED:
            return "ended"
        return "new" if AS_OF - min(self.days) < NEW else "on sale"

    @property
    def per_day(self) -> float:
        return float(self.last_profit) / ((AS_OF - max(min(self.days), LAST_12)).days + 1)


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[tuple[str, str], Group]]:
    """Products, models and subcategories by their name and subcategory."""
    products = {row["ProductKey"]: row for row in kaggle_rows("Products")}
    found: dict[str, dict[tuple[str, str], Group]] = {
        level: defaultdict(Group) for level in ("product", "model", "sub")
    }

    def groups(key: str) -> list[Group]:
        row = products[key]
        sub = row["ProductSubcategoryKey"]
        return [found["product"][row["ProductName"], sub], found["model"][row["ModelName"], sub], found["sub"]["", sub]]

    for key in products:
        groups(key)
    for row in kaggle_rows("Sales_*"):
        product = products[row["ProductKey"]]
        price, cost = (Decimal(product[name]).quantize(Decimal("0.0001")) for name in ("ProductPrice", "ProductCost"))
        for group in groups(row["ProductKey"]):
            group.add(day(row["OrderDate"]), int(row["OrderQuantity"]), price, cost)
    for row in kaggle_rows("Returns"):
        for group in groups(row["ProductKey"]):
            group.records += 1
            group.returned += int(row["ReturnQuantity"])
    return found


def near(value: object) -> object:
    return None if value is None else pytest.approx(float(value), abs=6e-7)


@pytest.mark.parametrize("level", ["product", "model"])
def test_every_figure_is_recomputed(query: Query, truth: dict, level: str) -> None:
    rows = query(f"select * from marts.mart_{level}_profitability")
    assert len(rows) == len(truth[level])
    for row in rows:
        sub = truth["sub"]["", str(row["product_subcategory_key"])]
        group = truth[level][row[f"{level}_name"], str(row["product_subcategory_key"])]
        assert (row["units"], row["revenue"], row["profit"]) == (group.units, group.revenue, group.profit)
        assert (row["last_12_units"], row["last_12_profit"]) == (group.last_units, group.last_profit)
        # The current range began on 1 July 2016, as did the last 12 months.
        assert (row["current_range_profit"], row["previous_12_profit"]) == (group.last_profit, group.previous_profit)
        assert row["sales_status"] == group.status
        assert row["return_units"] == group.returned
        if group.last_units:
            margin = group.last_profit / group.last_revenue
            assert float(row["last_12_profit_per_day"]) == near(group.per_day)
            assert float(row["last_12_profit_margin"]) == near(margin)
            assert float(row["margin_difference"]) == near(margin - sub.last_profit / sub.last_revenue)
            for percent in (5, 10):
                rise = Decimal(percent) / 100
                assert float(row[f"break_even_units_lost_at_{percent}_percent"]) == near(rise / (margin + rise))


@pytest.mark.parametrize("level", ["product", "model"])
def test_every_return_rate_is_tested(query: Query, truth: dict, level: str) -> None:
    """Two-proportion z-test of returns per order line against the rest of the subcategory, after Benjamini-Hochberg."""
    p_values = {}
    for (name, sub), group in truth[level].items():
        other = truth["sub"]["", sub]
        lines, records = other.lines - group.lines, other.records - group.records
        pooled = other.records / other.lines if other.lines else 0
        if min(group.lines, lines) * pooled >= 5:
            error = sqrt(pooled * (1 - pooled) * (1 / group.lines + 1 / lines))
            p_values[name, sub] = erfc(abs(group.records / group.lines - records / lines) / error / sqrt(2))
    ranked = sorted(p_values, key=p_values.__getitem__)
    adjusted, lowest = {}, 1.0
    for rank, key in reversed(list(enumerate(ranked, start=1))):
        lowest = min(lowest, p_values[key] * len(ranked) / rank)
        adjusted[key] = lowest
    rows = query(f"select * from marts.mart_{level}_profitability where return_rate_p_value is not null")
    found = {(row[f"{level}_name"], str(row["product_subcategory_key"])): row["return_rate_p_value"] for row in rows}
    assert {key: float(value) for key, value in found.items()} == pytest.approx(adjusted, abs=1e-8)


def test_no_model_is_returned_more_than_the_rest_of_its_subcategory(query: Query, truth: dict) -> None:
    """HL tyres, sold one to a line where others are sold by two, are returned more often by units and not by lines."""
    rows = {row["model_name"]: row for row in query("select * from marts.mart_model_profitability")}
    assert not [row for row in rows.values() if row["recommended_action"] == "review returns"]
    for name, share, share_of_others in (("HL Mountain Tire", 3.75, 3.27), ("HL Road Tire", 3.52, 3.30)):
        sub = str(rows[name]["product_subcategory_key"])
        tyre, tyres = truth["model"][name, sub], truth["sub"]["", sub]
        assert round(100 * tyre.records / tyre.lines, 2) == share
        assert round(100 * (tyres.records - tyre.records) / (tyres.lines - tyre.lines), 2) == share_of_others
        assert rows[name]["return_rate"] > 1.5 * float(rows[name]["subcategory_return_rate"])
        assert rows[name]["return_rate_p_value"] > 0.3


def test_what_the_vice_president_takes_home(query: Query) -> None:
    """One model earns a third of all profit; no earner is phased out; what ended or never sold is no advice."""
    models = {row["model_name"]: row for row in query("select * from marts.mart_model_profitability")}
    best = models["Mountain-200"]
    assert round(best["last_12_profit"]) == 2300645
    assert (round(best["last_12_profit_share"], 3), round(best["last_12_profit_margin"], 3)) == (
        Decimal("0.348"),
        Decimal("0.460"),
    )
    assert {round(models[name]["last_12_profit_margin"], 3) for name in ("Road-250", "Road-550-W")} == {
        Decimal("0.395")
    }
    margins = {round(row["last_12_profit_margin"], 3) for row in models.values()
               if row["category_name"] == "Bikes" and row["last_12_units"]}  # fmt: skip
    assert len(margins) == 5
    products = query("select * from marts.mart_product_profitability")
    (red,) = [row for row in products if row["product_name"] == "Road-250 Red, 58"]
    assert round(red["last_12_profit"]) == 114497
    assert red["recommended_action"] == models["Road-250"]["recommended_action"] != "phase out"
    counts = defaultdict(int)
    for row in products:
        counts[row["sales_status"]] += 1
        assert (row["recommended_action"] is None) == (row["sales_status"] != "on sale")
    assert counts == {"on sale": 102, "ended": 28, "never sold": 163}
    middle = median(row["last_12_profit_per_day"] for row in products if row["sales_status"] == "on sale")
    for row in (*products, *models.values()):
        assert row["recommended_action"] != "phase out" or row["last_12_profit_per_day"] <= middle


@pytest.mark.slow
def test_the_back_test_goes_red_when_the_rule_is_turned_round(
    built: tuple[Path, object], query: Query, tmp_path: Path
) -> None:
    done = run_dbt(
        built[0], "compile", "--quiet", "-s", BACK_TEST, "--target-path", str(tmp_path / "target"), **PUBLISHED
    )
    assert done.returncode == 0, done.stdout
    (path,) = tmp_path.rglob(f"compiled/**/{BACK_TEST}.sql")
    sql = path.read_text(encoding="utf-8")
    assert query(sql) == []
    turned = query(sql.replace("order by profit_per_day_before", "order by profit_per_day_before desc"))
    # Three categories half a year before the as-of date, and Bikes alone a year before.
    assert len(turned) == 4


def test_the_review_of_prices_is_of_three_models(query: Query) -> None:
    rows = query(
        "select model_name from marts.mart_model_profitability where recommended_action = 'review price' order by 1"
    )
    assert [row["model_name"] for row in rows] == ["Road-350-W", "Road-750", "Short-Sleeve Classic Jersey"]


def test_what_is_declining_is_not_promoted(query: Query) -> None:
    """Road-250 earned 42.5 % less than in the 12 months before."""
    rows = query("select * from marts.mart_model_profitability where profit_growth <= -0.2 and last_12_units > 0")
    actions = {row["model_name"]: row["recommended_action"] for row in rows}
    assert actions["Road-250"] == "keep"
    assert "promote" not in actions.values()
    (road,) = [row for row in rows if row["model_name"] == "Road-250"]
    assert round(road["profit_growth"], 3) == Decimal("-0.425")
    assert "declining" in road["action_reason"]


def test_figures_net_of_returns_add_up(query: Query) -> None:
    """The value returned is that of the finding: $765,277.84, of which $318,855.05 are profit."""
    for mart in ("product", "model"):
        (found,) = query(
            "select sum(revenue - net_revenue) as value, sum(profit - net_profit_if_resaleable) as profit, "
            f"sum(profit - net_profit_if_worthless) as worthless from marts.mart_{mart}_profitability"
        )
        assert round(found["value"], 2) == round(found["worthless"], 2) == Decimal("765277.84")
        assert round(found["profit"], 2) == Decimal("318855.05")


def test_the_budget_is_recomputed(query: Query) -> None:
    """All expected profit of customers is given to a row, and only the largest share is capped."""
    rows = query("select * from marts.mart_budget_allocation")
    (whole,) = query("select sum(expected_180_day_profit) as profit from marts.mart_customer_value")
    total = sum(row["expected_180_day_profit"] for row in rows)
    assert float(total) == pytest.approx(float(whole["profit"]), abs=0.02)
    (capped,) = [row for row in rows if row["recommended_share"] == Decimal("0.1")]
    assert (capped["region"], capped["category_name"], capped["value_group"]) == ("Australia", "Bikes", "VIP")
    scale = (1 - Decimal("0.1")) / (1 - capped["expected_180_day_profit"] / total)
    for row in rows:
        share = row["expected_180_day_profit"] / total
        assert float(row["share_before_cap"]) == near(share)
        if row != capped:
            assert float(row["recommended_share"]) == pytest.approx(float(share * scale), abs=1.1e-6)


def test_the_holdout_is_recomputed(query: Query) -> None:
    """Customers of 1 April 2017 by the region of their last order until then, and their profit since."""
    products = {row["ProductKey"]: row for row in kaggle_rows("Products")}
    regions = {row["SalesTerritoryKey"]: row["Region"] for row in kaggle_rows("Territories")}
    profit: dict[str, Decimal] = defaultdict(Decimal)
    last: dict[str, tuple[date, str, str]] = {}
    today: dict[str, tuple[date, str, str]] = {}
    for row in kaggle_rows("Sales_*"):
        product, customer = products[row["ProductKey"]], row["CustomerKey"]
        order = day(row["OrderDate"]), row["OrderNumber"], row["TerritoryKey"]
        today[customer] = max(today.get(customer, order), order)
        if order[0] <= date(2017, 4, 1):
            last[customer] = max(last.get(customer, order), order)
        else:
            gained = Decimal(product["ProductPrice"]) - Decimal(product["ProductCost"])
            profit[customer] += int(row["OrderQuantity"]) * gained
    samples: dict[str, list[float]] = defaultdict(list)
    for customer, (_, _, territory) in last.items():
        samples[regions[territory]].append(float(profit[customer]))
        samples["all regions"].append(float(profit[customer]))
    customers = Counter(regions[territory] for _, _, territory in today.values())
    customers["all regions"] = len(today)
    rows = query("select * from marts.mart_holdout_test")
    assert {row["region"] for row in rows} == set(samples)
    for row in rows:
        sample = samples[row["region"]]
        assert (row["customers"], row["earlier_customers"]) == (customers[row["region"]], len(sample))
        assert float(row["mean_90_day_profit"]) == pytest.approx(mean(sample), abs=1e-4)
        assert float(row["standard_deviation"]) == pytest.approx(stdev(sample), abs=1e-4)
        if mean(sample):
            # Two-sided 5 % and a power of 80 %: the sum of both normal quantiles is 2.801585.
            needed = 2 * (2.801585 * stdev(sample) / (0.1 * mean(sample))) ** 2
            assert row["customers_per_arm_for_10_percent"] == ceil(needed)
            assert row["has_enough_for_10_percent"] == (2 * ceil(needed) <= row["customers"])
