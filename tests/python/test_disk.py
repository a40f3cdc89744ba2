"""Files on disk: replaced in one step or left as they were, linked, locked; and their paths in SQL."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from adventure_works import disk
from adventure_works.errors import AdventureError, HeldError
from adventure_works.report.build import save
from adventure_works.sql import glob, one_row, quoted
from support.commands import run_tool


def write(path: Path, text: str) -> None:
    """Writes a text to a file, or to a file in a folder when the path ends in `folder`."""
    if path.name == "folder":
        path.mkdir()
        path /= "file"
    path.write_text(text)


def read(path: Path) -> str:
    return (path / "file" if path.is_dir() else path).read_text()


@pytest.mark.parametrize("name", ["file", "folder"])
def test_a_file_or_a_folder_is_replaced_or_left_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / "made" / name
    for text in ("first", "second"):
        with disk.replaced(path) as new:
            write(new, text)
            assert not path.exists() or read(path) == "first"
        assert read(path) == text
    with pytest.raises(ZeroDivisionError), disk.replaced(path) as new:
        write(new, "third")
        raise ZeroDivisionError
    assert read(path) == "second"
    assert [left.name for left in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_second_name_or_a_copy(tmp_path: Path, has_links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(100_000))
    target.write_text("before")
    if not has_links:
        # As on a file system without hard links.
        monkeypatch.setattr(os, "link", lambda *arguments, **options: (_ for _ in ()).throw(OSError()))
    disk.link(source, target)
    assert target.samefile(source) == has_links
    assert target.read_bytes() == source.read_bytes()


def test_what_a_killed_process_has_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    code = "import os, sys, pathlib; from adventure_works import disk\n"
    code += "with disk.scratch(pathlib.Path(sys.argv[1]), '.made-') as f: (f / 'x').write_text('x'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code, tmp_path]).returncode == 9
    assert len(list(tmp_path.iterdir())) == 2
    with disk.scratch(tmp_path, ".made-") as one, disk.scratch(tmp_path, ".made-") as other:
        assert one.is_dir() and other.is_dir()
        assert len(list(tmp_path.iterdir())) == 4
    assert list(tmp_path.iterdir()) == []


def test_what_the_command_makes_is_for_its_owner_only(files: Path, tmp_path: Path) -> None:
    """But for the report, in which no person is."""
    done = run_tool("adventure", tmp_path, "load", "--source", files)
    assert done.returncode == 0, done.stderr
    made = [tmp_path / "lake", *(tmp_path / "lake").rglob("*"), *(tmp_path / "downloads").rglob("*")]
    assert len(made) > 20
    assert {path.stat().st_mode & 0o077 for path in made if not path.is_symlink()} == {0}
    assert save("page", tmp_path / "report" / "index.html").stat().st_mode & 0o044 == 0o044


@pytest.mark.timing
def test_one_process_holds_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "made" / ".lock"
    with disk.locked(lock, "load", tmp_path, "PLACE", print):
        held = pytest.raises(HeldError, match=rf"Another load \(process {os.getpid()}\) is at work on .*--no-wait")
        with held, disk.locked(lock, "load", tmp_path, "PLACE", print, wait=False):
            pass
    with disk.locked(lock, "load", tmp_path, "PLACE", print, wait=False):
        pass


def test_an_error_of_the_file_system_names_file_reason_and_remedy(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    message = rf"^{missing}: No such file or directory\. Do this\.$"
    with pytest.raises(AdventureError, match=message), disk.explained(tmp_path, "Do this."):
        missing.read_text()


@pytest.mark.parametrize("name", ["plain", "Data [2017]", "[a-c]", "a*b?c", "x]y", "{a,b}", "it's", "year=2017"])
def test_a_path_is_itself_in_sql(tmp_path: Path, name: str) -> None:
    """The folder beside it would be found if a character of the name were one of a pattern."""
    for folder, value in ((name, 1), ("a", 2), ("azbzc", 3), ("Data 2", 4)):
        (tmp_path / folder).mkdir()
        duckdb.sql(f"copy (select {value} as value) to {quoted(tmp_path / folder / 'file.parquet')} (format parquet)")
    with duckdb.connect() as connection:
        for files in (glob(tmp_path / name / "file.parquet"), glob(tmp_path / name, "*.parquet")):
            assert one_row(connection, f"select list(value) from read_parquet({files})") == ([1],)
