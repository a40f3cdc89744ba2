"""Products that were loaded several times, and a Redshift without any history: a run makes it again from the lake."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from adventure_works.sample.generator import generate
from sites import PREFIX, Site, edit
from standin.stack import StandIn


@pytest.fixture
def site(standin: StandIn, tmp_path: Path) -> Iterator[Site]:
    generate(tmp_path / "files", scale=0.01, seed=7)
    warehouse = standin.create_warehouse(standin.create_bucket())
    yield Site(tmp_path, tmp_path / "files", warehouse)
    standin.engine.drop_database(warehouse.database)


@pytest.mark.slow
def test_old_sales_keep_their_prices_though_no_build_has_seen_them(site: Site) -> None:
    products = site.files / "AdventureWorks_Products.csv"

    prices: list[list[Decimal]] = []

    def raise_prices(rows: list[list[str]]) -> None:
        before = [Decimal(row[-1]) for row in rows[1:]]
        after = [round(price * Decimal("1.05"), 4) for price in before]
        for row, price in zip(rows[1:], after, strict=True):
            row[-1] = str(price)
        prices.extend((before, after))

    site.load()
    edit(products, raise_prices)
    site.run_in_production()
    versions = f"select version_number, product_price from {PREFIX}core.dim_products_history where product_key > 0"
    expected = [(number, price) for number, of_load in enumerate(prices, start=1) for price in of_load]
    assert sorted(map(tuple, site.warehouse.query(versions))) == sorted(expected)
    sold = {price for (price,) in site.warehouse.query(f"select distinct unit_price from {PREFIX}core.fact_sales")}
    assert sold and sold <= {*prices[0]}
    assert not site.warehouse.query(f"select nspname from pg_namespace where nspname like '{PREFIX}v%raw'")
