"""Cross-selling on the real files, counted again from the files alone: what was on sale when, lift, and the tests."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from itertools import combinations

import pytest

from support.places import needs_kaggle_files
from support.true_figures import kaggle_rows

pytestmark = needs_kaggle_files
Query = Callable[[str], list[dict]]
Pair = tuple[int, int]
ENDED_DAYS, ORDERS, SUPPORT, LEVEL = 180, 30, 0.001, 0.05


@pytest.fixture(scope="module")
def source() -> str:
    return "kaggle"


@pytest.fixture(scope="module")
def sales() -> list[tuple[str, date, int]]:
    """Order, day and product of each line."""
    return [
        (row["OrderNumber"], datetime.strptime(row["OrderDate"], "%m/%d/%Y").date(), int(row["ProductKey"]))
        for year in (2015, 2016, 2017)
        for row in kaggle_rows(f"Sales_{year}")
    ]


def adjusted(p_values: dict[Pair, float]) -> dict[Pair, float]:
    """After Benjamini and Hochberg."""
    found, lowest = {}, 1.0
    ordered = sorted(p_values, key=p_values.__getitem__)
    for rank in range(len(ordered), 0, -1):
        lowest = min(lowest, p_values[ordered[rank - 1]] * len(ordered) / rank)
        found[ordered[rank - 1]] = lowest
    return found


@pytest.fixture(scope="module", params=["product", "subcategory"])
def recounted(request: pytest.FixtureRequest, sales: list[tuple[str, date, int]]) -> tuple[str, dict[Pair, dict]]:
    """The level, and counts, lift and p-value of every pair of items that were on sale on the same day."""
    subcategories = {int(row["ProductKey"]): int(row["ProductSubcategoryKey"]) for row in kaggle_rows("Products")}
    days: dict[str, date] = {}
    baskets: dict[str, set[int]] = defaultdict(set)
    for order, day, product in sales:
        days[order] = day
        baskets[order].add(product if request.param == "product" else subcategories[product])
    sold: dict[int, list[date]] = defaultdict(list)
    for order, items in baskets.items():
        for item in items:
            sold[item].append(days[order])
    for dates in sold.values():
        dates.sort()
    every, as_of = sorted(days.values()), max(days.values())
    ends = {item: dates[-1] if (as_of - dates[-1]).days > ENDED_DAYS else as_of for item, dates in sold.items()}
    together = Counter(pair for items in baskets.values() for pair in combinations(sorted(items), 2))
    found = {}
    for one, other in combinations(sorted(sold), 2):
        start, end = max(sold[one][0], sold[other][0]), min(ends[one], ends[other])
        n, a, b = (bisect_right(dates, end) - bisect_left(dates, start) for dates in (every, sold[one], sold[other]))
        if start > end or not a or not b or n in (a, b):
            continue
        both = together[one, other]
        score = (both * n - a * b) * math.sqrt(n / (a * b * (n - a) * (n - b)))
        found[one, other] = {
            "counts": (start, end, n, a, b, both),
            "expected": a * b / n,
            "lift": both * n / (a * b),
            "p_value": math.erfc(abs(score) / math.sqrt(2)),
        }
    return request.param, found


@pytest.fixture(scope="module")
def in_mart(query: Query, recounted: tuple[str, dict[Pair, dict]]) -> dict[Pair, dict]:
    rows = query(f"select * from marts.mart_cross_sell where segment_type = 'all' and product_level = '{recounted[0]}'")
    return {(row["product_group_a_key"], row["product_group_b_key"]): row for row in rows}


def frequent(found: dict[Pair, dict]) -> dict[Pair, dict]:
    """Pairs in enough orders for the mart."""
    counts = {pair: (row["counts"][5], row["counts"][2]) for pair, row in found.items()}
    return {pair: found[pair] for pair, (both, n) in counts.items() if both >= ORDERS and both / n >= SUPPORT}


def test_counts_and_tests_of_every_pair(recounted: tuple[str, dict[Pair, dict]], in_mart: dict[Pair, dict]) -> None:
    expected = frequent(recounted[1])
    corrected = adjusted({pair: row["p_value"] for pair, row in expected.items()})
    assert set(in_mart) == set(expected)
    for pair, row in in_mart.items():
        counts = ("both_on_sale_from", "both_on_sale_to", "orders", "orders_with_a", "orders_with_b", "orders_together")
        assert tuple(row[name] for name in counts) == expected[pair]["counts"]
        assert float(row["lift"]) == pytest.approx(expected[pair]["lift"], abs=1e-6)
        assert float(row["p_value"]) == pytest.approx(expected[pair]["p_value"], rel=1e-6, abs=1e-10)
        assert float(row["adjusted_p_value"]) == pytest.approx(corrected[pair], rel=1e-6, abs=1e-8)
        assert row["is_above_chance"] == (corrected[pair] < LEVEL and expected[pair]["lift"] > 1)


def test_leaving_out_rare_pairs_does_not_favour_the_others(
    recounted: tuple[str, dict[Pair, dict]], in_mart: dict[Pair, dict]
) -> None:
    """The mart adjusts over the pairs that it has, which were chosen by how often they were bought. A family chosen by
    how often they would be bought by chance, whatever came of it, finds the same pairs."""
    testable = {pair: row["p_value"] for pair, row in recounted[1].items() if row["expected"] >= 5}
    corrected = adjusted(testable)
    for pair, row in in_mart.items():
        if pair in testable:
            assert row["is_above_chance"] == (corrected[pair] < LEVEL and row["lift"] > 1), pair
        else:
            assert row["lift"] > 6
            assert row["is_above_chance"]


@pytest.mark.parametrize(
    ("one", "other", "orders", "lift", "is_above_chance"),
    [
        ("Helmets", "Tires and Tubes", 20828, 0.961, False),
        ("Bottles and Cages", "Helmets", 20828, 0.860, False),
        ("Gloves", "Tires and Tubes", 20815, 0.862, False),
        ("Road Bikes", "Jerseys", 20828, 1.304, True),
        ("Road Bikes", "Helmets", 20828, 1.133, True),
        ("Road Bikes", "Bottles and Cages", 20828, 1.115, True),
        ("Cleaners", "Hydration Packs", 20759, 3.454, True),
    ],
)
def test_pairs_known_from_elsewhere(
    query: Query, one: str, other: str, orders: int, lift: float, is_above_chance: bool
) -> None:
    (row,) = query(
        f"""
        select * from marts.mart_cross_sell
        where segment_type = 'all' and product_level = 'subcategory'
            and '{one}' in (product_group_a_name, product_group_b_name)
            and '{other}' in (product_group_a_name, product_group_b_name)
        """
    )
    assert (row["orders"], row["is_above_chance"]) == (orders, is_above_chance)
    assert float(row["lift"]) == pytest.approx(lift, abs=0.0005)
    assert row["lift_low"] < row["lift"] < row["lift_high"]
    assert (row["lift_high"] < 1) == (lift < 1), "each of these differs from chance"


def test_the_rest_is_all_other_customers(query: Query) -> None:
    """Counts of the segments of a type add up to those of all, so the rest can be had by subtraction."""
    rows = query(
        """
        select s.*, e.orders - s.orders as n, e.orders_with_a - s.orders_with_a as a,
            e.orders_with_b - s.orders_with_b as b, e.orders_together - s.orders_together as both_
        from marts.mart_cross_sell as s
        inner join marts.mart_cross_sell as e using (product_level, product_group_a_key, product_group_b_key)
        where s.segment_type <> 'all' and e.segment_type = 'all'
        """
    )
    assert rows
    for row in rows:
        if row["both_"]:
            log_ratio, variance = math.log(row["lift"] / row["rest_lift"]), 0.0
            for n, a, b, both in [
                (row["n"], row["a"], row["b"], row["both_"]),
                (row["orders"], row["orders_with_a"], row["orders_with_b"], row["orders_together"]),
            ]:
                variance += 1 / both - 1 / a - 1 / b + (2 * both * n / (a * b) - 1) / n
            p_value = math.erfc(abs(log_ratio) / math.sqrt(variance) / math.sqrt(2))
            assert float(row["rest_lift"]) == pytest.approx(row["both_"] * row["n"] / (row["a"] * row["b"]), abs=1e-6)
            assert float(row["difference_p_value"]) == pytest.approx(p_value, rel=1e-4, abs=1e-9)
        else:
            assert row["rest_lift"] is None
            assert not row["differs_from_rest"]
