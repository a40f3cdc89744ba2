"""Products that were loaded several times, and a Redshift without any history: a run makes it again from the lake."""

from collections.abc import Iterator
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

    def price(of: str) -> None:
        def change(rows: list[list[str]]) -> None:
            for row in rows[1:]:
                row[-1] = of

        edit(products, change)

    price("10")
    site.load()
    price("20")
    site.run_in_production()
    versions = (
        f"select distinct version_number, product_price from {PREFIX}core.dim_products_history where product_key > 0"
    )
    assert sorted(map(tuple, site.warehouse.query(versions))) == [(1, 10), (2, 20)]
    assert [*map(tuple, site.warehouse.query(f"select distinct unit_price from {PREFIX}core.fact_sales"))] == [(10,)]
    assert not site.warehouse.query("select nspname from pg_namespace where nspname like '%_v%_raw'")
