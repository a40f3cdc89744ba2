"""What the lake cannot give back is kept beside it, and brings a lost warehouse back as it was."""

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.lake.loader import load
from adventure_works.settings import read_settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.kept import TABLES
from adventure_works.warehouse.record import AuditRecord, Outcome, write_record
from support.commands import run_adventure
from support.places import own_places


def quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture
def said() -> list[str]:
    """What is announced."""
    return []


@pytest.fixture
def warehouse(files: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    """A warehouse with a history that the lake does not have: its first load is gone, and so is a profile of it."""
    for name, value in own_places(tmp_path).items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    settings = read_settings(os.environ)
    load(str(files), settings.lake_folder)
    settings.database.parent.mkdir()
    began_with = next((settings.lake_folder / "raw" / "load_log").glob("*")).stem
    with duckdb.connect(str(settings.database)) as connection:
        for statement in (
            "create schema intermediate",
            "create schema core",
            "create table intermediate.snap_products as select 1 as product_key, 9.95::decimal(18, 4) as price, "
            "null::timestamp as dbt_valid_to, true as is_of_an_earlier_lake",
            "create table intermediate.snap_customers (customer_key integer, email_address varchar)",
            "create schema operations",
            "create table operations.load_profiles as select 'L0' as load_id, date '2017-01-01' as first_date",
            "create table core.fact_sales as select 1 as order_number",
        ):
            connection.execute(statement)
        record = AuditRecord(str(settings.lake_folder), began_with, "20170101T000000000000", outcome=Outcome.PASSED)
        write_record(connection.execute, record)
    return DuckDBWarehouse(settings, said.append)


def tables(database: Path) -> dict[str, list[tuple]]:
    """The columns with their types, and the rows, of every table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        return {
            name: [*connection.execute(f"describe {name}").fetchall(), *connection.execute(f"from {name}").fetchall()]
            for (name,) in names
        }


def test_a_candidate_begins_with_the_history(warehouse: DuckDBWarehouse, said: list[str]) -> None:
    before = tables(warehouse.published)
    warehouse.keep_history()
    # What is published has its own history.
    warehouse.start_candidate([], quiet)
    assert not any("was restored" in sentence for sentence in said)
    shutil.rmtree(warehouse.published.parent)
    warehouse.published.parent.mkdir()

    warehouse.start_candidate([], quiet)

    assert said[-1] == "Nothing is published here: the history of load 20170101T000000000000 was restored."
    after = tables(warehouse.candidate)
    wanted = {f"{schema}.{name}" for schema, name in TABLES}
    assert after.keys() == wanted | {"operations.audit_record"}
    assert {name: after[name] for name in wanted} == {name: before[name] for name in wanted}


def test_a_history_is_restored_whole_or_not_at_all(warehouse: DuckDBWarehouse, said: list[str]) -> None:
    warehouse.keep_history()
    warehouse.published.unlink()
    (content,) = (warehouse.lake / "history").glob("*/*/history.json")
    whole = content.read_text(encoding="utf-8")
    found = json.loads(whole)
    found["tables"][1]["rows"] = 7
    content.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(AdventureError, match=r"has 1 rows, and 7 were written. Nothing has been restored"):
        warehouse.start_candidate([], quiet)
    assert "intermediate.snap_products" not in tables(warehouse.candidate)
    # One that nobody has finished is none, and neither is that of another lake.
    content.unlink()
    warehouse.start_candidate([], quiet)
    assert tables(warehouse.candidate).keys() == {"operations.audit_record"}
    content.write_text(json.dumps(json.loads(whole) | {"began_with": "20010101T000000000000"}), encoding="utf-8")
    warehouse.start_candidate([], quiet)
    assert tables(warehouse.candidate).keys() == {"operations.audit_record"}


def test_the_last_histories_are_kept_and_one_of_each_lake_before(warehouse: DuckDBWarehouse, said: list[str]) -> None:
    """One publication that was a mistake does not remove the last good history, and the way back is one move."""

    def published(began_with: str, load_id: str) -> Path:
        with duckdb.connect(str(warehouse.published)) as connection:
            record = AuditRecord(str(warehouse.lake), began_with, load_id, outcome=Outcome.PASSED)
            write_record(connection.execute, record)
        warehouse.keep_history()
        return max((warehouse.lake / "history").glob("*/*"))

    began_with = next((warehouse.lake / "raw" / "load_log").glob("*")).stem
    _, before = published("earlier", "E1"), published("earlier", "E2")
    _, *good, damaged = (published(began_with, load_id) for load_id in ("L1", "L2", "L3", "L4"))
    assert {*(warehouse.lake / "history").glob("*/*")} == {before, *good, damaged}

    warehouse.published.unlink()
    (damaged / "intermediate.snap_products.parquet").write_bytes(b"")
    with pytest.raises(AdventureError):
        warehouse.start_candidate([], quiet)
    shutil.rmtree(damaged)
    warehouse.start_candidate([], quiet)
    assert said[-1] == "Nothing is published here: the history of load L3 was restored."


def test_what_is_published_need_not_be_restored(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    done = run_adventure(tmp_path, "restore")
    assert done.returncode == 1 and "is there, so that there is nothing to restore" in done.stderr


def test_everything_that_a_full_refresh_leaves_alone_is_kept(manifest: dict) -> None:
    kept = {
        (node["config"]["schema"], node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "snapshot" or node["config"].get("full_refresh") is False
    }
    assert kept == set(TABLES)


@pytest.mark.slow
def test_a_lost_warehouse_comes_back_with_every_figure(small_sample: Path, tmp_path: Path) -> None:
    """The drill: two runs with another price in between, then the warehouse is removed, restored, and run again."""

    def adventure(*arguments: str | Path) -> None:
        done = run_adventure(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr

    def figures() -> dict[str, list[tuple]]:
        with duckdb.connect(str(tmp_path / "warehouse" / "test.duckdb"), read_only=True) as connection:
            names = connection.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name in ('core', 'persons', 'marts') "
                "union all values ('operations', 'load_profiles'), ('intermediate', 'snap_products')"
            ).fetchall()
            return {
                name: connection.execute(
                    f"select columns(lambda name: name <> 'build_state') from {schema}.{name} order by all"
                ).fetchall()
                for schema, name in names
            }

    files = shutil.copytree(small_sample, tmp_path / "files")
    adventure("run", "--source", files, "--accept-drift")
    products = files / "AdventureWorks_Products.csv"
    header, *records = products.read_bytes().splitlines()
    products.write_bytes(b"\r\n".join([header, *(r.rpartition(b",")[0] + b",4321" for r in records), b""]))
    adventure("run", "--source", files, "--accept-drift")
    before = figures()
    shutil.rmtree(tmp_path / "warehouse")
    # As in a lake of an earlier version of the project: it cannot make the history again.
    shutil.rmtree(tmp_path / "lake" / "raw" / "earlier")
    history = shutil.move(tmp_path / "lake" / "history", tmp_path / "history")
    lost = run_adventure(tmp_path, "restore")
    assert lost.returncode == 1 and "old sales would get other prices" in lost.stderr
    shutil.move(history, tmp_path / "lake" / "history")
    adventure("restore", "--accept-drift")
    after = figures()
    assert {name for name in before if before[name] != after[name]} == set()
