"""What several test files share: the true figures, small sets of files, builds, and the command line."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from support.bands import Figures
from support.commands import run_adventure, run_tool
from support.once import once
from support.places import KAGGLE, PROJECT, SHARED, files_of
from support.true_figures import true_figures


@pytest.fixture(scope="session")
def expected() -> dict:
    """The true figures of the Kaggle files, computed apart from this project."""
    return Figures(json.loads((SHARED / "expected.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ten generated files at a hundredth of the real size; read only."""
    from adventure_works.sample.generator import generate

    folder = tmp_path_factory.mktemp("sample") / "files"
    generate(folder, scale=0.01, seed=7)
    return folder


@pytest.fixture
def files(small_sample: Path, tmp_path: Path) -> Path:
    """A copy of the small sample that a test may damage."""
    return Path(shutil.copytree(small_sample, tmp_path / "files"))


@pytest.fixture
def adventure(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the real command line with a lake, warehouse and downloads of the test's own."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_adventure(tmp_path, *arguments, **environment)

    return run


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project as it is, with its dbt packages."""
    folder = tmp_path / "copy"
    for name in files_of(PROJECT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    shutil.copytree(PROJECT / "dbt_packages", folder / "dbt_packages", symlinks=False)
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a whole run on the Kaggle files, and what the command printed."""
    return _built_once(tmp_path_factory, "kaggle", "run", "--source", KAGGLE)


@pytest.fixture(scope="session")
def built_sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a whole run on the sample, as `make run` does it, and what the command printed."""
    return _built_once(tmp_path_factory, "sample", "run")


def _built_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, *arguments: str | Path
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One run for the whole session, of which each process gets a copy. As for a user, the lake has a relative path."""

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        lake = os.path.relpath(folder / "lake", PROJECT)
        return run_tool("adventure", folder, *arguments, ADVENTURE_LAKE=lake)

    shared, done = once(tmp_path_factory, f"built_{name}", run)
    assert done.returncode == 0, done.stderr
    folder = tmp_path_factory.mktemp(name) / "folder"
    shutil.copytree(shared, folder, symlinks=True)
    return folder, done


@pytest.fixture(scope="session")
def manifest(parsed: Path) -> dict:
    """dbt's manifest of the project as it is."""
    return json.loads((parsed / "target" / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(source: str, request: pytest.FixtureRequest) -> Path:
    """The folder of a run on the files that the module's `source` names: "sample" or "kaggle"."""
    found: tuple[Path, subprocess.CompletedProcess[str]] = request.getfixturevalue(
        "built" if source == "kaggle" else "built_sample"
    )
    return found[0]


@pytest.fixture(scope="module")
def truth(source: str, folder: Path, request: pytest.FixtureRequest) -> dict:
    """The true figures of those files."""
    if source == "kaggle":
        return request.getfixturevalue("expected")
    return true_figures(folder / "downloads" / "sample")


@pytest.fixture(scope="module")
def query(folder: Path) -> Callable[[str], list[dict]]:
    """Rows of a query on the built warehouse, as dictionaries."""
    connection = duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True)

    def run(sql: str) -> list[dict]:
        found = connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return run
