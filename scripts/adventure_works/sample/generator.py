"""Writes the sample's ten files."""

import math
from collections.abc import Callable
from pathlib import Path

from adventure_works.errors import AdventureError
from adventure_works.sample import catalogue, files, people, sales

SMALLEST_SCALE, LARGEST_SCALE = 0.01, 10_000
_BYTES_AT_SCALE_1 = 5_000_000
_CUSTOMERS_PER_CHUNK = 1 << 16

Progress = Callable[[int, int], None]
"""Called now and then with the customers and orders written so far, and how many there are in all."""


def generate(
    folder: Path,
    *,
    scale: float = 1.0,
    seed: int = 42,
    progress: Progress = lambda done, total: None,
) -> None:
    """Writes the ten files into `folder`, which is created or, if generated before, replaced.

    Scale 1 has the size of the Kaggle set (56 thousand order lines, 18 thousand customers, 4.5 MB); others are in
    proportion, except calendar, products and territories. The same seed and scale give the same bytes on any
    machine.

    Raises AdventureError when the scale is out of range, the folder has files that were not generated, or writing
    fails.
    """
    if not (math.isfinite(scale) and SMALLEST_SCALE <= scale <= LARGEST_SCALE):
        raise AdventureError(f"Scale {scale} is out of range: choose from {SMALLEST_SCALE} to {LARGEST_SCALE:,}.")
    made_with = {"scale": scale, "seed": seed}
    with files.replaced(folder, int(_BYTES_AT_SCALE_1 * scale), made_with) as partial:
        plan, products = sales.plan(scale, seed), catalogue.products()
        total = plan.customers + plan.orders
        _write_small_files(partial, products)
        _write_customers(partial, plan, lambda done: progress(done, total))
        _write_sales_and_returns(partial, plan, products, lambda done: progress(plan.customers + done, total))


def _write_small_files(folder: Path, products: list[catalogue.Product]) -> None:
    with files.created(folder, "calendar") as file:
        file.write(sales.calendar_csv())
    names = {int(one): one.name.replace("_", " ").title() for one in catalogue.Category}
    files.write_rows(folder, "product_categories", names.items())
    categories = {product.subcategory: product.category for product in products}
    keys = {name: key for key, name in enumerate(categories, start=1)}
    subcategories = [(keys[name], name, int(category)) for name, category in categories.items()]
    files.write_rows(folder, "product_subcategories", subcategories)
    files.write_rows(folder, "products", [(one.key, keys[one.subcategory], *one.texts) for one in products])
    territories = [(key, *names) for key, names in enumerate(sales.TERRITORIES, start=1)]
    files.write_rows(folder, "territories", territories)


def _write_customers(folder: Path, plan: sales.Plan, progress: Callable[[int], None]) -> None:
    with files.created(folder, "customers") as file:
        for start in range(0, plan.customers, _CUSTOMERS_PER_CHUNK):
            end = min(start + _CUSTOMERS_PER_CHUNK, plan.customers)
            file.write(people.csv(plan.seed, start, end, plan.customers))
            progress(end)


def _write_sales_and_returns(
    folder: Path, plan: sales.Plan, products: list[catalogue.Product], progress: Callable[[int], None]
) -> None:
    tables = sales.tables(plan.seed, products)
    returned, units = [], 0
    for year in (2015, 2016, 2017):
        with files.created(folder, "sales", f"_{year}") as file:
            for chunk in sales.chunks(plan, tables, year):
                file.write(sales.csv(plan, tables, chunk))
                records, units = sales.returns(plan, tables, chunk, units)
                returned.append(records)
                progress(int(chunk.order[-1]) + 1)
    with files.created(folder, "returns") as file:
        file.writelines(sales.returns_csv(tables, returned))
