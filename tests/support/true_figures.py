"""The true figures of a set of clean files, from the CSV text with Python's csv and decimals: apart from the project.

They have the names and the form of `../shared/data/expected.json`. The bands are those of the seeds.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from support.bands import bands
from support.places import KAGGLE

Line = dict[str, object]
"""An order line with its product's prices and its customer, in text but for the amounts and the day."""

AGE_GROUPS = bands("age_group")
INCOME_BRACKETS = bands("income_bracket")


def true_figures(folder: Path) -> dict:
    """The figures of the files in a folder, by section."""
    products = {row["ProductKey"]: row for row in _rows(folder, "Products")}
    categories = _category_of_product(folder, products)
    customers = {row["CustomerKey"]: row for row in _rows(folder, "Customers")}
    lines = [_line(row, products, customers) for row in _rows(folder, "Sales_*")]
    returns = list(_rows(folder, "Returns"))
    returned: dict[str, int] = defaultdict(int)
    for row in returns:
        returned[row["ProductKey"]] += int(row["ReturnQuantity"])
    total, return_units = _measures(lines), sum(returned.values())
    orders_of: dict[object, set] = defaultdict(set)
    for line in lines:
        orders_of[line["CustomerKey"]].add(line["OrderNumber"])
    repeat = sum(len(orders) > 1 for orders in orders_of.values())
    by_category = _by(lines, lambda line: categories[line["ProductKey"]], "category")
    unsold = set(categories.values()) - {row["category"] for row in by_category}
    for row in by_category:
        row["first_sale"] = str(min(line["day"] for line in lines if categories[line["ProductKey"]] == row["category"]))
        row["return_units"] = sum(n for product, n in returned.items() if categories[product] == row["category"])
        row["return_rate_pct"] = 100 * Decimal(row["return_units"]) / row["units"]
    return {
        "headline": {name: value for name, value in total.items() if name != "customers"}
        | {
            "order_lines": len(lines),
            "customers": len(customers),
            "customers_with_orders": total["customers"],
            "products_sold": len({line["ProductKey"] for line in lines}),
            "first_order_date": str(min(line["day"] for line in lines)),
            "last_order_date": str(max(line["day"] for line in lines)),
            "profit_margin_pct": total["margin_pct"],
            "average_order_value": total["aov"],
            "revenue_per_customer_with_orders": total["revenue_per_customer"],
        },
        "returns": {
            "return_rows": len(returns),
            "returned_list_value": sum(n * Decimal(products[key]["ProductPrice"]) for key, n in returned.items()),
            "first_return_date": str(min(_day(row["ReturnDate"]) for row in returns)),
            "last_return_date": str(max(_day(row["ReturnDate"]) for row in returns)),
            "return_units": return_units,
            "return_rate_of_units_pct": 100 * Decimal(return_units) / total["units"],
        },
        "repeat_customers": {
            "repeat_customers": repeat,
            "repeat_rate_pct": 100 * Decimal(repeat) / total["customers"],
        },
        "by_category": by_category + [_without_sales(category) for category in unsold],
        "by_year": sorted(_by(lines, lambda line: line["day"].year, "y"), key=lambda row: row["y"]),
        "by_gender": _by(lines, lambda line: line["customer"]["Gender"], "gender"),
        "by_age_group_at_order_date": _in_order(_by(lines, _age_group, "age_group"), AGE_GROUPS),
        "by_income_bracket": _in_order(_by(lines, _income_bracket, "income_bracket"), INCOME_BRACKETS),
    }


def kaggle_rows(name: str) -> list[dict[str, str]]:
    """The rows of the Kaggle files of a name, such as Products or Sales_*."""
    return list(_rows(KAGGLE, name))


def _rows(folder: Path, name: str) -> Iterable[dict[str, str]]:
    """The rows of the files of a name."""
    for path in sorted(folder.glob(f"AdventureWorks_{name}.csv")):
        with path.open(encoding="cp1252", newline="") as text:
            yield from csv.DictReader(text)


def _category_of_product(folder: Path, products: dict[str, dict[str, str]]) -> dict[str, str]:
    names = {row["ProductCategoryKey"]: row["CategoryName"] for row in _rows(folder, "Product_Categories")}
    of_sub = {row["ProductSubcategoryKey"]: row["ProductCategoryKey"] for row in _rows(folder, "Product_Subcategories")}
    return {key: names[of_sub[row["ProductSubcategoryKey"]]] for key, row in products.items()}


def _line(row: dict[str, str], products: dict[str, dict[str, str]], customers: dict[str, dict[str, str]]) -> Line:
    units, product = int(row["OrderQuantity"]), products[row["ProductKey"]]
    revenue, cost = units * Decimal(product["ProductPrice"]), units * Decimal(product["ProductCost"])
    amounts = {"units": units, "revenue": revenue, "cost": cost, "profit": revenue - cost}
    return row | amounts | {"day": _day(row["OrderDate"]), "customer": customers[row["CustomerKey"]]}


def _day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()


def _measures(lines: list[Line]) -> dict[str, object]:
    """What is counted and summed of lines."""
    sums = {name: sum(line[name] for line in lines) for name in ("units", "revenue", "cost", "profit")}
    orders = len({line["OrderNumber"] for line in lines})
    customers = len({line["CustomerKey"] for line in lines})
    return sums | {
        "orders": orders,
        "customers": customers,
        "margin_pct": 100 * sums["profit"] / sums["revenue"],
        "aov": sums["revenue"] / orders,
        "revenue_per_customer": sums["revenue"] / customers,
    }


def _by(lines: list[Line], group: Callable[[Line], object], name: str) -> list[dict]:
    groups: dict[object, list[Line]] = defaultdict(list)
    for line in lines:
        groups[group(line)].append(line)
    return [{name: label, **_measures(members)} for label, members in groups.items()]


def _without_sales(category: str) -> dict:
    """A category of which nothing was sold, and so nothing returned."""
    return {"category": category, "return_units": 0} | dict.fromkeys(
        ("orders", "units", "revenue", "cost", "profit", "first_sale")
    )


def _in_order(rows: list[dict], groups: Iterable[str]) -> list[dict]:
    """The rows in the order of their groups; the group is what a row begins with."""
    labels = list(groups)
    return sorted(rows, key=lambda row: labels.index(next(iter(row.values()))))


def _age_group(line: Line) -> str:
    """By the birthdays that the customer has had on the day of the order."""
    born, day = _day(line["customer"]["BirthDate"]), line["day"]
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return next(label for label, below in AGE_GROUPS.items() if age < below)


def _income_bracket(line: Line) -> str:
    income = int(line["customer"]["AnnualIncome"].strip().strip("$").replace(",", ""))
    return next(label for label, below in INCOME_BRACKETS.items() if income < below)
