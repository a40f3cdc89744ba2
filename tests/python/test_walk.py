"""Finding the files of a source: one way of looking, and a word on whatever is not looked at."""

import gzip
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.lake.loader import load
from adventure_works.sources.walk import Walk, walk
from support.workbooks import xlsx

DATA = b"a,b\r\n1,2\r\n"


def put(folder: Path, name: str, content: bytes = DATA) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_zip", ".zip"), content)
    return out.getvalue()


def walked(path: Path, said: list[str]) -> tuple[Walk, list[bytes]]:
    with ExitStack() as open_archives:
        found = walk(path, path.parent / "downloads", open_archives, said.append)
        return found, [file.path.read_bytes() for file in found.files]


def link(name: str, target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).symlink_to(target)


# What lies beside `good.csv`; the names found besides it; what is said; and what is wrong.
BESIDE: list[tuple[str, Callable[[Path], object], list[str], str, str]] = [
    ("hidden", lambda folder: put(folder, "._good.csv"), [], "", ""),
    ("litter", lambda folder: [put(folder, name) for name in (".DS_Store", "~$a.xlsx", "Thumbs.db")], [], "", ""),
    ("hidden folder", lambda folder: put(folder, ".ipynb_checkpoints/a.csv"), [], "", ""),
    ("sub-folder", lambda folder: put(folder, "2016/a.csv"), ["a.csv"], "", ""),
    ("two of a name", lambda folder: put(folder, "2016/good.csv"), ["2016 - good.csv"], "", ""),
    ("folder with an ending", lambda folder: (folder / "a.csv").mkdir(), [], "Passed over a.csv: a folder without", ""),
    ("parts in a folder", lambda folder: put(folder, "a.csv/part-0.csv"), ["part-0.csv"], "", ""),
    ("unfinished download", lambda folder: put(folder, "a.csv.part"), [], "Passed over a.csv.part: its ending is", ""),
    ("backup", lambda folder: put(folder, "a.csv~"), [], "Passed over a.csv~: its ending is not that of", ""),
    ("other files", lambda folder: put(folder, "read.me"), [], "Passed over read.me: no files of data by their", ""),
    (
        "text and others",
        lambda folder: [put(folder, f"a{end}") for end in (".TSV", ".xlsx")],
        ["a.TSV", "a.xlsx"],
        "",
        "",
    ),
    ("dangling link", link("a.csv", "nowhere.csv"), [], "", "a.csv: a link to a file that is not there."),
    ("loop of links", link("a.csv", "a.csv"), [], "", "a.csv: a link to a file that is not there."),
    ("link to a file", link("a.csv", "good.csv"), ["a.csv"], "", ""),
    ("link to the folder", link("again", "."), [], "Passed over again: a link to a folder that it is in.", ""),
    ("pipe", lambda folder: os.mkfifo(folder / "a.csv"), [], "", "a.csv: neither a file nor a folder"),
    ("another pipe", lambda folder: os.mkfifo(folder / "a"), [], "Passed over a: no files of data", ""),
    ("name in Latin-1", lambda folder: put(folder, os.fsdecode(b"\xe9.csv")), [], "", "\ufffd.csv: the name"),
    ("name in two letters", lambda folder: put(folder, "e\u0301.csv"), ["\xe9.csv"], "", ""),
    ("archive", lambda folder: put(folder, "a.zip", packed(inner__b_csv=DATA)), ["b.csv"], "", ""),
    ("archive called csv", lambda folder: put(folder, "a.csv", packed(b_csv=DATA)), ["b.csv"], "", ""),
    ("archive of archives", lambda folder: put(folder, "a.zip", packed(b_zip=packed(c_csv=DATA))), ["c.csv"], "", ""),
    (
        "three archives",
        lambda folder: put(folder, "a.zip", packed(b_zip=packed(c_zip=packed(d_csv=DATA)))),
        [],
        "",
        "c.zip: an archive within archives.",
    ),
    (
        "other member",
        lambda folder: put(folder, "a.zip", packed(b=DATA, c_csv=DATA)),
        ["c.csv"],
        "Passed over b: no",
        "",
    ),
    (
        "lake",
        lambda folder: [put(folder, "lake/versions/1/a.csv"), link("lake/raw", "versions/1")(folder)],
        [],
        "Passed over lake: a lake",
        "",
    ),
]


@pytest.mark.parametrize(("case", "make", "names", "words", "problem"), BESIDE, ids=[case[0] for case in BESIDE])
def test_what_is_found_and_what_is_said_of_the_rest(
    tmp_path: Path, case: str, make: Callable[[Path], object], names: list[str], words: str, problem: str
) -> None:
    folder = tmp_path / "files"
    put(folder, "good.csv")
    make(folder)
    said: list[str] = []
    found, contents = walked(folder, said)
    assert sorted(file.name for file in found.files) == sorted(["good.csv", *names])
    assert set(contents) == {DATA}
    assert len(said) == bool(words) and "".join(said).startswith(words)
    assert len(found.problems) == bool(problem) and "".join(found.problems).startswith(problem)
    assert list((tmp_path / "downloads").glob("*")) == []


def test_a_zip_is_looked_at_as_its_folder_is(tmp_path: Path) -> None:
    archive = put(tmp_path, "a.zip", packed(x__good_csv=DATA, y__good_csv=DATA, z__b_csv=DATA))
    found, _ = walked(archive, [])
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path / "a")
    assert [file.name for file in found.files] == [file.name for file in walked(tmp_path / "a", [])[0].files]
    assert [file.name for file in found.files] == ["x - good.csv", "y - good.csv", "b.csv"]


def test_a_folder_far_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adventure_works.sources.walk.MOST_FILES", 3)
    for name in "abcd":
        put(tmp_path / "files", name)
    with pytest.raises(AdventureError, match="More than 3 files"):
        walked(tmp_path / "files", [])


def lake_rows(lake: Path) -> dict[str, list[tuple]]:
    return {
        folder.name: duckdb.sql(f"select * exclude (source_file) from '{folder}/**/*.parquet' order by all").fetchall()
        for folder in (lake / "raw").iterdir()
        if folder.name != "load_log"
    }


def test_every_form_at_once_gives_the_lake_of_the_clean_files(files: Path, tmp_path: Path) -> None:
    """Each file in another form, in sub-folders and archives, with much beside them; then nothing is left to load."""
    load(str(files), tmp_path / "clean")
    folder = tmp_path / "mess"
    names = {path.stem.removeprefix("AdventureWorks_"): path.read_bytes() for path in files.glob("*.csv")}

    def rows(name: str) -> list[list[str]]:
        return [line.split(",") for line in names[name].decode().splitlines()]

    put(folder, "2015/Sales.csv.gz", gzip.compress(names["Sales_2015"]))
    put(folder, "2016/Sales.csv.gz", gzip.compress(names["Sales_2016"].replace(b",", b"\t")))
    sales = duckdb.read_csv(str(files / "AdventureWorks_Sales_2017.csv"), header=True, all_varchar=True)
    sales.write_parquet(str(folder / "2017.parquet"))
    put(folder, "Customers.csv", names["Customers"].decode("cp1252").encode("utf-16"))
    put(folder, "Product Lookup.txt", b"Products\r\n\r\n" + names["Products"])
    put(folder, "a.zip", packed(Calendar_csv=names["Calendar"].lower(), readme=b"x"))
    tables = ("Product_Categories", "Product_Subcategories", "Returns", "Territories")
    put(folder, "rest.xlsx", xlsx({name: rows(name) for name in tables} | {"Notes": [["Checked by Anna"]]}))
    put(folder, "Product Category Sales (Unpivot Demo).csv", b"Date,Product Category,North\r\n7/1/2016,Bikes,10\r\n")
    put(folder, "Sales.csv.part", names["Sales_2017"][:100])
    said: list[str] = []
    load(str(folder), tmp_path / "lake", announce=said.append)
    assert lake_rows(tmp_path / "lake") == lake_rows(tmp_path / "clean")
    assert sum(line.startswith("Passed over") for line in said) == 4
    log = duckdb.sql(f"select source_file, bytes from '{tmp_path}/lake/raw/load_log/*.parquet'").fetchall()
    assert {"2015 - Sales.csv.gz", "2017.parquet", "rest.xlsx, sheet Returns"} < {name for name, _ in log}
    assert dict(log)["2017.parquet"] == (folder / "2017.parquet").stat().st_size
    again = load(str(folder), tmp_path / "lake")
    assert (len(again.loaded), len(again.unchanged)) == (0, 10)
    shutil.move(folder / "rest.xlsx", folder / "renamed.xlsx")
    assert load(str(folder), tmp_path / "lake").loaded == ()
