"""Loading a set of files: all or nothing, only what changed, and a clear word for every odd set."""

import dataclasses
import fcntl
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.lake.folder import current_version
from adventure_works.lake.loader import LoadResult, load
from adventure_works.settings import DEFAULTS
from kaggle_server import KaggleServer
from support.lake import rows

SALES = "AdventureWorks_Sales_2017.csv"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def loaded(result: LoadResult) -> set[str]:
    return {entry.source_file for entry in result.loaded}


def content(lake: Path) -> dict[str, list[tuple]]:
    """Everything that the lake holds but for the times of loading."""
    if current_version(lake) is None:
        return {}
    tables = ("calendar", "customers", "products", "returns", "sales", "territories", "rejected_rows")
    log = rows(lake, "load_log", "* exclude (load_id, loaded_at)")
    return {table: rows(lake, table) for table in tables} | {"load_log": log}


def csv_records(folder: Path, pattern: str) -> int:
    return sum(len(path.read_bytes().splitlines()) - 1 for path in folder.glob(pattern))


def test_a_first_load_brings_every_record(files: Path, lake: Path) -> None:
    result = load(str(files), lake)
    assert len(result.loaded) == 10
    for table, pattern in {"sales": "*Sales_*", "customers": "*Customers*", "returns": "*Returns*"}.items():
        assert len(rows(lake, table)) == csv_records(files, pattern)
    log = rows(lake, "load_log", "source_file, bytes, records, loaded + rejected + blank, status, source")
    sizes = {path.name: path.stat().st_size for path in files.glob("*.csv")}
    assert {name: size for name, size, *_ in log} == sizes
    assert all(records == parts and rest == ["loaded", "folder"] for _, _, records, parts, *rest in log)


def test_a_path_with_characters_of_a_pattern(files: Path, tmp_path: Path) -> None:
    """`[`, `*` and `?` are for themselves in the path of a lake, of a source and in the name of a file."""
    folder = tmp_path / "Data [2017] *?"
    folder.mkdir()
    shutil.copytree(files, folder / "files")
    (folder / "files" / SALES).rename(folder / "files" / "Sales [2017].csv")
    assert len(load(str(folder / "files"), folder / "lake").loaded) == 10
    load(str(files), tmp_path / "lake")
    load(str(folder / "files"), folder / "lake")
    (folder / "lake").rename(tmp_path / "renamed")
    for table in ("sales", "customers"):
        here, there = (rows(tmp_path / place, table, "* exclude (source_file)") for place in ("renamed", "lake"))
        assert here == there
    assert {name for (name,) in rows(tmp_path / "renamed", "load_log", "source_file")} >= {"Sales [2017].csv"}


def test_unchanged_files_are_skipped_and_changed_ones_replace_their_own_rows(files: Path, lake: Path) -> None:
    load(str(files), lake)
    before = content(lake)
    version = current_version(lake)
    assert loaded(load(str(files), lake)) == set()
    assert current_version(lake) == version

    path = files / SALES
    records = path.read_text(encoding="utf-8").splitlines()
    fields = records[5].split(",")
    records[5] = ",".join([*fields[:-1], "9"])  # changed
    del records[10]  # removed
    records.append(records[-1].replace("SO", "SP"))  # added
    path.write_text("\r\n".join([*records, ""]), encoding="utf-8")
    assert loaded(load(str(files), lake)) == {SALES}
    changed = rows(lake, "sales", where=f"source_file = '{SALES}'")
    assert len(changed) == len(records) - 1
    assert rows(lake, "sales", "order_quantity", f"source_file = '{SALES}' and record_number = 5") == [(9,)]
    others = [row for row in before["sales"] if SALES not in row]
    assert rows(lake, "sales", where=f"source_file <> '{SALES}'") == others
    assert rows(lake, "customers") == before["customers"]
    assert len(rows(lake, "load_log")) == 11


def test_what_is_absent_is_not_deleted_and_one_file_can_be_loaded(files: Path, lake: Path, tmp_path: Path) -> None:
    load(str(files), lake)
    before = content(lake)
    (files / SALES).write_bytes((files / SALES).read_bytes().replace(b",1\r\n", b",2\r\n"))
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(files / SALES, alone)
    assert loaded(load(str(alone), lake)) == {SALES}
    assert content(lake)["customers"] == before["customers"]
    assert content(lake)["sales"] != before["sales"]
    assert loaded(load(str(alone / SALES), lake)) == set()


def test_a_zip_is_loaded_like_its_folder(files: Path, lake: Path, tmp_path: Path) -> None:
    archive = tmp_path / "files.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in files.iterdir():
            out.write(path, f"inner/{path.name}")
    load(str(archive), lake)
    from_zip = content(lake)
    load(str(files), tmp_path / "other")
    assert content(tmp_path / "other") == from_zip


def test_a_renamed_file_is_known_by_its_content(files: Path, lake: Path) -> None:
    load(str(files), lake)
    before = content(lake)
    (files / SALES).rename(files / "sales 2017.csv")
    said: list[str] = []
    assert loaded(load(str(files), lake, announce=said.append)) == set()
    assert content(lake) == before
    assert said == [f"sales 2017.csv is the file that the lake holds as {SALES}."]


def test_a_table_of_one_file_follows_that_file_to_its_new_name(files: Path, lake: Path) -> None:
    load(str(files), lake)
    old = files / "AdventureWorks_Territories.csv"
    (files / "regions.csv").write_bytes(old.read_bytes() + b"11,Utopia,Utopia,Utopia\r\n")
    old.unlink()
    result = load(str(files), lake)
    assert [entry.source_file for entry in result.superseded] == [old.name]
    assert len(rows(lake, "territories")) == 11
    assert rows(lake, "load_log", "loaded", "status = 'superseded'") == [(0,)]


def test_real_files_take_the_place_of_the_sample_but_not_the_reverse(
    files: Path, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(DEFAULTS, downloads=tmp_path / "downloads")
    monkeypatch.setattr("adventure_works.sources.source.SAMPLE_SCALE", 0.01)
    load("sample", lake, settings)
    (files / SALES).rename(files / "sales-17.csv")
    load(str(files), lake)
    assert len(rows(lake, "sales")) == csv_records(files, "*[Ss]ales*")
    before = content(lake)
    with pytest.raises(AdventureError, match="remove yours with --replace"):
        load("sample", lake, settings)
    assert content(lake) == before
    load("sample", lake, settings, replace_lake=True)
    # Its own folder is the sample as well, so that a later run on the sample goes on.
    load(str(tmp_path / "downloads" / "sample"), lake, settings)
    assert {row[0] for row in rows(lake, "load_log", "source")} == {"sample"}


def test_an_empty_source_is_refused(lake: Path) -> None:
    with pytest.raises(AdventureError, match=r"--source is empty\. Give `sample`, `kaggle`, or the path"):
        load("", lake)


def drop(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def copy(old: str, new: str, more: bytes = b"") -> Callable[[Path], object]:
    return lambda folder: (folder / new).write_bytes((folder / old).read_bytes() + more)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop("AdventureWorks_Territories.csv"), "no file for territories (*territor*.csv)"),
        (copy("AdventureWorks_Customers.csv", "more.csv", b"1,,A,B,1/2/1970,M,M,a,$1,0,X,Y,Y\r\n"), "for customers"),
        (
            lambda folder: (folder / "sales.csv").write_text("a,b,c,d,e,f,g,h\n"),
            "sales.csv: the header (a, b, c, d, e, f",
        ),
        (lambda folder: shutil.rmtree(folder), "no such file or folder"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "holds no file of data"),
    ],
)
def test_an_odd_set_of_files_is_refused_and_changes_nothing(
    files: Path, lake: Path, change: Callable[[Path], object], words: str
) -> None:
    change(files)
    with pytest.raises(AdventureError) as refusal:
        load(str(files), lake)
    assert words in str(refusal.value)
    assert current_version(lake) is None


def test_other_files_in_the_folder_are_no_matter(files: Path, lake: Path) -> None:
    (files / "readme.txt").write_text("hello")
    (files / "old.csv").mkdir()
    assert len(load(str(files), lake).loaded) == 10


def test_all_refusals_are_said_at_once(files: Path, lake: Path) -> None:
    (files / SALES).write_bytes(b"")
    (files / "AdventureWorks_Products.csv").write_bytes(b"ProductKey" + b",x" * 10 + b"\r\n")
    with pytest.raises(AdventureError) as refusal:
        load(str(files), lake)
    assert SALES in str(refusal.value)
    assert "AdventureWorks_Products.csv" in str(refusal.value)


def test_a_shop_without_returns_gives_their_header(files: Path, lake: Path) -> None:
    returns = files / "AdventureWorks_Returns.csv"
    records = returns.read_bytes()
    returns.write_bytes(records.splitlines(keepends=True)[0])
    load(str(files), lake)
    assert rows(lake, "returns") == []
    assert rows(lake, "load_log", "records, loaded", "table_name = 'returns'") == [(0, 0)]
    returns.write_bytes(records)
    load(str(files), lake)
    before = content(lake)
    assert len(before["returns"]) == csv_records(files, "*Returns*")
    returns.write_bytes(records.splitlines(keepends=True)[0])
    with pytest.raises(AdventureError, match=f"no records, where the lake holds {len(before['returns'])}"):
        load(str(files), lake)
    assert content(lake) == before


def test_a_customer_needs_only_a_key(files: Path, lake: Path) -> None:
    path = files / "AdventureWorks_Customers.csv"
    lines = path.read_text(encoding="cp1252").splitlines()
    key = lines[1].split(",")[0]
    lines[1] = key + "," * lines[0].count(",")
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")
    load(str(files), lake)
    (customer,) = rows(lake, "customers", "* exclude (source_file, record_number)", f"customer_key = {key}")
    assert customer[0] == int(key)
    assert set(customer[1:]) == {None}
    assert rows(lake, "rejected_rows") == []


def test_rejects_are_kept_until_their_file_changes(files: Path, lake: Path) -> None:
    good = (files / "AdventureWorks_Customers.csv").read_bytes()
    bad = good.replace(b",$", b",", 1).split(b"\r\n")
    bad[3] = bad[3].replace(b",M,", b",", 1) + b",x,y"
    (files / "AdventureWorks_Customers.csv").write_bytes(b"\r\n".join(bad))
    load(str(files), lake, max_reject_share=0.05)
    ((table, name, number, line, _, reason, raw),) = rows(lake, "rejected_rows")
    assert (table, name, number, line) == ("customers", "AdventureWorks_Customers.csv", 3, 4)
    assert "fields where the header has 13" in reason
    assert raw.encode("cp1252") == bad[3]
    (files / SALES).write_bytes((files / SALES).read_bytes().replace(b",1\r\n", b",2\r\n", 1))
    load(str(files), lake)
    assert len(rows(lake, "rejected_rows")) == 1
    (files / "AdventureWorks_Customers.csv").write_bytes(good)
    load(str(files), lake)
    assert rows(lake, "rejected_rows") == []


def test_load_ids_grow_although_the_clock_goes_back(files: Path, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    class Future(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2099, 1, 1, tzinfo=UTC)

    with monkeypatch.context() as patch:
        patch.setattr("adventure_works.lake.base.datetime", Future)
        load(str(files), lake)
    (files / SALES).write_bytes((files / SALES).read_bytes().replace(b",1\r\n", b",2\r\n", 1))
    load(str(files), lake)
    ids = [row[0] for row in rows(lake, "load_log", "load_id", f"source_file = '{SALES}'")]
    assert ids == ["20990101T000000000000", "20990101T000000000001"]


def test_only_the_version_before_is_kept(files: Path, lake: Path) -> None:
    versions = []
    for quantity in (b",3\r\n", b",4\r\n", b",5\r\n", b",6\r\n"):
        (files / SALES).write_bytes((files / SALES).read_bytes().replace(b",1\r\n", quantity, 1))
        load(str(files), lake)
        versions.append(current_version(lake))
    assert sorted((lake / "versions").iterdir()) == versions[-2:]


@pytest.mark.timing
def test_a_second_load_waits_for_the_first(files: Path, lake: Path) -> None:
    lake.mkdir()
    with (lake / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = subprocess.Popen(
            [Path(sys.executable).with_name("adventure"), "load", "--source", str(files)],
            env=os.environ | {"ADVENTURE_LAKE": str(lake)},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert command.stderr
        assert "Another load is at work" in command.stderr.readline()
        assert current_version(lake) is None
    assert command.wait() == 0
    assert current_version(lake)


def test_the_command_says_what_it_loaded(files: Path, adventure: Run) -> None:
    done = adventure("load", "--source", files)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith(SALES)).split()
    count = f"{csv_records(files, SALES):,}"
    assert line == [SALES, "sales", "utf-8", "month", "first", count, count, "0", "0"]
    assert "unchanged" in adventure("load", "--source", files).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["load", "--source", "nowhere"], 1, "nowhere: no such file or folder"),
        (["load", "--max-rejects", "2"], 2, "'2' is not a share; write 1% or 0.01"),
        (["load", "--date-order", "sideways"], 2, "sideways"),
        (["lode"], 2, "No such command 'lode'"),
    ],
)
def test_a_mistake_ends_with_one_message(adventure: Run, arguments: list[str], code: int, words: str) -> None:
    done = adventure(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("s3://Bucket/lake", "not of the form s3://bucket/prefix"),
        ("{here}/file", "cannot be written"),
    ],
)
def test_a_lake_that_cannot_be_is_said_so(files: Path, adventure: Run, tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "file").write_text("in the way")
    done = adventure("load", "--source", files, ADVENTURE_LAKE=place.format(here=tmp_path))
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_dataset_is_loaded_from_kaggle_and_known_the_second_time(files: Path, adventure: Run) -> None:
    """Through the real client and a real connection, to a server that plays Kaggle."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for path in files.glob("*.csv"):
            out.write(path, path.name)
    with KaggleServer({3: packed.getvalue()}) as server:
        environment = server.environment()
        done = adventure("load", "--source", "kaggle", **environment)
        assert done.returncode == 0, done.stderr
        assert "Loaded from Kaggle, version 3" in done.stdout
        assert f"{csv_records(files, SALES):,}" in done.stdout
        again = adventure("load", "--source", "kaggle", **environment)
        assert "Nothing to load from Kaggle, version 3: all 10 files are in the lake" in again.stdout


def next_month(files: Path) -> None:
    """Takes the calendar a month further, and adds a file of sales on its 20th."""
    with (files / "AdventureWorks_Calendar.csv").open("a", newline="") as calendar:
        calendar.writelines(f"7/{day}/2017\r\n" for day in range(1, 32))
    header, *records = (files / SALES).read_text(encoding="utf-8").splitlines()
    later = ["7/20/2017," + record.split(",", 1)[1].replace("SO", "SP", 1) for record in records[:20]]
    (files / "July.csv").write_text("\r\n".join([header, *later, ""]), encoding="utf-8", newline="")


def test_every_load_says_up_to_which_day_the_lake_tells(files: Path, lake: Path) -> None:
    """By default up to the last order, and never back, though the file with the last orders shrinks."""
    load(str(files), lake)
    records = (files / SALES).read_bytes().splitlines()
    (last_order,) = rows(lake, "sales", "max(order_date)")[0]
    (files / SALES).write_bytes(b"\r\n".join([*records[: len(records) // 2], b""]))
    load(str(files), lake)
    assert rows(lake, "sales", "max(order_date)")[0][0] < last_order
    assert set(rows(lake, "load_log", "as_of_date")) == {(last_order,)}

    next_month(files)
    load(str(files), lake)
    assert rows(lake, "load_log", "distinct as_of_date") == [(last_order,), (date(2017, 7, 20),)]


def test_the_as_of_date_can_be_given_but_not_back_nor_past_the_calendar(files: Path, lake: Path) -> None:
    load(str(files), lake, as_of=date(2017, 6, 1))
    before = content(lake)
    assert {entry[-1] for entry in before["load_log"]} == {date(2017, 6, 1)}
    next_month(files)
    for wanted, complaint in (
        (date(2017, 5, 31), "complete up to 2017-06-01"),
        (date(2017, 8, 1), "ends on 2017-07-31"),
    ):
        with pytest.raises(AdventureError, match=f"--as-of {wanted}: .*{complaint}.*Nothing has been loaded"):
            load(str(files), lake, as_of=wanted)
    assert content(lake) == before
    load(str(files), lake, as_of=date(2017, 7, 31))
    assert rows(lake, "load_log", "max(as_of_date)") == [(date(2017, 7, 31),)]


def test_a_mistyped_order_date_does_not_move_the_as_of_date(files: Path, lake: Path) -> None:
    with (files / SALES).open("a", newline="") as sales:
        sales.write((files / SALES).read_text().splitlines()[-1].replace("/2017", "/2071", 1) + "\r\n")
    load(str(files), lake)
    assert rows(lake, "sales", "max(order_date) > date '2071-01-01'") == [(True,)]
    assert rows(lake, "load_log", "max(as_of_date) < date '2017-07-01'") == [(True,)]


def test_a_lake_of_an_earlier_version_is_refused_until_it_is_replaced(files: Path, lake: Path) -> None:
    load(str(files), lake)
    (log,) = (lake / "raw" / "load_log").iterdir()
    rest = f"(select * exclude (as_of_date) from read_parquet('{log}'))"
    duckdb.sql(f"copy {rest} to '{log.with_name('older')}' (format parquet)")
    log.with_name("older").replace(log)
    with pytest.raises(AdventureError, match=r"as_of_date.*Load everything afresh with --replace"):
        load(str(files), lake)
    assert len(load(str(files), lake, replace_lake=True).loaded) == 10
