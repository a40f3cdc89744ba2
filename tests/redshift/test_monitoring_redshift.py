"""Runs are recorded on Redshift as on DuckDB, `adventure status` tells of them, and costs are as worked out by hand."""

import json
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from dbt.cli.main import dbtRunner

from adventure_works.build.dbt import build, parse, quiet_options
from adventure_works.monitor.status import status_of
from adventure_works.redshift.ddl import make_raw_schema
from adventure_works.redshift.session import session
from adventure_works.settings import read_settings
from adventure_works.warehouse import open_warehouse
from recorded import COLUMNS
from standin.engine import IAM_USER
from standin.proxy import Fault
from standin.stack import StandIn, Warehouse

RUNS = "stg_dbt_runs__run_results run_history test_history run_times"
COSTS = "stg_redshift__*+"
FACT = "model.adventure_works.fact_sales"


@pytest.fixture(scope="module")
def redshift(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse whose raw tables are empty but for one line of the load log, and the environment of production.

    Runs are recorded as those of `adventure run`, in a table that an earlier version of the project has made.
    """
    folder = tmp_path_factory.mktemp("monitoring")
    warehouse = standin.create_warehouse(standin.create_bucket())
    places = {
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "REDSHIFT_PRICE_PER_RPU_HOUR": "0.36",
        "ADVENTURE_WAREHOUSE": "the/warehouse",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (warehouse.environ | places).items():
            environment.setenv(name, value)
        with session("test") as opened:
            make_raw_schema(opened, "adventure_works_raw")
            opened.ask("create schema adventure_works_runs")
            earlier = ", ".join(f"{name} {kind}" for name, kind in COLUMNS if name != "warehouse")
            opened.ask(f"create table adventure_works_runs.run_results ({earlier})")
        warehouse.query(
            "insert into adventure_works_raw.load_log (load_id, table_name, source_file, status, loaded_at) "
            "values ('20170701T030000', 'sales', 'a.csv', 'loaded', '2017-07-01 03:00:00')"
        )
        yield warehouse
    standin.engine.drop_database(warehouse.database)


def dbt(*arguments: str) -> list:
    """Runs dbt on Redshift in this process; returns the results of its nodes, of which none failed."""
    done = dbtRunner().invoke([*arguments, "--target", "prod", *quiet_options(read_settings(os.environ))])
    assert done.exception is None, done.exception
    wrong = [
        f"{found.node.name}: {found.message}" for found in done.result.results if found.status in ("error", "fail")
    ]
    assert done.success and not wrong, "\n".join(wrong)
    return list(done.result.results)


def charge(warehouse: Warehouse, day: str, hour: int, charged_seconds: int) -> None:
    start = datetime.fromisoformat(f"{day} {hour:02}:00:00")
    warehouse.administer(
        "insert into pg_catalog.sys_serverless_usage (start_time, end_time, compute_capacity, data_storage, "
        f"charged_seconds) values ('{start}', '{start + timedelta(minutes=1)}', {8 * hour}, 512, {charged_seconds})"
    )


def statement(
    warehouse: Warehouse, number: int, day: str, seconds: float, text: str, *, scanned: int = 0, spilled: int = 0
) -> None:
    """A statement in the system views, with the first 4,000 characters of its text, as Redshift has them."""
    micro = int(seconds * 1_000_000)
    beginning = text[:4000].replace("'", "''")
    warehouse.administer(
        "insert into pg_catalog.sys_query_history (query_id, query_label, query_type, status, start_time, "
        f"elapsed_time, queue_time, execution_time, query_text) values ({number}, 'adventure_works', 'CTAS', "
        f"'success', '{day} 03:00:00', {micro + 500_000}, 500000, {micro}, '{beginning}')"
    )
    for level, step, name in (("step", 0, "scan"), ("step", 1, "hash"), ("segment", -1, "scan")):
        warehouse.administer(
            f"insert into rs.query_steps values ({number}, 1, 0, 0, {step}, '{name}', null, null, {scanned}, "
            f"{spilled}, 0, '{level}')"
        )


def test_runs_are_recorded_and_told(redshift: Warehouse) -> None:
    results = dbt("build", "--select", *RUNS.split())
    recorded = redshift.query(
        "select node_name, status, resource_type, test_kind, load_id, target, is_whole, failures "
        "from adventure_works_runs.run_results order by node_name"
    )
    nodes = [found for found in results if found.node.resource_type in ("model", "test", "unit_test")]
    assert sorted(row[0] for row in recorded) == sorted(found.node.name for found in nodes)
    by_name = {row[0]: row[1:] for row in recorded}
    assert by_name["run_history"] == ("success", "model", None, "20170701T030000", "prod", False, None)
    assert by_name["run_history__key"] == (*("pass", "test", "must_hold", "20170701T030000", "prod", False, 0),)
    assert redshift.query("select distinct warehouse from adventure_works_runs.run_results") == [("the/warehouse",)]
    # A view: the run that made it is in it.
    ((command, worst, count),) = redshift.query(
        "select run_command, worst_outcome, nodes from adventure_works_operations.run_history"
    )
    assert (command, worst, count) == ("build", "passed", len(nodes))

    status = status_of(open_warehouse("prod", read_settings(os.environ), print), 5, timedelta(hours=36))
    (run,) = status.runs
    assert (run.command, run.nodes, run.failed, run.load_id) == ("build", len(nodes), 0, "20170701T030000")
    assert status.troubles == [] and status.is_stale and status.loaded_at == datetime(2017, 7, 1, 3)


def test_what_fails_is_told_with_its_rows_and_since_when(redshift: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    redshift.query(
        "insert into adventure_works_raw.load_log (load_id, table_name, source_file, status, loaded_at) values "
        "('20170702T030000', 'sales', 'b.csv', 'odd', '2017-07-02 03:00:00')"
    )
    dbt("run", "--select", "stg_adventure_works__load_log")
    for _ in range(2):
        done = dbtRunner().invoke(
            [
                "test",
                "--select",
                "stg_load_log__status_is_known",
                "--target",
                "prod",
                *quiet_options(read_settings(os.environ)),
            ]
        )
        assert not done.success
    # Plain dbt, which may look at other data than the build that failed, ends no trouble.
    redshift.query("delete from adventure_works_raw.load_log where load_id = '20170702T030000'")
    with monkeypatch.context() as plain:
        plain.delenv("ADVENTURE_WAREHOUSE")
        dbt("test", "--select", "stg_load_log__status_is_known")
    (trouble,) = status_of(open_warehouse("prod", read_settings(os.environ), print), 5, timedelta(hours=36)).troubles
    assert (trouble.name, trouble.kind, trouble.rows) == ("stg_load_log__status_is_known", "must_hold", 1)
    assert "adventure_works_audit" in trouble.table
    ((since, failed_runs),) = redshift.query(
        "select not_passing_since, failed_runs from adventure_works_operations.test_history "
        "where test_name = 'stg_load_log__status_is_known'"
    )
    assert (trouble.since, failed_runs) == (since, 2)


def test_a_table_that_may_not_be_written_stops_nothing(redshift: Warehouse) -> None:
    before = redshift.query("select count(*) from adventure_works_runs.run_results")
    redshift.administer(f'revoke insert on adventure_works_runs.run_results from "{IAM_USER}"')
    dbt("run", "--select", "stg_dbt_runs__run_results")
    assert redshift.query("select count(*) from adventure_works_runs.run_results") == before
    redshift.administer(f'grant insert on adventure_works_runs.run_results to "{IAM_USER}"')


def test_plain_dbt_in_a_version_makes_it_unaudited(redshift: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    record = "adventure_works_v1_operations.audit_record"
    redshift.query("create schema adventure_works_v1_operations")
    redshift.query(f"create table {record} as select cast('passed' as varchar(16)) as outcome")
    monkeypatch.setenv("ADVENTURE_CANDIDATE", "adventure_works_v1")
    build = ("run", "--select", "stg_adventure_works__load_log")
    dbt(*build)
    assert redshift.query(f"select outcome from {record}") == [("passed",)], "a run writes the record itself"
    monkeypatch.delenv("ADVENTURE_WAREHOUSE")
    dbt(*build)
    assert redshift.query(f"select outcome from {record}") == [("changed",)]


def test_a_node_that_ends_in_an_error_is_built_again(redshift: Warehouse) -> None:
    """With what was skipped for it; the results of both attempts are in one file."""
    settings, environ = read_settings(os.environ), {"ADVENTURE_TARGET": "prod"}
    target = settings.target / "again"
    names = ["stg_dbt_runs__run_results", "run_times"]
    options = ["--select", *names, "stg_adventure_works__load_log", "--exclude-resource-type", "test"]
    manifest = parse(settings, target, environ, [])
    redshift.standin.proxy.fault = Fault("stg_dbt_runs__run_results__dbt_tmp", "conflict")
    result = build(settings, target, manifest, environ, options, lambda what, done, total: None, attempts=2)
    assert redshift.standin.proxy.fault is None
    assert [problem for problem in result.errors if problem.status != "left out"] == []
    assert result.nodes["model"] == 3
    found = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert {(one["unique_id"].rpartition(".")[2], one["status"]) for one in found if "model." in one["unique_id"]} == {
        (name, "success") for name in [*names, "stg_adventure_works__load_log"]
    }


def test_costs_by_day_and_node(redshift: Warehouse) -> None:
    comment = f'/* {{"app": "adventure_works", "node": "{FACT}", "run": "1", "target": "prod"}} */'
    charge(redshift, "2017-07-01", 3, 3600)
    charge(redshift, "2017-07-01", 4, 1800)
    charge(redshift, "2017-07-02", 3, 360)
    statement(redshift, 1, "2017-07-01", 30, f"{comment}\n{'x' * 5000}", scanned=1000, spilled=2)
    statement(redshift, 2, "2017-07-01", 30, f"{comment}\ninsert", scanned=500)
    statement(redshift, 3, "2017-07-01", 20, '/* {"app": "adventure_works", "step": "copy into sales"} */\ncopy')
    statement(redshift, 4, "2017-07-01", 20, "select 1")
    statement(redshift, 5, "2017-07-02", 5, f"{comment}\ninsert")
    dbt("build", "--select", COSTS)
    by_day = "select usage_date, rpu_hours, cost, most_rpus from adventure_works_operations.run_cost_by_day order by 1"
    # 5,400 RPU-seconds are 1.5 RPU-hours, at 0.36 each.
    days = [
        [date(2017, 7, 1), Decimal("1.5"), Decimal("0.54"), 32],
        [date(2017, 7, 2), Decimal("0.1"), Decimal("0.036"), 24],
    ]
    assert [list(row) for row in redshift.query(by_day)] == days
    by_node = (
        "select node, statements, execution_seconds, queue_seconds, scanned_bytes, spilled_blocks, day_share, cost "
        "from adventure_works_operations.run_cost_by_node where usage_date = '2017-07-01' order by cost desc, node"
    )
    # 60 of 100 seconds; each step has spilled 2 blocks; sums of segments do not count.
    nodes = [
        [FACT, 2, 60, 1, 1500, 4, Decimal("0.6"), Decimal("0.324")],
        ["(other)", 1, 20, Decimal("0.5"), 0, 0, Decimal("0.2"), Decimal("0.108")],
        ["step: copy into sales", 1, 20, Decimal("0.5"), 0, 0, Decimal("0.2"), Decimal("0.108")],
    ]
    assert [list(row) for row in redshift.query(by_node)] == nodes

    # A week later Redshift has forgotten the first day but for its end; the second has gone on.
    redshift.administer("delete from pg_catalog.sys_serverless_usage where start_time = '2017-07-01 03:00:00'")
    redshift.administer("delete from pg_catalog.sys_query_history where query_id in (1, 3, 4)")
    charge(redshift, "2017-07-02", 5, 360)
    dbt("run", "--select", COSTS)
    assert [list(row) for row in redshift.query(by_day)] == [
        days[0],
        [date(2017, 7, 2), Decimal("0.2"), Decimal("0.072"), 40],
    ]
    assert [list(row) for row in redshift.query(by_node)] == nodes

    (found,) = [row for row in redshift.query(optimisation()) if row[0] == FACT]
    assert found[1:3] == (2, 3) and found[-1].startswith("does not fit into memory")


def optimisation() -> str:
    """The analysis, compiled."""
    dbt("compile", "--select", "warehouse_optimisation")
    path = read_settings(os.environ).target / "compiled/adventure_works/analyses/operations/warehouse_optimisation.sql"
    return path.read_text(encoding="utf-8")


def test_without_a_price_there_are_no_costs(redshift: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDSHIFT_PRICE_PER_RPU_HOUR")
    done = dbtRunner().invoke(
        ["ls", "--resource-types", "model", "--target", "prod", *quiet_options(read_settings(os.environ))]
    )
    assert done.success
    assert not [name for name in done.result if "warehouse_" in name or "run_cost" in name]
    assert any("run_history" in name for name in done.result)
