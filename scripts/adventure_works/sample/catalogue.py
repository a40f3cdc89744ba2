"""Invented products of an invented paddle-sport shop: 4 categories, 37 subcategories, 293 products, 130 of them sold.

They are in products.csv, in the order of their keys. Boats earn most of the revenue at the lower margin, paddle wear
and gear start with the launch, parts are never sold.
"""

from enum import IntEnum
from typing import NamedTuple

from adventure_works.sample.files import table

BOAT = "boat"


class Category(IntEnum):
    """Product categories; the value is the key."""

    BOATS = 1
    PARTS = 2
    PADDLE_WEAR = 3
    GEAR = 4


class Theme(IntEnum):
    """What an order is about: which boats are offered in it and which gear goes with it."""

    EARLY_RIVER = 0
    EARLY_SEA = 1
    RIVER = 2
    SEA = 3
    CANOE = 4
    NO_BOAT = 5


TIERS = ("low", "middle", "high")
"""Price classes of boats."""


class Product(NamedTuple):
    """One row of the product file, and what the sales need to know."""

    key: int
    category: Category
    subcategory: str
    texts: tuple[str, ...]
    """SKU, name, model, description, colour, size, style, cost and price, as the product file has them."""
    family: str
    """What takes the same place in an order, at most once; empty: never sold."""
    themes: frozenset[Theme]
    """For a boat: where it is offered. For the rest: where it is asked for four times as often."""
    tier: int
    """Place in `TIERS`; says something for a boat only."""


def products() -> list[Product]:
    """All products in key order."""
    return [_product(*row) for row in table("products.csv")[1:]]


def _product(category: str, subcategory: str, key: str, *fields: str) -> Product:
    *texts, family, themes, tier = fields
    return Product(
        key=int(key),
        category=Category[category.upper().replace(" ", "_")],
        subcategory=subcategory,
        texts=tuple(texts),
        family=family,
        themes=frozenset(Theme[theme.upper()] for theme in themes.split()),
        tier=TIERS.index(tier or "low"),
    )
