"""What is recorded of every run, what `adventure status` makes of it, and who is told."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import duckdb
import moto
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from adventure_works.cli.status import print_status
from adventure_works.lake.loader import load
from adventure_works.monitor import alerts
from adventure_works.monitor.dbt_plugin import record_run
from adventure_works.monitor.history import OUTCOME, Trouble, last_runs, newest_load, troubles
from adventure_works.monitor.status import Status, status_of
from adventure_works.settings import Settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_access import asking_history
from adventure_works.warehouse.record import AuditRecord, Outcome, State, findings_column, write_record
from recorded import WAREHOUSE, record
from support.places import PROJECT
from support.waiting import TIMEOUT
from warehouse import Warehouse

LOG = Path("logs/dbt.log")
SECRET = "T000/B000/not-to-be-shown"
VIEWS = ("stg_dbt_runs__run_results", "run_history", "test_history", "run_times")


def some_history(lake: Path) -> None:
    """A test that failed, was mended and fails again; one that always warns; one that is gone; drift; a skipped one."""
    record(lake, 1, {"model_a": "success", "test_again": "fail", "test_warns": "warn", "test_gone": "fail"})
    record(lake, 2, {"model_a": "success", "test_again": "pass", "test_warns": "warn", "test_skipped": "pass"})
    record(lake, 3, {"model_a": "success", "test_again": "fail", "test_warns": "warn", "test_skipped": "pass"})
    record(lake, 4, {"model_a": "error", "test_again": "fail", "test_warns": "warn", "test_skipped": "skipped"})
    record(lake, 5, {"drift__fewer_records": "warn"}, whole=False)


def told(found: list[Trouble]) -> list[tuple]:
    return [(trouble.name, trouble.failed, trouble.rows, trouble.since.day) for trouble in found]


TOLD = [
    ("test_again", True, 40, 3),
    ("model_a", True, None, 4),
    ("test_warns", False, 40, 1),
    ("drift__fewer_records", False, 50, 5),
]


def test_what_fails_and_since_when(tmp_path: Path) -> None:
    some_history(tmp_path)
    with asking_history(tmp_path, WAREHOUSE) as ask:
        found = troubles(ask)
        runs = last_runs(ask, 2)
        assert newest_load(ask) == ("", None)
    assert told(found) == TOLD
    assert [trouble.name for trouble in found if trouble.is_drift] == ["drift__fewer_records"]
    assert [(run.invocation_id, run.nodes, run.failed, run.warned, run.skipped) for run in runs] == [
        ("run-5", 1, 0, 1, 0),
        ("run-4", 4, 2, 1, 1),
    ]
    assert (runs[1].started_at, runs[1].seconds, runs[1].load_id) == (datetime(2017, 1, 4, 3), 4.5, "L4")


@pytest.mark.parametrize("other", [None, "../warehouse/other.duckdb"], ids=["plain dbt", "another warehouse"])
def test_a_test_that_passes_on_other_data_ends_no_trouble(tmp_path: Path, other: str | None) -> None:
    """`dbt retry` after a failed run looks at another database than the build that failed."""
    some_history(tmp_path)
    passing = {"test_again": "pass", "model_a": "success", "test_warns": "pass", "drift__fewer_records": "pass"}
    record(tmp_path, 6, passing, warehouse=other)
    with asking_history(tmp_path, WAREHOUSE) as ask:
        assert told(troubles(ask)) == TOLD
        assert last_runs(ask, 1)[0].invocation_id == "run-5"
    record(tmp_path, 7, passing)
    with asking_history(tmp_path, WAREHOUSE) as ask:
        assert troubles(ask) == []


def test_records_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    """They name no warehouse, since there was no column for it."""
    (tmp_path / "runs").mkdir()
    duckdb.sql("select 'old' as invocation_id, 'fail' as status").write_parquet(
        str(tmp_path / "runs" / "run-old.parquet")
    )
    with asking_history(tmp_path, WAREHOUSE) as ask:
        assert (last_runs(ask, 5), troubles(ask)) == ([], [])


def test_nothing_was_ever_recorded(tmp_path: Path) -> None:
    with asking_history(tmp_path / "nowhere", WAREHOUSE) as ask:
        assert (last_runs(ask, 5), troubles(ask), newest_load(ask)) == ([], [], ("", None))


def test_a_run_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    folder, row = tmp_path / "runs", json.dumps([["1", "odd", 'it\'s \\ \n "100 %" 🚲', None]])
    columns = json.dumps([("a", "integer"), ("b", "varchar(2)"), ("c", "varchar"), ("d", "timestamp")])
    assert record_run(str(folder), "one", columns, row) == ""
    assert duckdb.sql(f"from '{folder}/run-*.parquet'").fetchall() == [(1, "odd", 'it\'s \\ \n "100 %" 🚲', None)]
    assert "Could not convert" in record_run(str(folder), "two", columns, json.dumps([["x", "", "", None]]))
    (tmp_path / "file").write_text("in the way")
    assert "exists" in record_run(str(tmp_path / "file"), "three", columns, row)
    assert [path.name for path in folder.iterdir()] == ["run-one.parquet"]


def test_dbt_records_its_runs_and_the_marts_tell_the_same(
    tmp_path: Path, small_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Brackets make a pattern of a path, which they must not.
    warehouse = Warehouse(tmp_path / "Data [2017]", monkeypatch)
    warehouse.database = warehouse.database.with_name("test.duckdb")
    # As `adventure run` does; plain dbt cannot write there.
    for name, value in (("TARGET", "published"), ("RAW", str(warehouse.lake / "raw")), ("WAREHOUSE", WAREHOUSE)):
        monkeypatch.setenv(f"ADVENTURE_{name}", value)
    load(str(small_sample), warehouse.lake)
    warehouse.dbt("run", "--select", *VIEWS)
    (load_id,) = [path.name for path in (warehouse.lake / "versions").iterdir()]
    assert warehouse.rows(
        "select run_command, target_name, is_whole, load_id, nodes, worst_outcome from operations.run_history"
    ) == [("run", "published", False, load_id, 4, "passed")]
    recorded = warehouse.rows(
        "select node_name, resource_type, node_status, outcome, node_started_at < node_finished_at, "
        "execution_seconds > 0, node_message from staging.stg_dbt_runs__run_results order by 1"
    )
    assert recorded == [(name, "model", "success", "passed", True, True, "OK") for name in sorted(VIEWS)]
    with asking_history(warehouse.lake, WAREHOUSE) as ask:
        assert newest_load(ask)[0] == load_id
        assert [run.nodes for run in last_runs(ask, 5)] == [4]

    some_history(warehouse.lake)
    record(warehouse.lake, 6, {"test_again": "pass"}, warehouse=None)
    said = warehouse.rows(
        "select test_name, last_outcome = 'failed', last_failing_rows, day(not_passing_since) "
        "from operations.test_history where is_current and last_outcome <> 'passed' "
        "order by last_outcome, not_passing_since"
    )
    with asking_history(warehouse.lake, WAREHOUSE) as ask:
        assert said == [trouble for trouble in told(troubles(ask)) if trouble[0] != "model_a"]
    assert said == [trouble for trouble in TOLD if trouble[0] != "model_a"]


# The command line ----------------------------------------------------------------------------------------------------


def ordinary(lake: Path, *, loaded: datetime, statuses: dict[str, str]) -> None:
    """A lake of which the last load finished then, and one run."""
    (lake / "raw" / "load_log").mkdir(parents=True)
    duckdb.sql(f"select 'L1' as load_id, timestamp '{loaded:%Y-%m-%d %H:%M:%S}' as loaded_at").write_parquet(
        str(lake / "raw" / "load_log" / "L1.parquet")
    )
    record(lake, 1, statuses)


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def test_status_for_people_and_for_programs(
    adventure: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    ordinary(tmp_path / "lake", loaded=now() - timedelta(hours=5), statuses={"model_a": "success", "test_bad": "fail"})
    shown = adventure("status")
    assert shown.returncode == 0, shown.stderr
    assert "test_bad since 2017-01-01 03:00: Got 10 results" in shown.stdout
    assert "10 rows in adventure_works.audit.test_bad" in shown.stdout
    assert "load L1, 5." in shown.stdout
    checked = adventure("status", "--check", "--json", "--max-age", "1")
    assert checked.returncode == 1
    found = json.loads(checked.stdout)
    assert [(entry["name"], entry["rows"], entry["since"]) for entry in found["failing"]] == [
        ("test_bad", 10, "2017-01-01T03:00:00Z")
    ]
    load = found["load"]
    assert (load["load_id"], load["max_age_hours"], load["is_stale"]) == ("L1", 1.0, True)
    assert 5 <= load["age_hours"] < 5.2
    refused = adventure("status", "--alert")
    assert refused.returncode == 2 and "--alert needs ADVENTURE_ALERT_WEBHOOK" in refused.stderr


def warehouse_in(folder: Path, **records: AuditRecord | None) -> DuckDBWarehouse:
    """A warehouse beside the lake, with these states and their records, None for one that plain dbt has built."""
    warehouse = DuckDBWarehouse(Settings(lake=folder / "lake", database=folder / "warehouse" / "test.duckdb"), print)
    for role, kept in records.items():
        path = getattr(warehouse, role)
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path)) as connection:
            if kept:
                write_record(connection.execute, kept)
    return warehouse


NEWEST, OLDER = (
    AuditRecord("/lake", "L0", load_id, datetime(2017, 1, 1), "0.1.0", Outcome.PASSED, 210) for load_id in ("L1", "L0")
)


def test_status_alerts_and_people_get_the_words_of_the_build(
    adventure: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Of the build that failed; of what is published where none has."""
    said = {"test_bad": ["1,215 of 29,481 sales of 2017.csv lie on other days.", "Load another calendar."]}
    failed = replace(NEWEST, outcome=Outcome.FAILED, findings=findings_column(said))
    warehouse = warehouse_in(tmp_path, published=NEWEST, candidate=failed)
    ordinary(tmp_path / "lake", loaded=now(), statuses={"test_bad": "fail"})
    shown = adventure("status").stdout
    assert f"test_bad since 2017-01-01 03:00: {said['test_bad'][0]}\n    {said['test_bad'][1]}\n" in shown
    status = status_of(warehouse, 1, timedelta(hours=36))
    assert json.loads(status.as_json())["failing"][0]["said"] == said["test_bad"]
    assert f"  {said['test_bad'][0]}\n" in alerts.message(status, LOG)
    # The error of a run says it already.
    assert said["test_bad"][0] not in alerts.message(status, LOG, "it failed")
    # What no longer fits into the record is left out.
    assert replace(NEWEST, findings=findings_column({"a": ["é" * 11_000], "b": ["x"]})).said == {"b": ["x"]}


@pytest.mark.parametrize(
    ("hours", "status", "is_well"), [(35, "pass", True), (35, "warn", True), (37, "pass", False), (35, "fail", False)]
)
def test_what_is_well(tmp_path: Path, hours: int, status: str, is_well: bool) -> None:
    warehouse = warehouse_in(tmp_path, published=NEWEST, previous=OLDER)
    ordinary(tmp_path / "lake", loaded=now() - timedelta(hours=hours), statuses={"test_one": status})
    assert status_of(warehouse, 1, timedelta(hours=36)).is_well is is_well


@pytest.mark.parametrize(
    ("states", "says"),
    [
        ({}, "Nothing is published of load L1. Build it: adventure run"),
        ({"published": None}, "Plain dbt has built in what is published, and no audit since."),
        ({"published": replace(NEWEST, outcome=Outcome.CHANGED)}, "Plain dbt has built in what is published"),
        ({"published": OLDER}, "What is published is of load L0, and the newest load is L1."),
        ({"published": NEWEST, "candidate": replace(NEWEST, outcome=Outcome.FAILED)}, "of load L1, failed its audit."),
        ({"published": NEWEST, "candidate": NEWEST}, "passed its audit and waits. Publish it: adventure publish"),
        (
            {"published": NEWEST, "previous": replace(NEWEST, started_at=datetime(2017, 1, 2))},
            "a newer build was rolled back.",
        ),
    ],
    ids=["nothing", "plain dbt", "changed", "older", "failed", "waits", "rolled back"],
)
def test_what_is_published_must_be_the_newest_load(
    adventure: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    states: dict[str, AuditRecord | None],
    says: str,
) -> None:
    warehouse_in(tmp_path, **states)
    ordinary(tmp_path / "lake", loaded=now(), statuses={"test_one": "pass"})
    checked = adventure("status", "--check")
    assert checked.returncode == 1, checked.stdout
    assert says in checked.stdout
    found = status_of(warehouse_in(tmp_path), 1, timedelta(hours=36))
    assert not found.failing and not found.is_stale and says in found.unpublished[0]
    assert json.loads(found.as_json())["unpublished"] == found.unpublished
    assert says in alerts.message(found, LOG)


def test_a_build_under_way_is_no_trouble(tmp_path: Path) -> None:
    ordinary(tmp_path / "lake", loaded=now(), statuses={"test_one": "pass"})
    states = {"published": NEWEST, "candidate": replace(NEWEST, outcome=Outcome.BUILDING)}
    assert status_of(warehouse_in(tmp_path, **states), 1, timedelta(hours=36)).is_well


def test_a_file_that_cannot_be_read_is_named(
    adventure: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "lake" / "runs").mkdir(parents=True)
    (tmp_path / "lake" / "runs" / "run-x.parquet").write_text("no parquet")
    done = adventure("status")
    assert done.returncode == 1
    assert "run-x.parquet" in done.stderr and "Move away the file" in done.stderr and "Traceback" not in done.stderr
    with hook(200) as server:
        done = adventure("status", "--check", "--alert", ADVENTURE_ALERT_WEBHOOK=server.url)
        assert done.returncode == 1
        assert "The status cannot be read" in server.received[0][1]


# Alerts --------------------------------------------------------------------------------------------------------------


class Hook(ThreadingHTTPServer):
    """A webhook that answers with these codes in turn, the last for ever, after a pause; it keeps what it was sent."""

    def __init__(self, codes: list[int], pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.codes, self.pause = codes, threading.Event()
        self.seconds = pause
        self.received: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/{SECRET}"


class _Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((self.headers["Content-Type"], json.loads(body)["text"]))
        if self.server.seconds:
            self.server.pause.wait(self.server.seconds)
        codes = self.server.codes
        self.send_response(codes.pop(0) if len(codes) > 1 else codes[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def hook(*codes: int, pause: float = 0) -> Iterator[Hook]:
    with Hook(list(codes), pause) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.pause.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No pauses between attempts, and no hurry."""
    monkeypatch.setattr(alerts, "PATIENCE", replace(alerts.PATIENCE, connect=TIMEOUT, read=TIMEOUT, first_wait=0))
    return monkeypatch


@pytest.mark.parametrize(
    ("codes", "pause", "attempts", "says"),
    [
        ([200], 0, 1, None),
        ([500, 429, 200], 0, 3, None),
        ([503], 0, 3, "the server cannot answer now (status 503)"),
        ([404], 0, 1, "the request is refused (status 404)"),
        ([302], 0, 1, "it leads elsewhere (status 302)"),
        ([200], TIMEOUT, 3, "no answer came in time"),
    ],
)
@pytest.mark.timing
def test_the_webhook(
    quick: pytest.MonkeyPatch, codes: list[int], pause: float, attempts: int, says: str | None
) -> None:
    if pause:
        quick.setattr(alerts, "PATIENCE", replace(alerts.PATIENCE, read=0.2))
    with hook(*codes, pause=pause) as server:
        problems = alerts.send(Settings(alert_webhook=server.url), "5 < 7 & more")
        assert server.received == [("application/json", "5 &lt; 7 &amp; more")] * attempts
    assert len(problems) == (says is not None)
    if says:
        assert says in problems[0] and SECRET not in problems[0] and str(server.server_port) not in problems[0]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"http://127.0.0.1:1/{SECRET}", "the connection failed"),
        (f"hooks.example/{SECRET}", "the address is not valid"),
        (f"http://[{SECRET}", "the address is not valid"),
    ],
)
def test_a_webhook_that_cannot_be_reached(quick: pytest.MonkeyPatch, url: str, says: str) -> None:
    (problem,) = alerts.send(Settings(alert_webhook=url), "text")
    assert says in problem and SECRET not in problem


@pytest.fixture
def topic(quick: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        quick.setenv(name, value)
    quick.delenv("AWS_ENDPOINT_URL_SNS", raising=False)
    with moto.mock_aws():
        yield boto3.client("sns", region_name="eu-central-1").create_topic(Name="alerts")["TopicArn"]


def test_the_topic(topic: str) -> None:
    settings = Settings(alert_topic=topic, region="eu-central-1")
    text = "Adventure Works (published) € " + "x" * 200 + "\nmore"
    assert alerts.send(settings, text) == []
    (sent,) = sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].topics[topic].sent_notifications
    assert sent[1] == text and sent[2] == ("Adventure Works (published) ? " + "x" * 200)[:100]
    (problem,) = alerts.send(replace(settings, alert_topic=f"{topic}-of-others"), text)
    assert "ADVENTURE_ALERT_TOPIC_ARN" in problem and "NotFound" in problem


def some_status(found: list[Trouble], age: timedelta | None) -> Status:
    loaded_at = datetime(2017, 1, 9) - age if age is not None else None
    states = [State("published", "w.duckdb", NEWEST)]
    return Status("published", datetime(2017, 1, 9), [], found, "L1", loaded_at, timedelta(hours=36), states)


def test_a_load_that_is_dated_in_the_future_is_not_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """The clock was wrong once: its age would be below every limit for ever."""
    status = some_status([], timedelta(days=-365))
    assert not status.is_well and json.loads(status.as_json())["load"]["is_ahead"]
    assert some_status([], timedelta(minutes=-5)).is_well
    words = "it is dated 2018-01-09 00:00 UTC, which is yet to come"
    assert words in alerts.message(status, LOG)
    print_status(status)
    shown = capsys.readouterr().out
    assert words in " ".join(shown.split()) and "fresh" not in shown


def test_what_an_alert_says() -> None:
    failed = Trouble("test_a", "must_hold", True, 1234, '"w"."audit"."test_a"', "", datetime(2017, 1, 3, 3))
    drifted = Trouble("drift__mean_moved", "must_hold", False, 2, "", "", datetime(2017, 1, 4, 3))
    warned = Trouble("test_b", "suspicious", False, 2, "", "", datetime(2017, 1, 4, 3))
    fresh = timedelta(hours=2)
    assert alerts.message(some_status([warned], fresh), LOG) == ""
    assert "The run failed: no such file" in alerts.message(some_status([], fresh), LOG, "no such file")
    text = alerts.message(some_status([failed, drifted], timedelta(hours=50)), LOG)
    assert "test_a (must_hold) since 2017-01-03 03:00 UTC, 1,234 rows in w.audit.test_a" in text
    assert "drift__mean_moved" in text and "test_b" not in text
    assert "the newest load (L1) is 50 hours old, more than 36 hours" in text
    assert "adventure status --target published" in text
    assert "Nothing has been loaded" in alerts.message(some_status([], None), LOG)
    assert "... and 2 more" in alerts.message(some_status([failed] * 12, fresh), LOG)


def test_a_failed_audit_is_told_and_recorded(
    adventure: Callable[..., subprocess.CompletedProcess[str]], files: Path, tmp_path: Path
) -> None:
    """A whole run: its build is not published, but people know; then a file is refused, and nobody can be told."""
    sales = files / "AdventureWorks_Sales_2017.csv"
    lines = sales.read_text(encoding="utf-8").splitlines(keepends=True)
    # Two lines of one order, of which one now belongs to another customer.
    number = next(n for n in range(1, len(lines)) if lines[n].split(",")[2] == lines[n + 1].split(",")[2])
    first, second = lines[number].split(","), lines[number + 1].split(",")
    other = next(line.split(",")[4] for line in lines[number:] if line.split(",")[4] != first[4])
    lines[number + 1] = ",".join([*second[:4], other, *second[5:]])
    sales.write_text("".join(lines), encoding="utf-8", newline="")
    with hook(200) as server:
        done = adventure("run", "--source", files, ADVENTURE_ALERT_WEBHOOK=server.url)
        assert done.returncode == 1
        ((_, text),) = server.received
    assert "fact_sales__order_has_one_customer_and_day (must_hold) since" in text and "The run failed" in text
    assert "candidate" in text and SECRET not in text + done.stdout + done.stderr
    found = json.loads(adventure("status", "--json").stdout)
    assert "fact_sales__order_has_one_customer_and_day" in [entry["name"] for entry in found["failing"]]
    assert [(state["role"], state["outcome"]) for state in found["warehouses"]] == [("candidate", "failed")]

    # The alert cannot be sent; the run ends as it would have.
    sales.write_bytes(sales.read_bytes() + b'"')
    unsent = adventure("run", "--source", files, ADVENTURE_ALERT_WEBHOOK=f"http://[{SECRET}")
    assert unsent.returncode == 1 and "Error:" in unsent.stderr and "The alert could not be sent" in unsent.stderr
    assert SECRET not in unsent.stdout + unsent.stderr


def test_the_outcome_of_a_node_is_one_rule() -> None:
    """`adventure status` and the models name outcomes by the same SQL."""
    model = PROJECT / "models" / "staging" / "runs" / "stg_dbt_runs__run_results.sql"
    assert " ".join(OUTCOME.split()) in " ".join(model.read_text(encoding="utf-8").split())
