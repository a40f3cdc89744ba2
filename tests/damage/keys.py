"""Files in which a key no longer means what it did in the load before."""

from pathlib import Path

from damage.catalogue import (
    CATEGORIES,
    CUSTOMERS,
    PRODUCTS,
    SUBCATEGORIES,
    TERRITORIES,
    Rows,
    edit_column,
    edit_one_value,
    edit_rows,
    kind_of_damage,
)
from damage.content import swap_columns, times


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
    swap_columns(folder / PRODUCTS, "ProductSize", "ProductStyle")


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
                    row[place] = times(1.6)(row[place])
        return rows

    edit_rows(folder / PRODUCTS, converted)


@kind_of_damage("product-key-reused", "products", "the key of one product for another one")
def _product_key_reused(folder: Path) -> None:
    for column in ("ProductSKU", "ProductName"):
        edit_one_value(folder / PRODUCTS, column, lambda value: f"New {value}", at=0.2)


@kind_of_damage("customers-gone", "customers", "the file without every tenth customer")
def _customers_gone(folder: Path) -> None:
    edit_rows(folder / CUSTOMERS, lambda rows: [row for at, row in enumerate(rows) if at % 10 != 1])
