"""Told as of an earlier day, every answer is the one that stood then: that of files which end on that day."""

import re
import shlex
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from adventure_works.lake.loader import load
from adventure_works.sample.generator import generate
from support.commands import run_dbt
from support.places import PROJECT

AS_OF = datetime(2016, 12, 31)
OF_THE_LOAD = {"loaded_at", "build_state"}


def cut(folder: Path) -> None:
    """Leaves out the records of calendar, sales and returns after the as-of date, and files that held no others."""
    for path in folder.glob("*.csv"):
        if not any(name in path.name for name in ("Calendar", "Sales", "Returns")):
            continue
        header, *records = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in records if datetime.strptime(line.split(",")[0], "%m/%d/%Y") <= AS_OF]
        assert len(kept) < len(records) or "Sales_201" in path.name
        if kept:
            path.write_text("\r\n".join([header, *kept, ""]), encoding="utf-8", newline="")
        else:
            path.unlink()


def built(folder: Path, *options: str) -> dict[str, list[tuple]]:
    """Rows of every fact, dimension and mart, but for the calendar and what tells of the loads."""
    (folder / "warehouse").mkdir()
    done = run_dbt(
        folder, "build", "--quiet", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *options
    )
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(folder / "warehouse" / "dev_test.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            """
            select table_schema || '.' || table_name, list(column_name order by ordinal_position)
            from information_schema.columns
            where table_schema in ('core', 'marts') and table_name not in ('dim_dates', 'metricflow_time_spine')
            group by all
            """
        ).fetchall()
        return {
            name: connection.execute(
                f"select {', '.join(c for c in columns if c not in OF_THE_LOAD)} from {name} order by all"
            ).fetchall()
            for name, columns in tables
        }


@pytest.mark.slow
def test_as_of_equals_files_cut_at_that_day(tmp_path: Path) -> None:
    whole, then = tmp_path / "whole", tmp_path / "then"
    generate(whole / "files", scale=0.05, seed=3)
    shutil.copytree(whole / "files", then / "files")
    cut(then / "files")
    for folder in (whole, then):
        load(str(folder / "files"), folder / "lake")
    told = built(whole, "--vars", f"as_of_date: {AS_OF:%Y-%m-%d}")
    stood = built(then)
    assert told.keys() == stood.keys()
    assert {name.split(".")[0] for name in told} == {"core", "marts"}
    different = {name: (len(told[name]), len(stood[name])) for name in told if told[name] != stood[name]}
    assert not different, {
        name: [set(one[name]) - set(other[name]) for one, other in ((told, stood), (stood, told))] for name in different
    }


FACTS = "select count(*), sum(order_quantity) from core.fact_sales"


@pytest.mark.slow
def test_what_the_readme_says_passes_every_test_and_leaves_no_trace(
    built_sample: tuple[Path, object], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(built_sample[0], tmp_path / "folder", symlinks=True))
    (command,) = re.findall(r"`dbt (build --vars .*?)`", (PROJECT / "README.md").read_text(encoding="utf-8"))

    def facts(name: str) -> tuple:
        with duckdb.connect(str(folder / "warehouse" / name), read_only=True) as connection:
            return connection.execute(FACTS).fetchone()

    sales = [
        line.split(",")
        for path in (folder / "downloads" / "sample").glob("*Sales_*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    until_then = [int(line[7]) for line in sales if datetime.strptime(line[0], "%m/%d/%Y") <= AS_OF]
    published = (folder / "warehouse" / "test.duckdb").read_bytes()
    done = run_dbt(folder, *shlex.split(command))
    assert done.returncode == 0, done.stdout
    assert facts("dev_test.duckdb") == (len(until_then), sum(until_then))
    done = run_dbt(folder, "build", "--quiet", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout
    assert facts("dev_test.duckdb") == facts("test.duckdb")
    assert (folder / "warehouse" / "test.duckdb").read_bytes() == published


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('as_of_date: "2016-02-30"', "as_of_date is a day as YYYY-MM-DD, and not '2016-02-30'"),
        ("asof_date: 2016-12-31", "this project has no var asof_date. Its vars are "),
        pytest.param("as_of_date: 31/12/2016", "a day as YYYY-MM-DD, and not '31/12/2016'", marks=pytest.mark.slow),
        pytest.param("as_of_date: ''", "a day as YYYY-MM-DD, and not ''", marks=pytest.mark.slow),
        pytest.param("accept_drift: nope", "accept_drift is true or false", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_var_is_an_error_in_words(given: str, says: str, tmp_path: Path) -> None:
    """Whatever the command: dbt finds it when it reads the project."""
    (tmp_path / "warehouse").mkdir()
    done = run_dbt(tmp_path, "ls", "--resource-type", "snapshot", "--vars", given)
    assert done.returncode != 0
    assert says in done.stdout
    assert "Traceback" not in done.stdout
    if "has no var" in says:
        own = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
        assert " and ".join(own) in done.stdout


@pytest.mark.slow
def test_vars_of_packages_may_be_set(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    done = run_dbt(tmp_path, "ls", "--resource-type", "snapshot", "--vars", "{'dbt_date:time_zone': UTC}")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_returns_after_the_last_order_are_in_no_figure(tmp_path: Path) -> None:
    """Orders end on 20 April 2017 and returns go on to June: every mart leaves the same ones out."""
    generate(tmp_path / "files", scale=0.05, seed=3)
    for path in (tmp_path / "files").glob("*Sales_2017.csv"):
        header, *records = path.read_text(encoding="utf-8").splitlines()
        last = datetime(2017, 4, 20)
        kept = [line for line in records if datetime.strptime(line.split(",")[0], "%m/%d/%Y") <= last]
        path.write_text("\r\n".join([header, *kept, ""]), encoding="utf-8", newline="")
    load(str(tmp_path / "files"), tmp_path / "lake")
    (tmp_path / "warehouse").mkdir()
    done = run_dbt(tmp_path, "build", "--quiet", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(tmp_path / "warehouse" / "dev_test.duckdb"), read_only=True) as connection:

        def one(sql: str) -> object:
            return connection.execute(sql).fetchone()[0]

        later = one("select sum(return_quantity) from core.fact_returns where return_date > '2017-04-20'")
        units = one("select sum(return_quantity) from core.fact_returns") - later
        assert later > 0
        assert one("select sum(after_as_of_amount) from operations.ledger_amounts where measure = 'units'") == later
        for mart in ("monthly", "category", "territory"):
            assert one(f"select sum(return_units) from marts.mart_{mart}_performance") == units
        assert one("select sum(return_units) from marts.mart_product_profitability") == units
        assert str(one("select max(month_start_date) from marts.mart_monthly_performance")) == "2017-04-01"
