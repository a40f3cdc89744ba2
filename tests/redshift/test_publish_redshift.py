"""Write, audit, publish on Redshift: people read an audited state, the old one or the new one, whatever happens."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adventure_works.errors import AdventureError
from adventure_works.publish import schemas
from adventure_works.publish.record import Outcome, begun, write_record
from adventure_works.redshift.session import Session, session
from adventure_works.run import BuildResult, Problem
from adventure_works.settings import Settings, read_settings
from adventure_works.show_production import print_redshift_build
from standin.stack import Warehouse
from support.waiting import wait_until

GROWN = [("core", "fact"), ("intermediate", "snap"), ("core", "not_there_yet")]


@pytest.fixture
def where(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a warehouse of which state 1 is published, with a view, and a load to build from."""
    places = {"DBT_LOG_PATH": str(tmp_path / "logs"), "DBT_TARGET_PATH": str(tmp_path / "target")}
    for name, value in (warehouse.environ | places | {"REDSHIFT_SCHEMA": "mine"}).items():
        monkeypatch.setenv(name, value)
    for statement in (
        *(f"create schema mine_{name}" for name in (*schemas.NAMES, "raw")),
        "create table mine_raw.load_log (load_id varchar(64))",
        "insert into mine_raw.load_log values ('20260101'), ('20260102')",
        "create table mine_core.fact (number integer not null, day date) distkey (number) sortkey (day)",
        "insert into mine_core.fact values (1, '2026-01-01')",
        "create table mine_intermediate.snap as select 1 as number",
        "create table mine_marts.mart as select number from mine_core.fact",
        "create view mine_intermediate.seen as select number from mine_core.fact",
    ):
        warehouse.query(statement)
    return read_settings(os.environ)


@pytest.fixture
def redshift(where: Settings) -> Iterator[Session]:
    """A session of the login that builds."""
    with session() as opened:
        yield opened


def build(redshift: Session, where: Settings, number: int, outcome: Outcome = Outcome.PASSED) -> None:
    """What a run does up to its audit: the fact is brought up to date, the rest is made anew, views are bound."""
    schemas.start_candidate(redshift, where, "s3://bucket/lake", GROWN, print)
    redshift.ask(f"update {where.candidate}_core.fact set number = {number}")
    redshift.ask(f"create table {where.candidate}_marts.mart as select number from {where.candidate}_core.fact")
    redshift.ask(f"create view {where.candidate}_intermediate.seen as select number from {where.candidate}_core.fact")
    schemas.judge_candidate(redshift, where, passed=outcome == Outcome.PASSED, tests=7)


def numbers(redshift: Session, prefix: str) -> list[int]:
    """What fact, mart and view of a state say."""
    tables = (f"{prefix}_core.fact", f"{prefix}_marts.mart", f"{prefix}_intermediate.seen")
    return [redshift.ask(f"select number from {table}")[0]["number"] for table in tables]


def outcomes(redshift: Session, where: Settings) -> dict[str, str]:
    return {state.role: state.record.outcome if state.record else "" for state in schemas.states(redshift, where)}


def test_a_candidate_begins_with_what_earlier_builds_have_gathered(
    redshift: Session, where: Settings, warehouse: Warehouse
) -> None:
    schemas.start_candidate(redshift, where, "s3://bucket/lake", GROWN, print)
    found = warehouse.query('select "schema", "table", diststyle, sortkey1 from svv_table_info')
    made = {(schema, table): (style, key) for schema, table, style, key in found if "candidate" in schema}
    assert set(made) == {
        ("mine_candidate_core", "fact"),
        ("mine_candidate_intermediate", "snap"),
        ("mine_candidate_operations", "audit_record"),
    }
    assert made["mine_candidate_core", "fact"] == ("KEY(number)", "day")
    assert redshift.ask("select * from mine_candidate_core.fact") == redshift.ask("select * from mine_core.fact")
    assert schemas.read_record(redshift, "mine_candidate").load_id == "20260102"
    with pytest.raises(AdventureError, match="null"):
        redshift.ask("insert into mine_candidate_core.fact values (null, null)")


def test_publishing_takes_all_schemas_and_views_follow_their_tables(redshift: Session, where: Settings) -> None:
    build(redshift, where, 2)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_candidate")) == ([1, 1, 1], [2, 2, 2])
    schemas.publish(redshift, where)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([2, 2, 2], [1, 1, 1])
    assert outcomes(redshift, where) == {"published": "passed", "previous": ""}
    build(redshift, where, 3)
    schemas.publish(redshift, where)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([3, 3, 3], [2, 2, 2])
    assert not redshift.ask("select nspname from pg_namespace where nspname like '%discarded%'")


def test_rollback_exchanges_and_a_second_one_undoes_it(redshift: Session, where: Settings) -> None:
    with pytest.raises(AdventureError, match="no previous warehouse"):
        schemas.roll_back(redshift, where)
    build(redshift, where, 2)
    schemas.publish(redshift, where)
    schemas.roll_back(redshift, where)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([1, 1, 1], [2, 2, 2])
    schemas.roll_back(redshift, where)
    assert (numbers(redshift, "mine"), numbers(redshift, "mine_previous")) == ([2, 2, 2], [1, 1, 1])


def test_only_a_candidate_that_passed_is_published(redshift: Session, where: Settings) -> None:
    with pytest.raises(AdventureError, match="no candidate that has passed"):
        schemas.publish(redshift, where)
    build(redshift, where, 2, Outcome.FAILED)
    with pytest.raises(AdventureError, match="no candidate that has passed"):
        schemas.publish(redshift, where)
    assert numbers(redshift, "mine") == [1, 1, 1]
    assert outcomes(redshift, where) == {"published": "", "candidate": "failed"}


def test_a_failed_audit_is_kept_and_the_message_says_where(where: Settings) -> None:
    failed = Problem(
        "fact_sales__has_rows", "fail", "Got 1 result", "warehouse.mine_candidate_audit.fact_sales__has_rows"
    )
    build = BuildResult(Counter(), {}, Counter(), [failed], [], 1.0)
    with pytest.raises(AdventureError) as raised:
        print_redshift_build(build, where)
    first, *rest = str(raised.value).splitlines()
    assert first.endswith("so that it is not published; what people read in mine_* is as it was.")
    assert "  fact_sales__has_rows: Got 1 result" in rest
    assert "The build is kept in mine_candidate_* until the next run" in "\n".join(rest)


def test_a_load_in_the_middle_of_a_build_fails_its_audit(redshift: Session, where: Settings) -> None:
    schemas.start_candidate(redshift, where, "s3://bucket/lake", GROWN, print)
    redshift.ask("insert into mine_raw.load_log values ('20260103')")
    with pytest.raises(AdventureError, match="Load 20260103 came into mine_raw while load 20260102 was being built"):
        schemas.judge_candidate(redshift, where, passed=True, tests=7)
    assert outcomes(redshift, where)["candidate"] == "failed"


def test_a_lake_that_began_anew_starts_from_nothing(redshift: Session, where: Settings) -> None:
    build(redshift, where, 2)
    schemas.publish(redshift, where)
    redshift.ask("delete from mine_raw.load_log")
    redshift.ask("insert into mine_raw.load_log values ('20260201')")
    said: list[str] = []
    schemas.start_candidate(redshift, where, "s3://bucket/lake", GROWN, said.append)
    assert said == ["The lake began anew since the last publication: the warehouse is built from nothing."]
    assert not redshift.ask("select tablename from pg_tables where schemaname = 'mine_candidate_core'")


def test_a_reader_in_a_loop_sees_whole_states(redshift: Session, where: Settings) -> None:
    """Two tables of one schema, read in one statement, are always of the same state; none is ever away."""
    write_record(redshift.ask, begun("s3://bucket/lake", "20260101", "20260102"), "mine_operations")
    redshift.ask("create table mine_core.other as select number from mine_core.fact")
    seen: list[tuple[int, int]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        with session() as reader:
            while not done.is_set():
                try:
                    (row,) = reader.ask(
                        "select a.number, b.number as other from mine_core.fact as a cross join mine_core.other as b"
                    )
                    seen.append((row["number"], row["other"]))
                except AdventureError as error:
                    failed.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(2, 12):
            schemas.start_candidate(redshift, where, "s3://bucket/lake", GROWN, print)
            redshift.ask(f"update mine_candidate_core.fact set number = {number}")
            redshift.ask("create table mine_candidate_core.other as select number from mine_candidate_core.fact")
            schemas.judge_candidate(redshift, where, passed=True, tests=7)
            schemas.publish(redshift, where)
            if number == 6:
                schemas.roll_back(redshift, where)
                schemas.roll_back(redshift, where)
    finally:
        done.set()
        thread.join()
    assert failed == []
    assert len(seen) > 100 and {one for one, _ in seen} >= {1, 11}
    assert all(one == other for one, other in seen)


def test_a_reader_in_the_middle_of_a_query_goes_on(redshift: Session, where: Settings) -> None:
    """What it reads is the previous state by then; only the state before that is dropped."""
    build(redshift, where, 2)
    schemas.publish(redshift, where)
    with session() as reader, reader.transaction():
        before = reader.ask("select number from mine_core.fact")
        build(redshift, where, 3)
        schemas.publish(redshift, where)
        assert reader.ask("select number from mine_previous_core.fact") == before == [{"number": 2}]


@pytest.mark.parametrize("statement", range(1, 19, 3))
def test_killed_while_publishing(
    redshift: Session, where: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    """At any of the renames: the old state stays whole, and publishing again is all it takes."""
    build(redshift, where, 2)
    renamed = 0
    (found,) = redshift.ask("select pg_backend_pid() as pid")
    rename = schemas._rename

    def killing(*arguments: object) -> None:
        nonlocal renamed
        renamed += 1
        if renamed == statement:
            warehouse.administer(f"select pg_terminate_backend({found['pid']})")
        rename(*arguments)

    with monkeypatch.context() as patch, pytest.raises(AdventureError):
        patch.setattr(schemas, "_rename", killing)
        schemas.publish(redshift, where)
        redshift.ask("select 1 as alive")
    with session() as again:
        assert numbers(again, "mine") == [1, 1, 1]
        schemas.publish(again, where)
        assert (numbers(again, "mine"), numbers(again, "mine_previous")) == ([2, 2, 2], [1, 1, 1])


def test_a_second_run_is_refused_or_waits(where: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "LOCK_MILLISECONDS", 200)
    said: list[str] = []
    came: list[float] = []

    def second() -> None:
        with schemas.one_at_a_time(where, said.append):
            came.append(time.monotonic())

    with schemas.one_at_a_time(where, said.append):
        with (
            pytest.raises(AdventureError, match=r"Another run is at work on mine\. Run again when it has finished"),
            schemas.one_at_a_time(where, said.append, patient=False),
        ):
            pass
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: said)
        left = time.monotonic()
    thread.join()
    assert said == ["Another run is at work on mine; waiting for it to finish."]
    assert came[0] >= left


def test_a_lost_lock_is_noticed(where: Settings, warehouse: Warehouse) -> None:
    with schemas.one_at_a_time(where, print) as still_held:
        still_held()
        warehouse.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%select 1 as held%' "
            "and pid <> pg_backend_pid()"
        )
        with pytest.raises(AdventureError, match="connection that keeps other runs out was lost"):
            still_held()
