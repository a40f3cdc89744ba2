"""Told as of an earlier day, every answer is the one that stood then: that of files which end on that day."""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from adventure_works.lake.loader import load
from adventure_works.sample.generator import generate
from support.commands import run_dbt

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
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True) as connection:
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
