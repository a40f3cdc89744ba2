"""The profitability matrix on the real files, counted again from the files: who could have bought, and who did."""

import csv
import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime

import pytest

from support.places import PROJECT, needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
STARTS = {"all": date(2015, 1, 1), "current_range": date(2016, 7, 1), "last_12": date(2016, 7, 1)}


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


@pytest.fixture(scope="module")
def facts() -> dict:
    """Days with orders of each customer, all together and by country, with days and buyers of each subcategory."""
    products = {row["ProductKey"]: row for row in kaggle_rows("Products")}
    names = {row["ProductSubcategoryKey"]: row["SubcategoryName"] for row in kaggle_rows("Product_Subcategories")}
    countries = {row["SalesTerritoryKey"]: row["Country"] for row in kaggle_rows("Territories")}
    incomes = {
        int(row["CustomerKey"]): float(row["AnnualIncome"].strip().replace("$", "").replace(",", ""))
        for row in kaggle_rows("Customers")
    }
    brackets = [(row["income_bracket"], float(row["lower_income"])) for row in _brackets()]
    ordered: dict[tuple[str, int], list[date]] = defaultdict(list)
    bought: dict[tuple[str, str, int], list[date]] = defaultdict(list)
    profits: dict[tuple[str, str, date], float] = defaultdict(float)
    first_sold: dict[str, date] = {}
    for year in (2015, 2016, 2017):
        for row in kaggle_rows(f"Sales_{year}"):
            product, customer = products[row["ProductKey"]], int(row["CustomerKey"])
            day = datetime.strptime(row["OrderDate"], "%m/%d/%Y").date()
            name = names[product["ProductSubcategoryKey"]]
            income = incomes.get(customer)
            bracket = "Unknown" if income is None else [label for label, low in brackets if income >= low][-1]
            profit = (float(product["ProductPrice"]) - float(product["ProductCost"])) * int(row["OrderQuantity"])
            first_sold[name] = min(day, first_sold.get(name, day))
            for segment in ("all", countries[row["TerritoryKey"]], bracket):
                ordered[segment, customer].append(day)
                bought[segment, name, customer].append(day)
                profits[segment, name, day] += profit
    return {"ordered": ordered, "bought": bought, "profits": profits, "first_sold": first_sold}


def _brackets() -> list[dict[str, str]]:
    with (PROJECT / "seeds/reference/income_brackets.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def expected_buyers(facts: dict, segment: str, name: str, start: date) -> tuple[int, float, float]:
    """Buyers, expected buyers and the score of their difference."""
    quarters = {
        customer: (min(days).year, (min(days).month + 2) // 3)
        for (of, customer), days in facts["ordered"].items()
        if of == "all"
    }
    since = max(start, facts["first_sold"][name])

    def by_quarter(customers: list[int]) -> dict[tuple[int, int], int]:
        found: dict[tuple[int, int], int] = defaultdict(int)
        for customer in customers:
            found[quarters[customer]] += 1
        return found

    def could_buy(of: str) -> dict[tuple[int, int], int]:
        return by_quarter([c for (s, c), days in facts["ordered"].items() if s == of and max(days) >= since])

    def buyers(of: str) -> dict[tuple[int, int], int]:
        bought = facts["bought"].items()
        return by_quarter([c for (s, n, c), days in bought if (s, n) == (of, name) and max(days) >= start])

    everyone, everyones_buyers, own = could_buy("all"), buyers("all"), could_buy(segment)
    expected = variance = 0.0
    for quarter, n in own.items():
        whole, bought = everyone[quarter], everyones_buyers[quarter]
        expected += n * bought / whole
        variance += n * (whole - n) * bought * (whole - bought) / whole**2 / (whole - 1) if whole > 1 else 0
    observed = sum(buyers(segment).values())
    return observed, expected, (observed - expected) / math.sqrt(variance)


@pytest.mark.parametrize("period", STARTS)
@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("United States", "Road Bikes"),
        ("Canada", "Mountain Bikes"),
        ("Low", "Mountain Bikes"),
        ("Low", "Touring Bikes"),
        ("Premium", "Socks"),
    ],
)
def test_expected_buyers(query: Query, facts: dict, period: str, segment: str, name: str) -> None:
    (row,) = query(
        f"""
        select * from marts.mart_profitability_matrix where product_level = 'subcategory' and period = '{period}'
            and segment_value = '{segment}' and product_group_name = '{name}'
        """
    )
    observed, expected, score = expected_buyers(facts, segment, name, STARTS[period])
    assert row["customers"] == observed
    assert float(row["expected_customers"]) == pytest.approx(expected, abs=1e-5)
    assert float(row["observed_to_expected"]) == pytest.approx(observed / expected, abs=1e-6)
    if expected >= 30:
        assert float(row["p_value"]) == pytest.approx(math.erfc(abs(score) / math.sqrt(2)), rel=1e-5, abs=1e-10)
    profit = sum(
        amount
        for (of, what, day), amount in facts["profits"].items()
        if (of, what) == (segment, name) and day >= STARTS[period]
    )
    assert float(row["profit"]) == pytest.approx(profit, abs=0.01)
    extra = (expected - observed) * profit / observed
    assert float(row["profit_to_expected_customers"]) == pytest.approx(extra, rel=1e-6)


def test_holm_over_a_period_and_level(query: Query) -> None:
    rows = query("select period, product_level, p_value, adjusted_p_value from marts.mart_profitability_matrix")
    families: dict[tuple, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row["p_value"] is not None:
            families[row["period"], row["product_level"]].append((row["p_value"], row["adjusted_p_value"]))
        else:
            assert row["adjusted_p_value"] is None
    assert len(families) == 6
    for tests in families.values():
        highest = 0.0
        for place, (p_value, adjusted) in enumerate(sorted(tests)):
            highest = min(1, max(highest, float(p_value) * (len(tests) - place)))
            assert float(adjusted) == pytest.approx(highest, rel=1e-6, abs=1e-8)


def test_what_the_time_of_joining_explains_is_not_untapped(query: Query) -> None:
    untapped = query("select * from marts.mart_profitability_matrix where is_untapped")
    names = {(row["product_group_name"], row["segment_value"]) for row in untapped}
    assert not names & {("Road Bikes", "United States"), ("Mountain Bikes", "Canada")}
    assert names >= {("Mountain Bikes", "Low"), ("Touring Bikes", "Low"), ("Road Bikes", "4"), ("Road Bikes", "5")}
    assert all(row["observed_to_expected"] < 1 and row["adjusted_p_value"] < 0.05 for row in untapped)


def one(query: Query, period: str, level: str, name: str, segment: str) -> dict:
    (row,) = query(
        f"""
        select * from marts.mart_profitability_matrix where period = '{period}' and product_level = '{level}'
            and product_group_name = '{name}' and segment_value = '{segment}'
        """
    )
    return row


@pytest.mark.parametrize(
    ("period", "level", "name", "segment", "index", "digits"),
    [
        ("all", "subcategory", "Socks", "Low", 101.485011, 6),
        ("all", "category", "Bikes", "55-64", 100.597660, 6),
        ("current_range", "category", "Accessories", "35-44", 121, 0),
        ("current_range", "category", "Clothing", "35-44", 126, 0),
        ("current_range", "category", "Accessories", "65+", 129, 0),
        ("current_range", "category", "Clothing", "65+", 126, 0),
        ("last_12", "category", "Accessories", "Premium", 61, 0),
    ],
)
def test_profit_index(
    query: Query, period: str, level: str, name: str, segment: str, index: float, digits: int
) -> None:
    assert round(float(one(query, period, level, name, segment)["profit_index"]), digits) == index


def test_untapped_profit_is_that_of_the_segments_own_buyers(query: Query) -> None:
    mountain, touring = (one(query, "all", "subcategory", f"{name} Bikes", "Low") for name in ("Mountain", "Touring"))
    assert round(mountain["profit_to_overall_penetration"], -3) == 274_000
    assert round(float(touring["profit_to_overall_penetration"]) / 100_017 - 1, 2) == -0.23


def test_premium_bikes_by_income(query: Query) -> None:
    shares = {
        bracket: round(one(query, "all", "category", "Bikes", bracket)["premium_buyer_share"] * 100, 1)
        for bracket in ("Low", "Medium", "High", "Premium")
    }
    assert {bracket: float(share) for bracket, share in shares.items()} == {
        "Low": 21.1,
        "Medium": 30.7,
        "High": 43.0,
        "Premium": 39.2,
    }
