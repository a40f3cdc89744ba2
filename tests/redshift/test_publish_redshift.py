"""Write, audit, publish on Redshift: people read an audited state, the old one or the new one, whatever happens."""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adventure_works.build.results import BuildResult, Problem
from adventure_works.cli.run import Printer
from adventure_works.errors import AdventureError
from adventure_works.lake.s3_read import Reader
from adventure_works.redshift.session import Session, session
from adventure_works.settings import Settings, read_settings
from adventure_works.warehouse import redshift as engine
from adventure_works.warehouse.record import AuditRecord, Outcome, write_record
from adventure_works.warehouse.redshift import NAMES, RedshiftWarehouse, read_record
from standin.stack import Warehouse
from support.waiting import wait_until

GROWN = [("core", "fact"), ("intermediate", "snap"), ("core", "not_there_yet")]


@pytest.fixture
def mine(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RedshiftWarehouse:
    """A warehouse of which state 1 is published, with a view, and a load to build from."""
    places = {"DBT_LOG_PATH": str(tmp_path / "logs"), "DBT_TARGET_PATH": str(tmp_path / "target")}
    for name, value in (warehouse.environ | places | {"REDSHIFT_SCHEMA": "mine"}).items():
        monkeypatch.setenv(name, value)
    for statement in (
        *(f"create schema mine_{name}" for name in (*NAMES, "raw")),
        "create table mine_raw.load_log (load_id varchar(64))",
        "insert into mine_raw.load_log values ('20260101'), ('20260102')",
        "create table mine_core.fact (number integer not null, day date) distkey (number) sortkey (day)",
        "insert into mine_core.fact values (1, '2026-01-01')",
        "create table mine_intermediate.snap as select 1 as number",
        "create table mine_marts.mart as select number from mine_core.fact",
        "create view mine_intermediate.seen as select number from mine_core.fact",
    ):
        warehouse.query(statement)
    return RedshiftWarehouse(read_settings(os.environ), print)


@pytest.fixture
def redshift(mine: RedshiftWarehouse) -> Iterator[Session]:
    """A session of the login that builds."""
    with session("test") as opened:
        yield opened


def quiet(what: str, done: int, total: int) -> None:
    """Shows nothing."""


def build(redshift: Session, mine: RedshiftWarehouse, number: int, outcome: Outcome = Outcome.PASSED) -> None:
    """What a run does up to its audit: the fact is brought up to date, the rest is built again, views are bound."""
    mine.start_candidate(GROWN, quiet)
    redshift.ask(f"update mine_candidate_core.fact set number = {number}")
    redshift.ask("create table mine_candidate_marts.mart as select number from mine_candidate_core.fact")
    redshift.ask("create view mine_candidate_intermediate.seen as select number from mine_candidate_core.fact")
    mine.judge_candidate(passed=outcome == Outcome.PASSED, tests=7)


def evidenced(mine: RedshiftWarehouse, folder: Path, build_id: str) -> None:
    """What a run does at the end of a build that has left its manifest and results in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"of": build_id}))
    (folder / "run_results.json").write_text(json.dumps({"metadata": {"invocation_id": build_id}}))
    mine.start_candidate(GROWN, quiet)
    mine.judge_candidate(passed=True, tests=7, warnings=1, build_id=mine.keep_evidence(folder))


def shown_build(settings: Settings) -> str:
    """The build whose evidence another machine finds for what is published."""
    warehouse = RedshiftWarehouse(settings, print)
    with warehouse.asking_published() as ask:
        folder = warehouse.evidence(ask)
    results, manifest = (json.loads((folder / name).read_text()) for name in ("run_results.json", "manifest.json"))
    assert results["metadata"]["invocation_id"] == manifest["of"]
    return str(manifest["of"])


def numbers(redshift: Session, prefix: str) -> list[int]:
    """What fact, mart and view of a state say."""
    tables = (f"{prefix}_core.fact", f"{prefix}_marts.mart", f"{prefix}_intermediate.seen")
    return [redshift.ask(f"select number from {table}")[0]["number"] for table in tables]


def outcomes(mine: RedshiftWarehouse) -> dict[str, str]:
    return {state.role: state.record.outcome if state.record else "" for state in mine.states()}


def test_a_candidate_begins_with_what_earlier_builds_have_gathered(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse
) -> None:
    mine.start_candidate(GROWN, quiet)
    found = warehouse.query('select "schema", "table", diststyle, sortkey1 from svv_table_info')
    made = {(schema, table): (style, key) for schema, table, style, key in found if "candidate" in schema}
    assert set(made) == {
        ("mine_candidate_core", "fact"),
        ("mine_candidate_intermediate", "snap"),
        ("mine_candidate_operations", "audit_record"),
    }
    assert made["mine_candidate_core", "fact"] == ("KEY(number)", "day")
    assert redshift.ask("select * from mine_candidate_core.fact") == redshift.ask("select * from mine_core.fact")
    assert read_record(redshift, "mine_candidate").load_id == "20260102"
    with pytest.raises(AdventureError, match="null"):
        redshift.ask("insert into mine_candidate_core.fact values (null, null)")


def test_publishing_takes_all_schemas_and_views_follow_their_tables(redshift: Session, mine: RedshiftWarehouse) -> None:
    build(redshift, mine, 2)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_candidate")) == ([1, 1, 1], [2, 2, 2])
    mine.publish()
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([2, 2, 2], [1, 1, 1])
    assert outcomes(mine) == {"published": "passed", "previous": ""}
    build(redshift, mine, 3)
    mine.publish()
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([3, 3, 3], [2, 2, 2])
    assert not redshift.ask("select nspname from pg_namespace where nspname like '%discarded%'")


def test_rollback_exchanges_and_a_second_one_undoes_it(redshift: Session, mine: RedshiftWarehouse) -> None:
    with pytest.raises(AdventureError, match="no previous warehouse"):
        mine.roll_back()
    build(redshift, mine, 2)
    mine.publish()
    # What a publication that was killed at its end has left.
    redshift.ask("create schema mine_discarded_core")
    mine.roll_back()
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([1, 1, 1], [2, 2, 2])
    mine.roll_back()
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([2, 2, 2], [1, 1, 1])


def test_evidence_is_published_and_rolled_back_with_its_build(mine: RedshiftWarehouse, tmp_path: Path) -> None:
    """It is on S3, since the record that names it is on Redshift: every machine finds the two together."""
    elsewhere = replace(mine.settings, target=tmp_path / "elsewhere")
    with pytest.raises(AdventureError, match=r"mine_\*: there is no evidence .* adventure run --target prod"):
        shown_build(elsewhere)
    for build_id in ("one", "two"):
        evidenced(mine, tmp_path / "artifacts", build_id)
        mine.publish()
        assert shown_build(elsewhere) == build_id
    mine.roll_back()
    assert shown_build(elsewhere) == "one"
    evidenced(mine, tmp_path / "artifacts", "three")
    assert shown_build(elsewhere) == "one", "a candidate changes nothing"
    assert [state.record.warnings for state in mine.states() if state.record] == [1, 1, 1]
    mine.publish()
    evidenced(mine, tmp_path / "artifacts", "four")
    # The second was that of the previous schemas until the third was published.
    reader = Reader(mine.lake, mine.settings)
    with pytest.raises(KeyError):
        reader.read(mine.lake.key("builds", mine.name, "two", "manifest.json"))
    assert shown_build(elsewhere) == "three"
    mine.roll_back()
    assert shown_build(elsewhere) == "one"


def test_a_record_of_an_earlier_version_is_read(redshift: Session, mine: RedshiftWarehouse) -> None:
    write_record(redshift.ask, AuditRecord("s3://bucket/lake", "20260101", "20260102"), "mine_operations")
    for column in ("warnings", "build_id"):
        redshift.ask(f"alter table mine_operations.audit_record drop column {column}")
    assert outcomes(mine) == {"published": "building"}
    with pytest.raises(AdventureError, match=r"mine_\*: there is no evidence"):
        shown_build(mine.settings)


def test_only_a_candidate_that_passed_is_published(redshift: Session, mine: RedshiftWarehouse) -> None:
    with pytest.raises(AdventureError, match="no candidate has passed"):
        mine.publish()
    build(redshift, mine, 2, Outcome.FAILED)
    with pytest.raises(AdventureError, match="no candidate has passed"):
        mine.publish()
    assert numbers(redshift, "mine") == [1, 1, 1]
    assert outcomes(mine) == {"published": "", "candidate": "failed"}


def test_a_failed_audit_is_kept_and_the_message_says_where(mine: RedshiftWarehouse) -> None:
    failed = Problem(
        "fact_sales__has_rows", "fail", "There are sales.", "warehouse.mine_candidate_audit.fact_sales__has_rows", 1
    )
    build = BuildResult(Counter(), {}, Counter(), [failed], [], 1.0)
    mine.start_candidate(GROWN, quiet)
    with pytest.raises(AdventureError) as raised:
        Printer(mine.settings).built(build, mine)
    first, *rest = str(raised.value).splitlines()
    assert first.endswith("so that it is not published; mine_* is as it was.")
    assert "  fact_sales__has_rows: There are sales. (1 row in mine_candidate_audit.fact_sales__has_rows)" in rest
    assert "The build with the failing rows is kept, until the next run, in mine_candidate_*." in "\n".join(rest)
    assert "'select * from mine_candidate_audit.fact_sales__has_rows'" in "\n".join(rest)


def test_a_load_in_the_middle_of_a_build_fails_its_audit(redshift: Session, mine: RedshiftWarehouse) -> None:
    mine.start_candidate(GROWN, quiet)
    redshift.ask("insert into mine_raw.load_log values ('20260103')")
    with pytest.raises(AdventureError, match="Load 20260103 came into mine_raw while load 20260102 was being built"):
        mine.judge_candidate(passed=True, tests=7)
    assert outcomes(mine)["candidate"] == "failed"


def test_a_lake_that_was_replaced_starts_from_nothing(redshift: Session, mine: RedshiftWarehouse) -> None:
    build(redshift, mine, 2)
    mine.publish()
    redshift.ask("delete from mine_raw.load_log")
    redshift.ask("insert into mine_raw.load_log values ('20260201')")
    said: list[str] = []
    RedshiftWarehouse(mine.settings, said.append).start_candidate(GROWN, quiet)
    assert said == ["The lake was replaced since the last publication: the warehouse is built from nothing."]
    assert not redshift.ask("select tablename from pg_tables where schemaname = 'mine_candidate_core'")


def test_a_reader_in_a_loop_sees_whole_states(redshift: Session, mine: RedshiftWarehouse) -> None:
    """Two tables of one schema, read in one statement, are always of the same state; none is ever away."""
    write_record(redshift.ask, AuditRecord("s3://bucket/lake", "20260101", "20260102"), "mine_operations")
    redshift.ask("create table mine_core.other as select number from mine_core.fact")
    seen: list[tuple[int, int]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        with session("test") as reader:
            while not done.is_set():
                try:
                    (row,) = reader.ask(
                        "select a.number, b.number as other from mine_core.fact as a cross join mine_core.other as b"
                    )
                    seen.append((row["number"], row["other"]))
                except AdventureError as error:
                    failed.append(error)

    def read_more() -> None:
        count = len(seen)
        while len(seen) == count and not failed:
            time.sleep(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(2, 12):
            read_more()
            mine.start_candidate(GROWN, quiet)
            redshift.ask(f"update mine_candidate_core.fact set number = {number}")
            redshift.ask("create table mine_candidate_core.other as select number from mine_candidate_core.fact")
            mine.judge_candidate(passed=True, tests=7)
            mine.publish()
            if number == 6:
                mine.roll_back()
                mine.roll_back()
        # The first of the two may have begun before the last publication.
        read_more()
        read_more()
    finally:
        done.set()
        thread.join()
    assert failed == []
    assert {one for one, _ in seen} >= {1, 11}
    assert all(one == other for one, other in seen)


def test_a_reader_in_the_middle_of_a_query_goes_on(redshift: Session, mine: RedshiftWarehouse) -> None:
    """What it reads is the previous state by then; only the state before that is dropped."""
    build(redshift, mine, 2)
    mine.publish()
    with session("test") as reader, reader.transaction():
        before = reader.ask("select number from mine_core.fact")
        build(redshift, mine, 3)
        mine.publish()
        assert reader.ask("select number from mine_previous_core.fact") == before == [{"number": 2}]


@pytest.mark.parametrize("statement", range(1, 13, 2))
@pytest.mark.timing
def test_killed_while_publishing(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    """At any of the renames: the old state stays whole, and publishing again is all it takes."""
    build(redshift, mine, 2)
    renamed = 0
    rename = engine._rename

    def killing(publishing: Session, old: str, new: str) -> None:
        nonlocal renamed
        renamed += 1
        if renamed == statement:
            (found,) = publishing.ask("select pg_backend_pid() as pid")
            warehouse.administer(f"select pg_terminate_backend({found['pid']})")
        rename(publishing, old, new)

    with monkeypatch.context() as patch, pytest.raises(AdventureError):
        patch.setattr(engine, "_rename", killing)
        mine.publish()
    assert renamed == statement
    assert numbers(redshift, "mine") == [1, 1, 1]
    mine.publish()
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([2, 2, 2], [1, 1, 1])


@pytest.mark.timing
def test_a_second_run_is_refused_or_waits(mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOCK_MILLISECONDS", 200)
    said: list[str] = []
    came: list[float] = []

    def second() -> None:
        with RedshiftWarehouse(mine.settings, said.append).locked():
            came.append(time.monotonic())

    with RedshiftWarehouse(mine.settings, said.append).locked():
        with (
            pytest.raises(AdventureError, match=r"Another run is at work on mine\. Run again when it has finished"),
            RedshiftWarehouse(mine.settings, said.append, wait=False).locked(),
        ):
            pass
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: said)
        left = time.monotonic()
    thread.join()
    assert said == ["Another run is at work on mine; waiting for it to finish."]
    assert came[0] >= left


@pytest.mark.timing
def test_a_lost_lock_is_noticed(mine: RedshiftWarehouse, warehouse: Warehouse) -> None:
    with mine.locked() as check_lock:
        check_lock()
        warehouse.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%select 1 as held%' "
            "and pid <> pg_backend_pid()"
        )
        with pytest.raises(AdventureError, match="connection that keeps other runs out was lost"):
            check_lock()
