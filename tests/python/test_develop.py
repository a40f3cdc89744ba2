"""A developer's place: builds of their own beside what is published, which nobody but `adventure run` writes into."""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from adventure_works.profile import credentials
from support.commands import run_adventure, run_dbt, run_tool
from support.places import PROJECT

MART = "mart_territory_performance"


@pytest.fixture(scope="module")
def published(built_sample: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the sample, in which nothing is built by plain dbt."""
    return Path(shutil.copytree(built_sample[0], tmp_path_factory.mktemp("published") / "folder", symlinks=True))


@pytest.fixture
def place(published: Path) -> Path:
    """The same, for a test that builds."""
    for own in (published / "warehouse").glob("dev_*"):
        own.unlink()
    return published


def against(folder: Path) -> list[str]:
    """Options with which dbt reads what is published for all that is not built."""
    return ["--defer", "--state", str(folder / "warehouse" / "state")]


def own(folder: Path) -> duckdb.DuckDBPyConnection:
    """The developer's file, with what is published under its name `test`."""
    connection = duckdb.connect(str(folder / "warehouse" / "dev_test.duckdb"), read_only=True)
    connection.execute(f"attach '{folder / 'warehouse' / 'test.duckdb'}' as test (read_only)")
    return connection


def test_nothing_is_modified_beside_what_a_run_has_published(published: Path) -> None:
    done = run_dbt(published, "ls", "--select", "state:modified", "--state", str(published / "warehouse" / "state"))
    assert done.returncode == 0, done.stdout
    assert "No nodes selected" in done.stdout


def test_with_nothing_built_dbt_reads_what_is_published(place: Path) -> None:
    before = (place / "warehouse" / "test.duckdb").read_bytes()
    for command in ("show", "compile", "build"):
        done = run_dbt(place, command, "--select", MART, *against(place))
        assert done.returncode == 0, done.stdout
    with own(place) as connection:
        built = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'dev_test' and schema_name != 'audit'"
        ).fetchall()
        (differing,) = connection.execute(
            f"select count(*) from (from marts.{MART} except all from test.marts.{MART})"
        ).fetchone()
    assert built == [(MART,)]
    assert differing == 0
    assert (place / "warehouse" / "test.duckdb").read_bytes() == before


def test_what_is_touched_is_built_with_what_depends_on_it(place: Path, copy: Path, manifest: dict) -> None:
    file = copy / "models" / "marts" / "customers" / "mart_customer_value.sql"
    file.write_text(file.read_text(encoding="utf-8") + "-- touched\n", encoding="utf-8")
    done = run_tool("dbt", place, "build", "--select", "state:modified+", *against(place), cwd=copy)
    assert done.returncode == 0, done.stdout
    results = json.loads((place / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    built = {one["unique_id"].split(".")[2] for one in results if one["unique_id"].startswith("model.")}
    behind, open_ends = set(), ["model.adventure_works.mart_customer_value"]
    while open_ends:
        name = open_ends.pop()
        behind.add(name.split(".")[2])
        open_ends += [reader for reader in manifest["child_map"][name] if reader.startswith("model.")]
    assert built == behind
    assert len(results) < len(manifest["nodes"]) / 4


@pytest.mark.slow
def test_a_clone_can_be_built_on(place: Path) -> None:
    done = run_dbt(place, "clone", "--state", str(place / "warehouse" / "state"))
    assert done.returncode == 0, done.stdout
    snapshots = "select count(*), count(distinct dbt_scd_id) from {}intermediate.snap_products"
    with own(place) as connection:
        cloned = connection.execute(snapshots.format("")).fetchone()
        assert cloned == connection.execute(snapshots.format("test.")).fetchone()
    done = run_dbt(place, "build", "--select", "age_groups", "snap_products", "fact_sales")
    assert done.returncode == 0, done.stdout
    with own(place) as connection:
        assert connection.execute(snapshots.format("")).fetchone() == cloned
        (differing,) = connection.execute(
            "select count(*) from (from core.fact_sales except all from test.core.fact_sales)"
        ).fetchone()
    assert differing == 0


def test_the_loop_shows_the_rows_that_differ(place: Path, tmp_path: Path) -> None:
    """What is published is older than the model, here: one of its figures was another."""
    folder = Path(shutil.copytree(place, tmp_path / "folder", symlinks=True))
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb")) as connection:
        ((region,),) = connection.execute(f"select min(region) from marts.{MART}").fetchall()
        connection.execute(f"update marts.{MART} set orders = 987654 where region = '{region}'")
        connection.execute(f"alter table marts.{MART} add column was_there integer")
    done = run_adventure(folder, "dev", "--select", MART)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout.rpartition("Compared with what is published")[2]
    assert "1 are only in what is published and 1 only in yours; without was_there" in shown
    before, after = re.split(r"^ *after *$", shown, flags=re.MULTILINE)
    assert "987654" in before and "987654" not in after
    assert region in before and region in after
    assert run_adventure(folder, "dev", "--select", "no_such_model").returncode == 1


@pytest.mark.slow
def test_whatever_is_not_selected_is_what_is_published(place: Path) -> None:
    """Not what a build of before has left in the developer's file."""
    assert run_dbt(place, "seed", "--select", "thresholds").returncode == 0
    with duckdb.connect(str(place / "warehouse" / "dev_test.duckdb")) as connection:
        connection.execute("update core.thresholds set value = 9 where threshold = 'territory_growing'")
    done = run_adventure(place, "dev", "--select", MART)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no row differs" in done.stdout.rpartition("Compared with what is published")[2]


@pytest.mark.slow
def test_a_failing_build_is_compared_all_the_same_and_ends_with_1(place: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(place, tmp_path / "folder", symlinks=True))
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb")) as connection:
        connection.execute("update core.fact_sales set profit = profit + 1 where order_line_number = 1")
    done = run_adventure(folder, "dev", "--select", MART)
    assert done.returncode == 1
    assert f"{MART}: " in done.stdout.rpartition("Compared with what is published")[2]
    assert "The build failed, as dbt says above." in done.stderr


def test_before_anything_is_published(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    done = run_adventure(tmp_path, "dev", "--select", MART)
    assert done.returncode == 1
    assert "adventure run" in done.stderr and "Traceback" not in done.stderr
    done = run_dbt(tmp_path, "show", "--select", MART, ADVENTURE_TARGET="published")
    assert "nothing is published here yet" in done.stdout


@pytest.mark.slow
def test_a_file_with_the_name_of_what_is_published_is_refused(place: Path, tmp_path: Path) -> None:
    done = run_dbt(place, "compile", "--select", MART, ADVENTURE_DEV_DATABASE=str(tmp_path / "test.duckdb"))
    assert done.returncode != 0
    assert "has the name of what is published" in done.stdout
    assert "Traceback" not in done.stdout
    done = run_dbt(place, "compile", "--select", MART, ADVENTURE_DEV_DATABASE=str(tmp_path / "no" / "dev.duckdb"))
    assert done.returncode != 0
    assert "there is no such folder" in done.stdout and "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("developer", "user", "name"),
    [("anna", "root", "dev_anna"), ("", "ben", "dev_ben"), ("", "", "dev_me"), ("a/b", "", "dev_a_b")],
)
def test_each_developer_has_a_place(monkeypatch: pytest.MonkeyPatch, developer: str, user: str, name: str) -> None:
    monkeypatch.setenv("ADVENTURE_DEVELOPER", developer)
    monkeypatch.setenv("USER", user)
    monkeypatch.delenv("ADVENTURE_DEV_DATABASE", raising=False)
    assert credentials("dev").path == f"warehouse/{name}.duckdb"
    monkeypatch.setenv("REDSHIFT_WORKGROUP", "it")
    monkeypatch.setenv("REDSHIFT_SCHEMA", "shop")
    assert credentials("redshift_dev").schema == f"shop_{name}"
    assert credentials("prod").schema == "shop"


def test_every_question_has_a_selector() -> None:
    """Under the name of its exposure, beside those for CI."""
    selectors = yaml.safe_load((PROJECT / "selectors.yml").read_text(encoding="utf-8"))["selectors"]
    exposures = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    names = [selector["name"] for selector in selectors]
    assert names == ["slim_ci", "nightly", *(exposure["name"] for exposure in exposures)]
    assert all(selector["description"] for selector in selectors)


def test_a_selector_takes_all_behind_its_question(published: Path) -> None:
    done = run_dbt(published, "ls", "--quiet", "--selector", "cross_selling", "--output", "name")
    assert done.returncode == 0, done.stdout
    names = set(done.stdout.split())
    assert {"mart_cross_sell", "fact_sales", "snap_products", "stg_adventure_works__sales"} <= names
    assert not {"mart_customer_value", "mart_budget_allocation"} & names
