"""Loading on to Redshift: its raw tables are the lake's, row for row, and a load that fails leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pytest
from tenacity import wait_none

from adventure_works.aws import client
from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake import s3_read
from adventure_works.lake.loader import load
from adventure_works.redshift import session as driver
from adventure_works.redshift.load import RedshiftResult, bring_up
from adventure_works.sample.generator import generate
from adventure_works.settings import PROJECT, S3Place, Settings, read_settings
from adventure_works.warehouse import redshift_history
from standin.proxy import Fault
from standin.services import once
from standin.stack import StandIn, Warehouse
from support.waiting import TIMEOUT, wait_until

RAW = "adventure_works_raw"
SALES = "AdventureWorks_Sales_2016.csv"
PRODUCTS = "AdventureWorks_Products.csv"
RETURNS = "AdventureWorks_Returns.csv"
SECRET = "not-to-be-shown"


@dataclass
class Site:
    """A folder of source files, a lake on S3 and a Redshift of the test's own; `said` is what was announced."""

    files: Path
    warehouse: Warehouse
    prefix: str = "a/lake"
    said: list[str] = field(default_factory=list)
    seen: int = 0

    @property
    def lake(self) -> S3Place:
        return S3Place(self.warehouse.bucket, self.prefix)

    def fail(self, at: str, what: str) -> None:
        """Something goes wrong at the next statement that contains these words."""
        self.warehouse.standin.proxy.fault = Fault(at, what)

    def into_lake(self, **options: object) -> None:
        load(str(self.files), self.lake, now(), **options)

    def into_redshift(self, timeout: float = TIMEOUT, **options: object) -> RedshiftResult:
        return bring_up(replace(now(), lake=self.lake), timeout=timeout, announce=self.said.append, **options)

    def load(self) -> RedshiftResult:
        self.into_lake()
        return self.into_redshift()

    def raw(self) -> dict[str, list[tuple]]:
        """Every raw table on Redshift, in an order of its own."""
        found = {}
        with self.warehouse.connect() as connection, connection.cursor() as cursor:
            for table in raw_tables().values():
                names = ", ".join(column.name for column in table.columns)
                cursor.execute(f"select {names} from {RAW}.{table.name}")
                found[table.name] = ordered(cursor.fetchall())
        return found

    def lake_rows(self) -> dict[str, list[tuple]]:
        """Every raw table in the lake's published version."""
        reader, rows = s3_read.Reader(self.lake, now()), {name: [] for name in raw_tables()}
        path = self.files.parent / "part.parquet"
        for file in (file for file in s3_read.published(self.lake, now()).files if file.table in rows):
            reader.fetch(file, path)
            names = ", ".join(column.name for column in raw_tables()[file.table].columns)
            rows[file.table] += duckdb.execute(f"select {names} from read_parquet('{path}')").fetchall()
        return {table: ordered(found) for table, found in rows.items()}

    def edit(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        """Changes the lines of a file below its header."""
        head, *lines = (self.files / name).read_text(encoding="cp1252").splitlines()
        text = "\r\n".join([head, *change(lines)]) + "\r\n"
        (self.files / name).write_text(text, encoding="cp1252", newline="")

    def statements(self) -> list[str]:
        """What has been sent to Redshift since the call before."""
        found = [entry["sql"] for entry in self.warehouse.statements()]
        fresh, self.seen = found[self.seen :], len(found)
        return fresh

    def copied(self) -> list[str]:
        """The tables that have been copied into since the call before, in order."""
        return sorted(sql.split(f"copy {RAW}.")[1].split()[0] for sql in self.statements() if f"copy {RAW}." in sql)


@pytest.fixture(scope="session")
def prepared(standin: StandIn, run_folder: Path) -> dict[str, str]:
    """Files, lakes and a database to copy, made once for all processes of the run.

    The database `redshift` holds the lake in the bucket `loaded`, which is that of `loaded_files`; two of
    `pending_files` have changed, which the lake in the bucket `pending` holds and the database does not.
    """

    def make(_: Path) -> dict[str, str]:
        site = Site(run_folder / "loaded_files", standin.create_warehouse(standin.create_bucket()))
        generate(site.files, scale=0.01, seed=7)
        with pytest.MonkeyPatch.context() as environment:
            enter(site, environment).load()
            later = replace(
                site,
                files=Path(shutil.copytree(site.files, run_folder / "pending_files")),
                warehouse=replace(site.warehouse, bucket=standin.copy_bucket(site.warehouse.bucket)),
            )
            enter(later, environment)
            later.edit(SALES, lambda lines: lines[:-1])
            later.edit(PRODUCTS, lambda lines: lines[:-1])
            later.into_lake()
        return {
            "redshift": site.warehouse.database,
            "loaded_files": str(site.files),
            "loaded": site.warehouse.bucket,
            "pending_files": str(later.files),
            "pending": later.warehouse.bucket,
        }

    return once(run_folder / "prepared.json", make)


def enter(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The environment of production, with fewer retries."""
    places = {
        "ADVENTURE_LAKE": str(site.lake),
        "ADVENTURE_DOWNLOADS": str(site.files.parent / "downloads"),
        "AWS_MAX_ATTEMPTS": "2",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    for name, value in (site.warehouse.environ | site.warehouse.login_by_password | places).items():
        monkeypatch.setenv(name, value)
    return site


@pytest.fixture
def make_site(
    standin: StandIn, prepared: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Site]]:
    """Makes a site of the test's own from what is prepared."""
    made: list[Warehouse] = []

    def make(files: str, bucket: str, like: str | None) -> Site:
        warehouse = standin.create_warehouse(bucket, like=like)
        made.append(warehouse)
        return enter(Site(Path(shutil.copytree(prepared[files], tmp_path / "files")), warehouse), monkeypatch)

    yield make
    standin.proxy.fault = None
    for warehouse in made:
        standin.engine.drop_database(warehouse.database)


@pytest.fixture
def site(make_site: Callable[..., Site], bucket: str) -> Site:
    """A site where nothing has been loaded yet."""
    return make_site("loaded_files", bucket, None)


@pytest.fixture
def loaded(make_site: Callable[..., Site], standin: StandIn, prepared: dict[str, str]) -> Site:
    """A site whose files are in Redshift."""
    return make_site("loaded_files", standin.copy_bucket(prepared["loaded"]), prepared["redshift"])


@pytest.fixture
def pending(make_site: Callable[..., Site], standin: StandIn, prepared: dict[str, str]) -> Site:
    """A site whose Redshift is two files behind the lake."""
    return make_site("pending_files", standin.copy_bucket(prepared["pending"]), prepared["redshift"])


def now() -> Settings:
    """The settings of the environment that the test has made."""
    return read_settings(os.environ)


def ordered(rows: list[tuple]) -> list[tuple]:
    return sorted(map(tuple, rows), key=repr)


# --- What a load brings ---------------------------------------------------------------------------------------


def test_the_command_loads_the_lake_and_redshift_and_the_second_time_nothing(site: Site) -> None:
    done = run_command("load", "--source", site.files, "--to", "redshift")
    assert done.returncode == 0, done.stderr
    assert f"{RAW} now holds load {s3_read.published(site.lake, now()).load_id}" in done.stdout
    assert site.raw() == site.lake_rows()
    assert len(site.raw()["sales"]) == sum(
        len(file.read_text().splitlines()) - 1 for file in site.files.glob("*Sales*")
    )
    assert objects(site, "copies/") == []

    site.statements()
    again = run_command("load", "--source", site.files, "--to", "redshift")
    assert "held load" in again.stdout
    assert site.copied() == []


def test_earlier_loads_come_back_into_a_schema_of_their_own(pending: Site) -> None:
    """So that snapshots that are lost can be made again: products as they were, customers as they still are."""
    before = pending.raw()
    pending.load()
    settings = replace(now(), lake=pending.lake)
    ((first,),) = pending.warehouse.query(f"select min(load_id) from {RAW}.load_log")
    own = "adventure_works_v7_raw"
    assert redshift_history.missed_loads(settings, "").keys() == {first}
    assert redshift_history.missed_loads(settings, first) == {}
    with redshift_history.raw_after(settings, "adventure_works_v7", first) as places:
        assert {place.schema for place in places.values()} == {own}
        for table in ("products", "customers", "load_log"):
            names = ", ".join(column.name for column in raw_tables()[table].columns)
            assert ordered(pending.warehouse.query(f"select {names} from {own}.{table}")) == before[table], table
    assert not pending.warehouse.query(f"select nspname from pg_namespace where nspname = '{own}'")
    assert pending.raw() == pending.lake_rows()


def test_changed_added_and_removed_rows_follow_and_other_files_are_left_alone(loaded: Site) -> None:
    before = loaded.raw()["sales"]
    loaded.edit(SALES, lambda lines: [lines[0][:-1] + "9", *lines[2:], lines[-1]])  # one changed, one gone, one more
    result = loaded.load()
    assert loaded.raw() == loaded.lake_rows()
    assert loaded.raw()["sales"] != before
    assert result.rows == {"load_log": 1, "sales": len([row for row in loaded.raw()["sales"] if SALES in row])}
    assert loaded.copied() == ["load_log", "sales"]


def test_a_file_that_takes_another_ones_place_takes_its_rows_away(loaded: Site) -> None:
    name = "territories it's $ now.csv"
    (loaded.files / "AdventureWorks_Territories.csv").rename(loaded.files / name)
    # Twice, so that a name with a quote is deleted by as well as copied.
    for _ in range(2):
        loaded.edit(name, lambda lines: lines[:-1])
        loaded.load()
        assert loaded.raw() == loaded.lake_rows()
    assert {row[-2] for row in loaded.raw()["territories"]} == {name}
    assert len(loaded.raw()["territories"]) == 8


def test_rejected_rows_and_files_without_any_row_come_as_well(site: Site) -> None:
    site.edit(SALES, lambda lines: ["x" + lines[0], *lines[1:]])
    site.edit(RETURNS, lambda lines: [])
    site.into_lake(max_reject_share=1.0)
    site.into_redshift()
    assert site.raw() == site.lake_rows()
    assert site.raw()["returns"] == []
    assert len(site.raw()["rejected_rows"]) == 1
    assert site.into_redshift().rows == {}


def test_redshift_that_is_behind_is_brought_up_when_no_file_has_changed(loaded: Site) -> None:
    loaded.edit(SALES, lambda lines: lines[:-1])
    loaded.into_lake()
    loaded.edit(PRODUCTS, lambda lines: lines[:-1])
    loaded.into_lake()
    assert loaded.raw() != loaded.lake_rows()
    loaded.load()
    assert loaded.raw() == loaded.lake_rows()
    assert loaded.copied() == ["load_log", "products", "sales"]


@pytest.mark.parametrize(
    "harm",
    [
        f"delete from {RAW}.sales where order_line_item = 1",
        f"delete from {RAW}.load_log",
        f"delete from {RAW}.load_log where table_name = 'products'",
        f"insert into {RAW}.sales select * from {RAW}.sales",
        f"drop table {RAW}.products",
    ],
)
def test_what_others_did_to_the_raw_tables_is_repaired(loaded: Site, harm: str) -> None:
    loaded.warehouse.query(harm)
    loaded.into_redshift()
    assert loaded.raw() == loaded.lake_rows()


def test_the_files_of_another_lake_go_only_when_told_to(
    loaded: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path / "others", scale=0.01, seed=8)
    before = loaded.raw()
    monkeypatch.setenv("ADVENTURE_GLUE_DATABASE", "others")
    another = replace(loaded, files=tmp_path / "others", prefix="other/lake")
    another.into_lake()
    with pytest.raises(AdventureError, match=r"files of another lake than s3://(.|\n)*--replace"):
        another.into_redshift()
    assert loaded.raw() == before
    another.into_redshift(replace=True)
    assert another.raw() == another.lake_rows() != before
    loaded.into_redshift(replace=True)
    assert loaded.raw() == before


def test_the_tables_are_as_the_contract_has_them(loaded: Site) -> None:
    found = loaded.warehouse.query(
        "select table_name, column_name, is_nullable from information_schema.columns "
        f"where table_schema = '{RAW}' order by table_name, ordinal_position"
    )
    nullable = {(table, column): answer for table, column, answer in found}
    assert [key for key in nullable if key[0] == "sales"] == [
        ("sales", column.name) for column in raw_tables()["sales"].columns
    ]
    assert nullable["sales", "order_number"] == "NO"
    assert nullable["products", "product_color"] == "YES"
    assert nullable["products", "source_file"] == "NO"
    (comment,) = loaded.warehouse.administer(
        f"select col_description('{RAW}.territories'::regclass, 2), obj_description('{RAW}.territories'::regclass)"
    )
    assert comment[0].startswith("Sales region of the territory")
    assert comment[1].startswith("One row per sales territory")
    sorts = loaded.warehouse.query(f"select \"table\", sortkey1 from svv_table_info where schema = '{RAW}'")
    assert dict(map(tuple, sorts))["sales"] == "source_file"


def test_a_table_with_other_columns_is_refused_by_name_and_left_alone(loaded: Site) -> None:
    loaded.warehouse.query(f"alter table {RAW}.sales add column note varchar(10)")
    loaded.edit(SALES, lambda lines: lines[:-1])
    with pytest.raises(AdventureError, match=rf"{RAW}\.sales has 11 columns where the contract has 10.*rename to"):
        loaded.load()
    assert len(loaded.warehouse.query(f"select note from {RAW}.sales")) > 100
    loaded.warehouse.query(f"alter table {RAW}.sales drop column note")


def test_every_table_at_once_is_one_transaction(loaded: Site) -> None:
    for file in loaded.files.glob("*.csv"):
        loaded.edit(file.name, lambda lines: [*lines[:-1], "nonsense", lines[-1]])
    loaded.into_lake(max_reject_share=1.0)
    loaded.into_redshift()
    sent = loaded.statements()
    assert sent.count("begin") == sent.count("commit") == 1
    inside = sent[sent.index("begin") + 1 : sent.index("commit")]
    steps = [json.loads(sql.partition("/* ")[2].partition(" */")[0])["step"] for sql in inside]
    assert steps[0] == "wait for other loads"
    assert {step for step in steps if step.startswith("copy ")} == {f"copy into {table}" for table in raw_tables()}
    assert len([sql for sql in inside if f"copy {RAW}." in sql]) == len(raw_tables())
    words = {word for sql in inside for word in sql.partition("*/")[2].lower().split()}
    assert not words & {"truncate", "append", "drop", "alter"}
    assert loaded.raw() == loaded.lake_rows()


# --- What goes wrong on the way ---------------------------------------------------------------------------------


def assert_nothing_kept_then_repaired(site: Site, *says: str, fail: Callable[[], object] | None = None) -> None:
    """The load fails and says why, Redshift is as it was, and running it again without the cause brings it up."""
    before = site.raw()
    with pytest.raises(AdventureError) as failure:
        (fail or site.into_redshift)()
    message = str(failure.value)
    assert [part for part in says if part not in message] == [], message
    assert SECRET not in message
    assert site.raw() == before
    site.into_redshift()
    assert site.raw() == site.lake_rows() != before


def test_an_object_that_is_missing_fails_the_whole_load(pending: Site) -> None:
    store, key = client("s3", now()), lake_key(pending, "sales", SALES)
    moved = {"Bucket": pending.lake.bucket, "Key": key}
    body = store.get_object(**moved)["Body"].read()

    def fail() -> None:
        store.delete_object(**moved)
        try:
            pending.into_redshift()
        finally:
            store.put_object(**moved, Body=body)
            assert objects(pending, "copies/") == []

    newest = max(row[0] for row in pending.raw()["load_log"])
    says = ("gave up at 'copy into sales'", f"as it was (load {newest})", "adventure doctor --target prod")
    assert_nothing_kept_then_repaired(pending, *says, fail=fail)


def test_an_object_of_another_size_fails_the_whole_load(pending: Site) -> None:
    def fail() -> None:
        with spoilt(lambda file: replace(file, bytes=file.bytes + 1) if file.table == "sales" else file):
            pending.into_redshift()

    assert_nothing_kept_then_repaired(pending, "gave up at 'copy into sales'", "as it was", fail=fail)


def test_rows_that_do_not_agree_with_the_log_fail_the_whole_load(pending: Site) -> None:
    def fail() -> None:
        with spoilt(lambda file: replace(file, rows=0) if file.source_file == SALES else file):
            pending.into_redshift()

    says = ("do not agree with the lake's log, in sales", "as it was", "--replace")
    assert_nothing_kept_then_repaired(pending, *says, fail=fail)


@pytest.mark.parametrize("at", ["lock", f"delete from {RAW}.sales", f"copy {RAW}.load_log", "union all", "commit"])
def test_a_statement_that_fails_leaves_nothing(pending: Site, at: str) -> None:
    def fail() -> None:
        # Set after the comparison, which asks some of the same.
        with spoilt(lambda file: pending.fail(at, "refused") or file):
            pending.into_redshift()

    assert_nothing_kept_then_repaired(pending, "set to fail", "as it was", fail=fail)


@pytest.mark.parametrize("at", ["lock", f"delete from {RAW}.sales", f"copy {RAW}.load_log", "union all", "commit"])
def test_a_load_that_meets_another_transaction_is_done_again(
    pending: Site, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(driver, "PAUSE", wait_none())
    with spoilt(lambda file: pending.fail(at, "conflict") or file):
        assert set(pending.into_redshift().rows) == {"load_log", "products", "sales"}
    assert pending.warehouse.standin.proxy.fault is None
    assert pending.raw() == pending.lake_rows()
    assert pending.said == []


@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.timing
def test_a_connection_that_breaks_at_the_commit_is_settled_by_asking_redshift(pending: Site, when: str) -> None:
    pending.fail("commit", when)
    result = pending.into_redshift()
    assert pending.raw() == pending.lake_rows()
    assert "The connection was lost at `commit`" in pending.said[0]
    assert set(result.rows) == {"load_log", "products", "sales"}
    if when == "before":
        assert pending.copied() == sorted([*result.rows] * 2), "nothing was committed, so that it was done again"
    if when == "after":
        assert pending.copied() == sorted(result.rows), "it was committed and is not done again"
        assert "load_log says that the load was committed" in pending.said[-1]


@pytest.mark.parametrize(
    ("at", "when"), [("count(*)", "before"), ("lock", "after"), (f"copy {RAW}.sales", "before"), ("delete", "after")]
)
@pytest.mark.timing
def test_a_connection_that_breaks_on_the_way_is_made_again(pending: Site, at: str, when: str) -> None:
    pending.fail(at, when)
    pending.into_redshift()
    assert "Connecting again" in pending.said[0]
    assert pending.raw() == pending.lake_rows()


@pytest.fixture
def login_by_iam(pending: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every login asks for credentials."""
    for name in pending.warehouse.login_by_password:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("login_by_iam")
def test_a_connection_that_cannot_be_made_again_leaves_the_outcome_to_the_next_run(
    pending: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    serverless = pending.warehouse.standin.serverless
    pending.fail("commit", "after")
    with monkeypatch.context() as patch, pytest.raises(AdventureError) as failure:
        pending.into_redshift(progress=lambda *_: patch.setattr(serverless, "expired", True))
    for part in ("lost at `commit`", "have expired", "the load before it or this one, complete", "same command again"):
        assert part in str(failure.value)
    assert pending.into_redshift().rows == {}
    assert pending.raw() == pending.lake_rows()


@pytest.mark.usefixtures("login_by_iam")
def test_credentials_that_have_expired_change_nothing(pending: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(pending.warehouse.standin.serverless, "expired", True)
            pending.into_redshift()

    assert_nothing_kept_then_repaired(pending, "have expired", "aws sso login", fail=fail)


@pytest.mark.usefixtures("login_by_iam")
@pytest.mark.timing
def test_throttling_is_waited_out_and_without_end_it_is_said(pending: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    serverless = pending.warehouse.standin.serverless
    monkeypatch.setattr(serverless, "throttle", 1000)
    with pytest.raises(AdventureError, match=r"too many(.|\n)*Wait a few minutes"):
        pending.into_redshift()
    serverless.throttle = 1
    pending.into_redshift()
    assert pending.raw() == pending.lake_rows()


@pytest.mark.timing
def test_a_table_that_somebody_holds_runs_out_of_time(pending: Site) -> None:
    def fail() -> None:
        with reading(pending):
            pending.into_redshift(timeout=5)

    says = ("after 5 seconds", "cancelled at 'wait for other loads'", "svv_transactions", "as it was")
    assert_nothing_kept_then_repaired(pending, *says, fail=fail)


@pytest.mark.timing
def test_a_load_that_is_interrupted_is_cancelled(pending: Site) -> None:
    before = pending.raw()
    with reading(pending):
        running = start_command("load", "--source", pending.files, "--to", "redshift")
        wait_until(lambda: waiting_for_locks(pending))
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=TIMEOUT)
        assert running.returncode == 130, said
        assert "Stopped." in said
        wait_until(lambda: not waiting_for_locks(pending))
    assert pending.raw() == before
    pending.into_redshift()
    assert pending.raw() == pending.lake_rows()


@pytest.mark.timing
def test_two_loads_at_once_follow_one_another(pending: Site) -> None:
    failures: list[BaseException] = []

    def one() -> None:
        try:
            pending.into_redshift()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert pending.raw() == pending.lake_rows()


def test_a_load_that_finishes_between_comparing_and_loading_is_noticed(
    pending: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, nested = s3_read.published, []

    def another_load_slips_in(lake: S3Place, settings: Settings) -> s3_read.Published:
        found = published(lake, settings)
        if not nested:
            nested.append(True)
            pending.into_redshift()
        return found

    monkeypatch.setattr(s3_read, "published", another_load_slips_in)
    assert pending.into_redshift().rows == {}
    assert pending.said == ["Another load into Redshift has finished meanwhile; comparing again."]
    assert pending.raw() == pending.lake_rows()


# --- What the user got wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"ADVENTURE_LAKE": "lake"}, "which Redshift cannot read. Set ADVENTURE_LAKE to s3://bucket/prefix"),
        ({"REDSHIFT_WORKGROUP": ""}, "REDSHIFT_WORKGROUP is not set"),
        ({"REDSHIFT_SCHEMA": "x; drop"}, "REDSHIFT_SCHEMA is 'x; drop', which is not a plain name"),
        ({"REDSHIFT_COPY_ROLE": "role' x"}, "REDSHIFT_COPY_ROLE is"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_loaded(
    site: Site, environment: dict[str, str], says: str
) -> None:
    done = run_command("load", "--source", site.files, "--to", "redshift", **environment)
    assert done.returncode == 1
    assert says in done.stderr
    assert objects(site, "") == []


# --- Helpers ------------------------------------------------------------------------------------------------------


def start_command(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("adventure"), *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | {"COLUMNS": "200"} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that starts the tests in the background has SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run_command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    running = start_command(*arguments, **environment)
    out, err = running.communicate(timeout=TIMEOUT)
    return subprocess.CompletedProcess(running.args, running.returncode, out, err)


def objects(site: Site, below: str) -> list[str]:
    """The keys of the lake's objects below a folder of its prefix."""
    found = client("s3", now()).list_objects_v2(Bucket=site.lake.bucket, Prefix=site.lake.key(below))
    return [entry["Key"] for entry in found.get("Contents", ())]


def lake_key(site: Site, table: str, source_file: str) -> str:
    """The key of the part that holds the rows of a file."""
    files = s3_read.published(site.lake, now()).files
    (key,) = (file.key for file in files if (file.table, file.source_file) == (table, source_file))
    return key


@contextmanager
def spoilt(change: Callable[[s3_read.LakeFile], s3_read.LakeFile]) -> Iterator[None]:
    """Makes the lake's manifest say something else than what is there."""
    published = s3_read.published
    with pytest.MonkeyPatch.context() as patch:

        def published_spoilt(lake: S3Place, settings: Settings) -> s3_read.Published:
            found = published(lake, settings)
            return replace(found, files=tuple(map(change, found.files)))

        patch.setattr(s3_read, "published", published_spoilt)
        yield


@contextmanager
def reading(site: Site) -> Iterator[None]:
    """Somebody who has read load_log in a transaction and does not end it."""
    with site.warehouse.connect() as reader:
        reader.autocommit = False
        reader.cursor().execute(f"select count(*) from {RAW}.load_log")
        yield
        reader.rollback()


def waiting_for_locks(site: Site) -> bool:
    (count,) = site.warehouse.administer(
        f"select count(*) from pg_stat_activity where datname = '{site.warehouse.database}' and wait_event_type "
        "= 'Lock'"
    )[0]
    return count > 0
