"""The demographics on the real files, calculated again from the files: standardised figures, tests, intervals."""

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime

import pytest

from support.places import needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
LAUNCH = date(2016, 7, 1)


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


@pytest.fixture(scope="module")
def segments(query: Query) -> dict[tuple[str, str], dict]:
    rows = query("select * from marts.mart_customer_demographics")
    return {(row["segment_type"], row["segment_value"]): row for row in rows}


@pytest.fixture(scope="module")
def spending() -> dict[str, dict]:
    """Revenue and profit by customer and country, and the first order of each customer."""
    products = {
        row["ProductKey"]: (float(row["ProductPrice"]), float(row["ProductCost"])) for row in kaggle_rows("Products")
    }
    countries = {row["SalesTerritoryKey"]: row["Country"] for row in kaggle_rows("Territories")}
    first: dict[str, date] = {}
    revenue: dict[tuple[str, str], float] = defaultdict(float)
    profit: dict[tuple[str, str], float] = defaultdict(float)
    for year in (2015, 2016, 2017):
        for row in kaggle_rows(f"Sales_{year}"):
            customer, day = row["CustomerKey"], datetime.strptime(row["OrderDate"], "%m/%d/%Y").date()
            price, cost = products[row["ProductKey"]]
            first[customer] = min(day, first.get(customer, day))
            revenue[countries[row["TerritoryKey"]], customer] += price * int(row["OrderQuantity"])
            profit[countries[row["TerritoryKey"]], customer] += (price - cost) * int(row["OrderQuantity"])
    return {"first": first, "revenue": revenue, "profit": profit}


def standardised(
    amounts: dict[tuple[str, str], float], first: dict[str, date], country: str, stratum: Callable
) -> float:
    mix: dict[object, int] = defaultdict(int)
    for day in first.values():
        mix[stratum(day)] += 1
    sums: dict[object, list[float]] = defaultdict(list)
    for (where, customer), amount in amounts.items():
        if where == country:
            sums[stratum(first[customer])].append(amount)
    covered = sum(mix[one] for one in sums)
    return sum(mix[one] * sum(values) / len(values) for one, values in sums.items()) / covered


@pytest.mark.parametrize("country", ["Australia", "United Kingdom", "Germany", "Canada", "France", "United States"])
def test_standardised_revenue(segments: dict, spending: dict, country: str) -> None:
    row = segments["country", country]
    for name in ("revenue", "profit"):
        by_quarter = standardised(
            spending[name], spending["first"], country, lambda day: (day.year, (day.month + 2) // 3)
        )
        assert float(row[f"standardised_{name}_per_customer"]) == pytest.approx(by_quarter, abs=0.005)
    by_range = standardised(spending["revenue"], spending["first"], country, lambda day: day < LAUNCH)
    assert float(row["range_standardised_revenue_per_customer"]) == pytest.approx(by_range, abs=0.005)
    assert row["standardised_coverage"] == 1


@pytest.mark.parametrize(
    ("segment_type", "segment_value", "figure"),
    [
        ("country", "Australia", 1495),
        ("country", "United Kingdom", 1580),
        ("country", "Germany", 1510),
        ("country", "Canada", 1327),
        ("country", "United States", 1333),
        ("total_children", "5", 1559),
        ("total_children", "4", 1474),
        ("marital_status", "Single", 1435),
        ("marital_status", "Married", 1429),
        ("income_bracket", "Premium", 2067),
        ("income_bracket", "High", 1628),
        ("income_bracket", "Medium", 1532),
        ("income_bracket", "Low", 1233),
    ],
)
def test_figures_known_from_elsewhere(segments: dict, segment_type: str, segment_value: str, figure: int) -> None:
    """Standardised to the customers from before the launch and since."""
    assert round(segments[segment_type, segment_value]["range_standardised_revenue_per_customer"]) == figure


def test_no_country_is_best_because_its_customers_came_early(segments: dict) -> None:
    for name in ("standardised_revenue_per_customer", "range_standardised_revenue_per_customer"):
        countries = sorted((key for key in segments if key[0] == "country"), key=lambda key: -segments[key][name])
        assert [country for _, country in countries[:3]] == ["United Kingdom", "Germany", "Australia"]


def test_holm_keeps_29_of_38(segments: dict) -> None:
    rows = list(segments.values())
    one_by_one = {
        key
        for key, row in segments.items()
        if row["unadjusted_difference_from_rest_low"] > 0 or row["unadjusted_difference_from_rest_high"] < 0
    }
    kept = {key for key, row in segments.items() if row["differs_from_rest"]}
    assert (len(rows), len(one_by_one), len(kept)) == (38, 32, 29)
    assert one_by_one - kept == {("gender", "Female"), ("gender", "Male"), ("education_level", "Partial College")}
    for segment, p_value in ((("gender", "Female"), 0.011), (("gender", "Male"), 0.017)):
        assert float(segments[segment]["difference_p_value"]) == pytest.approx(p_value, abs=0.0005)
    highest = 0.0
    for place, row in enumerate(sorted(rows, key=lambda row: row["difference_p_value"])):
        highest = min(1, max(highest, float(row["difference_p_value"]) * (38 - place)))
        assert float(row["adjusted_difference_p_value"]) == pytest.approx(highest, rel=1e-6, abs=1e-8)
        is_apart = row["difference_from_rest_low"] > 0 or row["difference_from_rest_high"] < 0
        assert row["differs_from_rest"] == is_apart


def test_p_values_are_those_of_welch(segments: dict) -> None:
    """From the unadjusted intervals: half their width is the standard error times the quantile of the seed."""
    for row in segments.values():
        if row["customers"] > 200 and row["difference_p_value"] > 1e-6:
            half = float(row["unadjusted_difference_from_rest_high"] - row["difference_from_rest"])
            z = abs(float(row["difference_from_rest"])) / half * 1.97993
            assert float(row["difference_p_value"]) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.05)
