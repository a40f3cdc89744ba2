"""Every kind of damage to the files meets the guard that fault_matrix names for it, and the lake before it survives."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.load.loader import load
from adventure_works.sample import DAMAGE, damage, generate
from conftest import run_adventure, run_dbt
from fault_matrix import GUARDS, PAGE, QUARANTINED, READ_THE_SAME, REFUSED, REJECTED, STOPPED, WARNED, markdown

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
        damage(folder, name)
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


def test_missing_file_on_an_empty_lake_is_refused_and_on_a_full_one_changes_nothing(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path
) -> None:
    files = damaged(clean, tmp_path, "missing-file")
    with pytest.raises(AdventureError, match="no file for returns"):
        load(str(files), tmp_path / "empty")
    assert load(str(files), lake).loaded == ()
    assert content(lake) == content(clean[1])


def test_spaces_around_whole_numbers_do_not_matter(clean: tuple[Path, Path], lake: Path, tmp_path: Path) -> None:
    load(str(damaged(clean, tmp_path, "spaces-around-values")), lake)
    assert rows(lake, "rejected_rows") == []
    assert rows(lake, "sales", "product_key, trim(order_number), record_number") == rows(
        clean[1], "sales", "product_key, order_number, record_number"
    )


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


CAUGHT_BY_DBT = QUARANTINED | WARNED | STOPPED


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "write it anew: make faults"


def groups(alone: bool) -> list[list[str]]:
    """The damages that dbt must catch, packed into as few builds as keep them apart.

    No two of a build have a guard or, unless each touches one record only, a table in common. In builds of their own
    (`make faults`) none can be caught by what another has done.
    """
    packed: list[list[str]] = []
    for name, guard in CAUGHT_BY_DBT.items():
        for group in packed:
            apart = all(CAUGHT_BY_DBT[other] != guard for other in group)
            if not alone and apart and all(_harmless_together(name, other) for other in group):
                group.append(name)
                break
        else:
            packed.append([name])
    return packed


def _harmless_together(one: str, other: str) -> bool:
    return DAMAGE[one].table != DAMAGE[other].table or {one, other} <= (QUARANTINED | WARNED).keys() - {"missing-year"}


@pytest.fixture(scope="module")
def clean_build(clean: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clean files loaded and built; no guard has anything to say of them."""
    folder = tmp_path_factory.mktemp("clean_build")
    assert caught(folder, clean[0], CAUGHT_BY_DBT.values()) == set()
    return folder


@pytest.mark.parametrize("names", groups(alone="FAULTS_ALONE" in os.environ), ids=" ".join)
def test_what_is_loaded_is_caught_by_the_project(
    clean: tuple[Path, Path], clean_build: Path, tmp_path: Path, names: list[str]
) -> None:
    """Loaded over the clean files: records quarantined, warnings and failing tests as the matrix says, nothing lost."""
    folder = Path(shutil.copytree(clean_build, tmp_path / "folder", symlinks=True))
    if "missing-year" in names:
        shutil.rmtree(folder / "lake")
    guards = {name: CAUGHT_BY_DBT[name] for name in names}
    found = caught(folder, damaged(clean, tmp_path, *names), guards.values())
    assert {name for name, guard in guards.items() if guard not in found} == set()
    assert ledger(folder)[1] == 0


def caught(folder: Path, files: Path, guards: Iterable[str]) -> set[str]:
    """Loads files over what the folder holds and builds what the guards look at.

    Returns which of the tests warned or failed, and the reasons for quarantine.
    """
    done = run_adventure(folder, "load", "--source", files)
    assert done.returncode == 0, done.stderr
    (folder / "warehouse").mkdir(exist_ok=True)
    tests = {guard for guard in guards if guard not in QUARANTINED.values()}
    ledgers = ("ledger_sales", "ledger_returns", "ledger_quarantine")
    # Not in one: `dbt build` skips what lies behind the first test that fails.
    run_dbt(
        folder,
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        *(f"+{n}" for n in (*ledgers, *tests)),
    )
    run_dbt(folder, "test", "--indirect-selection", "empty", "--select", *tests)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    ran = {r["unique_id"].split(".")[2]: r["status"] for r in results if r["unique_id"].startswith("test.")}
    assert tests == ran.keys()
    return {name for name, status in ran.items() if status != "pass"} | set(ledger(folder)[0])


def test_what_stops_a_build_stops_the_command(clean: tuple[Path, Path], tmp_path: Path) -> None:
    """The reason comes first, the exit code says so, and no figure is shown."""
    done = run_adventure(tmp_path, "run", "--source", damaged(clean, tmp_path, "conflicting-customers"))
    assert done.returncode == 1
    assert "checks or models failed" in done.stderr.splitlines()[0]
    assert STOPPED["conflicting-customers"] in done.stderr
    assert "Headline" not in done.stdout


def ledger(folder: Path) -> tuple[dict[str, int], int]:
    """Records quarantined by reason, and the largest unexplained amount."""
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True) as connection:
        reasons = dict(
            connection.execute(
                "select quarantine_reason, sum(records) from operations.ledger_quarantine group by all"
            ).fetchall()
        )
        ((unexplained,),) = connection.execute(
            """
            select max(abs(unexplained_amount)) from (
                select unexplained_amount from operations.ledger_sales
                union all
                select unexplained_amount from operations.ledger_returns
            )
            """
        ).fetchall()
    return reasons, unexplained
