"""The project as its users meet it: `adventure run`, plain dbt commands, and what they say when something lacks."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from adventure_works.warehouse.redshift_versions import NAMES
from support.commands import make, run_adventure, run_dbt
from support.places import PROJECT, as_own_file


def test_run_on_the_sample_ends_with_a_summary(built_sample: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = built_sample
    for words in ("must hold", "reconcile", "suspicious", "Revenue", "Return rate", "What to try next"):
        assert words in done.stdout
    assert "unit test" not in done.stdout
    assert "warehouse/test.duckdb" in done.stdout
    assert "Worth a look" not in done.stdout
    steps = ("load", "build and audit", "report and publication")
    assert re.search("Where the time went: " + ", ".join(rf"{step} \d+\.\d s" for step in steps), done.stdout)


def test_the_summary_agrees_with_the_files(built_sample: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Orders and units summed by awk's simpler cousin: a split of each line at its commas."""
    folder, done = built_sample
    lines = [
        line.split(",")
        for path in (folder / "downloads" / "sample").glob("*Sales_*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    assert f"{len({line[2] for line in lines}):,}" in next(x for x in done.stdout.splitlines() if "Orders" in x)
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True) as connection:
        (units,) = connection.execute("select sum(order_quantity) from core.fact_sales").fetchone()
    assert units == sum(int(line[7]) for line in lines)


def test_plain_dbt_commands_work(built_sample: tuple[Path, object], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built_sample[0], tmp_path / "folder", symlinks=True))
    # `docs generate` is in test_docs_site.py.
    for arguments in (["source", "freshness"], ["test", "--select", "fact_sales"]):
        done = run_dbt(folder, *arguments, **as_own_file(folder))
        assert done.returncode == 0, done.stdout
        assert "deprecat" not in done.stdout.lower()


def test_every_unit_test_passes(built_sample: tuple[Path, object], tmp_path: Path) -> None:
    """Here, and not in every build: what they are given never changes. They ask the warehouse for column types.

    The vars of the command change nothing: a unit test of a model that reads one sets it itself.
    """
    folder = Path(shutil.copytree(built_sample[0], tmp_path / "folder", symlinks=True))
    which = ["--select", "test_type:unit", "--vars", "as_of_date: 2016-12-31"]
    done = run_dbt(folder, "test", *which, **as_own_file(folder))
    assert done.returncode == 0, done.stdout
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    units = {one["unique_id"]: one["status"] for one in results if one["unique_id"].startswith("unit_test.")}
    assert units.keys() == manifest["unit_tests"].keys()
    assert set(units.values()) == {"pass"}


def test_every_schema_of_the_project_is_published(manifest: dict) -> None:
    """A schema that is missing in the list would be left behind when a candidate on Redshift is published."""
    built = ("model", "seed", "snapshot", "test")
    assert {node["schema"] for node in manifest["nodes"].values() if node["resource_type"] in built} == set(NAMES)


def test_dbt_on_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    done = run_dbt(tmp_path, "build")
    assert done.returncode != 0
    assert "The lake is not loaded" in done.stdout
    assert "adventure load --source sample" in done.stdout
    assert "No files found that match" not in done.stdout


def test_a_refused_file_ends_the_run_with_the_reason_first(files: Path, tmp_path: Path) -> None:
    (files / "AdventureWorks_Returns.csv").write_bytes(b"")
    done = run_adventure(tmp_path, "run", "--source", files)
    assert done.returncode == 1
    assert "\nError: AdventureWorks_Returns.csv: the file is empty." in f"\n{done.stderr}"
    assert not list((tmp_path / "warehouse").rglob("*.duckdb"))


@pytest.mark.timing
def test_a_warehouse_that_another_process_holds_is_said_so(files: Path, tmp_path: Path) -> None:
    database = tmp_path / "warehouse" / "test.duckdb"
    database.parent.mkdir()
    hold = f"import duckdb, sys; c = duckdb.connect({str(database)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdin
        holder.stdout.readline()
        done = run_adventure(tmp_path, "run", "--no-wait", "--source", files)
        holder.stdin.close()
    assert done.returncode == 1
    assert "is open in another process" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_make_sets_nothing_up() -> None:
    """It finds its marks and hands over."""
    if not (PROJECT / ".venv" / ".ready").exists():
        pytest.skip("the project's own .venv was not set up by make")
    done = make("-n", "run", cwd=PROJECT)
    assert done.returncode == 0
    (command,) = done.stdout.splitlines()
    assert "adventure run" in command


def test_make_works_below_a_folder_with_a_blank_in_its_name(tmp_path: Path) -> None:
    """A project that is set up, with an `adventure` that says how it was called."""
    project = tmp_path / "My Projects" / "adventure works"
    (project / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "packages.yml", "package-lock.yml"):
        shutil.copy(PROJECT / name, project / name)
    stub = project / ".venv" / "bin" / "adventure"
    stub.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    stub.chmod(0o755)
    (project / ".venv" / "bin" / "python").touch()
    (project / ".venv" / ".ready").touch()
    done = make("run", "SOURCE=my files", cwd=project)
    assert (done.returncode, done.stdout) == (0, "run|--source|my files|--target|published|"), done.stderr


def test_make_clean_removes_what_the_project_made_but_for_lake_and_warehouse(tmp_path: Path) -> None:
    """What the project makes is what git ignores; everything else stays."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    for name in ("Makefile", ".gitignore", "package-lock.yml", "scripts/retry.py"):
        (project / name).write_bytes((PROJECT / name).read_bytes() if (PROJECT / name).is_file() else b"")
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    kept = sorted(path.name for path in project.iterdir())
    patterns = [line for line in (project / ".gitignore").read_text(encoding="utf-8").split("\n") if line.strip("#")]
    made = [pattern.strip("/").replace("*", "x") for pattern in patterns if not pattern.startswith("#")]
    assert {"lake", "warehouse", "report", "downloads", ".venv"} < set(made)
    for name in [*made, "scripts/reader/__pycache__", "scripts/x.egg-info"]:
        (project / name).mkdir(parents=True)
        (project / name / "file").touch()
    done = make("clean", cwd=project)
    assert done.returncode == 0, done.stderr
    left = subprocess.run(["git", "clean", "-ndX"], cwd=project, text=True, capture_output=True, check=True).stdout
    assert left.splitlines() == ["Would remove lake/", "Would remove warehouse/"]
    assert sorted(path.name for path in project.iterdir()) == sorted([*kept, "lake", "warehouse"])


def test_ready_environments_set_the_project_up_with_its_oldest_python() -> None:
    version = (PROJECT / ".python-version").read_text(encoding="utf-8").strip()
    assert f'requires-python = ">={version}' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    container = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["image"].startswith(f"mcr.microsoft.com/devcontainers/python:{version}-")
    tool, target = container["postCreateCommand"].split()
    assert tool == "make" and f"\n{target}: " in (PROJECT / "Makefile").read_text(encoding="utf-8")
