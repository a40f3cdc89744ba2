"""Orders, order lines and returns, day by day from 2015 to the middle of 2017.

Order number k, its day and its customer are all worked out from k, so the files stream to disk in chunks and no
chunk depends on another. A customer is known here by his rank: 0 for the first ever to order, 1 for the next.
Days are counted from 2015-01-01.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from adventure_works.sample import people, random_streams
from adventure_works.sample.catalogue import BOAT, Category, Product, Theme
from adventure_works.sample.files import LINE_END, dates, digits, lines, table, texts

FIRST_DAY = date(2015, 1, 1)
DAYS = 912
LAUNCH = date(2016, 7, 1)
"""Paddle wear, gear and canoes start, and customers come back for the first time."""

_TERRITORY_ROWS = table("territories.csv")[1:]
TERRITORIES = [row[:3] for row in _TERRITORY_ROWS]
"""Region, country and continent; the key is the place in the list, from 1."""
# Share of each territory by half-year of a customer's first order: mature at home, growing abroad.
_TERRITORY_WEIGHTS = list(zip(*(map(int, row[3:]) for row in _TERRITORY_ROWS), strict=True))

# Orders of the real file in the periods that differ: years (files) and the launch.
_PERIODS = [
    (date(2015, 1, 1), 2_630),
    (date(2016, 1, 1), 1_706),
    (LAUNCH, 8_989),
    (date(2017, 1, 1), 11_839),
]
_CUSTOMERS, _CUSTOMERS_WITH_ORDERS, _REGULARS = 18_148, 17_416, 36

_CHUNK = 1 << 16
_DAY_WITHOUT_ORDERS = date(2016, 2, 29)
_MONTH_WEIGHTS = [84, 80, 91, 99, 112, 118, 110, 113, 93, 95, 97, 126]
_WEEKDAY_WEIGHTS = [97, 94, 95, 98, 103, 110, 103]
_GROWTH_PER_MONTH = 3
_LAUNCH_MONTH_SHARE = 35

# Out of 4096 orders, how many have 1, 2, ... 8 lines.
_LINE_WEIGHTS = [768, 1_505, 1_079, 588, 132, 20, 3, 1]
_MOST_LINES = len(_LINE_WEIGHTS)
# Days since a first order after which customers come back: soon, or after the better part of a year and more.
_RETURN_VISIT_WEIGHTS = [0, *[12] * 60, *[8] * 120, *[5] * 120, *[5] * 120, *[2] * 125]
_REGULARS_SHARE = 205
"""Of 4096 repeat orders, those by the few customers who order all the time."""

# How an order's theme depends on the customer: boats out of 100 by income class and age class.
_BOAT_SHARE = [[32, 48, 46, 41], [36, 54, 51, 45], [42, 61, 57, 52], [45, 66, 63, 58]]
_EARLY_THEMES = {Theme.EARLY_RIVER: 45, Theme.EARLY_SEA: 55}
_LATE_THEMES = {Theme.RIVER: 33, Theme.SEA: 45, Theme.CANOE: 22}
# Weights of the tiers of boats by income class.
_TIER_WEIGHTS = [[30, 40, 30], [22, 40, 38], [14, 36, 50], [8, 30, 62]]

# How often each family of goods is chosen; how many times as often with a boat in the order; and which family it makes
# more likely, how many times.
_FAMILIES = {
    family: (int(weight), int(with_a_boat), other, int(times))
    for family, weight, with_a_boat, other, times in table("families.csv")[1:]
}
_BASKETS = 512

# By category: how often 1, 2 and 3 units are bought, and how many of 10,000 units are returned.
_UNITS: dict[int, tuple[list[int], int]] = {
    Category.BOATS: ([1], 305),
    Category.PARTS: ([1], 0),
    Category.PADDLE_WEAR: ([60, 34, 6], 214),
    Category.GEAR: ([37, 54, 9], 193),
}
# Days between sale and return: most come back at once.
_RETURN_LAG_WEIGHTS = [900, *[6] * 10, *[2] * 20]
_RETURNS_OF_TWO = 82
"""Of 4096 returns, those of two units where two were bought."""

_STOCK_AGE, _STOCK_AGE_SPREAD = 4_748, 140
"""Days that the goods had been in stock: some 13 years, as in the real file."""
_FIRST_ORDER_NUMBER = 40_001


class Plan(NamedTuple):
    """How much there is at a scale, and where in the sequence of orders things change."""

    seed: int
    customers: int
    first_orders: int
    """Customers who ever order: ranks 0 to first_orders - 1."""
    early_orders: int
    """Orders before the launch, each the first of its customer."""
    orders_before: np.ndarray
    """For each day, and the day after the last, the number of orders before it."""

    @property
    def orders(self) -> int:
        """Number of all orders."""
        return int(self.orders_before[-1])


class Lines(NamedTuple):
    """Arrays of order lines, in file order. `product` is the place in the list of products."""

    order: np.ndarray
    day: np.ndarray
    rank: np.ndarray
    territory: np.ndarray
    item: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    word: np.ndarray


class Tables(NamedTuple):
    """Lookup tables of the goods."""

    baskets: np.ndarray
    """Theme, number of the basket, place of the line -> family."""
    pools: np.ndarray
    """Theme, family, income class, 12 random bits -> product."""
    category: np.ndarray
    """Product -> category key."""
    key: np.ndarray
    """Product -> text of the product key behind a comma."""


def plan(scale: float, seed: int) -> Plan:
    """How much a sample of this scale contains; 1 is the size of the Kaggle set."""
    ends = [start for start, _ in _PERIODS[1:]] + [FIRST_DAY + timedelta(days=DAYS)]
    weights = _day_weights(seed)
    counts = np.zeros(DAYS, dtype=np.int64)
    for (start, orders), end in zip(_PERIODS, ends, strict=True):
        days = slice((start - FIRST_DAY).days, (end - FIRST_DAY).days)
        reached = np.cumsum(weights[days])
        counts[days] = np.diff(reached * _scaled(orders, scale) // reached[-1], prepend=0)
    orders_before = np.concatenate([[0], np.cumsum(counts)])
    return Plan(
        seed=seed,
        customers=_scaled(_CUSTOMERS, scale),
        first_orders=_scaled(_CUSTOMERS_WITH_ORDERS, scale),
        early_orders=int(orders_before[(LAUNCH - FIRST_DAY).days]),
        orders_before=orders_before,
    )


def tables(seed: int, products: list[Product]) -> Tables:
    """The lookup tables for these products."""
    return Tables(
        baskets=_baskets(seed),
        pools=_pools(products),
        category=np.array([product.category for product in products]),
        key=_comma_numbers([product.key for product in products]),
    )


def chunks(plan: Plan, tables: Tables, year: int) -> Iterator[Lines]:
    """The order lines of one year, in chunks of bounded size."""
    first = max((date(year, 1, 1) - FIRST_DAY).days, 0)
    last = min((date(year + 1, 1, 1) - FIRST_DAY).days, DAYS)
    start, end = int(plan.orders_before[first]), int(plan.orders_before[last])
    for chunk_start in range(start, end, _CHUNK):
        yield _lines(plan, tables, np.arange(chunk_start, min(chunk_start + _CHUNK, end)))


def csv(plan: Plan, tables: Tables, chunk: Lines) -> bytes:
    """Lines of the sales file for a chunk."""
    stock_age = _STOCK_AGE + random_streams.below(random_streams.part(chunk.word, 2), _STOCK_AGE_SPREAD)
    return lines(
        [
            _DAY_TEXTS[chunk.day],
            _STOCK_DAY_TEXTS[chunk.day - stock_age + _LONGEST_STOCK_AGE],
            *digits(_FIRST_ORDER_NUMBER + chunk.order, _FIRST_ORDER_NUMBER + plan.orders),
            tables.key[chunk.product],
            b",",
            *digits(people.keys(_customer(plan, chunk.rank)), int(people.keys(np.array(plan.customers)))),
            _TERRITORY_TEXTS[chunk.territory],
            _DIGIT_TEXTS[chunk.item],
            _DIGIT_TEXTS[chunk.quantity],
            LINE_END,
        ]
    )


def returns(plan: Plan, tables: Tables, chunk: Lines, units_before: int) -> tuple[np.ndarray, int]:
    """Returns of the goods in a chunk, and the (weighted) units passed so far, for the next chunk.

    The rows of the array are day, territory, product and quantity; all arrays together have room in memory.

    A return falls due each time that the weighted units pass another 10,000, so the share comes out even in a
    small sample.
    """
    passed = units_before + np.cumsum(chunk.quantity * _RETURN_WEIGHTS[tables.category[chunk.product]])
    due = np.diff(passed // 10_000, prepend=units_before // 10_000) > 0
    word = random_streams.words(
        random_streams.stream(plan.seed, "returns"), chunk.order[due] * _MOST_LINES + chunk.item[due]
    )
    day = chunk.day[due] + _RETURN_LAG[random_streams.part(word, 0)]
    two = (chunk.quantity[due] > 1) & (random_streams.part(word, 1) < _RETURNS_OF_TWO)
    records = np.array([day, chunk.territory[due], chunk.product[due], 1 + two], dtype=np.int16)
    return records[:, day < DAYS], int(passed[-1])


def returns_csv(tables: Tables, records: list[np.ndarray]) -> Iterator[bytes]:
    """Lines of the returns file, sorted by date, in chunks."""
    every = np.concatenate(records, axis=1)
    every = every[:, np.argsort(every[0], kind="stable")]
    for start in range(0, every.shape[1], _CHUNK):
        day, territory, product, quantity = every[:, start : start + _CHUNK]
        columns = (_DAY_TEXTS[day], _TERRITORY_TEXTS[territory], tables.key[product], _DIGIT_TEXTS[quantity], LINE_END)
        yield lines(columns)


def calendar_csv() -> bytes:
    """Lines of the calendar file."""
    return lines([_DAY_TEXTS, LINE_END])


def _scaled(count: int, scale: float) -> int:
    return math.floor(count * scale + 0.5)


def _day_weights(seed: int) -> np.ndarray:
    noise = 700 + random_streams.below(
        random_streams.part(random_streams.words(random_streams.stream(seed, "days"), np.arange(DAYS)), 0), 601
    )
    weights = np.empty(DAYS, dtype=np.int64)
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        months = (day.year - FIRST_DAY.year) * 12 + day.month - 1
        weight = _MONTH_WEIGHTS[day.month - 1] * (100 + _GROWTH_PER_MONTH * months)
        if (day.year, day.month) == (LAUNCH.year, LAUNCH.month):
            weight = weight * _LAUNCH_MONTH_SHARE // 100
        weights[number] = 0 if day == _DAY_WITHOUT_ORDERS else weight * _WEEKDAY_WEIGHTS[day.weekday()]
    return weights * noise // 1_000


def _lines(plan: Plan, tables: Tables, order: np.ndarray) -> Lines:
    word = random_streams.words(random_streams.stream(plan.seed, "orders"), order)
    day = np.searchsorted(plan.orders_before, order, side="right") - 1
    rank = _rank(plan, order, day, word)
    early = order < plan.early_orders
    income_class, age_class = people.traits(plan.seed, _customer(plan, rank))
    theme = _THEME[np.where(early, 0, 1), income_class, age_class, random_streams.part(word, 0)]
    count = np.where(early, 1, 1 + _LINE_COUNT[random_streams.part(word, 1)])
    basket = random_streams.below(random_streams.part(word, 2), _BASKETS)

    # From one entry per order to one per line: `at` is the place of a line's order.
    at = np.repeat(np.arange(len(order)), count)
    item = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    line_order = order[at]
    line_word = random_streams.words(random_streams.stream(plan.seed, "order lines"), line_order * _MOST_LINES + item)
    line_theme = theme[at]
    family = tables.baskets[line_theme, basket[at], item]
    product = tables.pools[line_theme, family, income_class[at], random_streams.part(line_word, 0)]
    return Lines(
        order=line_order,
        day=day[at],
        rank=rank[at],
        territory=_territory(plan, rank)[at],
        item=item + 1,
        product=product,
        quantity=1 + _QUANTITY[tables.category[product], random_streams.part(line_word, 1)],
        word=line_word,
    )


def _rank(plan: Plan, order: np.ndarray, day: np.ndarray, word: np.ndarray) -> np.ndarray:
    """Whose order it is: the next new customer's, or that of one who first ordered some time before."""
    newcomer = _first_orders_before(plan, order)
    is_first = _first_orders_before(plan, order + 1) > newcomer
    known = _first_orders_before(plan, plan.orders_before)

    pick = (word >> np.uint64(36)).astype(np.int64) & 0xFFFFFF
    visit = random_streams.words(random_streams.stream(plan.seed, "visits"), order)
    then = np.maximum(day - _RETURN_VISIT[random_streams.part(visit, 0)], 0)
    returning = known[then] + ((known[then + 1] - known[then]) * pick >> 24)
    returning = np.minimum(returning, known[day] - 1)
    regulars = min(max(1, plan.customers * _REGULARS // _CUSTOMERS), plan.early_orders)
    is_regular = random_streams.part(visit, 1) < _REGULARS_SHARE
    returning = np.where(is_regular, pick * regulars >> 24, returning)
    return np.where(is_first, newcomer, returning)


def _first_orders_before(plan: Plan, order: np.ndarray) -> np.ndarray:
    """Number of customers who have ordered before order number `order`."""
    later = np.maximum(order - plan.early_orders, 0)
    newcomers = later * (plan.first_orders - plan.early_orders) // (plan.orders - plan.early_orders)
    return np.minimum(order, plan.early_orders) + newcomers


def _customer(plan: Plan, rank: np.ndarray) -> np.ndarray:
    """Customer index of a rank: a one-to-one scatter, as the multiplier has no divisor in common with the count.

    The indices that no rank reaches are the customers who never order.
    """
    multiplier = plan.customers * 618 // 1_000
    while math.gcd(multiplier, plan.customers) != 1:
        multiplier += 1
    shift = int(random_streams.stream(plan.seed, "customers")) % plan.customers
    return (rank * multiplier + shift) % plan.customers


def _territory(plan: Plan, rank: np.ndarray) -> np.ndarray:
    half_years = [date(2015, 7, 1), date(2016, 1, 1), LAUNCH, date(2017, 1, 1)]
    borders = plan.orders_before[[(day - FIRST_DAY).days for day in half_years]]
    half_year = np.searchsorted(_first_orders_before(plan, borders), rank, side="right")
    word = random_streams.words(random_streams.stream(plan.seed, "territories"), rank)
    return 1 + _TERRITORY[half_year, random_streams.part(word, 0)]


def _themes() -> np.ndarray:
    """Era (0 early), income class, age class, 12 random bits -> theme."""
    table = np.empty((2, people.INCOME_CLASSES, people.AGE_CLASSES, random_streams.SLOTS), dtype=np.int8)
    table[0] = random_streams.choices([_EARLY_THEMES.get(theme, 0) for theme in Theme])
    for income_class, by_age in enumerate(_BOAT_SHARE):
        for age_class, boats in enumerate(by_age):
            weights = [_LATE_THEMES.get(theme, 0) * boats for theme in Theme]
            weights[Theme.NO_BOAT] = sum(_LATE_THEMES.values()) * (100 - boats)
            table[1, income_class, age_class] = random_streams.choices(weights)
    return table


def _baskets(seed: int) -> np.ndarray:
    """What goes into an order, drawn once: 512 baskets a theme, each of eight different families."""
    draws = iter(
        random_streams.words(
            random_streams.stream(seed, "baskets"), np.arange(len(Theme) * _BASKETS * _MOST_LINES)
        ).tolist()
    )
    return np.array([[_basket(theme, draws) for _ in range(_BASKETS)] for theme in Theme], dtype=np.int8)


def _basket(theme: Theme, draws: Iterator[int]) -> list[int]:
    basket = [] if theme == Theme.NO_BOAT else [BOAT]
    weights = {family: weight * (times if basket else 1) for family, (weight, times, *_) in _FAMILIES.items()}
    while len(basket) < _MOST_LINES:
        draw = next(draws) % sum(weights.values())
        ends = zip(weights, accumulate(weights.values()), strict=True)
        family = next(family for family, end in ends if draw < end)
        basket.append(family)
        del weights[family]
        *_, other, times = _FAMILIES[family]
        if other in weights:
            weights[other] *= times
    return [_FAMILY_NUMBERS[family] for family in basket]


def _pools(products: list[Product]) -> np.ndarray:
    shape = (len(Theme), len(_FAMILY_NUMBERS), people.INCOME_CLASSES, random_streams.SLOTS)
    table = np.zeros(shape, dtype=np.int16)
    for theme in Theme:
        for family, number in _FAMILY_NUMBERS.items():
            if family == BOAT and theme == Theme.NO_BOAT:
                continue
            for income_class in range(people.INCOME_CLASSES):
                weights = [_weight(product, theme, family, income_class) for product in products]
                table[theme, number, income_class] = random_streams.choices(weights)
    return table


def _weight(product: Product, theme: Theme, family: str, income_class: int) -> int:
    if product.family != family:
        return 0
    suits = theme in product.themes
    if family == BOAT:
        return _TIER_WEIGHTS[income_class][product.tier] if suits else 0
    return 4 if suits else 1


def _comma_numbers(numbers: Iterable[int]) -> np.ndarray:
    return texts([f",{number}" for number in numbers])


_FAMILY_NUMBERS = {family: number for number, family in enumerate([BOAT, *_FAMILIES])}
_THEME = _themes()
_LINE_COUNT = random_streams.choices(_LINE_WEIGHTS)
_RETURN_VISIT = random_streams.choices(_RETURN_VISIT_WEIGHTS)
_TERRITORY = np.stack([random_streams.choices(weights) for weights in _TERRITORY_WEIGHTS])
_NO_UNITS: tuple[list[int], int] = ([1], 0)  # category keys begin with 1
_QUANTITY = np.stack([random_streams.choices(quantities) for quantities, _ in (_NO_UNITS, *_UNITS.values())])
_RETURN_WEIGHTS = np.array([returned for _, returned in (_NO_UNITS, *_UNITS.values())])
_RETURN_LAG = random_streams.choices(_RETURN_LAG_WEIGHTS)

_LONGEST_STOCK_AGE = _STOCK_AGE + _STOCK_AGE_SPREAD - 1
_DAY_TEXTS = dates(FIRST_DAY, DAYS)
_STOCK_DAY_TEXTS = np.char.add(
    dates(FIRST_DAY - timedelta(days=_LONGEST_STOCK_AGE), DAYS + _STOCK_AGE_SPREAD, before=","), b",SO"
)
_TERRITORY_TEXTS = _comma_numbers(range(len(TERRITORIES) + 1))
_DIGIT_TEXTS = _comma_numbers(range(10))
