"""Files of the right form that say something wrong: other units, other columns, other keys, half or twice the records.

Most show only in comparison with an earlier load, so they are tried on top of a load of the clean files.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from damage.catalogue import (
    CALENDAR,
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


def _times(factor: float) -> Callable[[str], str]:
    return lambda value: f"{float(value) * factor:.4f}"


def _swap_columns(path: Path, one: str, other: str) -> None:
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
        edit_column(folder / PRODUCTS, column, _times(100))


@kind_of_damage("price-and-cost-swapped", "products", "prices where the costs belong, and the reverse")
def _price_and_cost_swapped(folder: Path) -> None:
    _swap_columns(folder / PRODUCTS, "ProductPrice", "ProductCost")


@kind_of_damage("price-sign-flipped", "products", "negative prices")
def _price_sign_flipped(folder: Path) -> None:
    edit_column(folder / PRODUCTS, "ProductPrice", lambda value: f"-{value}")


@kind_of_damage("one-price-times-100", "products", "the price of one product with the decimal point lost")
def _one_price_times_100(folder: Path) -> None:
    edit_one_value(folder / PRODUCTS, "ProductPrice", _times(100))


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
    _swap_columns(folder / SALES_2016, "ProductKey", "CustomerKey")


@kind_of_damage("customer-and-territory-swapped", "sales", "the customers of 2017 under TerritoryKey, and the reverse")
def _customer_and_territory_swapped(folder: Path) -> None:
    _swap_columns(folder / SALES_2017, "CustomerKey", "TerritoryKey")


@kind_of_damage("order-and-stock-date-swapped", "sales", "the order dates of 2016 under StockDate, and the reverse")
def _order_and_stock_date_swapped(folder: Path) -> None:
    _swap_columns(folder / SALES_2016, "OrderDate", "StockDate")


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
    _repeat_one_row(folder / PRODUCTS, lambda row: [*row[:-1], _times(1.1)(row[-1])])


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


# ---- what a key means ----


def _keys_shifted(path: Path) -> None:
    """Gives each record the key of the next one."""

    def shifted(rows: Rows) -> Rows:
        keys = [row[0] for row in rows[1:]]
        return [rows[0], *([key, *row[1:]] for key, row in zip([*keys[1:], keys[0]], rows[1:], strict=True))]

    edit_rows(path, shifted)


def _values_swapped(path: Path, column: str, one: int, other: int) -> None:
    """Gives two records each other's value of a column."""

    def swapped(rows: Rows) -> Rows:
        place = rows[0].index(column)
        rows[one][place], rows[other][place] = rows[other][place], rows[one][place]
        return rows

    edit_rows(path, swapped)


@kind_of_damage("product-keys-shifted", "products", "every product under the key of the next")
def _product_keys_shifted(folder: Path) -> None:
    _keys_shifted(folder / PRODUCTS)


@kind_of_damage("customer-keys-shifted", "customers", "every customer under the key of the next")
def _customer_keys_shifted(folder: Path) -> None:
    _keys_shifted(folder / CUSTOMERS)


@kind_of_damage("incomes-sorted", "customers", "the column of incomes sorted by itself")
def _incomes_sorted(folder: Path) -> None:
    def sorted_by_itself(rows: Rows) -> Rows:
        place = rows[0].index("AnnualIncome")
        for row, value in zip(rows[1:], sorted(row[place] for row in rows[1:]), strict=True):
            row[place] = value
        return rows

    edit_rows(folder / CUSTOMERS, sorted_by_itself)


@kind_of_damage("incomes-emptied", "customers", "no income for every tenth customer")
def _incomes_emptied(folder: Path) -> None:
    edit_column(folder / CUSTOMERS, "AnnualIncome", lambda value: "", every=10)


@kind_of_damage("sizes-and-styles-swapped", "products", "sizes where the styles belong, and the reverse")
def _sizes_and_styles_swapped(folder: Path) -> None:
    _swap_columns(folder / PRODUCTS, "ProductSize", "ProductStyle")


@kind_of_damage("category-names-swapped", "product_categories", "the names of two categories swapped")
def _category_names_swapped(folder: Path) -> None:
    _values_swapped(folder / CATEGORIES, "CategoryName", 1, 3)


@kind_of_damage("subcategory-names-swapped", "product_subcategories", "the names of two subcategories swapped")
def _subcategory_names_swapped(folder: Path) -> None:
    _values_swapped(folder / SUBCATEGORIES, "SubcategoryName", 1, 20)


@kind_of_damage("regions-swapped", "territories", "the names of two regions swapped")
def _regions_swapped(folder: Path) -> None:
    _values_swapped(folder / TERRITORIES, "Region", 1, 9)


@kind_of_damage("subcategory-moved", "product_subcategories", "one subcategory in another category")
def _subcategory_moved(folder: Path) -> None:
    _values_swapped(folder / SUBCATEGORIES, "ProductCategoryKey", 2, 30)


@kind_of_damage("bikes-in-another-currency", "products", "prices and costs of bikes in another currency")
def _bikes_in_another_currency(folder: Path) -> None:
    def converted(rows: Rows) -> Rows:
        places = [rows[0].index(column) for column in ("ProductPrice", "ProductCost")]
        for row in rows[1:]:
            if row[rows[0].index("ProductSubcategoryKey")] in ("1", "2", "3"):
                for place in places:
                    row[place] = _times(1.6)(row[place])
        return rows

    edit_rows(folder / PRODUCTS, converted)


@kind_of_damage("product-key-reused", "products", "the key of one product for another one")
def _product_key_reused(folder: Path) -> None:
    for column in ("ProductSKU", "ProductName"):
        edit_one_value(folder / PRODUCTS, column, lambda value: f"New {value}", at=0.2)


@kind_of_damage("customers-gone", "customers", "the file without every tenth customer")
def _customers_gone(folder: Path) -> None:
    edit_rows(folder / CUSTOMERS, lambda rows: [row for at, row in enumerate(rows) if at % 10 != 1])


# ---- how many, and from when ----


@kind_of_damage("half-the-orders", "sales", "2016 without every second order")
def _half_the_orders(folder: Path) -> None:
    def half(rows: Rows) -> Rows:
        place = rows[0].index("OrderNumber")
        return [rows[0], *(row for row in rows[1:] if int(row[place].strip("SO")) % 2)]

    edit_rows(folder / SALES_2016, half)


@kind_of_damage("cut-at-a-record", "sales", "2016 without its last 30 days")
def _cut_at_a_record(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [row for row in rows if row is rows[0] or not row[0].startswith("12/")])


@kind_of_damage("lines-lost", "sales", "2016 without every tenth line")
def _lines_lost(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [row for at, row in enumerate(rows) if at % 10 != 5])


@kind_of_damage("block-of-lines-lost", "sales", "100 lines missing from the middle of 2017")
def _block_of_lines_lost(folder: Path) -> None:
    edit_rows(folder / SALES_2017, lambda rows: [*rows[: middle(rows)], *rows[middle(rows) + 100 :]])


@kind_of_damage("orders-doubled", "sales", "every order of 2016 a second time under a number of its own")
def _orders_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        place = rows[0].index("OrderNumber")
        again = ([*row[:place], f"X{row[place]}", *row[place + 1 :]] for row in rows[1:])
        return [rows[0], *(row for pair in zip(rows[1:], again, strict=True) for row in pair)]

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("month-doubled", "sales", "the orders of December 2016 a second time under numbers of their own")
def _month_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        number = rows[0].index("OrderNumber")
        again = ([*row[:number], f"X{row[number]}", *row[number + 1 :]] for row in rows if row[0].startswith("12/"))
        return [*rows, *again]

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("week-lost", "sales", "2016 without a week of November")
def _week_lost(folder: Path) -> None:
    week = tuple(f"11/{day}/" for day in range(10, 17))
    edit_rows(folder / SALES_2016, lambda rows: [row for row in rows if not row[0].startswith(week)])


@kind_of_damage("quantities-of-a-month-doubled", "sales", "the quantities of October 2016 doubled")
def _quantities_of_a_month_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        place = rows[0].index("OrderQuantity")
        for row in rows[1:]:
            if row[0].startswith("10/"):
                row[place] = str(int(row[place]) * 2)
        return rows

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("days-moved-by-one", "sales", "every order of 2015 a day later")
def _days_moved_by_one(folder: Path) -> None:
    def later(value: str) -> str:
        month, day, year = map(int, value.split("/"))
        moved = date(year, month, day) + timedelta(1)
        return f"{moved.month}/{moved.day}/{moved.year}"

    edit_column(folder / SALES[2015], "OrderDate", later)


@kind_of_damage("products-lost", "sales", "2017 without the sales of every tenth product")
def _products_lost(folder: Path) -> None:
    def without(rows: Rows) -> Rows:
        place = rows[0].index("ProductKey")
        return [row for row in rows if not row[place].endswith("0")]

    edit_rows(folder / SALES_2017, without)


@kind_of_damage("returns-doubled", "returns", "every return twice")
def _returns_doubled(folder: Path) -> None:
    edit_rows(folder / RETURNS, lambda rows: [rows[0], *(row for row in rows[1:] for _ in range(2))])


@kind_of_damage("returns-before-sales", "returns", "every second return on the first day of the calendar")
def _returns_before_sales(folder: Path) -> None:
    edit_column(folder / RETURNS, "ReturnDate", lambda value: "1/1/2015", every=2)


@kind_of_damage("half-the-customers", "customers", "the file without its second half")
def _half_the_customers(folder: Path) -> None:
    edit_rows(folder / CUSTOMERS, lambda rows: rows[: middle(rows)])


@kind_of_damage("stale-sales", "sales", "2017 as it was before its last month")
def _stale_sales(folder: Path) -> None:
    edit_rows(folder / SALES_2017, lambda rows: [row for row in rows if row is rows[0] or not row[0].startswith("6/")])


@kind_of_damage("calendar-ends-early", "calendar", "the calendar without its last month")
def _calendar_ends_early(folder: Path) -> None:
    edit_rows(folder / CALENDAR, lambda rows: rows[:-30])


@kind_of_damage("calendar-with-a-gap", "calendar", "the calendar without one day in its middle")
def _calendar_with_a_gap(folder: Path) -> None:
    edit_rows(folder / CALENDAR, lambda rows: [*rows[: middle(rows)], *rows[middle(rows) + 1 :]])
