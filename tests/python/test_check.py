"""`adventure check` says what a load would do, and agrees with it; no calendar, and records in several files."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.lake.check import CheckResult, check
from adventure_works.lake.folder import FolderLake
from adventure_works.lake.loader import load
from adventure_works.lake.overlap import MADE_DAYS
from adventure_works.lake.reading import Reading
from adventure_works.settings import Settings

CALENDAR = "AdventureWorks_Calendar.csv"
SALES = "AdventureWorks_Sales_{}.csv"
SALES_2017 = SALES.format(2017)
TERRITORIES = "AdventureWorks_Territories.csv"
Run = Callable[..., subprocess.CompletedProcess[str]]


def checked(source: Path, folder: Path, said: list[str] | None = None) -> CheckResult:
    settings = Settings(downloads=folder / "downloads")
    announce = [].append if said is None else said.append
    return check(str(source), FolderLake(folder / "lake"), settings, Reading(), announce=announce)


def loads(source: Path, folder: Path, said: list[str] | None = None) -> str:
    """Loads, and returns why that was refused, if it was."""
    try:
        load(str(source), folder / "lake", announce=[].append if said is None else said.append)
    except AdventureError as error:
        return str(error)
    return ""


def rows(folder: Path, table: str) -> list[tuple]:
    return duckdb.sql(
        f"select * exclude (source_file) from '{folder}/lake/raw/{table}/**/*.parquet' order by all"
    ).fetchall()


def append(name: str, line: bytes) -> Callable[[Path], object]:
    def edit(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(line)

    return edit


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: None, ""),
        (append(TERRITORIES, b"eleven,A,B,C\r\n"), "sales_territory_key 'eleven' is not a whole number"),
        (lambda folder: (folder / TERRITORIES).write_text("<!DOCTYPE html>"), "the file is an HTML page"),
        (lambda folder: (folder / TERRITORIES).unlink(), "no file for territories"),
        (lambda folder: (folder / "Sales.csv").symlink_to("nowhere"), "a link to a file that is not there"),
        (lambda folder: (folder / CALENDAR).unlink(), ""),
    ],
)
def test_check_refuses_what_a_load_refuses_and_leaves_nothing(
    files: Path, tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    change(files)
    result = checked(files, tmp_path)
    assert not (tmp_path / "lake").exists() and not list((tmp_path / "downloads").glob("*"))
    refusal = loads(files, tmp_path)
    assert words in refusal and bool(words) == bool(refusal) == bool(result.problems)
    assert all(problem in refusal for problem in result.problems)


def test_one_file_is_checked_by_itself_and_beside_what_the_lake_holds(files: Path, tmp_path: Path) -> None:
    assert checked(files / SALES_2017, tmp_path).problems == ()
    loads(files, tmp_path)
    # Only the calendar of the lake says that these are days of January: the year ends in June.
    lines = (files / SALES_2017).read_text(encoding="utf-8").splitlines()
    january = [line for line in lines if line.startswith("1/") and 7 <= int(line.split("/")[1]) <= 12]
    edited = [line.replace(line.split(",")[1], "1/13/2003") for line in january]
    (tmp_path / "January.csv").write_text("\n".join([lines[0], *edited, ""]), encoding="utf-8")
    assert checked(tmp_path / "January.csv", tmp_path).problems == ()
    (tmp_path / "January.csv").rename(tmp_path / TERRITORIES)
    assert "the lake knows a file of this name as territories" in checked(tmp_path / TERRITORIES, tmp_path).problems[0]


def test_the_command_says_what_each_file_is_and_why_it_would_be_refused(files: Path, adventure: Run) -> None:
    lines = (files / SALES_2017).read_bytes().replace(b",", b";").splitlines()
    lines[5] = lines[5].rpartition(b";")[0] + b";two"
    (files / SALES_2017).write_bytes(b"\r\n".join([b"Sales", *lines, b""]))
    done = adventure("check", files, "--max-rejects", "50%")
    assert done.returncode == 0, done.stderr
    expected = f"{SALES_2017}: semicolons between the values; the header is line 2, and what is above it is left out."
    assert expected in " ".join(done.stdout.split())
    row = next(line for line in done.stdout.splitlines() if line.startswith(SALES_2017) and " sales " in line).split()
    assert row[1] == "sales" and row[-2:] == ["1", "0"]
    assert "  line 7: order_quantity 'two' is not a whole number" in done.stdout
    (files / TERRITORIES).write_bytes(b"Region\r\nA\r\n")
    done = adventure("check", files)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {TERRITORIES}: the header (Region) fits none of the tables")


def test_days_are_made_from_the_sales_until_a_calendar_comes(files: Path, tmp_path: Path) -> None:
    clean, said = tmp_path / "clean", []
    loads(files, clean)
    (files / CALENDAR).rename(tmp_path / CALENDAR)
    later = (files / SALES_2017).rename(tmp_path / SALES_2017)
    loads(files, tmp_path, said)
    until = max(max(row[0] for row in rows(tmp_path, table)) for table in ("sales", "returns"))
    first = min(row[0] for row in rows(tmp_path, "sales"))
    assert f"There is no file for the calendar: its days are made from the sales, {first} to {until}." in said
    later.rename(files / SALES_2017)
    loads(files, tmp_path)
    days = [row[0] for row in rows(clean, "calendar")]
    until = max(max(row[0] for row in rows(clean, table)) for table in ("sales", "returns"))
    assert [row[0] for row in rows(tmp_path, "calendar")] == days[days.index(first) : days.index(until) + 1]
    assert rows(tmp_path, "sales") == rows(clean, "sales")
    (tmp_path / CALENDAR).rename(files / CALENDAR)
    loads(files, tmp_path)
    names = duckdb.sql(f"select distinct source_file from '{tmp_path}/lake/raw/calendar/**/*.parquet'").fetchall()
    assert names == [(CALENDAR,)] and rows(tmp_path, "calendar") == rows(clean, "calendar")


def test_a_mistyped_day_does_not_become_a_calendar(files: Path, tmp_path: Path) -> None:
    (files / CALENDAR).unlink()
    line = (files / SALES_2017).read_bytes().splitlines()[-1].replace(b"/2017", b"/2071", 1)
    append(SALES_2017, line + b"\r\n")(files)
    assert "and between 2017-06-" in loads(files, tmp_path)
    assert "nothing was sold: one of the days is mistyped" in checked(files, tmp_path).problems[0]


def test_a_file_of_all_years_beside_those_of_each_is_said_by_name(files: Path, tmp_path: Path) -> None:
    contents = [(files / SALES.format(year)).read_bytes() for year in (2015, 2016, 2017)]
    header = contents[0].splitlines(keepends=True)[0]
    (files / "Sales.csv").write_bytes(b"".join([contents[0], *(content[len(header) :] for content in contents[1:])]))
    said, said_before = [], []
    checked(files, tmp_path, said_before)
    loads(files, tmp_path, said)
    assert said == said_before
    counts = [len(content.splitlines()) - 1 for content in contents]
    assert [line for line in said if "the same in" in line] == [
        f"{SALES.format(year)} and Sales.csv: {count:,} records are the same in 2 files, and counted once."
        for year, count in zip((2015, 2016, 2017), counts, strict=True)
    ]
    assert MADE_DAYS not in "".join(said)
