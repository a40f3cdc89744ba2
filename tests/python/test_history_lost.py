"""The history of prices and customers is kept with the lake: without a warehouse, a run makes it again."""

import dataclasses
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from adventure_works.build import dbt
from adventure_works.errors import AdventureError
from adventure_works.lake.loader import load
from adventure_works.monitor.history import without_stopped
from adventure_works.settings import read_settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.record import AuditRecord
from support import parse
from support.lake import rows
from support.places import own_places

PRODUCTS = "AdventureWorks_Products.csv"
ONLY_HISTORY = ("--select", "+int_products__history", "--exclude-resource-type", "test")


def quiet(what: str, done: int, total: int) -> None:
    pass


def with_price(path: Path, price: str) -> None:
    """Gives every product this price."""
    header, *records = path.read_bytes().splitlines()
    path.write_bytes(b"\r\n".join([header, *(r.rpartition(b",")[0] + b"," + price.encode() for r in records), b""]))


@pytest.fixture
def warehouse(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    """A warehouse without files, and a lake with four loads of products: 10, 20, its correction 30, and 40 dollars."""
    for name, value in own_places(tmp_path).items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("ADVENTURE_TARGET", "published")
    (tmp_path / "warehouse").mkdir()
    for price, options in (("10", {}), ("20", {}), ("30", {"corrects": ("products",)}), ("40", {})):
        with_price(files / PRODUCTS, price)
        load(str(files), tmp_path / "lake", **options)
    return DuckDBWarehouse(read_settings(os.environ), print)


def without_column(folder: Path, column: str) -> None:
    """As if the contract had got the column after the load whose rows are in the folder."""
    (part,) = folder.glob("*.parquet")
    new = part.with_suffix(".new")
    duckdb.sql(f"copy (select * exclude ({column}) from read_parquet('{part}')) to '{new}' (format parquet)")
    new.replace(part)


def product_loads(lake: Path) -> list[str]:
    return [load_id for (load_id,) in rows(lake, "load_log", "load_id", "table_name = 'products'")]


def test_a_lost_warehouse_does_not_restate_old_sales(warehouse: DuckDBWarehouse, parsed: Path, tmp_path: Path) -> None:
    """Two of the four loads have begun on one day, and one of these corrects the other."""
    parse.give(parsed, "adventure")
    settings = read_settings(os.environ)
    target = warehouse.target_folder
    manifest = dbt.parse(settings, target, warehouse.environ, ())
    environ = warehouse.start_candidate([], quiet)
    missed = list(warehouse.missed_loads())
    assert missed == product_loads(tmp_path / "lake")[:-1]
    without_column(tmp_path / "lake" / "raw" / "earlier" / "products" / missed[0], "product_style")
    for load_id in missed:
        with warehouse.as_after(load_id) as places:
            dbt.replay(settings, target, manifest, environ, places)
    environ = {**environ, "ADVENTURE_WAREHOUSE": warehouse.name}
    dbt.build(settings, target, manifest, environ, ONLY_HISTORY, quiet)
    with duckdb.connect(str(warehouse.candidate), read_only=True) as connection:
        found = connection.execute(
            "select distinct version_number, product_price, valid_from = date '1900-01-01' "
            "from intermediate.int_products__history order by all"
        ).fetchall()
        states = connection.execute("select count(distinct load_id) from intermediate.snap_products").fetchone()
    # All are loads of one day, so that the last but first counts.
    assert states == (4,)
    assert [(price, begins) for _, price, begins in found] == [(10, True), (40, False)]
    recorded = [path.name for path in (tmp_path / "lake" / "runs").iterdir() if "columns" not in path.name]
    assert len(recorded) == 1, "only the build is a run"


def test_only_what_is_published_has_not_seen_is_shown_again(
    warehouse: DuckDBWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, _ = product_loads(tmp_path / "lake")
    record = AuditRecord(str(tmp_path / "lake"), first, second)
    warehouse.published.touch()
    monkeypatch.setattr(DuckDBWarehouse, "_record_of", lambda self, file: record)
    monkeypatch.setattr(DuckDBWarehouse, "start_from_published", lambda self: self.start_from_nothing())
    warehouse.start_candidate([], quiet)
    assert list(warehouse.missed_loads()) == [third]
    record = dataclasses.replace(record, began_with="another lake")
    warehouse.start_candidate([], quiet)
    assert list(warehouse.missed_loads()) == [first, second, third]


def test_a_load_that_no_audit_has_let_pass_is_not_history() -> None:
    """Its wrong prices would count for the sales until the load that corrected them."""
    loads = {"L1": "L3", "L3": "L5", "L5": "L7", "L7": "L9"}
    runs = [("L1", 0), ("L3", 2), ("L4", 1), ("L5", 1), ("L6", 0), ("L9", 3)]
    kept = without_stopped(lambda sql: [{"load_id": load_id, "failed": failed} for load_id, failed in runs], loads)
    assert kept.keys() == {"L1", "L5", "L7"}


def test_a_lake_that_has_lost_an_earlier_load_is_refused(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    _, second, *_ = product_loads(lake)
    shutil.rmtree(lake / "raw" / "earlier" / "products" / second)
    warehouse.start_candidate([], quiet)
    with pytest.raises(AdventureError) as refusal:
        warehouse.missed_loads()
    assert f"the load log shows 4 loads of products, and the rows of load {second} are neither" in str(refusal.value)
    assert "adventure run --replace --source" in str(refusal.value)
