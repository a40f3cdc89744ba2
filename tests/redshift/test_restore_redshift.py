"""What the lake cannot give back is unloaded beside it, and brings a Redshift without any schema back as it was."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adventure_works.redshift.session import ConflictError, Session, session
from adventure_works.sample.generator import generate
from adventure_works.settings import read_settings
from adventure_works.warehouse.base import Row
from adventure_works.warehouse.record import AuditRecord, Outcome, write_record
from adventure_works.warehouse.redshift import NAMES, RedshiftWarehouse
from sites import PREFIX, Site, edit
from standin.stack import StandIn, Warehouse

RAW = (
    "create schema mine_raw",
    "create table mine_raw.load_log (load_id varchar(64))",
    "insert into mine_raw.load_log values ('L1'), ('L2')",
)
RESULTS = "runs.run_results"
TABLES = {
    "intermediate.snap_products": "product_key integer, price numeric(18, 4), dbt_valid_to timestamp, is_old boolean",
    "intermediate.snap_customers": "customer_key integer, email_address varchar(256)",
    "operations.load_profiles": "load_id varchar(64), records bigint, first_date date",
    RESULTS: "invocation_id varchar(64), execution_seconds numeric(18, 6), message varchar(4000)",
}
VALUES = {
    "intermediate.snap_products": "(1, 9.95, null, true), (2, 12345678901234.5678, '2017-01-01 12:34:56', false)",
    "operations.load_profiles": "('L0', 3000000000, '2017-01-01')",
    RESULTS: "('a', 1.000001, 'it''s'), ('b', null, null)",
}


def quiet(what: str, done: int, total: int) -> None:
    """Shows nothing."""


def drop_everything(warehouse: Warehouse) -> None:
    schemas = warehouse.administer("select nspname from pg_namespace where nspname ~ '^(mine|adventure_works)_'")
    for (schema,) in schemas:
        warehouse.administer(f'drop schema "{schema}" cascade')


@pytest.fixture
def mine(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RedshiftWarehouse:
    """A warehouse of which load L1 of two is published, with what belongs to its history."""
    places = {
        "ADVENTURE_LAKE": f"s3://{warehouse.bucket}/lake",
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "REDSHIFT_SCHEMA": "mine",
    }
    for name, value in (warehouse.environ | places).items():
        monkeypatch.setenv(name, value)
    for statement in (*RAW, *(f"create schema mine_{name}" for name in (*NAMES, "runs"))):
        warehouse.query(statement)
    for table, columns in TABLES.items():
        warehouse.query(f"create table mine_{table} ({columns})")
        if table in VALUES:
            warehouse.query(f"insert into mine_{table} values {VALUES[table]}")
    record = AuditRecord(f"s3://{warehouse.bucket}/lake", "L1", "L1", outcome=Outcome.PASSED)
    with session("test") as redshift:
        write_record(redshift.ask, record, "mine_operations")
    return RedshiftWarehouse(read_settings(os.environ), print)


def tables(warehouse: Warehouse, prefix: str) -> dict[str, list[tuple]]:
    """The columns with their types, and the rows, of every table of the history."""
    found = {}
    for table in TABLES:
        schema, name = f"{'mine' if table == RESULTS else prefix}_{table}".split(".")
        columns = warehouse.query(
            "select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale from "
            f"information_schema.columns where table_schema = '{schema}' and table_name = '{name}' "
            "order by ordinal_position"
        )
        found[table] = [*columns, *sorted(warehouse.query(f"select * from {schema}.{name}"), key=str)]
    return found


@pytest.mark.parametrize("key", ["", "arn:aws:kms:eu-west-1:123456789012:key/1"])
def test_a_candidate_begins_with_the_history(
    key: str, warehouse: Warehouse, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(warehouse, "mine")
    mine.keep_history()
    monkeypatch.setenv("ADVENTURE_S3_KMS_KEY", key)
    said: list[str] = []
    mine = RedshiftWarehouse(read_settings(os.environ), said.append)
    mine.keep_history()
    drop_everything(warehouse)
    for statement in RAW:
        warehouse.query(statement)

    with mine.locked():
        candidate = mine.start_candidate([], quiet)["ADVENTURE_CANDIDATE"]

    assert said == ["Nothing is published here: the history of load L1 was restored."]
    assert tables(warehouse, candidate) == before
    # Each folder has a part of each table with rows.
    keys = history(warehouse)
    assert len(keys) == 2 * (1 + len(VALUES)) and len({key.split("/")[3] for key in keys}) == 2


def history(warehouse: Warehouse) -> list[str]:
    """The keys of all objects of it."""
    listed = warehouse.standin.client("s3").list_objects_v2(Bucket=warehouse.bucket)
    return [entry["Key"] for entry in listed["Contents"] if "/history/" in entry["Key"]]


def test_the_last_histories_are_kept_and_one_of_each_lake_before(warehouse: Warehouse, mine: RedshiftWarehouse) -> None:
    for load_id in ("L1", "L2", "L3", "L4"):
        with session("test") as redshift:
            redshift.ask(f"update mine_operations.audit_record set load_id = '{load_id}'")
        mine.keep_history()
    assert loads(warehouse) == ["L2", "L3", "L4"]
    with session("test") as redshift:
        redshift.ask("update mine_operations.audit_record set began_with = 'N', load_id = 'N'")
    mine.keep_history()
    assert loads(warehouse) == ["L4", "N"]
    # One without a list of its tables is what a killed run has left.
    *_, last = (key for key in history(warehouse) if key.endswith("history.json"))
    warehouse.standin.client("s3").delete_object(Bucket=warehouse.bucket, Key=last)
    mine.keep_history()
    assert loads(warehouse) == ["L4", "N"] and len({key.split("/")[3] for key in history(warehouse)}) == 2


def loads(warehouse: Warehouse) -> list[str]:
    """The load of each history, in their order."""
    s3, bucket = warehouse.standin.client("s3"), warehouse.bucket
    contents = [key for key in history(warehouse) if key.endswith("history.json")]
    return [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])["load_id"] for key in contents]


def test_results_that_are_still_there_stay(warehouse: Warehouse, mine: RedshiftWarehouse) -> None:
    mine.keep_history()
    for name in NAMES:
        warehouse.query(f"drop schema mine_{name} cascade")
    warehouse.query("insert into mine_runs.run_results values ('newer', 1, '')")
    with mine.locked():
        mine.start_candidate([], quiet)
    assert warehouse.query("select count(*) from mine_runs.run_results") == [(3,)]


def test_what_plain_dbt_has_built_after_a_loss_gives_way_to_the_history(
    warehouse: Warehouse, mine: RedshiftWarehouse
) -> None:
    before = tables(warehouse, "mine")
    mine.keep_history()
    drop_everything(warehouse)
    for statement in (
        *RAW,
        "create schema mine_intermediate",
        "create schema mine_operations",
        "create schema mine_runs",
    ):
        warehouse.query(statement)
    growing = [table.split(".") for table in TABLES if table != RESULTS]
    for schema, name in growing:
        warehouse.query(f"create table mine_{schema}.{name} (by_plain_dbt integer)")

    with mine.locked():
        candidate = mine.settings.version(1)
        mine.start_candidate([(f"{candidate}_{schema}", name) for schema, name in growing], quiet)

    assert tables(warehouse, candidate) == before


@pytest.mark.parametrize("conflicts", [0, 1])
def test_results_that_come_meanwhile_are_not_in_the_history(
    conflicts: int, warehouse: Warehouse, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the count and the unload; and after a conflict all is unloaded again, into a folder that is empty."""
    ask, left = Session.ask, [ConflictError("once")] * conflicts

    def ask_later(session: Session, sql: str, *arguments: Any, **options: Any) -> list[Row]:
        found = ask(session, sql, *arguments, **options)
        if sql.startswith("select count(*)") and RESULTS in sql:
            warehouse.query("insert into mine_runs.run_results values ('later', 1, '')")
        if sql.startswith("unload") and RESULTS in sql and left:
            raise left.pop()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Session, "ask", ask_later)
        mine.keep_history()
    drop_everything(warehouse)
    for statement in RAW:
        warehouse.query(statement)
    with mine.locked():
        mine.start_candidate([], quiet)
    assert warehouse.query("select count(*) from mine_runs.run_results") == [(2 + conflicts,)]


@pytest.mark.slow
def test_redshift_without_any_schema_comes_back_with_every_figure(standin: StandIn, tmp_path: Path) -> None:
    """The drill: two runs with another price in between, then every schema is dropped, and everything restored."""
    generate(tmp_path / "files", scale=0.01, seed=7)
    warehouse = standin.create_warehouse(standin.create_bucket())
    site = Site(tmp_path, tmp_path / "files", warehouse)
    site.run_in_production()

    def change(rows: list[list[str]]) -> None:
        for row in rows[1:]:
            row[-1] = str(round(float(row[-1]) * 1.01, 4))

    edit(site.files / "AdventureWorks_Products.csv", change)
    site.run_in_production()

    def figures() -> dict[str, list[tuple]]:
        """The rows that people see, but for `build_state`, which names the build itself."""
        columns = warehouse.administer(
            "select table_schema, table_name, string_agg(column_name, ', ' order by ordinal_position) "
            "from information_schema.columns where column_name <> 'build_state' and ("
            f"table_schema in ('{PREFIX}core', '{PREFIX}persons', '{PREFIX}marts') or table_name = 'load_profiles' "
            f"and table_schema = '{PREFIX}operations') group by 1, 2"
        )
        return {
            name: sorted(warehouse.query(f"select {names} from {schema}.{name}"), key=str)
            for schema, name, names in columns
        }

    before = figures()
    drop_everything(warehouse)
    site.adventure("restore", "--target", "prod")
    after = figures()
    assert {name for name in before if before[name] != after[name]} == set()
    standin.engine.drop_database(warehouse.database)
