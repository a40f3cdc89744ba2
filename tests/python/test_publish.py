"""Write, audit, publish: people read an audited state, the old one or the new one, whatever happens meanwhile."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from adventure_works.build.results import tests_left_out
from adventure_works.errors import AdventureError
from adventure_works.lake import pins
from adventure_works.lake.loader import load
from adventure_works.settings import Settings, read_settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_access import connected, has_storage
from adventure_works.warehouse.duckdb_files import log_of
from adventure_works.warehouse.record import AuditRecord, Outcome, record_of, write_record
from crash import two_sources
from processes import ASK, HOLD, ended, process
from recorded import record
from support.commands import run_adventure, run_dbt
from support.places import PROJECT, PUBLISHED, own_places
from support.waiting import TIMEOUT

SMALL = 64 << 20
RECORD = AuditRecord(
    "/lake", "20260101T000000000000", "20260101T000000000000", datetime(2026, 1, 1), "0.1.0", "passed", 210
)


def warehouse_in(
    folder: Path, announce: Callable[[str], None] = lambda message: None, *, wait: bool = True
) -> DuckDBWarehouse:
    """A warehouse in `folder`, whose lake is there as well."""
    settings = Settings(database=folder / "warehouse" / "w.duckdb", lake=folder / "lake")
    return DuckDBWarehouse(settings, announce, wait=wait)


def started(warehouse: DuckDBWarehouse) -> str:
    """Makes the candidate; returns the load id of the lake's version that it is built from."""
    return Path(warehouse.start_candidate([], lambda what, done, total: None)["ADVENTURE_RAW"]).name


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """A warehouse of which state 1 is published."""
    warehouse = warehouse_in(tmp_path, wait=False)
    warehouse.published.parent.mkdir()
    with connected(warehouse.published, read_only=False) as connection:
        connection.execute("create table one as select 1 as number; create table other as from one")
        write_record(connection.execute, RECORD)
    return warehouse


def candidate_of(warehouse: DuckDBWarehouse, number: int, outcome: Outcome = Outcome.PASSED) -> None:
    warehouse.start_from_published()
    with duckdb.connect(str(warehouse.candidate)) as connection:
        connection.execute("update one set number = ?", [number])
        connection.execute("update other set number = ?", [number])
        write_record(connection.execute, replace(RECORD, outcome=outcome))


def evidence_in(folder: Path, build_id: str) -> Path:
    """A folder with what dbt leaves of a build; the manifest names it too."""
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"of": build_id}))
    (folder / "run_results.json").write_text(json.dumps({"metadata": {"invocation_id": build_id}}))
    return folder


def build(warehouse: DuckDBWarehouse, number: int, folder: Path) -> None:
    """What a run does up to its publication."""
    candidate_of(warehouse, number, Outcome.BUILDING)
    build_id = warehouse.keep_evidence(evidence_in(folder, f"build-{number}"))
    warehouse.judge_candidate(passed=True, tests=1, build_id=build_id)


def shown_build(warehouse: DuckDBWarehouse) -> str:
    """The build whose evidence is that of what is published; the link beside it leads to the same."""
    with warehouse.asking_published() as ask:
        folder = warehouse.evidence(ask)
    assert (warehouse.published.parent / "state").resolve() == folder
    assert str(number_in(warehouse.published)) == folder.name.removeprefix("build-")
    of: str = json.loads((folder / "manifest.json").read_text())["of"]
    return of


def number_in(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        one, other = connection.execute("select (from one), (from other)").fetchone()
    assert one == other
    return one


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a file system of its own, with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.timing
def test_readers_before_during_and_after(warehouse: DuckDBWarehouse) -> None:
    old = process(HOLD, warehouse.published, "reading")
    asking = process(ASK, warehouse.published, "select (from one), (from other)")
    with old as old_reader, asking as asking_reader:
        asked = ""
        for number in range(2, 22):
            candidate_of(warehouse, number)
            warehouse.put_in_place()
            if number % 5 == 0:
                # A busy machine must not let all of it pass between two questions.
                asked += asking_reader.stdout.readline()
        old_reader.stdin.write("\n")
        old_reader.stdin.flush()
        assert old_reader.stdout.readline().split() == ["1", "1"]
        asked += ended(asking_reader)
    seen = [tuple(map(int, re.findall(r"\d+", line))) for line in asked.splitlines()]
    assert len(seen) > 3
    assert seen == sorted(seen) and all(one == other for one, other in seen)
    assert number_in(warehouse.published) == 21


def test_rollback_exchanges_and_a_second_one_undoes_it(warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(AdventureError, match="no previous warehouse"):
        warehouse.roll_back()
    candidate_of(warehouse, 2)
    warehouse.publish()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (2, 1)
    warehouse.roll_back()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (1, 2)
    warehouse.roll_back()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (2, 1)


def test_only_a_candidate_that_passed_is_published(warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(AdventureError, match="no candidate has passed"):
        warehouse.publish()
    candidate_of(warehouse, 2, Outcome.FAILED)
    with pytest.raises(AdventureError, match="no candidate has passed"):
        warehouse.publish()
    assert number_in(warehouse.published) == 1


def test_a_file_of_another_storage_version_is_rewritten_once(warehouse: DuckDBWarehouse) -> None:
    """As this project made them until it promised old clients that they can read: nothing of it is lost."""
    warehouse.published.unlink()
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("create table one (number int not null); insert into one values (1); create schema marts")
        connection.execute("create table other as from one; create view marts.both as from one, other")
        connection.execute("comment on column one.number is 'kept'")
        write_record(connection.execute, RECORD)
    assert not has_storage(warehouse.published)
    candidate_of(warehouse, 2)
    assert has_storage(warehouse.candidate)
    with duckdb.connect(str(warehouse.candidate)) as connection:
        assert connection.execute("from marts.both").fetchall() == [(2, 2)]
        kept = connection.execute(
            "select comment, is_nullable from duckdb_columns() where table_name = 'one'"
        ).fetchall()
        assert kept == [("kept", False)]
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into one values (null)")
    warehouse.publish()
    candidate_of(warehouse, 3)
    assert number_in(warehouse.published) == 2 and has_storage(warehouse.candidate)


def test_evidence_is_published_and_rolled_back_with_its_build(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    with warehouse.asking_published() as ask, pytest.raises(AdventureError, match="there is no evidence for it"):
        warehouse.evidence(ask)
    for number in (2, 3):
        build(warehouse, number, tmp_path / "target")
        warehouse.publish()
        assert shown_build(warehouse) == f"build-{number}"
    warehouse.roll_back()
    assert shown_build(warehouse) == "build-2"
    warehouse.roll_back()
    assert shown_build(warehouse) == "build-3"
    build(warehouse, 4, tmp_path / "target")
    assert shown_build(warehouse) == "build-3", "a candidate changes nothing"
    warehouse.publish()
    build(warehouse, 5, tmp_path / "target")
    # The first was that of the previous file when the fourth was kept.
    assert sorted(path.name for path in warehouse.builds.iterdir()) == ["build-3", "build-4", "build-5"]
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("update operations.audit_record set outcome = 'changed'")
    with warehouse.asking_published() as ask, pytest.raises(AdventureError, match="plain dbt has built in it since"):
        warehouse.evidence(ask)


def test_a_run_that_is_killed_loses_no_evidence(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    for number in (2, 3):
        build(warehouse, number, tmp_path / "target")
        warehouse.publish()
    # Killed between the evidence and the record; then between the record and the publication.
    candidate_of(warehouse, 4, Outcome.BUILDING)
    warehouse.keep_evidence(evidence_in(tmp_path / "target", "build-4"))
    assert shown_build(warehouse) == "build-3"
    build(warehouse, 5, tmp_path / "target")
    assert sorted(path.name for path in warehouse.builds.iterdir()) == ["build-2", "build-3", "build-5"]
    assert shown_build(warehouse) == "build-3"
    # Killed after the rename: neither the link is renewed, nor what was published in the previous one's place.
    os.link(warehouse.published, warehouse.previous.with_name(".w.duckdb"))
    warehouse.candidate.replace(warehouse.published)
    with warehouse.asking_published() as ask:
        assert warehouse.evidence(ask).name == "build-5"
    build(warehouse, 6, tmp_path / "target")
    assert sorted(path.name for path in warehouse.builds.iterdir()) == ["build-3", "build-5", "build-6"]
    warehouse.roll_back()
    assert shown_build(warehouse) == "build-3"


def test_two_warehouses_share_no_evidence(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    other = DuckDBWarehouse(
        Settings(database=warehouse.published.with_name("other.duckdb"), lake=warehouse.lake), print
    )
    assert (other.name, other.target_folder) != (warehouse.name, warehouse.target_folder)
    elsewhere = DuckDBWarehouse(Settings(database=tmp_path / "w.duckdb", lake=warehouse.lake), print)
    assert (elsewhere.name, elsewhere.target_folder) != (warehouse.name, warehouse.target_folder)
    other.keep_evidence(evidence_in(tmp_path / "target", "build-1"))
    build(warehouse, 2, tmp_path / "target")
    build(warehouse, 3, tmp_path / "target")
    assert [path.name for path in other.builds.iterdir()] == ["build-1"]


def test_a_record_of_an_earlier_version_is_read(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("alter table operations.audit_record drop column build_id")
        connection.execute("alter table operations.audit_record drop column warnings")
    (state,) = warehouse.states()
    assert state.record == RECORD
    with warehouse.asking_published() as ask, pytest.raises(AdventureError, match=r"earlier version .* adventure run"):
        warehouse.evidence(ask)


@pytest.mark.parametrize("killed", ["before the rename", "after the rename of a rollback"])
def test_a_killed_exchange_is_finished(warehouse: DuckDBWarehouse, killed: str) -> None:
    candidate_of(warehouse, 2)
    warehouse.put_in_place()
    aside = warehouse.previous.with_name(".w.duckdb")
    os.link(warehouse.published, aside)
    if killed == "after the rename of a rollback":
        warehouse.previous.replace(warehouse.published)
    now = number_in(warehouse.published)
    warehouse.roll_back()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (3 - now, now)
    assert not aside.exists()


@pytest.mark.timing
def test_a_writer_is_named_and_nothing_is_lost(warehouse: DuckDBWarehouse) -> None:
    candidate_of(warehouse, 2)
    with process(HOLD, warehouse.published, "writing") as holder:
        for step in (warehouse.start_from_published, warehouse.put_in_place):
            with pytest.raises(AdventureError, match=rf"w\.duckdb is open in another process: .*{holder.pid}"):
                step()
    warehouse.put_in_place()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (2, 1)


@pytest.mark.timing
def test_a_writer_that_leaves_is_waited_for(warehouse: DuckDBWarehouse) -> None:
    said: list[str] = []
    candidate_of(warehouse, 2)
    with process(HOLD, warehouse.published, "writing") as holder:

        def announce(message: str) -> None:
            said.append(message)
            holder.stdin.close()

        DuckDBWarehouse(Settings(database=warehouse.published), announce).put_in_place()
    assert len(said) == 1 and "waiting up to 60 s" in said[0]
    assert number_in(warehouse.published) == 2


@pytest.mark.timing
def test_what_a_killed_writer_left_in_its_log_is_kept(warehouse: DuckDBWarehouse) -> None:
    """A dbt command killed in the middle leaves a log; it is never applied to another file than its own."""
    code = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("update one set number = 5; update other set number = 5")
os.kill(os.getpid(), 9)
"""
    log = log_of(warehouse.published)
    subprocess.run([sys.executable, "-c", code, warehouse.published])
    assert log.exists()
    warehouse.start_from_published()
    assert number_in(warehouse.candidate) == 5
    assert not log.exists()
    subprocess.run([sys.executable, "-c", code.replace("= 5", "= 6"), warehouse.published])
    assert log.exists()
    warehouse.put_in_place()
    assert (number_in(warehouse.published), number_in(warehouse.previous)) == (5, 6)
    assert not log.exists()


def test_a_published_file_that_cannot_be_read_is_set_aside(warehouse: DuckDBWarehouse) -> None:
    candidate_of(warehouse, 2)
    warehouse.put_in_place()
    warehouse.published.write_bytes(b"not a database" * 1000)
    with pytest.raises(AdventureError, match="adventure publish --rollback"):
        warehouse.start_from_published()
    warehouse.roll_back()
    assert number_in(warehouse.published) == 1
    assert (warehouse.published.parent / "unreadable" / "w.duckdb").read_bytes().startswith(b"not a database")


def test_publishing_keeps_who_may_read(warehouse: DuckDBWarehouse) -> None:
    warehouse.published.chmod(0o640)
    candidate_of(warehouse, 2)
    warehouse.put_in_place()
    assert warehouse.published.stat().st_mode & 0o777 == 0o640


@pytest.mark.slow
def test_the_lake_of_every_file_is_kept(files: Path, tmp_path: Path) -> None:
    """The views of a published database read the version that was audited, however often the lake is loaded."""
    lake = tmp_path / "lake"
    warehouse = warehouse_in(tmp_path)
    warehouse.published.parent.mkdir()

    def change_and_load(number: int) -> None:
        sales = next(files.glob("*Sales_2017.csv"))
        sales.write_bytes(sales.read_bytes().replace(b",1\r\n", b",%d\r\n" % number, 1))
        load(str(files), lake)

    used = []
    for number in range(2, 5):
        change_and_load(number)
        used.append(started(warehouse))
        for further in range(3):
            change_and_load(10 * number + further)
        assert used[-1] in versions(lake), "the candidate's"
        warehouse.judge_candidate(passed=True, tests=1)
        warehouse.publish()
    change_and_load(99)
    change_and_load(98)
    # Two for the files of the warehouse; the current version of the lake, and the one before.
    assert used[0] not in versions(lake)
    assert set(used[1:]) < set(versions(lake)) and len(versions(lake)) == 4
    shutil.rmtree(warehouse.published.parent)
    change_and_load(97)
    assert len(versions(lake)) == 2
    assert not pins.pinned(lake)


def versions(lake: Path) -> list[str]:
    return sorted(path.name for path in (lake / "versions").iterdir())


def test_a_lake_that_was_replaced_starts_from_nothing(files: Path, tmp_path: Path) -> None:
    said: list[str] = []
    lake = tmp_path / "lake"
    warehouse = warehouse_in(tmp_path, said.append)
    warehouse.published.parent.mkdir()
    load(str(files), lake)
    started(warehouse)
    with duckdb.connect(str(warehouse.candidate)) as connection:
        connection.execute("create table history as select 1 as kept")
    warehouse.judge_candidate(passed=True, tests=1)
    warehouse.publish()

    started(warehouse)
    with duckdb.connect(str(warehouse.candidate)) as connection:
        assert connection.execute("from history").fetchall() == [(1,)]
    assert not said
    load(str(files), lake, replace_lake=True)
    started(warehouse)
    with duckdb.connect(str(warehouse.candidate)) as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("from history")
    assert "was replaced" in said[0]


def test_a_lake_that_another_one_stood_in_for_keeps_its_history(files: Path, tmp_path: Path) -> None:
    """ADVENTURE_LAKE led to another lake for one run, which was published."""
    said: list[str] = []

    def publish(lake: Path, history: str) -> None:
        load(str(files), lake)
        settings = Settings(database=tmp_path / "warehouse" / "w.duckdb", lake=lake)
        warehouse = DuckDBWarehouse(settings, said.append)
        warehouse.published.parent.mkdir(exist_ok=True)
        started(warehouse)
        with duckdb.connect(str(warehouse.candidate)) as connection:
            connection.execute("create table if not exists history (kept varchar)")
            connection.execute("insert into history values (?)", [history])
        warehouse.judge_candidate(passed=True, tests=1)
        warehouse.publish()

    def history() -> list[tuple]:
        with duckdb.connect(str(tmp_path / "warehouse" / "w.duckdb"), read_only=True) as connection:
            return connection.execute("from history").fetchall()

    publish(tmp_path / "lake", "first")
    publish(tmp_path / "other", "of the other")
    assert history() == [("of the other",)]
    # Killed before its last rename, the publication leaves the previous file aside.
    previous = tmp_path / "warehouse" / "previous" / "w.duckdb"
    previous.rename(previous.with_name(".w.duckdb"))
    publish(tmp_path / "lake", "second")
    assert history() == [("first",), ("second",)]
    assert "history of this one comes from the build before" in said[-1]


def test_a_clock_that_went_back_changes_nothing(files: Path, tmp_path: Path) -> None:
    """Neither what is published nor what is built from goes by the clock: all that was made here lies in the future."""
    lake = tmp_path / "lake"
    warehouse = warehouse_in(tmp_path)
    warehouse.published.parent.mkdir()
    load(str(files), lake)
    now = lake / "raw"
    future = now.readlink().with_name("20990101T000000000000")
    (lake / now.readlink()).rename(lake / future)
    now.unlink()
    now.symlink_to(future)
    started(warehouse)
    warehouse.judge_candidate(passed=True, tests=1)
    warehouse.publish()
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("update operations.audit_record set started_at = timestamp '2099-01-01'")
    sales = next(files.glob("*Sales_2017.csv"))
    sales.write_bytes(sales.read_bytes().replace(b",1\r\n", b",2\r\n", 1))
    load(str(files), lake)
    assert started(warehouse) == "20990101T000000000001"
    warehouse.judge_candidate(passed=True, tests=1)
    warehouse.publish()
    assert [(state.role, state.record.load_id) for state in warehouse.states()] == [
        ("published", "20990101T000000000001"),
        ("previous", "20990101T000000000000"),
    ]


@pytest.mark.timing
def test_two_runs_at_once(files: Path, tmp_path: Path) -> None:
    """The second is refused with --no-wait, before it loads anything; else it waits, and says so."""
    database = Path(own_places(tmp_path)["ADVENTURE_DATABASE"])
    hold = """
import sys
from pathlib import Path
from adventure_works.settings import Settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
with DuckDBWarehouse(Settings(database=Path(sys.argv[1])), print).locked():
    print("held", flush=True)
    sys.stdin.read()
"""
    with process(hold, database) as first:
        done = run_adventure(tmp_path, "run", "--no-wait", "--source", files)
        assert done.returncode == 1
        assert f"Another run (process {first.pid}) is at work on" in done.stderr
        assert not (tmp_path / "lake").exists()
        said: list[str] = []

        def announce(message: str) -> None:
            said.append(message)
            first.stdin.close()

        with DuckDBWarehouse(Settings(database=database), announce).locked():
            assert first.wait(TIMEOUT) == 0
    assert "waiting for it to finish" in said[0]


def test_a_folder_that_cannot_be_written_is_said_so(files: Path, small_disk: Path, tmp_path: Path) -> None:
    small_disk.joinpath("warehouse").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    places = {"ADVENTURE_DATABASE": str(small_disk / "warehouse" / "w.duckdb")}
    done = run_adventure(tmp_path, "run", "--source", files, **places)
    assert done.returncode == 1
    assert f"{small_disk / 'warehouse'}" in done.stderr
    assert "The folder cannot be written: correct its permissions" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_copy_that_does_not_fit(small_disk: Path) -> None:
    warehouse = DuckDBWarehouse(Settings(database=small_disk / "w.duckdb"), print)
    with connected(warehouse.published, read_only=False) as connection:
        connection.execute("create table noise as select gen_random_uuid()::varchar as text from range(200000)")
    before = warehouse.published.read_bytes()
    (small_disk / "filler").write_bytes(bytes(SMALL - len(before) - (1 << 20)))
    with pytest.raises(AdventureError, match=r"No space left on device\. Nothing has changed"):
        warehouse.start_from_published()
    assert warehouse.published.read_bytes() == before
    assert not warehouse.candidate.exists()
    (small_disk / "filler").unlink()
    warehouse.start_from_published()
    assert warehouse.candidate.read_bytes() == before


def run(folder: Path, files: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A whole run on one of the folder's two sets of files."""
    return run_adventure(folder, "run", "--source", folder / files, *options, **environment)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run, on the first of two sets of files: `first` and `second`.

    What would limit a build of plain dbt to no rows does not limit a run.
    """
    folder = tmp_path_factory.mktemp("published")
    two_sources(folder)
    done = run(folder, "first", DBT_EMPTY="1", DBT_SAMPLE="1 day")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Path:
    """A copy of that folder which a test may change."""
    return Path(shutil.copytree(published_once, tmp_path / "published", symlinks=True))


@pytest.mark.slow
def test_a_failed_audit_leaves_what_is_published(published: Path) -> None:
    database = published / "warehouse" / "test.duckdb"
    before = database.read_bytes()
    sales = published / "second" / "AdventureWorks_Sales_2017.csv"
    lines = sales.read_text(encoding="utf-8").splitlines(keepends=True)
    # Two lines of one order, of which one now belongs to another customer.
    first, second = lines[1].split(","), lines[2].split(",")
    assert first[2] == second[2]
    other = next(line.split(",")[4] for line in lines[3:] if line.split(",")[4] != first[4])
    lines[2] = ",".join([*second[:4], other, *second[5:]])
    sales.write_text("".join(lines), encoding="utf-8", newline="")

    # The other quantities of the second set of files would stop the run as well.
    done = run(published, "second", "--accept-drift")
    assert done.returncode == 1
    # A slow build says how far it is before.
    said = done.stderr[done.stderr.index("Error:") :].splitlines()
    assert "failed, so that it is not published" in said[0] and "test.duckdb is as it was" in said[0]
    assert "fact_sales__order_has_one_customer_and_day" in done.stderr
    assert "Headline" not in done.stdout
    assert database.read_bytes() == before
    assert "the audit failed" in run_adventure(published, "publish", "--list").stdout
    refused = run_adventure(published, "publish")
    assert refused.returncode == 1 and "no candidate has passed" in refused.stderr

    with DuckDBWarehouse(read_settings(own_places(published)), print).asking_candidate() as ask:
        candidate = record_of(ask)
    builds = sorted(path.name for path in (published / "warehouse" / "builds" / "test.duckdb").iterdir())
    assert len(builds) == 2 and candidate.build_id in builds
    # The drift that the run was told to accept.
    assert (candidate.outcome, candidate.warnings) == ("failed", 1)

    # What is published is not the newest load, and that plain dbt finds nothing wrong with it changes nothing.
    failing = "fact_sales__order_has_one_customer_and_day"
    run_dbt(published, "retry")
    record(published / "lake", 31, {failing: "pass"}, warehouse=None, started_at="2099-01-01 00:00:00")
    status = run_adventure(published, "status", "--check")
    assert status.returncode == 1
    assert f"{failing} since" in status.stdout and "failed its audit. Correct the files" in status.stdout
    assert "What is published is of load" in status.stdout
    report = run_adventure(published, "report")
    assert report.returncode == 0, report.stderr

    command = next(line for line in said if "dbt show" in line)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = own_places(published) | {"PATH": path}
    shown = subprocess.run(command, shell=True, cwd=PROJECT, env=environment, text=True, capture_output=True)
    assert shown.returncode == 0 and first[2] in shown.stdout, shown.stdout


# What `dbt build --empty` did to a snapshot in earlier versions: each state has a deletion that begins on no day.
POISON = """
    insert into intermediate.{0} by name
    select * replace (null as dbt_valid_from, 'True' as dbt_is_deleted, dbt_scd_id || '-' as dbt_scd_id)
    from intermediate.{0}
"""


@pytest.mark.slow
def test_damaged_history_is_found_and_the_way_back_is_said(published: Path) -> None:
    database = published / "warehouse" / "test.duckdb"
    assert "every state in the snapshots has its first day" in run_adventure(published, "doctor").stdout
    shutil.copytree(database.parent, published / "kept")
    with duckdb.connect(str(database)) as connection:
        for snapshot in ("snap_customers", "snap_products"):
            connection.execute(POISON.format(snapshot))
    found = run_adventure(published, "doctor")
    assert found.returncode == 1
    assert "history: rows have no first day" in found.stdout and "Remove what is published (/" in found.stdout

    (database.parent / "previous").mkdir(exist_ok=True)
    shutil.copy(published / "kept" / "test.duckdb", database.parent / "previous" / "test.duckdb")
    found = run_adventure(published, "doctor")
    assert found.returncode == 1
    assert "run again: adventure publish --rollback" in found.stdout and "Remove" not in found.stdout
    done = run(published, "first")
    assert done.returncode == 1
    assert "snap_customers__every_state_begins" in done.stderr
    assert "run again: adventure publish --rollback" in done.stderr and "Correct the files" not in done.stderr

    assert run_adventure(published, "publish", "--rollback").returncode == 0
    done = run(published, "first")
    assert done.returncode == 0, done.stderr
    assert "every state in the snapshots has its first day" in run_adventure(published, "doctor").stdout


@pytest.mark.slow
def test_the_report_shows_the_tests_of_what_is_published(published: Path) -> None:
    """Not those of the build that was rolled back, and not those of whatever dbt did last."""

    def report() -> str:
        done = run_adventure(published, "report")
        assert done.returncode == 0, done.stderr
        return (published / "report" / "index.html").read_text(encoding="utf-8")

    first = report()
    assert run_dbt(published, "show", "--inline", "select 1 as one").returncode == 0
    assert report() == first

    warehouse = DuckDBWarehouse(read_settings(own_places(published)), print)
    started(warehouse)
    target = Path(shutil.copytree(published / "warehouse" / "state", published / "target" / "second"))
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    results["metadata"]["invocation_id"] = "second"
    (warned,) = [one for one in results["results"] if ".sales__exact_duplicates" in one["unique_id"]]
    warned |= {"status": "warn", "failures": 4711}
    (target / "run_results.json").write_text(json.dumps(results), encoding="utf-8")
    warehouse.judge_candidate(passed=True, tests=250, warnings=3, build_id=warehouse.keep_evidence(target))
    warehouse.publish()
    assert ">4,711<" in report() and ">4,711<" not in first
    assert "250 tests, 3 warned, none failed" in run_adventure(published, "publish", "--list").stdout

    rolled_back = run_adventure(published, "publish", "--rollback")
    assert rolled_back.returncode == 0
    assert "index.html is about what was published before. Write it again: adventure report" in rolled_back.stdout
    assert report() == first


@pytest.mark.slow
def test_a_disk_that_is_full_in_the_build(published: Path, small_disk: Path) -> None:
    database = small_disk / "test.duckdb"
    shutil.copy(published / "warehouse" / "test.duckdb", database)
    before = database.read_bytes()
    (small_disk / "filler").write_bytes(bytes(SMALL - 2 * len(before) - (1 << 20)))
    done = run(published, "second", ADVENTURE_DATABASE=str(database))
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert database.read_bytes() == before


@pytest.mark.parametrize("command", ["build", "run", "seed", "snapshot", "test"])
def test_plain_dbt_does_not_write_into_what_is_published(published_once: Path, command: str) -> None:
    database = published_once / "warehouse" / "test.duckdb"
    before = database.read_bytes()
    done = run_dbt(published_once, command, **PUBLISHED)
    assert done.returncode != 0
    assert "only `adventure run`, which audits it first, writes into it" in done.stdout
    assert database.read_bytes() == before


def test_a_run_takes_over_what_the_one_before_has_parsed(published_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run builds another file from another folder of the lake, and still the project is parsed once."""
    monkeypatch.setenv("ADVENTURE_TARGET", "published")
    target = DuckDBWarehouse(read_settings(own_places(published_once)), print).target_folder
    done = run_dbt(published_once, "parse", "--target-path", str(target), DBT_LOG_LEVEL_FILE="debug")
    assert done.returncode == 0, done.stdout
    last = (published_once / "logs" / "dbt.log").read_text(encoding="utf-8").rpartition("Running with dbt")[2]
    assert "no changes found, skipping parsing" in last
    with duckdb.connect(str(published_once / "warehouse" / "test.duckdb"), read_only=True) as connection:
        (view,) = connection.execute(
            "select sql from duckdb_views where view_name = 'stg_adventure_works__sales'"
        ).fetchone()
    assert "/lake/versions/" in view and "/lake/raw/" not in view


def test_an_audit_without_its_tests_is_none(published_once: Path) -> None:
    """A test that an environment variable of dbt's keeps from running stops the publication as one that fails does."""
    target = published_once / "warehouse" / "state"
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    ran = {result["unique_id"] for result in results}
    assert tests_left_out(target, ran) == []
    (left_out,) = tests_left_out(
        target, {name for name in ran if "fact_sales__order_has_one_customer_and_day" not in name}
    )
    assert left_out.name == "fact_sales__order_has_one_customer_and_day"
    assert "look for DBT_ variables" in left_out.message


def test_what_is_published_is_for_its_owner_only(published_once: Path) -> None:
    """Customers are in it. The report, in which nobody is, can be read by others."""
    made = [*(published_once / name for name in ("warehouse/test.duckdb", "warehouse/builds", "logs/dbt.log", "lake"))]
    assert {path.name: path.stat().st_mode & 0o077 for path in made} == dict.fromkeys((path.name for path in made), 0)
    assert (published_once / "report" / "index.html").stat().st_mode & 0o044
