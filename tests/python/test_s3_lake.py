"""The lake on S3: the same rows as in a folder, one version or the other whatever happens, nothing read unverified."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake import loader, s3, s3_read, s3_write
from adventure_works.lake.loader import LoadResult
from adventure_works.lake.parts import write_parts
from adventure_works.lake.s3 import S3Lake, object_name
from adventure_works.lake.s3_read import Published
from adventure_works.settings import S3Place, read_settings
from s3_server import BUCKET, REGION, SECRET, Failure, S3Server, answer, flip, lose, meanwhile, reset, truncate
from support.persons import ADDRESS, CUSTOMERS, is_in, objects_of, with_person

SALES = "AdventureWorks_Sales_2017.csv"
MOMENTS = 8
KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The server; this process and its children find it."""
    with S3Server() as running, pytest.MonkeyPatch.context() as patch:
        running.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "ADVENTURE_S3_KMS_KEY"):
            patch.delenv(name, raising=False)
        for name, value in running.environment().items():
            patch.setenv(name, value)
        patch.setenv("ADVENTURE_DOWNLOADS", str(tmp_path_factory.mktemp("downloads")))
        yield running


@pytest.fixture
def aws(server: S3Server) -> S3Server:
    """The server, with nothing planned."""
    server.recover()
    return server


@pytest.fixture
def place(aws: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Place:
    """A prefix and a Glue database of the test's own."""
    monkeypatch.setenv("ADVENTURE_GLUE_DATABASE", re.sub(r"\W", "_", tmp_path.name.lower()))
    return S3Place(BUCKET, f"{re.sub(r'[^A-Za-z0-9_]', '-', tmp_path.name)}/lake")


def load(source: str, lake: S3Place | Path, **options: object) -> LoadResult:
    return loader.load(source, lake, read_settings(os.environ), **options)


def reader(place: S3Place) -> s3_read.Reader:
    return s3_read.Reader(place, read_settings(os.environ))


def current(place: S3Place) -> Published:
    found = s3_read.published(place, read_settings(os.environ))
    assert found
    return found


def content(place: S3Place, folder: Path) -> dict[str, list[tuple]]:
    """Every row of the lake by table, each file of it fetched, and so verified; the times of loading left out."""
    fetch(place, folder)
    found = {table: rows(folder / table) for table in raw_tables()}
    shutil.rmtree(folder)
    return found


def fetch(place: S3Place, folder: Path) -> None:
    """Brings every file of the lake, and so verifies it, into a folder for each table."""
    source = reader(place)
    for number, file in enumerate(current(place).files):
        (folder / file.table).mkdir(parents=True, exist_ok=True)
        source.fetch(file, folder / file.table / f"{number}.parquet")


def rows(folder: Path) -> list[tuple]:
    what = "* exclude (load_id, loaded_at)" if folder.name == "load_log" else "*"
    return duckdb.sql(f"select {what} from read_parquet('{folder}/**/*.parquet') order by all").fetchall()


def assert_whole(aws: S3Server, place: S3Place) -> None:
    """Every file that the manifest lists is there, in its size."""
    stored = aws.objects(place.prefix)
    assert all(stored[file.key] == file.bytes for file in current(place).files)


def sales(place: S3Place, folder: Path) -> list[tuple]:
    """The rows of the sales file that the tests change."""
    (file,) = (file for file in current(place).files if file.table == "sales" and file.source_file == SALES)
    reader(place).fetch(file, folder / "sales.parquet")
    return duckdb.sql(f"select * from read_parquet('{folder}/sales.parquet') order by all").fetchall()


def loaded(result: LoadResult) -> set[str]:
    return {entry.source_file for entry in result.loaded}


def change(files: Path, quantity: int) -> None:
    """Gives one sales file other rows."""
    path = files / SALES
    path.write_bytes(re.sub(rb",\d+\r\n", b",%d\r\n" % quantity, path.read_bytes()))


def test_the_lake_on_s3_holds_what_the_one_in_a_folder_holds(
    aws: S3Server, place: S3Place, files: Path, adventure: Run, tmp_path: Path
) -> None:
    odd = "_sales of 2017 (50%) é#.csv"
    (files / SALES).rename(files / odd)
    customers = (files / CUSTOMERS).read_bytes().split(b"\r\n")
    customers[3] += b",x,y"
    (files / CUSTOMERS).write_bytes(b"\r\n".join(customers))
    environment = {**aws.environment(), "ADVENTURE_LAKE": str(place)}
    done = adventure("load", "--source", files, "--max-rejects", "5%", **environment)
    assert done.returncode == 0, done.stderr
    assert "Loaded from" in done.stdout
    load(str(files), tmp_path / "lake", max_reject_share=0.05)

    found = content(place, tmp_path / "fetched")
    assert {table: len(found[table]) for table in ("territories", "rejected_rows", "load_log")} == {
        "territories": 10,
        "rejected_rows": 1,
        "load_log": 10,
    }
    assert found == {table: rows(tmp_path / "lake" / "raw" / table) for table in raw_tables()}

    # Snappy, in contract order and in types that COPY, Athena and Spectrum all take.
    fetch(place, tmp_path / "fetched")
    for table in raw_tables().values():
        parquet = f"('{tmp_path}/fetched/{table.name}/*.parquet')"
        schema = duckdb.sql(
            f"select name, converted_type from parquet_schema{parquet} where type is not null"
        ).fetchall()
        assert [name for name, _ in schema[: len(table.columns)]] == [column.name for column in table.columns]
        assert {kind for _, kind in schema} <= {"DATE", "INT_32", "INT_64", "DECIMAL", "UTF8", "TIMESTAMP_MICROS"}
        assert duckdb.sql(f"select distinct compression from parquet_metadata{parquet}").fetchall() == [("SNAPPY",)]

    version = current(place)
    (sales,) = (file for file in version.files if file.source_file == odd and file.table == "sales")
    assert sales.key == f"{place.prefix}/versions/{version.load_id}/sales/{object_name(odd)}/0000.parquet"
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", object_name(odd))
    assert sales.rows == len(duckdb.sql(f"select 1 from read_csv('{files / odd}')").fetchall())
    # Exactly these objects, each with its own digest and encrypted, and only names that Athena and Spectrum see.
    names = {"current.json", f"versions/{version.load_id}/manifest.json"}
    names |= {file.key.removeprefix(f"{place.prefix}/") for file in version.files}
    assert {key.removeprefix(f"{place.prefix}/") for key in aws.objects(place.prefix)} == names
    assert not [name for name in names for part in name.split("/") if part.startswith(("_", ".", "#"))]
    digests = {file.key: file.sha256 for file in version.files}
    for name in names:
        head = aws.s3.head_object(Bucket=BUCKET, Key=place.key(name))
        assert head["ServerSideEncryption"] == "AES256"
        assert head["Metadata"]["sha256"] == digests.get(place.key(name), head["Metadata"]["sha256"])
    # Written last, and only where there was nothing.
    assert [request.path for request in aws.requests if request.method == "PUT"][-2:] == [
        f"/{BUCKET}/{place.key('versions', version.load_id, 'manifest.json')}",
        f"/{BUCKET}/{place.key('current.json')}",
    ]
    assert [request.headers["If-None-Match"] for request in aws.requests if "If-None-Match" in request.headers] == ["*"]
    assert not list((tmp_path / "downloads").glob(".s3-*"))
    aws.recover()
    again = adventure("load", "--source", files, **environment)
    assert f"Nothing to load from {files}: all 10 files are in the lake, unchanged." in " ".join(again.stdout.split())
    assert not [request for request in aws.requests if request.method in ("PUT", "DELETE")]


def test_a_changed_file_is_uploaded_and_the_others_are_copied_within_s3(
    aws: S3Server, place: S3Place, files: Path, tmp_path: Path
) -> None:
    load(str(files), place)
    first, before = current(place), content(place, tmp_path / "fetched")
    aws.recover()
    change(files, 9)
    assert loaded(load(str(files), place)) == {SALES}
    second, after = current(place), content(place, tmp_path / "fetched")
    puts = [request for request in aws.requests if request.method == "PUT"]
    below = {
        request.path.rpartition("/versions/")[2].partition("/")[2]: "x-amz-copy-source" in request.headers
        for request in puts
        if "/versions/" in request.path
    }
    assert {name for name, is_copied in below.items() if not is_copied} == {
        "manifest.json",
        f"sales/{SALES}/0000.parquet",
        f"rejected_rows/{SALES}.parquet",
        f"load_log/{second.load_id}.parquet",
    }
    assert sum(below.values()) == 9 * 2 + 1
    assert {row[-3] for row in after["sales"] if SALES in row} == {9}
    assert [row for row in after["sales"] if SALES not in row] == [row for row in before["sales"] if SALES not in row]
    assert {table for table in before if before[table] != after[table]} == {"sales", "load_log"}
    assert len(after["load_log"]) == len(second.log) == 11
    assert second.entries[SALES].load_id == second.load_id
    assert second.entries[CUSTOMERS].load_id == first.load_id
    # The one write that readers see came on the condition that nothing had happened since.
    assert [request.headers["If-Match"] for request in puts if "If-Match" in request.headers]


def test_the_lake_keeps_what_earlier_loads_of_products_contained(place: S3Place, files: Path, tmp_path: Path) -> None:
    """And says from it, and from the sales on S3, what a correction changes."""
    load(str(files), place)
    first, said = current(place), list[str]()
    before = content(place, tmp_path / "fetched")["products"]
    products = files / "AdventureWorks_Products.csv"
    header, *records = products.read_bytes().splitlines()
    products.write_bytes(b"\r\n".join([header, *(record.rpartition(b",")[0] + b",9" for record in records), b""]))
    load(str(products), place, corrects=("products",), announce=said.append)
    change(files, 9)
    load(str(files / SALES), place)
    (kept,) = (file for file in current(place).files if file.table == "earlier/products")
    assert kept.source_file == first.load_id
    reader(place).fetch(kept, tmp_path / "earlier.parquet")
    assert duckdb.sql(f"from '{tmp_path / 'earlier.parquet'}' order by all").fetchall() == before
    assert said[0].startswith("The correction changes ") and "since 2015-" in said[0]


def test_a_superseded_file_is_let_go_and_replace_starts_afresh(place: S3Place, files: Path, tmp_path: Path) -> None:
    load(str(files), place)
    old = files / "AdventureWorks_Territories.csv"
    (files / "regions.csv").write_bytes(old.read_bytes() + b"11,Utopia,Utopia,Utopia\r\n")
    old.unlink()
    assert [entry.source_file for entry in load(str(files), place).superseded] == [old.name]
    version = current(place)
    assert old.name not in version.entries
    assert old.name not in {file.source_file for file in version.files}
    assert [entry.loaded for entry in version.log if entry.status == "superseded"] == [0]
    assert len(content(place, tmp_path / "fetched")["territories"]) == 11

    shutil.move(files / SALES, tmp_path / SALES)
    assert len(load(str(files), place, replace_lake=True).loaded) == 9
    version = current(place)
    assert SALES not in version.entries
    assert len(version.log) == 9


def test_the_version_before_is_kept_and_nothing_that_is_no_version_is_touched(
    aws: S3Server, place: S3Place, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [
        f"{place.prefix}/copies/20200101T000000000000/sales.manifest",
        f"{place.prefix}/versions/readme.txt",
        f"{place.prefix}/versions/2019/notes.txt",
        f"{place.prefix}2/versions/20200101T000000000000/sales/x.parquet",
        f"{place.prefix}/versions/29990101T000000000000/sales/a-load-at-work.parquet",
    ]
    dead = f"{place.prefix}/versions/20200101T000000000000/sales/x.parquet"
    for key in [*others, dead]:
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    aws.s3.create_multipart_upload(Bucket=BUCKET, Key=dead)
    versions = []
    for quantity in (3, 4, 5):
        change(files, quantity)
        load(str(files), place)
        versions.append(current(place).load_id)
        monkeypatch.setenv("ADVENTURE_S3_KMS_KEY", KMS_KEY)
    kept = aws.objects(place.prefix)
    assert set(others) <= set(kept)
    assert dead not in kept
    found = {key.split("/")[3] for key in kept if key.startswith(f"{place.prefix}/versions/2") and key not in others}
    assert found == set(versions[-2:])
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=place.prefix)
    # From the second load on a key of KMS encrypted all that was written, copies as well.
    digests = {file.key: file.sha256 for file in current(place).files}
    for key in [*aws.objects(place.key("versions", versions[-1])), place.key("current.json")]:
        head = aws.s3.head_object(Bucket=BUCKET, Key=key)
        assert head["Metadata"]["sha256"] == digests.get(key, head["Metadata"]["sha256"])
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_loads_at_once_one_wins_and_the_other_has_changed_nothing(
    aws: S3Server, place: S3Place, files: Path, adventure: Run, tmp_path: Path, is_first: bool
) -> None:
    if not is_first:
        load(str(files), place)
    change(files, 7)
    other = Path(shutil.copytree(files, tmp_path / "other"))
    change(other, 8)
    winners = []

    def win() -> None:
        environment = {**aws.environment(), "ADVENTURE_LAKE": str(place)}
        environment["ADVENTURE_DOWNLOADS"] = str(tmp_path / "elsewhere")
        done = adventure("load", "--source", other, **environment)
        assert done.returncode == 0, done.stderr
        winners.append(current(place).load_id)

    aws.fail(meanwhile(win), "PUT", "/current.json")
    with pytest.raises(AdventureError, match="another load has finished first, and this one has changed nothing"):
        load(str(files), place)
    assert [current(place).load_id] == winners
    assert {row[-3] for row in sales(place, tmp_path)} == {8}
    stored = {key.split("/")[3] for key in aws.objects(f"{place.prefix}/versions/")}
    assert len(stored) == (1 if is_first else 2)
    assert loaded(load(str(files), place)) == {SALES}
    assert {row[-3] for row in sales(place, tmp_path)} == {7}


def test_a_lost_answer_to_the_last_write_is_looked_up(
    aws: S3Server, place: S3Place, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.fail(lose, "PUT", "/current.json")
    load(str(files), place)
    assert len([request for request in aws.requests if request.path.endswith("/current.json")]) == 4
    assert len(current(place).entries) == 10

    def lose_and_break(conversation: Any, ask: Callable[[], Any]) -> None:
        aws.fail(reset, "GET", "/current.json")
        lose(conversation, ask)

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    change(files, 9)
    aws.fail(lose_and_break, "PUT", "/current.json")
    with pytest.raises(AdventureError, match="It is not known whether this load has become current"):
        load(str(files), place)
    # It had, so that nothing of it may have been removed.
    assert_whole(aws, place)
    assert loaded(load(str(files), place)) == set()


NURSERY = """
import os
import sys

from adventure_works.lake import s3
from adventure_works.lake.loader import load
from adventure_works.settings import S3Place, read_settings

for line in sys.stdin:
    source, *place = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        load(source, S3Place(*place), read_settings(os.environ))
        print("done", flush=True)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@pytest.fixture
def load_killed_after() -> Iterator[Callable[[Path, S3Place, float], float]]:
    """Starts a load and kills it with SIGKILL after some seconds; returns how long it ran.

    The loads are forked by a process that has imported everything, so that all of their time is spent loading.
    """
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as nursery:
        words, said = nursery.stdin, nursery.stdout
        assert words and said

        def run(source: Path, place: S3Place, seconds: float) -> float:
            words.write(f"{source}\t{place.bucket}\t{place.prefix}\n")
            child = int(said.readline())
            begin = time.monotonic()
            if seconds == float("inf"):
                assert said.readline() == "done\n"
            else:
                time.sleep(seconds)
                os.kill(child, signal.SIGKILL)
            ran = time.monotonic() - begin
            words.write("reap\n")
            while said.readline() != "gone\n":
                pass
            return ran

        yield run


@pytest.mark.slow
def test_kill_at_any_moment(
    aws: S3Server,
    place: S3Place,
    files: Path,
    tmp_path: Path,
    load_killed_after: Callable[[Path, S3Place, float], float],
) -> None:
    """Whenever a load dies the lake is whole, and the next load mends what is left."""
    other = Path(shutil.copytree(files, tmp_path / "other"))
    change(other, 8)
    load(str(files), place)
    states = {files: sales(place, tmp_path)}
    whole = load_killed_after(other, place, float("inf"))
    states[other] = sales(place, tmp_path)
    assert states[files] != states[other]
    now, unfinished = other, 0
    for moment in range(MOMENTS):
        target = files if now == other else other
        ran = load_killed_after(target, place, whole * (moment + 0.5) / MOMENTS)
        found = sales(place, tmp_path)
        assert_whole(aws, place)
        assert found in (states[now], states[target]), f"killed at moment {moment}"
        unfinished += found == states[now]
        if found == states[target]:
            # Faster than the first time, as it is when the machine has less else to do.
            whole = min(whole, ran)
        load(str(target), place)
        assert sales(place, tmp_path) == states[target], f"after moment {moment}"
        now = target
    # Were all moments too late, this test would prove nothing.
    assert unfinished >= MOMENTS / 3
    change(files, 11)
    load(str(files), place)
    assert len({key.split("/")[3] for key in aws.objects(f"{place.prefix}/versions/")}) == 2
    assert not list(read_settings(os.environ).downloads.glob(".s3-*"))


def test_passing_failures_are_got_over(aws: S3Server, place: S3Place, files: Path) -> None:
    load(str(files), place)
    change(files, 9)
    for failure, method, where in (
        (answer(503, "SlowDown"), "GET", "/current.json"),
        (flip, "GET", "/current.json"),
        (reset, "GET", "/manifest.json"),
        (truncate, "GET", "/manifest.json"),
        (truncate, "GET", "/load_log/"),
        (answer(500, "InternalError"), "PUT", f"/sales/{SALES}"),
        (answer(503, "SlowDown"), "PUT", f"/customers/{CUSTOMERS}"),
        (reset, "PUT", "/manifest.json"),
        (answer(400, "ThrottlingException"), "POST", "UpdateTable"),
    ):
        aws.fail(failure, method, where)
    assert loaded(load(str(files), place)) == {SALES}
    assert aws.still_planned() == 0
    assert len(current(place).log) == 11


@pytest.fixture(scope="module")
def steady(
    server: S3Server, small_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[S3Place, Path, Published]:
    """A lake, files of which one has changed since, and the version that no failure may change."""
    server.recover()
    files = Path(shutil.copytree(small_sample, tmp_path_factory.mktemp("steady") / "files"))
    place = S3Place(BUCKET, "steady")
    load(str(files), place)
    change(files, 9)
    return place, files, current(place)


@pytest.mark.parametrize(
    ("failure", "method", "where", "words"),
    [
        (answer(503, "SlowDown"), "PUT", "/sales/", "turning requests away as too many (SlowDown). Wait a few minutes"),
        (reset, "PUT", "/sales/", "Check the network"),
        (answer(400, "ExpiredToken"), "PUT", "/manifest.json", "credentials have expired (ExpiredToken). Renew them"),
        (answer(403, "AccessDenied"), "PUT", "/current.json", "access denied to PutObject"),
        (answer(403, "InvalidAccessKeyId"), "GET", "/current.json", "AWS does not know the credentials"),
        (answer(301, "PermanentRedirect"), "GET", "/current.json", "another region than the one set"),
        (answer(404, "NoSuchKey"), "PUT", f"/customers/{CUSTOMERS}", "is missing, though the current version"),
        (truncate, "GET", "/manifest.json", "/manifest.json broke off 3 times while it was read"),
        (flip, "GET", "/manifest.json", "/manifest.json: is damaged, its bytes are not those that were written"),
        (flip, "GET", "/load_log/", ".parquet: is damaged, its bytes are not those that were written"),
        (flip, "GET", "/current.json", "/current.json: is damaged, its bytes are not those that were written"),
        (answer(404, "NoSuchKey"), "GET", "/load_log/", "is missing, though the current version of the lake names it"),
    ],
)
def test_a_lasting_failure_is_explained_and_changes_nothing(
    aws: S3Server,
    steady: tuple[S3Place, Path, Published],
    monkeypatch: pytest.MonkeyPatch,
    failure: Failure,
    method: str,
    where: str,
    words: str,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    place, files, before = steady
    stored = aws.objects(place.prefix)
    aws.fail(failure, method, where, times=float("inf"))
    with pytest.raises(AdventureError) as refusal:
        load(str(files), place)
    assert words in str(refusal.value)
    assert SECRET not in str(refusal.value)
    aws.recover()
    assert current(place) == before
    if (method, where) != ("PUT", "/current.json"):
        # Only of a write that may have got through must nothing be removed.
        assert aws.objects(place.prefix) == stored


def test_a_damaged_or_missing_object_is_found_when_it_is_copied_and_replace_mends_it(
    aws: S3Server, place: S3Place, files: Path, tmp_path: Path
) -> None:
    load(str(files), place)
    before = content(place, tmp_path / "fetched")
    (customers,) = (file for file in current(place).files if file.table == "customers")
    key = customers.key
    body = bytearray(aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    body[100] ^= 1
    change(files, 9)
    for words in ("is damaged", "is missing"):
        if words == "is damaged":
            aws.s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(body), Metadata={"sha256": customers.sha256})
        else:
            aws.s3.delete_object(Bucket=BUCKET, Key=key)
        for attempt in (lambda: load(str(files), place), lambda: content(place, tmp_path / "fetched")):
            with pytest.raises(AdventureError, match=rf"{re.escape(place.uri(key))}: {words}.*--replace"):
                attempt()
        shutil.rmtree(tmp_path / "fetched")
    load(str(files), place, replace_lake=True)
    assert content(place, tmp_path / "fetched")["customers"] == before["customers"]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AWS_REGION": ""}, "no region is set. Set AWS_REGION"),
        ({"AWS_PROFILE": "nobody"}, "Correct AWS_PROFILE"),
        ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, "Check the network"),
        ({"ADVENTURE_SLICES": "many"}, "ADVENTURE_SLICES is many. Give a whole number"),
        ({"ADVENTURE_GLUE_DATABASE": "Raw-Data"}, "ADVENTURE_GLUE_DATABASE is 'Raw-Data'"),
        ({"ADVENTURE_LAKE": "s3://a b/lake"}, "which is not of the form s3://bucket/prefix"),
    ],
)
def test_a_wrong_setting_is_explained(
    place: S3Place, files: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    for name, value in {"ADVENTURE_LAKE": str(place), **environment}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AdventureError) as refusal:
        load(str(files), read_settings(os.environ).lake)
    assert words in str(refusal.value)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"ADVENTURE_LAKE": "s3://no-such-bucket/lake"},
            "the bucket does not exist. Create it, or correct",
        ),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS credentials are missing. Log in"),
    ],
)
def test_the_command_ends_with_one_message(
    place: S3Place, files: Path, adventure: Run, environment: dict[str, str], words: str
) -> None:
    done = adventure("load", "--source", files, **{"ADVENTURE_LAKE": str(place), **environment})
    assert done.returncode == 1
    assert "\nError: s3://" in f"\n{done.stderr}"
    assert f"/lake/current.json could not be read: {words}" in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


def test_duckdb_is_not_sent_to_s3(place: S3Place, adventure: Run) -> None:
    done = adventure("run", ADVENTURE_LAKE=str(place))
    assert done.returncode == 1
    assert f"ADVENTURE_LAKE is {place}, which DuckDB does not read here." in done.stderr


def test_a_large_file_is_sent_in_parts(
    aws: S3Server, place: S3Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 5 << 20
    transfer = s3_write.TransferConfig(multipart_threshold=size, multipart_chunksize=size, use_threads=False)
    monkeypatch.setattr(s3_write, "TRANSFER", transfer)
    path = tmp_path / "large"
    path.write_bytes(b"0123456789abcdef" * (12 << 16))
    lake = S3Lake(place, read_settings(os.environ))
    sent: list[int] = []
    aws.fail(reset, "PUT", "partNumber=2")
    lake.writer.send(path, place.key("large"), "digest", sent.append)
    assert sum(sent) >= path.stat().st_size
    assert len({request.path for request in aws.requests if "partNumber" in request.path}) == 3
    stored = aws.s3.get_object(Bucket=BUCKET, Key=place.key("large"))
    assert stored["Body"].read() == path.read_bytes()
    assert (stored["Metadata"], stored["ServerSideEncryption"]) == ({"sha256": "digest"}, "AES256")


def test_a_large_table_comes_in_as_many_parts_as_the_slices_read_equally(
    place: S3Place, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADVENTURE_SLICES", "3")
    monkeypatch.setattr(s3, "PART_BYTES", 1500)
    load(str(files), place)
    load(str(files), tmp_path / "lake")
    files_of = {
        file.key: file.rows for file in current(place).files if file.source_file == SALES and "/sales/" in file.key
    }
    assert len(files_of) > 3
    assert len(files_of) % 3 == 0
    assert max(files_of.values()) - min(files_of.values()) <= 1
    assert content(place, tmp_path / "fetched")["sales"] == rows(tmp_path / "lake" / "raw" / "sales")
    assert len([file for file in current(place).files if file.table == "territories"]) == 1


@pytest.mark.parametrize(("part_bytes", "slices", "count"), [(10_000_000, 8, 1), (100_000, 8, 8), (100_000, 5, 5)])
def test_parts_keep_order_and_every_row(tmp_path: Path, part_bytes: int, slices: int, count: int) -> None:
    table = raw_tables()["returns"]
    made = "date '2016-01-01' + i::integer % 300, 1 + i::integer % 9, i::integer, 1, 'a.csv', i + 1"
    for piece in range(3):
        duckdb.sql(f"select {made} from range({piece * 20_000}, {(piece + 1) * 20_000}) r (i)").project(
            ", ".join(f"#{n} as {column.name}" for n, column in enumerate(table.columns, 1))
        ).write_parquet(str(tmp_path / f"{piece}.parquet"))
    pieces = sorted(tmp_path.glob("*.parquet"))
    parts = write_parts(pieces, table, tmp_path / "parts", part_bytes=part_bytes, slices=slices)
    assert len(parts) % slices == 0 if count > 1 else len(parts) == 1
    assert len(parts) >= count
    numbers = [
        number
        for path, _ in parts
        for (number,) in duckdb.sql(f"select record_number from read_parquet('{path}')").fetchall()
    ]
    assert numbers == list(range(1, 60_001))
    assert sum(rows for _, rows in parts) == 60_000
    assert all(path.stat().st_size <= part_bytes for path, _ in parts)


def glue_tables(aws: S3Server) -> dict[str, dict]:
    database = os.environ["ADVENTURE_GLUE_DATABASE"]
    pages = aws.glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return {table["Name"]: table for page in pages for table in page["TableList"]}


def test_the_catalog_has_every_table_typed_and_pointing_at_the_current_version(
    aws: S3Server, place: S3Place, files: Path
) -> None:
    load(str(files), place)
    first = glue_tables(aws)
    assert first.keys() == raw_tables().keys()
    # Written by hand from the Kaggle files' columns, not from the contract.
    storage = first["customers"]["StorageDescriptor"]
    assert {column["Name"]: column["Type"] for column in storage["Columns"]} == {
        "customer_key": "int",
        "prefix": "varchar(64)",
        "first_name": "varchar(256)",
        "last_name": "varchar(256)",
        "birth_date": "date",
        "marital_status": "varchar(64)",
        "gender": "varchar(64)",
        "email_address": "varchar(256)",
        "annual_income": "decimal(18,4)",
        "total_children": "int",
        "education_level": "varchar(256)",
        "occupation": "varchar(256)",
        "home_owner": "varchar(64)",
        "source_file": "varchar(256)",
        "record_number": "bigint",
    }
    assert storage["Columns"][4]["Comment"].startswith("Date of birth")
    assert storage["Columns"][-2]["Comment"].startswith("Name of the source file")
    assert "parquet" in storage["InputFormat"]
    log = {column["Name"]: column["Type"] for column in first["load_log"]["StorageDescriptor"]["Columns"]}
    assert log["loaded_at"] == "timestamp"
    assert first["customers"]["Description"].startswith("One row per customer")
    version = current(place)
    for name, table in first.items():
        assert table["StorageDescriptor"]["Location"] == f"{place}/versions/{version.load_id}/{name}/"
        assert table["Parameters"]["classification"] == "parquet"
        assert table["Parameters"]["load_id"] == version.load_id
        assert int(table["Parameters"]["numRows"]) == sum(file.rows for file in version.files if file.table == name)
        # Whatever lies at the location is read: nothing but this table's files may.
        key = table["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/")
        assert set(aws.objects(key)) == {file.key for file in version.files if file.table == name}
    aws.recover()
    change(files, 9)
    load(str(files), place)
    moved = glue_tables(aws)
    assert {table["Parameters"]["load_id"] for table in moved.values()} == {current(place).load_id}
    updates = [json.loads(request.body) for request in aws.requests if request.path.endswith("UpdateTable")]
    assert len(updates) == len(raw_tables())
    assert all(update["SkipArchive"] for update in updates)

    other = S3Place(BUCKET, f"{place.prefix}-other")
    with pytest.raises(AdventureError, match=rf"belongs to {place}. Set ADVENTURE_GLUE_DATABASE"):
        load(str(files), other)
    assert glue_tables(aws) == moved


def test_a_catalog_that_could_not_be_brought_up_is_repaired_by_the_next_load(
    aws: S3Server, place: S3Place, files: Path
) -> None:
    load(str(files), place)
    named = current(place).load_id
    for quantity in (8, 9):
        aws.fail(answer(400, "AccessDeniedException", "not yours"), "POST", "UpdateTable")
        change(files, quantity)
        with pytest.raises(AdventureError) as refusal:
            load(str(files), place)
        assert f"the lake is up to date (version {current(place).load_id}), but the Glue" in str(refusal.value)
        assert "access denied to UpdateTable. not yours" in str(refusal.value)
    # What the catalog still names is still there, however many versions have passed.
    assert aws.objects(f"{place.prefix}/versions/{named}/sales/")
    assert loaded(load(str(files), place)) == set()
    tables = glue_tables(aws)
    assert {table["Parameters"]["load_id"] for table in tables.values()} == {current(place).load_id}
    aws.recover()
    load(str(files), place)
    assert not [request for request in aws.requests if "Table" in request.path and "GetTables" not in request.path]


def test_who_is_forgotten_is_in_no_object(
    aws: S3Server, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor in what the bucket has kept of replaced and removed objects."""
    place = S3Place("forgets", "a/lake")
    monkeypatch.setenv("ADVENTURE_GLUE_DATABASE", "forgets")
    aws.s3.create_bucket(Bucket=place.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.s3.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})

    for income in ("40000", "90000"):
        key = with_person(files / CUSTOMERS, income)
        load(str(files), place)
    before = content(place, tmp_path / "before")
    unloaded = tmp_path / "unloaded.parquet"
    duckdb.sql(f"copy (select {key} as customer_key, '{ADDRESS}' as email_address) to '{unloaded}'")
    history = place.key("history", "x", "y", "intermediate.snap_customers", "0000_part_00.parquet")
    aws.s3.upload_file(str(unloaded), place.bucket, history)
    assert is_in(objects_of(aws.s3, place.bucket, tmp_path / "all"))
    settings = read_settings(os.environ)
    lake = S3Lake(place, settings)
    persons = lake.persons([key, 5])
    assert persons.keys() == {key} and ADDRESS in persons[key]
    forgotten = lake.forgotten().with_persons([key], "now")
    lake.remember(forgotten)
    for number in range(2):
        S3Lake(place, settings).erase(forgotten, persons[key])
        assert not is_in(objects_of(aws.s3, place.bucket, tmp_path / f"after-{number}"))
    after = content(place, tmp_path / "content")
    assert {table for table in after if after[table] != before[table]} == {"customers"}
    assert [row for row in after["customers"] if row[0] != key] == [row for row in before["customers"] if row[0] != key]
    # The same file has not changed, and a changed one comes without the person.
    assert not load(str(files), place).loaded
    with_person(files / CUSTOMERS, "120000")
    assert [entry.source_file for entry in load(str(files), place).loaded] == [CUSTOMERS]
    assert not is_in(objects_of(aws.s3, place.bucket, tmp_path / "later"))
