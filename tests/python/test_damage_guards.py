"""Every kind of damage to the files meets the guard that fault_matrix names for it, and the lake before it survives."""

import shutil
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.lake.loader import load
from adventure_works.sample.generator import generate
from damage import DAMAGE, apply_damage
from fault_matrix import GUARDS, READ_THE_SAME, REFUSED, REJECTED

TABLES = (
    "calendar",
    "customers",
    "product_categories",
    "product_subcategories",
    "products",
    "returns",
    "sales",
    "territories",
)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clean set of files and the lake that it gives; read only."""
    folder = tmp_path_factory.mktemp("clean")
    generate(folder / "files", scale=0.02, seed=11)
    load(str(folder / "files"), folder / "lake")
    return folder / "files", folder / "lake"


@pytest.fixture
def lake(clean: tuple[Path, Path], tmp_path: Path) -> Path:
    """A lake that holds the clean files."""
    return Path(shutil.copytree(clean[1], tmp_path / "lake", symlinks=True))


def damaged(clean: tuple[Path, Path], tmp_path: Path, *names: str) -> Path:
    folder = Path(shutil.copytree(clean[0], tmp_path / "files"))
    for name in names:
        apply_damage(folder, name)
    return folder


def rows(lake: Path, table: str, what: str = "* exclude (source_file)") -> list[tuple]:
    files = f"read_parquet('{lake}/raw/{table}/**/*.parquet')"
    return duckdb.sql(f"select {what} from {files} order by all").fetchall()


def content(lake: Path, *but: str) -> dict[str, list[tuple]]:
    return {table: rows(lake, table) for table in TABLES if table not in but}


def test_every_damage_has_a_guard() -> None:
    guarded = [name for guards in GUARDS.values() for name in guards]
    assert sorted(guarded) == sorted(DAMAGE)


@pytest.mark.parametrize(("name", "blank"), READ_THE_SAME.items())
def test_read_to_the_same_lake(clean: tuple[Path, Path], tmp_path: Path, name: str, blank: int) -> None:
    lake = tmp_path / "lake"
    result = load(str(damaged(clean, tmp_path, name)), lake)
    assert content(lake) == content(clean[1])
    assert rows(lake, "rejected_rows") == []
    assert sum(entry.blank for entry in result.loaded) == blank


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_refused_and_the_lake_untouched(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(AdventureError) as refusal:
        load(str(damaged(clean, tmp_path, name)), lake)
    assert words in str(refusal.value)
    assert content(lake) == content(clean[1])
    assert [path.name for path in (lake / "versions").iterdir()] == [(lake / "raw").resolve().name]


@pytest.mark.parametrize(("name", "reason"), REJECTED.items())
def test_a_record_rejected(clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, reason: str) -> None:
    load(str(damaged(clean, tmp_path, name)), lake)
    ((found, number),) = rows(lake, "rejected_rows", "reason, record_number")
    assert reason in found
    assert content(lake, "sales") == content(clean[1], "sales")
    missing = set(rows(clean[1], "sales")) - set(rows(lake, "sales"))
    assert [row[-1] for row in missing] == [number]


def test_the_header_of_a_joined_file_is_left_out_and_said(clean: tuple[Path, Path], tmp_path: Path) -> None:
    said: list[str] = []
    load(str(damaged(clean, tmp_path, "joined-files")), tmp_path / "lake", announce=said.append)
    values = "* exclude (source_file, record_number)"
    assert rows(tmp_path / "lake", "sales", values) == rows(clean[1], "sales", values)
    assert [line for line in said if "1 value of order_date taken for the heading again" in line]


def test_missing_file_on_an_empty_lake_is_refused_and_on_a_full_one_changes_nothing(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path
) -> None:
    files = damaged(clean, tmp_path, "missing-file")
    with pytest.raises(AdventureError, match="no file for returns"):
        load(str(files), tmp_path / "empty")
    assert load(str(files), lake).loaded == ()
    assert content(lake) == content(clean[1])


@pytest.mark.parametrize(
    ("name", "file", "table", "column"),
    [
        ("dates-days-to-twelve", "AdventureWorks_Sales_2016.csv", "sales", "order_date"),
        ("dates-ambiguous-returns", "AdventureWorks_Returns.csv", "returns", "return_date"),
    ],
)
def test_dates_that_only_sorting_can_tell_are_read_by_it(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, file: str, table: str, column: str
) -> None:
    """No value excludes day first, but only month first leaves the file sorted and within the calendar."""
    files = damaged(clean, tmp_path, name)
    load(str(files), lake)
    lines = (files / file).read_text(encoding="utf-8").splitlines()[1:]
    written = [tuple(map(int, line.split(",")[0].split("/"))) for line in lines]
    assert max(day for _, day, _ in written) <= 12
    parquet = f"read_parquet('{lake}/raw/{table}/{file}/*.parquet')"
    found = duckdb.sql(
        f"select month({column}), day({column}), year({column}) from {parquet} order by record_number"
    ).fetchall()
    assert found == written
