"""Files of the right form that say something wrong: other units, other columns, keys, codes and names.

Most show only in comparison with an earlier load, so they are tried on top of a load of the clean files.
"""

from collections.abc import Callable
from pathlib import Path

from damage.catalogue import (
    CATEGORIES,
    CUSTOMERS,
    PRODUCTS,
    RETURNS,
    SALES,
    SALES_2016,
    SUBCATEGORIES,
    TERRITORIES,
    Row,
    Rows,
    edit_column,
    edit_one_value,
    edit_rows,
    kind_of_damage,
    middle,
)

SALES_2017 = SALES[2017]


def times(factor: float) -> Callable[[str], str]:
    """Multiplies an amount."""
    return lambda value: f"{float(value) * factor:.4f}"


def swap_columns(path: Path, one: str, other: str) -> None:
    """Gives two columns each other's values; the header stays."""

    def swapped(rows: Rows) -> Rows:
        first, second = rows[0].index(one), rows[0].index(other)
        for row in rows[1:]:
            row[first], row[second] = row[second], row[first]
        return rows

    edit_rows(path, swapped)


def _repeat_one_row(path: Path, edit: Callable[[Row], Row]) -> None:
    """Adds an edited copy of a record in the middle, right after it."""

    def repeated(rows: Rows) -> Rows:
        place = middle(rows)
        return [*rows[: place + 1], edit(list(rows[place])), *rows[place + 1 :]]

    edit_rows(path, repeated)


# ---- money ----


@kind_of_damage("prices-in-cents", "products", "prices and costs in cents")
def _prices_in_cents(folder: Path) -> None:
    for column in ("ProductPrice", "ProductCost"):
        edit_column(folder / PRODUCTS, column, times(100))


@kind_of_damage("price-and-cost-swapped", "products", "prices where the costs belong, and the reverse")
def _price_and_cost_swapped(folder: Path) -> None:
    swap_columns(folder / PRODUCTS, "ProductPrice", "ProductCost")


@kind_of_damage("price-sign-flipped", "products", "negative prices")
def _price_sign_flipped(folder: Path) -> None:
    edit_column(folder / PRODUCTS, "ProductPrice", lambda value: f"-{value}")


@kind_of_damage("one-price-times-100", "products", "the price of one product with the decimal point lost")
def _one_price_times_100(folder: Path) -> None:
    edit_one_value(folder / PRODUCTS, "ProductPrice", times(100))


@kind_of_damage("incomes-in-thousands", "customers", "incomes in thousands of dollars (90)")
def _incomes_in_thousands(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "AnnualIncome", lambda value: value.strip("$ ").split(",")[0])


@kind_of_damage("costs-as-prices", "products", "the cost of every product as its price")
def _costs_as_prices(folder: Path) -> None:
    def copied(rows: Rows) -> Rows:
        price, cost = rows[0].index("ProductPrice"), rows[0].index("ProductCost")
        for row in rows[1:]:
            row[price] = row[cost]
        return rows

    edit_rows(folder / PRODUCTS, copied)


# ---- quantities ----


@kind_of_damage("quantities-by-the-dozen", "sales", "the quantities of 2016 in dozens taken for units")
def _quantities_by_the_dozen(folder: Path) -> None:
    edit_column(folder / SALES_2016, "OrderQuantity", lambda value: str(int(value) * 12))


@kind_of_damage("quantity-of-thousands", "sales", "one OrderQuantity of 2016 is 5000")
def _quantity_of_thousands(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "OrderQuantity", lambda value: "5000", at=0.45)


@kind_of_damage("negative-return", "returns", "one ReturnQuantity is -1")
def _negative_return(folder: Path) -> None:
    edit_one_value(folder / RETURNS, "ReturnQuantity", lambda value: "-1")


# ---- keys ----


@kind_of_damage("product-and-customer-swapped", "sales", "the products of 2016 under CustomerKey, and the reverse")
def _product_and_customer_swapped(folder: Path) -> None:
    swap_columns(folder / SALES_2016, "ProductKey", "CustomerKey")


@kind_of_damage("customer-and-territory-swapped", "sales", "the customers of 2017 under TerritoryKey, and the reverse")
def _customer_and_territory_swapped(folder: Path) -> None:
    swap_columns(folder / SALES_2017, "CustomerKey", "TerritoryKey")


@kind_of_damage("order-and-stock-date-swapped", "sales", "the order dates of 2016 under StockDate, and the reverse")
def _order_and_stock_date_swapped(folder: Path) -> None:
    swap_columns(folder / SALES_2016, "OrderDate", "StockDate")


@kind_of_damage("keys-of-another-system", "customers", "every CustomerKey a million higher")
def _keys_of_another_system(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "CustomerKey", lambda value: str(int(value) + 1_000_000))


@kind_of_damage("orphan-product", "products", "one product in a subcategory that no file knows")
def _orphan_product(folder: Path) -> None:
    edit_one_value(folder / PRODUCTS, "ProductSubcategoryKey", lambda value: "999", at=0.3)


@kind_of_damage("orphan-subcategory", "product_subcategories", "one subcategory in a category that no file knows")
def _orphan_subcategory(folder: Path) -> None:
    edit_one_value(folder / SUBCATEGORIES, "ProductCategoryKey", lambda value: "99")


@kind_of_damage("return-of-unknown-product", "returns", "one return of a product that no file knows")
def _return_of_unknown_product(folder: Path) -> None:
    edit_one_value(folder / RETURNS, "ProductKey", lambda value: "99999", at=0.3)


@kind_of_damage("product-twice", "products", "one product a second time at another price (sales would fan out)")
def _product_twice(folder: Path) -> None:
    _repeat_one_row(folder / PRODUCTS, lambda row: [*row[:-1], times(1.1)(row[-1])])


@kind_of_damage("territory-twice", "territories", "one territory a second time under another name")
def _territory_twice(folder: Path) -> None:
    _repeat_one_row(folder / TERRITORIES, lambda row: [row[0], "Elsewhere", *row[2:]])


@kind_of_damage("order-of-two-customers", "sales", "an order of 2017 whose lines name two customers")
def _order_of_two_customers(folder: Path) -> None:
    _edit_second_line_of_an_order(folder / SALES_2017, "CustomerKey")


@kind_of_damage("order-of-two-days", "sales", "an order of 2017 whose lines name two days")
def _order_of_two_days(folder: Path) -> None:
    _edit_second_line_of_an_order(folder / SALES_2017, "OrderDate")


def _edit_second_line_of_an_order(path: Path, column: str) -> None:
    """Gives a line that is not the first of its order the value of the record a hundred before it."""

    def edited(rows: Rows) -> Rows:
        line, place = rows[0].index("OrderLineItem"), rows[0].index(column)
        at = next(at for at in range(middle(rows), len(rows)) if rows[at][line] == "2")
        rows[at][place] = rows[at - 100][place]
        return rows

    edit_rows(path, edited)


@kind_of_damage("line-number-zero", "sales", "one OrderLineItem of 2017 is 0")
def _line_number_zero(folder: Path) -> None:
    edit_one_value(folder / SALES_2017, "OrderLineItem", lambda value: "0", at=0.7)


@kind_of_damage("stock-date-of-1904", "sales", "one StockDate of 2017 in 1904")
def _stock_date_of_1904(folder: Path) -> None:
    edit_one_value(folder / SALES_2017, "StockDate", lambda value: "1/1/1904", at=0.8)


@kind_of_damage("customers-under-a-second-key", "customers", "every tenth customer a second time under another key")
def _customers_under_a_second_key(folder: Path) -> None:
    edit_rows(
        folder / CUSTOMERS, lambda rows: [*rows, *([str(int(row[0]) + 1_000_000), *row[1:]] for row in rows[1::10])]
    )


# ---- codes and names ----


@kind_of_damage("category-renamed", "product_categories", "the first category under another name")
def _category_renamed(folder: Path) -> None:
    def renamed(rows: Rows) -> Rows:
        rows[1][1] = f"All {rows[1][1]}"
        return rows

    edit_rows(folder / CATEGORIES, renamed)


@kind_of_damage("subcategories-moved", "product_subcategories", "every subcategory in the category after its own")
def _subcategories_moved(folder: Path) -> None:
    def moved(rows: Rows) -> Rows:
        place = rows[0].index("ProductCategoryKey")
        keys = sorted({row[place] for row in rows[1:]})
        following = dict(zip(keys, [*keys[1:], keys[0]], strict=True))
        return [rows[0], *([*row[:place], following[row[place]], *row[place + 1 :]] for row in rows[1:])]

    edit_rows(folder / SUBCATEGORIES, moved)


@kind_of_damage("genders-lost", "customers", "NA for every gender")
def _genders_lost(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "Gender", lambda value: "NA")


@kind_of_damage("unknown-code", "customers", "one marital status that staging does not know")
def _unknown_code(folder: Path) -> None:
    edit_one_value(folder / CUSTOMERS, "MaritalStatus", lambda value: "D")


@kind_of_damage("births-lost", "customers", "every fifth customer without a birth date")
def _births_lost(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "BirthDate", lambda value: "", every=5)


@kind_of_damage("births-by-default", "customers", "1 January 1950 for every second birth date")
def _births_by_default(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "BirthDate", lambda value: "1/1/1950", every=2)


@kind_of_damage("one-email-for-all", "customers", "the same e-mail address for every customer")
def _one_email_for_all(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "EmailAddress", lambda value: "office@example.com")


@kind_of_damage("email-without-shape", "customers", "one e-mail address without an @")
def _email_without_shape(folder: Path) -> None:
    edit_one_value(folder / CUSTOMERS, "EmailAddress", lambda value: value.replace("@", " at "))


@kind_of_damage("letters-lost", "product_subcategories", "the replacement character in the name of one subcategory")
def _letters_lost(folder: Path) -> None:
    path = folder / SUBCATEGORIES
    lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    lines[3] = lines[3].replace("a", "\ufffd", 1)
    path.write_text("".join(lines), encoding="utf-8", newline="")


@kind_of_damage("colors-emptied", "products", "no colour for any product")
def _colors_emptied(folder: Path) -> None:
    edit_column(folder / PRODUCTS, "ProductColor", lambda value: "NA")
