"""What is well-formed but wrong: loaded over clean files, and then caught by the guard that fault_matrix names.

`make faults` gives each damage a build of its own (FAULTS_ALONE), so that none can be caught by what another has done.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from adventure_works.sample.generator import generate
from damage import apply_damage
from damage.catalogue import PRODUCTS, SALES, edit_column, edit_rows
from damage.content import times
from fault_matrix import BUILDS, IN_A_FIRST_LOAD, PAGE, QUARANTINED, STOPPED, WARNED, markdown
from support.commands import run_adventure, run_dbt
from support.places import KAGGLE, needs_kaggle_files

LEDGER = {"ledger_amounts__closes"}
CAUGHT_BY_DBT = QUARANTINED | WARNED | STOPPED
# What a row of a wide test says.
ROWS = {
    "load__is_implausible": "concat_ws(' ', finding, column_name)",
    "load__is_unusual": "concat_ws(' ', finding, column_name)",
    "drift__attributes_moved": "concat_ws(' ', table_name, column_name)",
    "drift__attributes_changed": "concat_ws(' ', table_name, column_name)",
    "sales__unusual_lines": "finding",
    "drift__closed_days_restated": "strftime(month_start_date, '%Y-%m')",
}

BUILT = [[name] for name in CAUGHT_BY_DBT] if "FAULTS_ALONE" in os.environ else BUILDS


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean set of files; read only."""
    folder = tmp_path_factory.mktemp("clean")
    generate(folder / "files", scale=0.02, seed=11)
    return folder / "files"


def damaged(clean: Path, tmp_path: Path, *names: str) -> Path:
    folder = Path(shutil.copytree(clean, tmp_path / "files"))
    for name in names:
        apply_damage(folder, name)
    return folder


def test_every_damage_that_dbt_must_catch_is_built() -> None:
    assert sorted(name for build in BUILDS for name in build) == sorted(CAUGHT_BY_DBT)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "write it anew: make faults"


@pytest.fixture(scope="module")
def clean_build(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clean files loaded and built; no guard has anything to say of them."""
    folder = tmp_path_factory.mktemp("clean_build")
    assert caught(folder, clean, CAUGHT_BY_DBT.values()) == set(), "a guard speaks of clean files"
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("names", BUILT, ids=lambda names: names[0])
def test_what_is_loaded_is_caught_by_the_project(
    clean: Path, clean_build: Path, tmp_path: Path, names: list[str]
) -> None:
    """Loaded over the clean files: records quarantined, warnings and failing tests as the matrix says, nothing lost."""
    folder = Path(shutil.copytree(clean_build, tmp_path / "folder", symlinks=True))
    if "missing-year" in names:
        shutil.rmtree(folder / "lake")
    guards = {name: CAUGHT_BY_DBT[name] for name in names}
    found = caught(folder, damaged(clean, tmp_path, *names), guards.values())
    assert {name for name, guard in guards.items() if guard not in found} == set()
    assert found.isdisjoint(LEDGER)


@pytest.mark.slow
def test_a_first_load_is_caught_as_well(clean: Path, tmp_path: Path) -> None:
    files = damaged(clean, tmp_path, *IN_A_FIRST_LOAD)
    found = caught(tmp_path / "folder", files, IN_A_FIRST_LOAD.values())
    assert {name for name, guard in IN_A_FIRST_LOAD.items() if guard not in found} == set()


@needs_kaggle_files
@pytest.mark.slow
def test_a_first_load_of_real_files_is_caught_where_they_are_cut(tmp_path: Path) -> None:
    """Sales of 2016 end nine days early, as a copy in circulation has them; as they are, the files have no finding."""
    files = Path(shutil.copytree(KAGGLE, tmp_path / "files"))
    tests = {"load__is_implausible", "load__is_unusual"}
    assert caught(tmp_path / "clean", files, tests) == set()
    edit_rows(files / SALES[2016], lambda rows: rows[:22_408])
    found = caught(tmp_path / "cut", files, tests)
    assert found >= {"load__is_implausible: days_without_sales", "load__is_unusual: missing_numbers"}


@pytest.mark.slow
def test_honest_changes_stop_nothing(clean: Path, clean_build: Path, tmp_path: Path) -> None:
    """A price list, a late file with sales of closed days, and a correction that is announced as such."""
    folder = Path(shutil.copytree(clean_build, tmp_path / "folder", symlinks=True))
    files = damaged(clean, tmp_path, "sizes-and-styles-swapped")
    edit_column(files / PRODUCTS, "ProductPrice", times(1.05))
    late = files / "AdventureWorks_Sales_2016_late.csv"
    shutil.copy(files / SALES[2016], late)
    edit_column(late, "OrderNumber", lambda value: f"L{value}")
    edit_column(late, "ProductKey", lambda value: str(int(value) - 1 if int(value) > 301 else 302))
    stopping = {"drift__attributes_moved", "drift__closed_days_restated", "drift__mean_moved", "drift__shares_moved"}
    found = caught(folder, files, {*stopping, "drift__attributes_changed"}, "--corrects", "products")
    assert found.isdisjoint(stopping) and "drift__attributes_changed: products product_size" in found


def caught(folder: Path, files: Path, guards: Iterable[str], *options: str) -> set[str]:
    """Loads files over what the folder holds and builds what the guards look at.

    Returns which of the tests warned or failed, of the wide ones what their rows say, and the reasons for quarantine.
    """
    done = run_adventure(folder, "load", "--source", files, *options)
    assert done.returncode == 0, done.stderr
    (folder / "warehouse").mkdir(exist_ok=True)
    reasons = set(guards) & set(QUARANTINED.values())
    tests = {guard.partition(": ")[0] for guard in set(guards) - reasons} | (LEDGER if reasons else set())
    ledgers = ["ledger_quarantine"] if reasons else []
    # Not in one: `dbt build` skips what lies behind the first test that fails.
    run_dbt(
        folder,
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        *(f"+{name}" for name in [*ledgers, *tests]),
    )
    run_dbt(folder, "test", "--indirect-selection", "empty", "--select", *tests)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    ran = {r["unique_id"].split(".")[2]: r["status"] for r in results if r["unique_id"].startswith("test.")}
    assert tests == ran.keys()
    found = {name for name, status in ran.items() if status != "pass"}
    queries = {"": "select quarantine_reason from operations.ledger_quarantine"} if reasons else {}
    queries |= {f"{name}: ": f"select {ROWS[name]} from audit.{name}" for name in found & ROWS.keys()}
    with duckdb.connect(str(folder / "warehouse" / "dev_test.duckdb"), read_only=True) as connection:
        for name, query in queries.items():
            found |= {f"{name}{row[0]}" for row in connection.execute(query).fetchall()}
    return found


@pytest.mark.slow
def test_what_stops_a_build_stops_the_command(clean: Path, tmp_path: Path) -> None:
    """The reason comes first, the exit code says so, and no figure is shown."""
    done = run_adventure(tmp_path, "run", "--source", damaged(clean, tmp_path, "conflicting-customers"))
    assert done.returncode == 1
    assert "checks or models failed" in done.stderr[done.stderr.index("Error:") :].splitlines()[0]
    assert STOPPED["conflicting-customers"] in done.stderr
    assert "Headline" not in done.stdout
