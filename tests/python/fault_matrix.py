"""Which guard meets which damage, and what then happens. The tests hold it, `make faults` prints it.

What happens to a damaged set of files is one of: read as if it were clean, refused, a record rejected, a record
quarantined, a warning, or a build that stops before anything is published.
"""

import sys

from adventure_works.settings import PROJECT
from damage import DAMAGE

PAGE = PROJECT / "docs" / "faults.md"

# Read to exactly the lake that the clean files give; the number is that of the blank records found on the way.
READ_THE_SAME = {
    "dates-day-first": 0,
    "dates-day-first-dashes": 0,
    "dates-iso": 0,
    "dates-dashes": 0,
    "dates-dots": 0,
    "dates-month-names": 0,
    "dates-half-converted": 0,
    "dates-two-digit-years": 0,
    "dates-day-first-in-one-file": 0,
    "blank-tail": 5,
    "comma-rows": 3,
    "nameless-empty-columns": 0,
    "unknown-empty-column": 0,
    "columns-reordered": 0,
    "no-final-line-end": 0,
    "utf-8": 0,
    "utf-8-bom": 0,
    "bom-everywhere": 0,
    "lf-line-ends": 0,
    "cr-line-ends": 0,
    "mixed-line-ends": 0,
    "all-quoted": 0,
    "incomes-plain": 0,
    "comma-decimals": 0,
    "spaces-around-values": 0,
    "renamed-files": 0,
    "utf-16": 0,
    "semicolons": 0,
    "nameless-column": 0,
    "unknown-column": 0,
    "sales-file-twice": 0,
    "unknown-file": 0,
    "tabs": 0,
    "titles-above-the-header": 0,
    "snake-case-headings": 0,
    "index-column": 0,
    "gzip": 0,
    "sub-folder": 0,
}

# Refused, with these words.
REFUSED = {
    "dates-mixed-orders": "can only be month first and",
    "dates-ambiguous-sales": "Say which with --date-order",
    "missing-column": "looks like products, but lacks the column ProductCost",
    "renamed-header": "lacks the column CustomerKey (and has CustomerID",
    "duplicate-header": "the heading OrderQuantity is there twice",
    "html-page": "the file is an HTML page",
    "header-only": "a header and no records",
    "empty-file": "the file is empty",
    "truncated-file": "breaks off in the middle of a record",
    "undecodable-byte": "neither UTF-8 nor Windows-1252",
    "nul-bytes": "a NUL byte",
    "unterminated-quote": "a quote opens and never closes",
    "swallowing-quote": "A quote out of place has joined records",
    "text-in-many-keys": "more than are allowed",
    "two-files-for-one-table": "2 files for customers, which comes in one",
}

# One record rejected, for this reason.
REJECTED = {
    "too-many-fields": "9 fields where the header has 8",
    "too-few-fields": "7 fields where the header has 8",
    "text-in-key": "is not a whole number",
    "empty-key": "customer_key is empty",
    "decimals-in-integer": "product_key '332.6' is not a whole number",
    "exponent-in-key": "customer_key '2.0E+04' is not a whole number",
    "line-number-zero": "order_line_item '0' is less than 1",
    "stock-date-of-1904": "stock_date '1/1/1904' is before 1990-01-01",
}

# Well-formed, but wrong: loaded, and then records are quarantined for this reason, ...
QUARANTINED = {
    "negative-quantity": "impossible_quantity",
    "zero-quantity": "impossible_quantity",
    "stock-date-after-order": "stocked_after_order",
    "order-date-after-the-calendar": "date_outside_calendar",
    "unknown-product": "unknown_product",
    "conflicting-rows": "conflicting_records",
    "negative-return": "impossible_quantity",
    "return-of-unknown-product": "unknown_product",
}

# ... this test warns (of a wide one, a row that says this), ...
WARNED = {
    "duplicate-rows": "sales__exact_duplicates",
    "unknown-customer": "sales__unusual_lines: unknown_member",
    "unknown-territory": "sales__unusual_lines: unknown_member",
    "births-moved-by-a-century": "customers__implausible_age",
    "prices-rounded": "products__rounded_prices",
    "missing-year": "sales__month_is_missing",
    "one-price-times-100": "products__implausible_margin",
    "quantity-of-thousands": "sales__unusual_lines: implausible_quantity",
    "unknown-code": "customers__unknown_code",
    "births-lost": "customers__missing_value",
    "no-returns": "returns__none",
    "calendar-with-a-gap": "calendar__day_is_missing",
    "email-without-shape": "load__is_unusual: email_without_shape email_address",
    "letters-lost": "load__is_unusual: damaged_text subcategory_name",
    "block-of-lines-lost": "load__is_unusual: missing_numbers",
    "product-key-reused": "drift__attributes_changed: products (another product)",
}

# ... or this test fails, and nothing is published.
STOPPED = {
    "conflicting-customers": "stg_adventure_works__customers__key",
    "product-twice": "stg_adventure_works__products__key",
    "territory-twice": "stg_adventure_works__territories__key",
    "orphan-product": "stg_products__subcategory_exists",
    "orphan-subcategory": "stg_product_subcategories__category_exists",
    "order-of-two-customers": "fact_sales__order_has_one_customer_and_day",
    "order-of-two-days": "fact_sales__order_has_one_customer_and_day",
    "product-and-customer-swapped": "quarantine__share_is_small",
    "order-and-stock-date-swapped": "quarantine__share_is_small",
    "customer-and-territory-swapped": "sales__unknown_share_is_small",
    "keys-of-another-system": "sales__unknown_share_is_small",
    "prices-in-cents": "drift__mean_moved",
    "price-sign-flipped": "drift__mean_moved",
    "price-and-cost-swapped": "drift__mean_moved",
    "incomes-in-thousands": "drift__mean_moved",
    "quantities-by-the-dozen": "drift__mean_moved",
    "births-by-default": "drift__mean_moved",
    "category-renamed": "drift__shares_moved",
    "subcategories-moved": "drift__shares_moved",
    "genders-lost": "drift__shares_moved",
    "colors-emptied": "drift__shares_moved",
    "half-the-orders": "drift__fewer_records",
    "half-the-customers": "drift__fewer_records",
    "orders-doubled": "drift__denser_records",
    "returns-doubled": "drift__denser_records",
    "stale-sales": "drift__older_than_before",
    "calendar-ends-early": "drift__older_than_before",
    "cut-at-a-record": "load__is_implausible: days_without_sales",
    "lines-lost": "load__is_implausible: missing_lines",
    "returns-before-sales": "load__is_implausible: returns_without_sale",
    "costs-as-prices": "load__is_implausible: without_profit",
    "one-email-for-all": "load__is_implausible: one_value email_address",
    "customers-under-a-second-key": "load__is_implausible: shared_email email_address",
    "product-keys-shifted": "drift__attributes_moved: products product_sku",
    "customer-keys-shifted": "drift__attributes_moved: customers last_name",
    "incomes-sorted": "drift__attributes_moved: customers annual_income",
    "incomes-emptied": "drift__attributes_moved: customers annual_income",
    "sizes-and-styles-swapped": "drift__attributes_moved: products product_size",
    "category-names-swapped": "drift__attributes_moved: product_categories category_name",
    "subcategory-names-swapped": "drift__attributes_moved: product_subcategories subcategory_name",
    "regions-swapped": "drift__attributes_moved: territories region",
    "subcategory-moved": "drift__attributes_moved: product_subcategories product_category_key",
    "bikes-in-another-currency": "drift__attributes_moved: products product_price",
    "customers-gone": "drift__attributes_moved: customers (gone)",
    "month-doubled": "drift__closed_days_restated: 2016-12",
    "week-lost": "drift__closed_days_restated: 2016-11",
    "quantities-of-a-month-doubled": "drift__closed_days_restated: 2016-10",
    "days-moved-by-one": "drift__closed_days_restated: 2015-05",
    "products-lost": "drift__closed_days_restated: 2017-02",
}

# What drift would stop is stopped in a first load as well, which has no load before it.
IN_A_FIRST_LOAD = {
    "prices-in-cents": "load__is_implausible: magnitude product_price",
    "incomes-in-thousands": "load__is_implausible: magnitude annual_income",
    "genders-lost": "load__is_implausible: unknown_codes gender",
    "colors-emptied": "load__is_implausible: one_value product_color",
    "births-by-default": "load__is_implausible: births_on_one_day birth_date",
    "orders-doubled": "load__is_implausible: equal_baskets",
    "returns-doubled": "load__is_implausible: repeated_returns",
}

# Those that dbt must catch, in as few builds as keep them apart: none of a build is caught by what another has done.
# The first builds need the facts; the others only what was loaded before.
BUILDS = [
    [
        "negative-quantity",
        "stock-date-after-order",
        "order-date-after-the-calendar",
        "unknown-product",
        "conflicting-rows",
        "duplicate-rows",
        "unknown-customer",
        "births-moved-by-a-century",
        "prices-rounded",
        "one-price-times-100",
        "quantity-of-thousands",
        "unknown-code",
        "calendar-with-a-gap",
        "return-of-unknown-product",
        "territory-twice",
        "orphan-subcategory",
    ],
    [
        "zero-quantity",
        "unknown-territory",
        "negative-return",
        "conflicting-customers",
        "product-twice",
        "order-of-two-customers",
    ],
    # On an empty lake: a file that is absent or empty changes nothing, or is refused, where there are records.
    ["missing-year", "no-returns", "births-lost", "keys-of-another-system", "orphan-product", "order-of-two-days"],
    ["product-and-customer-swapped", "customer-and-territory-swapped"],
    ["order-and-stock-date-swapped"],
    ["price-sign-flipped"],
    ["prices-in-cents", "genders-lost", "half-the-customers", "orders-doubled", "calendar-ends-early"],
    ["incomes-in-thousands", "subcategories-moved", "half-the-orders", "returns-doubled", "stale-sales"],
    ["quantities-by-the-dozen", "category-renamed"],
    ["births-by-default", "colors-emptied"],
    ["price-and-cost-swapped"],
    [
        "product-keys-shifted",
        "customer-keys-shifted",
        "category-names-swapped",
        "subcategory-names-swapped",
        "regions-swapped",
        "month-doubled",
        "week-lost",
        "quantities-of-a-month-doubled",
        "days-moved-by-one",
        "products-lost",
    ],
    [
        "incomes-sorted",
        "sizes-and-styles-swapped",
        "subcategory-moved",
        "lines-lost",
        "block-of-lines-lost",
        "returns-before-sales",
        "email-without-shape",
        "customers-under-a-second-key",
    ],
    ["bikes-in-another-currency", "product-key-reused", "customers-gone", "cut-at-a-record"],
    [
        "incomes-emptied",
        "costs-as-prices",
        "one-email-for-all",
        "letters-lost",
    ],
]

# Neither good nor bad by itself; each has a test of its own.
SPECIAL = {
    "joined-files": "the header in the middle counts as a blank record, and is said",
    "missing-file": "refused on an empty lake; on a full one nothing changes",
    "dates-days-to-twelve": "read month first, the only order that leaves the file sorted",
    "dates-ambiguous-returns": "read month first, the only order that leaves the file sorted and in the calendar",
}

GUARDS = {
    "read": READ_THE_SAME,
    "refused": REFUSED,
    "record rejected": REJECTED,
    "record quarantined": QUARANTINED,
    "warning": WARNED,
    "publish stopped": STOPPED,
    "depends": SPECIAL,
}


def markdown() -> str:
    """The page: one row per damage, by what happens."""
    lines = [
        "# What happens to bad input",
        "",
        "<!-- Written by `make faults`, which does every damage to a sample and sees that its guard catches it. -->",
        "",
        f"{len(DAMAGE)} kinds of damage (`tests/damage`), each done to clean files and loaded over these. Guards that",
        "begin with `drift__` compare a file with its earlier load, so they see nothing in a first load. Those that",
        "begin with `load__` need no load before. After the colon is what the row of a test says.",
        "",
        "| Damage | To | What it is | What happens | Guard |",
        "|---|---|---|---|---|",
    ]
    for outcome, guards in GUARDS.items():
        for name, guard in guards.items():
            entry = DAMAGE[name]
            shown = "the same rows as from the clean files" if outcome == "read" else f"`{guard}`"
            shown = guard if outcome == "depends" else shown
            if name in IN_A_FIRST_LOAD:
                shown += f"; in a first load `{IN_A_FIRST_LOAD[name]}`"
            lines.append(f"| {name} | {entry.table} | {entry.description} | {outcome} | {shown} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
    sys.stdout.write(markdown())
