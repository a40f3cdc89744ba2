"""What several test files share: the true figures, small sets of files, builds, and the command line."""

import fcntl
import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import run_adventure, run_dbt
from support.places import KAGGLE, SHARED


@pytest.fixture(scope="session")
def expected() -> dict:
    """The true figures of the Kaggle files, computed apart from this project."""
    return json.loads((SHARED / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ten generated files at a hundredth of the real size; read only."""
    from adventure_works.sample import generate

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
    """One run for the whole session, however many processes share the tests; each process gets a copy of its folder."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"built_{name}"
    shared.mkdir(exist_ok=True)
    with (shared / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / ".done").exists():
            done = run_adventure(shared, *arguments)
            (shared / ".done").write_bytes(pickle.dumps(done))
    done = pickle.loads((shared / ".done").read_bytes())
    assert done.returncode == 0, done.stderr
    folder = tmp_path_factory.mktemp(name) / "folder"
    shutil.copytree(shared, folder, symlinks=True)
    return folder, done


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """dbt's manifest of the project as it stands."""
    folder = tmp_path_factory.mktemp("manifest")
    done = run_dbt(folder, "parse")
    assert done.returncode == 0, done.stdout
    return json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
