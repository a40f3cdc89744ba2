"""Write, audit, publish on Redshift: people read an audited state, the old one or the new one, whatever happens."""

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from tenacity import wait_none

from adventure_works.build.results import BuildResult, Problem
from adventure_works.cli.run import Printer
from adventure_works.errors import AdventureError, HeldError
from adventure_works.lake import lease
from adventure_works.lake.s3_read import Reader
from adventure_works.redshift import session as driver
from adventure_works.redshift.session import Session, session
from adventure_works.settings import Settings, read_settings
from adventure_works.warehouse import redshift as engine
from adventure_works.warehouse import redshift_versions as versions
from adventure_works.warehouse.record import AuditRecord, Outcome, write_record
from adventure_works.warehouse.redshift import RedshiftWarehouse
from adventure_works.warehouse.redshift_versions import NAMES, Relation, Versions, read_record
from standin.engine import READERS
from standin.proxy import Fault
from standin.stack import Warehouse
from support.waiting import wait_until

GROWN = [("core", "fact"), ("intermediate", "snap"), ("core", "not_there_yet")]
MADE = (("core", "fact"), ("marts", "mart"))


@pytest.fixture
def mine(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RedshiftWarehouse:
    """A warehouse of which nothing is published yet, and a load to build from."""
    places = {"DBT_LOG_PATH": str(tmp_path / "logs"), "DBT_TARGET_PATH": str(tmp_path / "target")}
    for name, value in (warehouse.environ | warehouse.login_by_password | places | {"REDSHIFT_SCHEMA": "mine"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(versions, "PAUSE", wait_none())
    monkeypatch.setattr(driver, "PAUSE", wait_none())
    for statement in (
        "create schema mine_raw",
        "create table mine_raw.load_log (load_id varchar(64))",
        "insert into mine_raw.load_log values ('20260101'), ('20260102')",
    ):
        warehouse.query(statement)
    return RedshiftWarehouse(read_settings(os.environ), lambda message: None)


@pytest.fixture
def redshift(mine: RedshiftWarehouse) -> Iterator[Session]:
    """A session of the login that builds."""
    with session("test") as opened:
        yield opened


def quiet(what: str, done: int, total: int) -> None:
    """Shows nothing."""


def build(
    mine: RedshiftWarehouse,
    number: int,
    *,
    outcome: Outcome = Outcome.PASSED,
    made: Sequence[Relation] = MADE,
    columns: str = "number",
    readers: Sequence[str] = (),
) -> str:
    """What a run does up to its audit, by which every relation says `number`; returns the prefix of its schemas."""
    prefix = mine.start_candidate(GROWN, quiet)["ADVENTURE_CANDIDATE"]
    with session("test") as redshift:
        redshift.ask(f"create view {prefix}_intermediate.seen as select {number} as number")
        for schema, table in made:
            redshift.ask(f"drop table if exists {prefix}_{schema}.{table}")
            redshift.ask(f"create table {prefix}_{schema}.{table} as select {columns} from {prefix}_intermediate.seen")
    nodes = {
        f"model.{table}": {
            "schema": f"{prefix}_{schema}",
            "alias": table,
            "resource_type": "model",
            "config": {"materialized": "table", "grants": {"select": [*readers]}},
        }
        for schema, table in [*made, ("intermediate", "seen")]
    }
    folder = mine.settings.target
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"of": prefix, "nodes": nodes}))
    (folder / "run_results.json").write_text(json.dumps({"metadata": {"invocation_id": f"build-{number}"}}))
    mine.judge_candidate(passed=outcome == Outcome.PASSED, tests=7, warnings=1, build_id=mine.keep_evidence(folder))
    return prefix


def run(mine: RedshiftWarehouse, number: int, **options: object) -> str:
    """A run that publishes; returns the prefix of its schemas."""
    with mine.locked() as check:
        prefix = build(mine, number, **options)
        check()
        mine.publish()
    return prefix


def publish(mine: RedshiftWarehouse, *, back: bool = False) -> None:
    """`adventure publish`, or with `--rollback`."""
    with mine.locked():
        if back:
            mine.roll_back()
        else:
            mine.publish()


def seen(redshift: Session, prefix: str = "mine", made: Sequence[Relation] = MADE) -> set[int]:
    """What the relations that people read say."""
    return {redshift.ask(f"select number from {prefix}_{schema}.{table}")[0]["number"] for schema, table in made}


def states(mine: RedshiftWarehouse) -> dict[str, str]:
    return {state.role: state.place.removesuffix("_*").removeprefix("mine") for state in mine.states()}


def schemas(redshift: Session) -> list[str]:
    return [row["nspname"] for row in redshift.ask("select nspname from pg_namespace where nspname like 'mine%'")]


def test_people_read_the_published_version_under_names_that_stay(redshift: Session, mine: RedshiftWarehouse) -> None:
    first = run(mine, 1)
    assert seen(redshift) == {1}
    with mine.locked():
        second = build(mine, 2)
        assert (seen(redshift), seen(redshift, second)) == ({1}, {2})
        assert states(mine) == {"published": first[4:], "candidate": second[4:]}
        with mine.asking_published() as ask, mine.asking_candidate() as candidate:
            assert ask("select number from {intermediate}.seen") == [{"number": 1}]
            assert candidate("select number from {intermediate}.seen") == [{"number": 2}]
            mine.publish()
            assert ask("select number from {core}.fact") == [{"number": 1}]
    assert seen(redshift) == {2}
    assert states(mine) == {"published": second[4:], "previous": first[4:]}
    third = run(mine, 3)
    assert seen(redshift) == {3}
    there = {name.rpartition("_")[0] for name in schemas(redshift)}
    assert there == {"mine", second, third}, "the first is gone"


def test_a_candidate_begins_with_what_earlier_builds_have_gathered(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse
) -> None:
    with mine.locked():
        prefix = build(mine, 1)
        redshift.ask(f"drop table {prefix}_core.fact")
        redshift.ask(
            f"create table {prefix}_core.fact (number integer not null, day date) distkey (number) sortkey (day)"
        )
        redshift.ask(f"create table {prefix}_intermediate.snap as select 1 as number")
        mine.publish()
    with mine.locked():
        second = mine.start_candidate(GROWN, quiet)["ADVENTURE_CANDIDATE"]
    found = warehouse.query('select "schema", "table", diststyle, sortkey1 from svv_table_info')
    made = {(schema, table): (style, key) for schema, table, style, key in found if schema.startswith(second)}
    assert set(made) == {
        (f"{second}_core", "fact"),
        (f"{second}_intermediate", "snap"),
        (f"{second}_operations", "audit_record"),
    }
    assert made[f"{second}_core", "fact"] == ("KEY(number)", "day")
    copies = [entry["sql"].partition("\n")[2] for entry in warehouse.statements() if '"copy fact"' in entry["sql"]]
    assert [sql.split()[0] for sql in copies] == ["create", "insert", "analyze"]
    assert redshift.ask(f"select * from {second}_intermediate.snap") == [{"number": 1}]
    record = read_record(redshift, second)
    assert record and (record.load_id, second) == ("20260102", f"mine_v{record.run_number}")
    with pytest.raises(AdventureError, match="null"):
        redshift.ask(f"insert into {second}_core.fact values (null, null)")


def test_rollback_exchanges_and_a_second_one_undoes_it(redshift: Session, mine: RedshiftWarehouse) -> None:
    with pytest.raises(AdventureError, match="no previous warehouse"):
        publish(mine, back=True)
    run(mine, 1)
    run(mine, 2)
    publish(mine, back=True)
    assert seen(redshift) == {1}
    publish(mine, back=True)
    assert seen(redshift) == {2}
    publish(mine, back=True)
    # The one that was taken back is the previous one by now.
    run(mine, 3)
    assert seen(redshift) == {3}
    publish(mine, back=True)
    assert seen(redshift) == {1}


def test_as_many_versions_are_kept_as_the_setting_says(redshift: Session, mine: RedshiftWarehouse) -> None:
    three = RedshiftWarehouse(replace(mine.settings, versions=3), print)
    prefixes = [run(three, number)[4:] for number in range(1, 5)]
    assert states(three) == {"published": prefixes[3], "previous": prefixes[2], "kept": prefixes[1]}
    with three.locked():
        with pytest.raises(
            AdventureError, match=r"mine_v1_\*: is not one of the versions that are kept, which are 2, 3"
        ):
            three.roll_back(1)
        three.roll_back(2)
    assert seen(redshift) == {2}
    assert states(three) == {"published": prefixes[1], "previous": prefixes[3], "kept": prefixes[2]}
    assert not any(name.startswith(f"mine{prefixes[0]}_") for name in schemas(redshift))


def shown_build(settings: Settings) -> tuple[str, str]:
    """The build whose evidence another machine finds for what is published, and the schema that it names."""
    warehouse = RedshiftWarehouse(settings, print)
    with warehouse.asking_published() as ask:
        folder = warehouse.evidence(ask)
    results, manifest = (json.loads((folder / name).read_text()) for name in ("run_results.json", "manifest.json"))
    return results["metadata"]["invocation_id"], manifest["nodes"]["model.fact"]["schema"]


def test_evidence_is_published_and_rolled_back_with_its_build(mine: RedshiftWarehouse, tmp_path: Path) -> None:
    """It is on S3, since the record that names it is on Redshift: every machine finds the two together."""
    elsewhere = replace(mine.settings, target=tmp_path / "elsewhere")
    with pytest.raises(AdventureError, match=r"mine_\*: there is no evidence .* adventure run --target prod"):
        shown_build(elsewhere)
    for number in (1, 2):
        run(mine, number)
        # Deferred to by name, which is that of a view that stays.
        assert shown_build(elsewhere) == (f"build-{number}", "mine_core")
    publish(mine, back=True)
    assert shown_build(elsewhere)[0] == "build-1"
    with mine.locked():
        build(mine, 3)
        assert shown_build(elsewhere)[0] == "build-1", "a candidate changes nothing"
        assert [state.record.warnings for state in mine.states() if state.record] == [1, 1, 1]
        mine.publish()
    with mine.locked():
        build(mine, 4)
    # The second was that of the previous version until the third was published.
    reader = Reader(mine.lake, mine.settings)
    with pytest.raises(KeyError):
        reader.read(mine.lake.key("builds", mine.name, "build-2", "manifest.json"))
    assert shown_build(elsewhere)[0] == "build-3"


def test_only_a_candidate_that_passed_is_published(redshift: Session, mine: RedshiftWarehouse) -> None:
    with pytest.raises(AdventureError, match="no candidate has passed"):
        publish(mine)
    run(mine, 1)
    with mine.locked(), pytest.raises(AdventureError, match="no candidate has passed"):
        build(mine, 2, outcome=Outcome.FAILED)
        mine.publish()
    assert seen(redshift) == {1}
    with pytest.raises(AdventureError, match="no candidate has passed"):
        publish(mine)
    # One that could not be published when it had passed is published by a later command.
    with mine.locked():
        build(mine, 3)
    publish(mine)
    assert seen(redshift) == {3}


def test_a_failed_audit_is_kept_and_the_message_says_where(mine: RedshiftWarehouse) -> None:
    run(mine, 1)
    with mine.locked():
        prefix = mine.start_candidate(GROWN, quiet)["ADVENTURE_CANDIDATE"]
        table = f"{prefix}_audit.fact_sales__has_rows"
        failed = Problem("fact_sales__has_rows", "fail", "There are sales.", f"warehouse.{table}", 1)
        with pytest.raises(AdventureError) as raised:
            Printer(mine.settings).built(BuildResult(Counter(), {}, Counter(), [failed], [], 1.0), mine)
    first, *rest = str(raised.value).splitlines()
    assert first.endswith("so that it is not published; mine_v1_* is as it was.")
    assert f"  fact_sales__has_rows: There are sales. (1 row in {table})" in rest
    assert f"The build with the failing rows is kept, until the next run, in {prefix}_*." in "\n".join(rest)
    assert f"'select * from {table}'" in "\n".join(rest)


def test_a_load_in_the_middle_of_a_build_fails_its_audit(redshift: Session, mine: RedshiftWarehouse) -> None:
    with mine.locked():
        mine.start_candidate(GROWN, quiet)
        redshift.ask("insert into mine_raw.load_log values ('20260103')")
        with pytest.raises(
            AdventureError, match="Load 20260103 came into mine_raw while load 20260102 was being built"
        ):
            mine.judge_candidate(passed=True, tests=7)
    (state,) = mine.states()
    assert state.record and (state.role, state.record.outcome) == ("candidate", "failed")


def test_a_lake_that_was_replaced_starts_from_nothing(redshift: Session, mine: RedshiftWarehouse) -> None:
    run(mine, 1)
    redshift.ask("delete from mine_raw.load_log")
    redshift.ask("insert into mine_raw.load_log values ('20260201')")
    said: list[str] = []
    again = RedshiftWarehouse(mine.settings, said.append)
    with again.locked():
        prefix = again.start_candidate(GROWN, quiet)["ADVENTURE_CANDIDATE"]
    assert said == ["The lake was replaced since the last publication: the warehouse is built from nothing."]
    assert not redshift.ask(f"select tablename from pg_tables where schemaname = '{prefix}_core'")


# What people have made of the views that they read


def test_what_was_granted_and_built_on_the_views_outlives_a_publication(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse
) -> None:
    user, group = READERS
    run(mine, 1, readers=[f"group:{group}"])
    redshift.ask(f"grant usage on schema mine_core to {user}")
    redshift.ask(f"grant select on mine_core.fact to {user}")
    redshift.ask("create schema theirs")
    redshift.ask("create view theirs.own as select number from mine_core.fact with no schema binding")
    before = warehouse.administer("select oid from pg_namespace where nspname ~ '^mine_(core|marts)$' order by oid")

    def may_read(view: str, who: str) -> bool:
        return bool(warehouse.administer(f"select has_table_privilege('{who}', '{view}', 'select')")[0][0])

    run(mine, 2, readers=[f"group:{group}"])
    assert redshift.ask("select number from theirs.own") == [{"number": 2}]
    assert (
        warehouse.administer("select oid from pg_namespace where nspname ~ '^mine_(core|marts)$' order by oid")
        == before
    )
    assert may_read("mine_core.fact", user) and may_read("mine_marts.mart", group)
    assert not may_read("mine_marts.mart", user)
    # Of a relation with other columns the view is made again, and granted again.
    run(mine, 3, readers=[f"group:{group}"], columns="number, 'x' as new")
    assert redshift.ask("select * from mine_core.fact") == [{"number": 3, "new": "x"}]
    assert may_read("mine_core.fact", user) and may_read("mine_core.fact", group)
    # Who is no longer named as a reader may read no more; what was granted by hand stays.
    run(mine, 4, columns="number, 'x' as new")
    assert may_read("mine_core.fact", user) and not may_read("mine_core.fact", group)


def test_readers_may_use_the_schemas_of_a_version(redshift: Session, mine: RedshiftWarehouse) -> None:
    """Without it they may not read a late-binding view. Who reads persons is named, or has it granted by hand."""
    user, group = READERS
    made = [*MADE, ("persons", "person")]
    run(mine, 1, made=made)
    redshift.ask(f"grant select on mine_persons.person to {user}")
    run(mine, 2, made=made)
    may_use = "select has_schema_privilege(?, ?, 'usage') as may"
    for schema, who in (("core", True), ("marts", True), ("persons", False), ("intermediate", False)):
        assert redshift.ask(may_use, (group, f"mine_v2_{schema}")) == [{"may": who}], schema
    assert redshift.ask(may_use, (user, "mine_v2_persons")) == [{"may": True}]


def test_who_is_no_longer_a_reader_may_not_read_whatever_the_catalog_shows(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SVV_RELATION_PRIVILEGES shows others to few; and a user of before may be gone."""
    monkeypatch.setattr(versions, "_granted", lambda ask, schema: {})
    user, group = READERS
    run(mine, 1, readers=[user, f"group:{group}"])
    run(mine, 2, readers=[user])
    may_read = "select has_table_privilege(?, 'mine_core.fact', 'select') as may"
    assert redshift.ask(may_read, (user,)) == [{"may": True}]
    assert redshift.ask(may_read, (group,)) == [{"may": False}]
    now, before = dict.fromkeys(MADE, ()), dict.fromkeys(MADE, ("user:nobody_any_more", user))
    versions.publish(mine.settings, versions.Run(9, "token"), 2, now, before, print)
    assert redshift.ask(may_read, (user,)) == [{"may": False}]


def test_a_view_has_the_description_of_its_table(redshift: Session, mine: RedshiftWarehouse) -> None:
    described = """
        select d.description from pg_description as d
        join pg_class as c on c.oid = d.objoid and d.objsubid = 0
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'mine_core' and c.relname = 'fact'
        """
    for number, text in ((1, "One row per sale, it's said."), (2, "One row per line.")):
        with mine.locked():
            prefix = build(mine, number)
            redshift.ask(f"comment on table {prefix}_core.fact is {driver.literal(text)}")
            mine.publish()
        assert redshift.ask(described) == [{"description": text}]


def test_a_relation_that_the_project_no_longer_has_loses_its_view(redshift: Session, mine: RedshiftWarehouse) -> None:
    run(mine, 1)
    redshift.ask("create view mine_core.their_own as select 1 as one with no schema binding")
    run(mine, 2, made=MADE[:1])
    views = redshift.ask("select schemaname, viewname from pg_views where schemaname in ('mine_core', 'mine_marts')")
    assert {(row["schemaname"], row["viewname"]) for row in views} == {
        ("mine_core", "fact"),
        ("mine_core", "their_own"),
    }
    run(mine, 3)
    assert seen(redshift) == {3}


# What must not be published


@pytest.mark.parametrize("gone", ["table mine_v2_core.fact", "schema mine_v2_core", "all"])
def test_a_candidate_that_somebody_drops_before_the_switch(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    run(mine, 1)
    switch = versions.publish

    def dropping(*arguments: object, **options: object) -> None:
        for what in [f"schema mine_v2_{name}" for name in NAMES] if gone == "all" else [gone]:
            redshift.ask(f"drop {what} cascade")
        switch(*arguments, **options)

    monkeypatch.setattr(engine, "publish", dropping)
    with mine.locked(), pytest.raises(AdventureError, match="somebody has dropped it"):
        build(mine, 2)
        mine.publish()
    assert seen(redshift) == {1}
    assert states(mine)["published"] == "_v1"
    monkeypatch.setattr(engine, "publish", switch)
    run(mine, 3)
    assert seen(redshift) == {3}


def each_statement(
    mine: RedshiftWarehouse, warehouse: Warehouse, what: str, wait: int, number: Callable[[], int]
) -> Iterator[bool]:
    """Publishes versions; the first time something happens at the first statement, then at the second, to the last.

    Gives whether the publication says that it succeeded. `wait` is for how long it tries again.
    """
    settings, made = replace(mine.settings, reader_wait=wait), dict.fromkeys(MADE, ())
    proxy = warehouse.standin.proxy
    for nth in count(1):
        act, wanted = versions.Run(100 + nth, "token"), number()
        proxy.fault = Fault("", what, nth)
        has_succeeded = True
        try:
            versions.publish(settings, act, wanted, made, made, lambda message: None)
        except AdventureError as error:
            assert re.search("stand-in|was lost|cannot be reached", str(error)), error
            has_succeeded = False
        if proxy.fault:
            proxy.fault = None
            return
        yield has_succeeded


@pytest.mark.parametrize("what", ["before", "after"])
def test_stopped_at_any_statement_of_the_publication(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse, what: str
) -> None:
    """The old version stays whole, or the new one is; publishing again is all it takes."""
    run(mine, 1)
    with mine.locked():
        build(mine, 2)
    # As if the process were gone: no second attempt.
    found = [(seen(redshift), done) for done in each_statement(mine, warehouse, what, 0, lambda: 2)]
    assert len(found) > 25
    if what == "before":
        assert found == [({1}, False)] * len(found)
    else:
        # The answer to the commit is lost after it has taken effect; from there on it is published.
        committed = found.index(({2}, False))
        assert committed > 25 and found[:committed] == [({1}, False)] * committed
        assert all(now == {2} for now, _ in found[committed:])
    assert seen(redshift) == {2}
    run(mine, 3)
    assert seen(redshift) == {3}


@pytest.mark.parametrize("what", ["conflict", "after"])
def test_whatever_redshift_ends_is_tried_again_as_a_whole(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse, what: str
) -> None:
    run(mine, 1)
    run(mine, 2)
    now, arrived = 2, 0
    for done in each_statement(mine, warehouse, what, 60, lambda: 3 - min(seen(redshift))):
        # Only a login that fails is not tried again.
        now, arrived = (3 - now, arrived + 1) if done else (now, arrived)
        assert seen(redshift) == {now}
    assert arrived > 25


@pytest.mark.parametrize(
    "at", ["insert into mine_v2_core.fact", "create schema mine_v2_core", "commit", "lock mine_runs"]
)
def test_a_conflict_while_the_candidate_is_made_is_tried_again(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse, at: str
) -> None:
    run(mine, 1)
    warehouse.standin.proxy.fault = Fault(at, "conflict")
    run(mine, 2)
    assert warehouse.standin.proxy.fault is None
    assert seen(redshift) == {2}


@pytest.mark.parametrize("lost", ["delete from mine_runs.publications", "drop schema mine_runs cascade"])
def test_where_the_publications_are_lost_nothing_is_dropped(
    redshift: Session, mine: RedshiftWarehouse, lost: str
) -> None:
    run(mine, 1)
    run(mine, 2)
    redshift.ask(lost)
    with pytest.raises(AdventureError, match=r"views in mine_core .* read mine_v2_\*, .* emptied or dropped") as raised:
        run(mine, 3)
    with pytest.raises(AdventureError, match="emptied or dropped"):
        publish(mine)
    assert seen(redshift) == {2}
    assert seen(redshift, "mine_v1") == {1}
    # What the message says.
    (put_back,) = re.findall("Put it back: (.*);", str(raised.value))
    redshift.ask(put_back)
    run(mine, 5)
    assert seen(redshift) == {5}
    publish(mine, back=True)
    assert seen(redshift) == {2}


def test_empty_schemas_for_people_are_no_version(redshift: Session, mine: RedshiftWarehouse) -> None:
    """An administrator has made one, and granted on it, before the first publication."""
    redshift.ask("create schema mine_marts")
    run(mine, 1)
    assert seen(redshift) == {1}
    assert states(mine) == {"published": "_v1"}


# Readers


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_reader_in_a_loop_sees_whole_states(
    redshift: Session, mine: RedshiftWarehouse, *, in_transaction: bool
) -> None:
    """Two relations are always of the same version, in one statement or one transaction; none is ever away."""
    run(mine, 1)
    pairs: list[tuple[int, int]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        with session("test") as reader:
            while not done.is_set():
                try:
                    if in_transaction:
                        with reader.transaction():
                            # In the other order than the views are replaced.
                            (mart,) = reader.ask("select number from mine_marts.mart")
                            (fact,) = reader.ask("select number from mine_core.fact")
                        pairs.append((fact["number"], mart["number"]))
                    else:
                        (row,) = reader.ask(
                            "select a.number, b.number as other from mine_core.fact as a, mine_marts.mart as b"
                        )
                        pairs.append((row["number"], row["other"]))
                except AdventureError as error:
                    failed.append(error)

    def read_more() -> None:
        count = len(pairs)
        while len(pairs) == count and not failed:
            time.sleep(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(2, 8):
            read_more()
            run(mine, number)
            if number == 4:
                publish(mine, back=True)
                publish(mine, back=True)
        # The first of the two may have begun before the last publication.
        read_more()
        read_more()
    finally:
        done.set()
        thread.join()
    assert failed == []
    assert {one for one, _ in pairs} >= {1, 7}
    assert all(one == other for one, other in pairs)


def test_an_attempt_waits_longer_than_the_one_before(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse
) -> None:
    """Also for the first view: what takes its time may be Redshift's queue."""
    run(mine, 1)
    warehouse.standin.proxy.fault = Fault("view mine_marts.mart", "conflict")
    run(mine, 2)
    every = re.findall(r"set statement_timeout to (\d+)", " ".join(entry["sql"] for entry in warehouse.statements()))
    limits = [int(limit) for limit in every if limit not in ("0", str(versions.MILLISECONDS))]
    assert limits == [2000, 500, 2000, 500, 4000, 1000]


@pytest.mark.timing
def test_a_reader_whose_transaction_never_ends_holds_nobody_up_for_long(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "FIRST_MILLISECONDS", 200)
    monkeypatch.setattr(versions, "ANNOUNCED", 1)
    run(mine, 1)
    said: list[str] = []
    hasty = RedshiftWarehouse(replace(mine.settings, reader_wait=1), said.append)
    with session("test") as reader:
        with reader.transaction():
            assert seen(reader, made=MADE[:1]) == {1}
            with hasty.locked(), pytest.raises(AdventureError) as raised:
                build(hasty, 2)
                hasty.publish()
            assert "Somebody is reading from the views" in str(raised.value)
            assert "adventure publish --target prod" in str(raised.value)
            assert said == [
                "Somebody is reading from the views that are to be replaced, in a transaction that does not end, "
                "or Redshift is busy. Trying again for up to 1 seconds."
            ]
            # Others read, and the one who holds it up reads one state.
            assert seen(redshift) == {1} == seen(reader)
        publish(hasty)
        assert seen(redshift) == {2}


@pytest.mark.timing
def test_an_old_version_that_somebody_reads_is_left_for_the_next_run(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MILLISECONDS", 200)
    said: list[str] = []
    talking = RedshiftWarehouse(mine.settings, said.append)
    for number in (1, 2):
        run(talking, number)
    with session("test") as reader, reader.transaction():
        assert seen(reader, "mine_v1") == {1}
        run(talking, 3)
        assert seen(reader, "mine_v1") == {1}
        assert seen(redshift) == {3}
    assert said == [
        "Somebody reads what is out of date, or owns a part of it: mine_v1_* could not be dropped. The next run tries "
        "again."
    ]
    run(talking, 4)
    assert not any(name.startswith("mine_v1_") for name in schemas(redshift))


# Who may publish


@pytest.mark.timing
def test_a_second_run_is_refused_or_waits(mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LOOKS", 1000)
    said: list[str] = []
    came: list[float] = []

    def second() -> None:
        with RedshiftWarehouse(mine.settings, said.append).locked():
            came.append(time.monotonic())

    with RedshiftWarehouse(mine.settings, said.append).locked():
        with (
            pytest.raises(
                HeldError, match=r"Another run is at work on mine: .* \(run 1, since .*Run again when it has"
            ),
            RedshiftWarehouse(mine.settings, said.append, wait=False).locked(),
        ):
            pass
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: said)
        left = time.monotonic()
    thread.join()
    assert len(said) == 1 and "waiting for it to finish. Its lease runs out at " in said[0]
    assert came[0] >= left


@pytest.mark.timing
def test_a_run_that_was_held_up_cannot_publish_over_the_one_that_took_over(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when it has just looked whether it still holds the lease."""
    run(mine, 1)
    monkeypatch.setattr(lease, "SECONDS", 1.0)
    monkeypatch.setattr(lease.Lease, "_renew_until", lambda lease, done: None)
    slow, fast = (RedshiftWarehouse(mine.settings, lambda message: None) for _ in range(2))
    with slow.locked() as check:
        build(slow, 2)
        check()
        with fast.locked() as check_other:
            fast.start_candidate(GROWN, quiet)
            with pytest.raises(AdventureError, match=r"no longer has the lease on mine: .* has it now"):
                check()
            with pytest.raises(AdventureError, match=r"Run 3 has begun to work on mine since this one, run 2"):
                slow._switch(2, 1, must_pass=True)
            with pytest.raises(AdventureError, match="has begun to work on mine"):
                slow.start_candidate(GROWN, quiet)
            assert seen(redshift) == {1}
            check_other()
    run(mine, 4)
    assert seen(redshift) == {4}


def test_runs_from_two_lakes_do_not_publish_under_one_number(redshift: Session, mine: RedshiftWarehouse) -> None:
    """Each lake has a lease of its own; Redshift lets one of two runs of a number begin."""
    other = RedshiftWarehouse(
        replace(mine.settings, lake=replace(mine.settings.lake_on_s3, prefix="other")), lambda message: None
    )
    run(mine, 1)
    with mine.locked(), other.locked():
        build(mine, 2)
        with pytest.raises(AdventureError, match="Run 2 has begun to work on mine"):
            other.start_candidate(GROWN, quiet)
        mine.publish()
    assert run(other, 3) == "mine_v3"
    assert run(mine, 4) == "mine_v4"
    assert seen(redshift) == {4}


@pytest.mark.parametrize("step", ["begin", "publish"])
def test_a_run_that_was_taken_over_drops_nothing_of_the_other_one(
    redshift: Session, mine: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    other = RedshiftWarehouse(
        replace(mine.settings, lake=replace(mine.settings.lake_on_s3, prefix="other")), lambda message: None
    )
    where = Versions if step == "begin" else engine
    do = getattr(where, step)

    def and_be_taken_over(*arguments: object, **options: object) -> None:
        do(*arguments, **options)
        monkeypatch.setattr(where, step, do)
        with other.locked():
            build(other, 3)

    run(mine, 1)
    with mine.locked():
        if step == "publish":
            build(mine, 2)
        monkeypatch.setattr(where, step, and_be_taken_over)
        if step == "publish":
            mine.publish()
        else:
            mine.start_candidate(GROWN, quiet)
    assert seen(redshift, "mine_v3") == {3}
    publish(other)
    assert seen(redshift) == {3}


@pytest.mark.timing
def test_a_run_may_take_longer_than_redshift_lets_a_transaction_idle(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse.standin.proxy, "idle_seconds", 0.3)
    with mine.locked() as check:
        time.sleep(0.6)
        build(mine, 1)
        time.sleep(0.6)
        check()
        mine.publish()
    assert seen(redshift) == {1}


# What was there before


def former(redshift: Session) -> None:
    """What the renames of an earlier version of the project have left: a published set, and one of before."""
    for prefix, number in (("mine", 1), ("mine_previous", 0)):
        for name in NAMES:
            redshift.ask(f"create schema {prefix}_{name}")
        for schema, table in (*MADE, ("intermediate", "snap")):
            redshift.ask(f"create table {prefix}_{schema}.{table} as select {number} as number")
        write_record(redshift.ask, AuditRecord("s3://bucket/lake", "20260101", "20260101"), f"{prefix}_operations")
        redshift.ask(f"alter table {prefix}_operations.audit_record drop column run_number")


def test_what_an_earlier_version_of_the_project_has_published_becomes_a_version(
    redshift: Session, mine: RedshiftWarehouse
) -> None:
    former(redshift)
    assert states(mine) == {"published": ""}
    with mine.asking_published() as ask:
        assert ask("select number from {core}.fact") == [{"number": 1}]
    with mine.locked():
        prefix = build(mine, 2)
        assert redshift.ask(f"select number from {prefix}_intermediate.snap") == [{"number": 1}], "history goes on"
        mine.publish()
    assert seen(redshift) == {2}
    assert states(mine) == {"published": prefix[4:], "previous": "_v0"}
    assert not any("previous" in name for name in schemas(redshift))
    publish(mine, back=True)
    assert seen(redshift) == {1}
    run(mine, 3)
    assert seen(redshift) == {3}


def test_a_former_set_is_brought_over_whole_or_not_at_all(
    redshift: Session, mine: RedshiftWarehouse, warehouse: Warehouse
) -> None:
    former(redshift)
    with mine.locked():
        build(mine, 2)
    hasty = RedshiftWarehouse(replace(mine.settings, reader_wait=0), lambda message: None)
    for at in ("rename to mine_v0_marts", "view mine_marts.mart", "commit"):
        warehouse.standin.proxy.fault = Fault(at, "before")
        with pytest.raises(AdventureError):
            publish(hasty)
        warehouse.standin.proxy.fault = None
        assert states(mine)["published"] == ""
        assert seen(redshift) == {1}
    publish(hasty)
    assert seen(redshift) == {2}
    assert Versions(redshift, mine.settings).published() == [1, 0]
