"""Invented products of an invented paddle-sport shop: 4 categories, 37 subcategories, 293 products, 130 of them sold.

Boats earn most of the revenue at the lower margin, paddle wear and gear start with the launch, parts are never sold.
"""

from decimal import Decimal
from enum import IntEnum
from itertools import product as combinations
from typing import NamedTuple


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


class Model(NamedTuple):
    """Products that differ in colour and size only. Price in US dollars; the margin is a share of it."""

    name: str
    code: str
    price: str
    margin: str
    colours: tuple[str, ...] = ("NA",)
    sizes: tuple[str, ...] = ("0",)
    style: str = "0"
    family: str | None = None
    """What takes the same place in an order, at most once; None: never sold."""
    themes: tuple[Theme, ...] = tuple(Theme)
    """For a boat: where it is offered. For the rest: where it is asked for four times as often."""
    tier: int = 0
    """For a boat: 0 cheap, 1 middling, 2 dear."""


class Product(NamedTuple):
    """One row of the product file, and what the sales need to know. Money in ten-thousandths of a dollar."""

    key: int
    subcategory_key: int
    category: Category
    sku: str
    name: str
    model: Model
    description: str
    colour: str
    size: str
    cost: int
    price: int


class Subcategory(NamedTuple):
    """A subcategory with its models; `text` describes each, with the model's name for `{}`."""

    name: str
    category: Category
    text: str
    models: tuple[Model, ...]


BOAT = "boat"
CATEGORY_NAMES = {
    Category.BOATS: "Boats",
    Category.PARTS: "Parts",
    Category.PADDLE_WEAR: "Paddle Wear",
    Category.GEAR: "Gear",
}
_FIRST_KEY = 301
_RIVER, _SEA, _CANOE = (Theme.RIVER,), (Theme.SEA,), (Theme.CANOE,)
_SML, _SMLX = ("S", "M", "L"), ("S", "M", "L", "XL")


Texts = tuple[str, ...]


def _boat(
    name: str,
    code: str,
    price: str,
    margin: str,
    colours: Texts,
    sizes: Texts,
    themes: tuple[Theme, ...],
    tier: int,
    style: str = "U",
) -> Model:
    return Model(name, code, price, margin, colours, sizes, style, BOAT if themes else None, themes, tier)


def _part(name: str, code: str, price: str, colours: Texts = ("NA",), sizes: Texts = ("0",), style: str = "0") -> Model:
    return Model(name, code, price, "0.5525", colours, sizes, style)


def _wear(
    name: str,
    code: str,
    price: str,
    family: str | None,
    colours: Texts,
    sizes: Texts,
    style: str = "U",
    margin: str = "0.4455",
) -> Model:
    return Model(name, code, price, margin, colours, sizes, style, family)


def _gear(
    name: str,
    code: str,
    price: str,
    family: str | None,
    colours: Texts = ("NA",),
    themes: tuple[Theme, ...] = (),
) -> Model:
    return Model(name, code, price, "0.6285", colours, ("0",), "0", family, themes)


SUBCATEGORIES = (
    Subcategory(
        "River Kayaks",
        Category.BOATS,
        "{} turns on the spot and forgives a missed stroke, from flat water to grade three.",
        (
            _boat(
                "Minnow",
                "MIN",
                "3279.95",
                "0.4412",
                ("Red", "Blue"),
                ("240", "255", "270", "285"),
                (Theme.EARLY_RIVER,),
                2,
            ),
            _boat(
                "Otter",
                "OTT",
                "2149.0982",
                "0.4385",
                ("Red", "Black"),
                ("240", "255", "270"),
                (Theme.EARLY_RIVER, Theme.RIVER),
                2,
            ),
            _boat("Dipper", "DIP", "1289.4775", "0.4295", ("Yellow", "Green"), ("240", "255", "270", "285"), _RIVER, 1),
            _boat("Wagtail", "WAG", "579.99", "0.4145", ("Black", "Blue"), ("240", "255", "270"), _RIVER, 0, "W"),
            _boat("Grebe", "GRE", "1889.5", "0.4295", ("Grey",), ("240", "255", "270", "285"), (), 1),
        ),
    ),
    Subcategory(
        "Sea Kayaks",
        Category.BOATS,
        "{} holds its line in wind and swell; two dry hatches, day hatch and skeg.",
        (
            _boat(
                "Petrel",
                "PET",
                "3489.27",
                "0.3965",
                ("Red",),
                ("480", "495", "510", "525", "540"),
                (Theme.EARLY_SEA,),
                2,
            ),
            _boat(
                "Fulmar",
                "FUL",
                "719.0982",
                "0.3725",
                ("Red", "Black"),
                ("480", "495", "510", "525", "540"),
                (Theme.EARLY_SEA,),
                0,
            ),
            _boat(
                "Gannet",
                "GAN",
                "2298.45",
                "0.4075",
                ("Red", "Black"),
                ("480", "495", "510", "525"),
                (Theme.EARLY_SEA, Theme.SEA),
                2,
            ),
            _boat("Kittiwake", "KIT", "1649.95", "0.4015", ("Yellow",), ("465", "480", "495", "510"), _SEA, 1, "W"),
            _boat("Puffin", "PUF", "1119.49", "0.3885", ("Yellow",), ("465", "480", "495", "510", "525"), _SEA, 1),
            _boat(
                "Guillemot", "GUI", "559.99", "0.3725", ("Black",), ("465", "480", "495", "510", "525", "540"), _SEA, 0
            ),
            _boat("Skua", "SKU", "2799.95", "0.4075", ("White",), ("480", "495", "510", "525", "540"), (), 2),
        ),
    ),
    Subcategory(
        "Touring Canoes",
        Category.BOATS,
        "{} carries two people and a week's luggage, yet one can portage it.",
        (
            _boat("Loon", "LOO", "2349.07", "0.3785", ("Blue", "Yellow"), ("450", "475", "500", "525"), _CANOE, 2),
            _boat("Moose", "MOO", "1259.5", "0.3785", ("Blue", "Yellow"), ("450", "475", "500"), _CANOE, 1),
            _boat("Beaver", "BEA", "769.35", "0.3785", ("Blue", "Yellow"), ("450", "475", "500", "525"), _CANOE, 0),
        ),
    ),
    Subcategory(
        "Hulls",
        Category.PARTS,
        "Bare {} shell, ready for outfitting; laid up by hand and cured under vacuum.",
        (
            _part("Lark Hull", "LAR", "297.4418", ("Red", "Blue"), ("380", "420", "460", "500"), "U"),
            _part("Heron Hull", "HER", "594.83", ("Red", "Blue"), ("380", "420", "460", "500"), "U"),
            _part("Osprey Hull", "OSP", "1191.3545", ("Black", "Yellow"), ("380", "420", "460", "500"), "U"),
            _part("Crane Hull", "CRA", "1364.5", ("Green",), ("380", "420", "460", "500"), "W"),
        ),
    ),
    Subcategory(
        "Paddle Shafts",
        Category.PARTS,
        "{}, ferrule fitted, for blades of your choice.",
        tuple(
            _part(f"{wood} Shaft", code, price, sizes=("210", "220", "230"), style="U")
            for wood, code, price in [
                ("Alder", "ALD", "40.4909"),
                ("Ash", "ASH", "44.54"),
                ("Birch", "BIR", "61.92"),
                ("Cedar", "CED", "75.4409"),
                ("Spruce", "SPR", "92.8"),
                ("Reed Carbon", "REE", "209.3364"),
            ]
        ),
    ),
    Subcategory(
        "Seats",
        Category.PARTS,
        "{} with adjustable back band and drain holes.",
        tuple(
            _part(name, code, price, ("Black", "Grey", "Blue"))
            for name, code, price in [
                ("Day Seat", "DAY", "27.12"),
                ("Long Day Seat", "LON", "39.14"),
                ("Race Seat", "RAC", "52.64"),
                ("Heated Seat", "HEA", "133.34"),
            ]
        ),
    ),
    Subcategory(
        "Hatches",
        Category.PARTS,
        "{} with rubber rim; stays tight when rolled.",
        tuple(
            _part(name, code, price, ("Black",), _SML)
            for name, code, price in [
                ("Round Hatch", "RND", "34.2"),
                ("Oval Hatch", "OVL", "54.6909"),
                ("Day Hatch", "DYH", "24.73"),
            ]
        ),
    ),
    Subcategory(
        "Rudders",
        Category.PARTS,
        "{} with stainless lines and a foot-operated lift.",
        tuple(
            _part(name, code, price, ("Black", "White"))
            for name, code, price in [
                ("Fin Rudder", "FIN", "106.5"),
                ("Swing Rudder", "SWI", "148.22"),
                ("Expedition Rudder", "EXP", "229.49"),
                ("Race Rudder", "RCR", "175.4982"),
            ]
        ),
    ),
    Subcategory(
        "Skegs",
        Category.PARTS,
        '{} for boats with a slot of 6" or more.',
        tuple(
            _part(name, code, price, ("Black", "White"))
            for name, code, price in [
                ("Rope Skeg", "RPS", "53.99"),
                ("Wire Skeg", "WIS", "101.24"),
                ("Carbon Skeg", "CAS", "121.49"),
            ]
        ),
    ),
    Subcategory(
        "Foot Braces",
        Category.PARTS,
        "A pair of {}, adjustable from the seat.",
        tuple(
            _part(f"{name} Foot Braces", code, price)
            for name, code, price in [
                ("Perch", "PER", "40.49"),
                ("Roach", "ROA", "45.1"),
                ("Tench", "TEN", "62.09"),
                ("Bream", "BRE", "66.2"),
                ("Chub", "CHU", "74.15"),
                ("Barbel", "BAR", "78.5"),
                ("Pike", "PIK", "80.99"),
            ]
        ),
    ),
    Subcategory(
        "Gunwales",
        Category.PARTS,
        "Inner and outer {}, drilled.",
        tuple(
            _part(f"{name} Gunwale", code, price, sizes=("420", "460"))
            for name, code, price in [
                ("Ash", "GAS", "91.49"),
                ("Cherry", "GCH", "121.46"),
                ("Vinyl", "GVI", "60.745"),
                ("Alloy", "GAL", "87.745"),
                ("Spruce", "GSP", "111.5991"),
            ]
        ),
    ),
    Subcategory(
        "Thwarts",
        Category.PARTS,
        "{}, cut to length on order.",
        tuple(
            _part(f"{name} Thwart", code, price)
            for name, code, price in [
                ("Straight", "TST", "20.24"),
                ("Curved", "TCU", "24.99"),
                ("Kneeling", "TKN", "31.5"),
                ("Bow", "TBO", "22.7982"),
                ("Stern", "TSN", "22.7982"),
                ("Slot", "TSL", "35.75"),
            ]
        ),
    ),
    Subcategory(
        "Yokes",
        Category.PARTS,
        "{} for carrying on the shoulders.",
        tuple(
            _part(f"{name} Yoke", code, price)
            for name, code, price in [
                ("Plain", "YPL", "38.25"),
                ("Deep Dish", "YDD", "49.99"),
                ("Padded", "YPA", "69.4473"),
                ("Folding", "YFO", "84.5"),
            ]
        ),
    ),
    Subcategory(
        "Bulkheads",
        Category.PARTS,
        "{} of closed-cell foam, to be glued in.",
        tuple(
            _part(f"{name} Bulkhead", code, price, ("Black",), ("S", "L"))
            for name, code, price in [
                ("Fore", "BFO", "18.5"),
                ("Aft", "BAF", "18.5"),
                ("Day", "BDA", "21.3345"),
                ("Pod", "BPO", "57.9"),
            ]
        ),
    ),
    Subcategory(
        "Keel Strips",
        Category.PARTS,
        "{}, against stones and slipways.",
        tuple(
            _part(f"{name} Keel Strip", code, price)
            for name, code, price in [
                ("Tape", "KTA", "15.99"),
                ("Brass", "KBR", "64.4"),
                ("Aramid", "KAR", "47.2864"),
                ("Rubber", "KRU", "26.5"),
                ("Gelcoat", "KGE", "33.1"),
            ]
        ),
    ),
    Subcategory(
        "Deck Lines",
        Category.PARTS,
        "{}, twelve metres.",
        tuple(
            _part(name, code, price, ("Red", "Yellow", "Black"))
            for name, code, price in [("Static Deck Line", "DSL", "14.25"), ("Bright Deck Line", "DBR", "19.9064")]
        ),
    ),
    Subcategory(
        "Carry Handles",
        Category.PARTS,
        "{} with cord and end caps.",
        tuple(
            _part(f"{name} Handle", code, price)
            for name, code, price in [
                ("Toggle", "HTO", "9.99"),
                ("Swing", "HSW", "12.5"),
                ("Webbing", "HWE", "11.1482"),
                ("Moulded", "HMO", "15.25"),
                ("Lockable", "HLO", "28.75"),
            ]
        ),
    ),
    Subcategory(
        "Dry Suits",
        Category.PADDLE_WEAR,
        "{} with latex seals, relief zip and reinforced knees.",
        (_wear("Fjord Dry Suit", "FJO", "389.99", None, ("Black",), _SML),),
    ),
    Subcategory(
        "Sun Hats",
        Category.PADDLE_WEAR,
        "{} with a wide brim; floats, one size.",
        (_wear("Heron Sun Hat", "SUN", "8.7418", "hat", ("Multi",), ("0",), margin="0.3395"),),
    ),
    Subcategory(
        "Gloves",
        Category.PADDLE_WEAR,
        "{}, open palm, no blisters.",
        (
            _wear("Fingerless Paddle Gloves", "GHF", "23.6481", "gloves", ("Black",), _SML, margin="0.5875"),
            _wear("Winter Pogies", "GWP", "37.95", None, ("Red",), _SML),
        ),
    ),
    Subcategory(
        "Rash Tops",
        Category.PADDLE_WEAR,
        "{} with flat seams and sun protection.",
        (
            _wear("Long-Sleeve Rash Top", "RLS", "48.1573", "rash top", ("Multi",), _SMLX, margin="0.3"),
            _wear("Short-Sleeve Rash Top", "RSS", "52.95", "rash top", ("Yellow",), _SMLX, margin="0.3"),
        ),
    ),
    Subcategory(
        "Shorts",
        Category.PADDLE_WEAR,
        "{}, quick to dry, seat reinforced.",
        (
            _wear("Women's Board Shorts", "SHW", "68.95", "shorts", ("Black",), _SML, "W", margin="0.626"),
            _wear("Men's Board Shorts", "SHM", "59.49", None, ("Black",), _SMLX, "M"),
        ),
    ),
    Subcategory(
        "Neoprene Socks",
        Category.PADDLE_WEAR,
        "{}, three millimetres, for wet shoes.",
        (
            _wear("River Socks", "SOR", "8.95", "socks", ("White",), ("M", "L"), margin="0.6265"),
            _wear("Winter Socks", "SOW", "9.4", None, ("White",), ("M", "L")),
        ),
    ),
    Subcategory(
        "Leggings",
        Category.PADDLE_WEAR,
        "{}, windproof front.",
        (_wear("Women's Thermal Leggings", "LEW", "74.49", None, ("Black",), _SML, "W"),),
    ),
    Subcategory(
        "Wind Vests",
        Category.PADDLE_WEAR,
        "{}, packs into its own pocket.",
        (_wear("Classic Wind Vest", "VES", "63.25", "vest", ("Blue",), _SML, margin="0.6265"),),
    ),
    Subcategory(
        "Roof Racks",
        Category.GEAR,
        'Carries two boats on edge; clamps onto bars of up to 3", lockable.',
        (_gear("Twin Roof Rack", "RACK", "119.5", "rack"),),
    ),
    Subcategory(
        "Boat Stands",
        Category.GEAR,
        "Folding stand for washing and mending; holds 60 kg.",
        (_gear("Workshop Boat Stand", "STND", "157.75", "stand"),),
    ),
    Subcategory(
        "Bottles",
        Category.GEAR,
        "{}, for the deck, within reach.",
        (
            _gear("Litre Bottle", "BOTL", "4.95", "bottle"),
            _gear("River Bottle Holder", "BHRV", "9.95", "holder", themes=_RIVER),
            _gear("Sea Bottle Holder", "BHSE", "8.95", "holder", themes=_SEA),
        ),
    ),
    Subcategory(
        "Cleaners",
        Category.GEAR,
        "Washes off salt, algae and sun cream; harmless to fish.",
        (_gear("Hull Wash", "WASH", "7.85", "cleaner"),),
    ),
    Subcategory(
        "Spray Decks",
        Category.GEAR,
        "{}, fits most cockpits.",
        (_gear("Neoprene Spray Deck", "SPRA", "21.95", "spray deck", themes=(*_RIVER, *_SEA)),),
    ),
    Subcategory(
        "Helmets",
        Category.GEAR,
        "{}: light, well drained, with a turning-wheel fit.",
        (_gear("Cascade Helmet", "HELM", "34.4525", "helmet", ("Red", "Black", "Blue"), themes=_RIVER),),
    ),
    Subcategory(
        "Dry Bags",
        Category.GEAR,
        "{} with roll top and shoulder strap.",
        (_gear("Forty-Litre Dry Bag", "DRYB", "54.49", "dry bag", themes=_CANOE),),
    ),
    Subcategory(
        "Lights",
        Category.GEAR,
        "{}, waterproof, to be seen by.",
        (
            _gear("Mast Light", "LMAS", "44.45", None),
            _gear("Deck Light", "LDEC", "13.95", None),
            _gear("Head Torch", "LHEA", "33.9", None),
        ),
    ),
    Subcategory(
        "Locks",
        Category.GEAR,
        "Steel cable through the cockpit; three digits.",
        (_gear("Cockpit Lock", "LOCK", "25", None),),
    ),
    Subcategory(
        "Deck Bags",
        Category.GEAR,
        "Holds map, lunch and pump, on four clips.",
        (_gear("Map Deck Bag", "DECK", "124.5", None),),
    ),
    Subcategory(
        "Pumps",
        Category.GEAR,
        "{}, empties a cockpit in a minute.",
        (_gear("Hand Pump", "PUMH", "19.95", None), _gear("Foot Pump", "PUMF", "24.45", None)),
    ),
    Subcategory(
        "Rigging and Repair",
        Category.GEAR,
        "{}, tested on the water.",
        (
            _gear("River Drain Plug", "PLRV", "4.49", "plug", themes=_RIVER),
            _gear("Sea Drain Plug", "PLSE", "3.95", "plug", themes=_SEA),
            _gear("Canoe Air Valve", "PLCA", "4.95", "plug", themes=_CANOE),
            _gear("River Throw Line", "LNRV", "24.45", "line", themes=_RIVER),
            _gear("Rescue Throw Line", "LNRE", "34.5", "line", themes=_RIVER),
            _gear("Sea Tow Line", "LNSE", "32.45", "line", themes=_SEA),
            _gear("Paddle Leash", "LNPL", "21.39", "line", themes=_SEA),
            _gear("Tracking Line", "LNTR", "28.85", "line", themes=_CANOE),
            _gear("Painter Line", "LNPA", "29.25", "line", themes=_CANOE),
            _gear("Hull Patch", "PATC", "2.35", "patch"),
            _gear("Hull Patch Box", "PAT8", "2.89", "patch"),
        ),
    ),
)


def products() -> list[Product]:
    """All products in key order; a model's keys follow each other, and a gap follows the model."""
    rows, key = [], _FIRST_KEY
    for number, subcategory in enumerate(SUBCATEGORIES, start=1):
        for model in subcategory.models:
            for colour, size in combinations(model.colours, model.sizes):
                rows.append(_product(key, number, subcategory, model, colour, size))
                key += 1
            key += 1
    return rows


def decimal_text(money: int) -> str:
    """Ten-thousandths of a dollar as the files write them: up to four decimals, no trailing zeros."""
    whole, fraction = divmod(money, 10_000)
    return f"{whole}.{fraction:04}".rstrip("0").rstrip(".")


def _product(key: int, number: int, subcategory: Subcategory, model: Model, colour: str, size: str) -> Product:
    price = int(Decimal(model.price) * 10_000)
    cost = int(price * (1 - Decimal(model.margin)))
    differs = [colour] * (len(model.colours) > 1) + [size] * (len(model.sizes) > 1)
    letters = "".join(word[0] for word in subcategory.name.split())
    suffix = [colour[:3].upper()] * (colour != "NA") + [size] * (size != "0")
    return Product(
        key=key,
        subcategory_key=number,
        category=subcategory.category,
        sku="-".join([letters.upper() + subcategory.category.name[0], model.code, *suffix]),
        name=", ".join([model.name, *differs]),
        model=model,
        description=subcategory.text.format(model.name),
        colour=colour,
        size=size,
        cost=cost,
        price=price,
    )
