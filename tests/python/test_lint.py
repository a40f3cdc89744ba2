"""`make lint` goes on to its end and says the same whatever is built, and pre-commit runs its parts."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.commands import make
from support.places import PROJECT, own_places

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
PARTS = set(re.findall(r"^LINT := (.*)$", MAKEFILE, re.M)[0].split())
# What each part calls, by a word of it.
CALLED = {
    "lint-ruff": "check .",
    "lint-format": "format --check",
    "lint-types": "mypy",
    "lint-yaml": "yamllint --strict",
    "lint-links": "tools.links",
    "lint-words": "tools.words",
    "lint-sql": "sqlfluff lint",
    "lint-redshift": "standin.deny",
    "lint-rules": "tools.manifest_lint",
}
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >&2
case "$*" in *compile*) exit 0;; *) exit 1;; esac
"""


@pytest.fixture
def stubbed(tmp_path: Path) -> Path:
    """A project that is set up, with linters that say how they were called and find something."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in (
        "Makefile",
        "requirements.txt",
        "requirements-dev.txt",
        "pyproject.toml",
        "packages.yml",
        "package-lock.yml",
    ):
        shutil.copy(PROJECT / name, tmp_path / name)
    for name in ("python", "ruff", "mypy", "yamllint", "sqlfluff", "adventure"):
        stub = tmp_path / ".venv" / "bin" / name
        stub.write_text(STUB)
        stub.chmod(0o755)
    for name in (".ready", ".ready-dev"):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def test_lint_goes_on_to_its_end(stubbed: Path) -> None:
    """Every part finds something, and every part is heard."""
    done = make("lint", cwd=stubbed)
    assert done.returncode == 2
    assert set(CALLED) | {"lint-carried"} == PARTS
    for part, words in CALLED.items():
        assert words in done.stdout + done.stderr and f": {part}] Error 1" in done.stderr, part
    # carried_lines prints what it counts, and is heard by its exit code alone.
    assert ": lint-carried] Error 1" in done.stderr


def test_pre_commit_runs_the_parts_of_lint_and_no_others() -> None:
    (repository,) = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = [hook["entry"] for hook in repository["hooks"]]
    assert all("make " in entry for entry in entries)
    assert {part for entry in entries for part in re.findall(r"lint-\w+", entry)} == PARTS


def test_yaml_is_read_strictly() -> None:
    command = [Path(sys.executable).with_name("yamllint"), "--strict", "--format", "parsable", "-"]
    done = subprocess.run(command, cwd=PROJECT, input="a: 1\nb:\na:  2\n", text=True, capture_output=True)
    assert done.returncode == 1
    assert set(re.findall(r"\(([a-z-]+)\)$", done.stdout, re.M)) == {"empty-values", "key-duplicates", "colons"}


@pytest.mark.slow
def test_sql_is_judged_alike_when_something_is_built(built_sample: tuple[Path, object]) -> None:
    """Incremental models are compiled otherwise where their table is."""
    if not (PROJECT / ".venv" / ".ready-dev").exists():
        pytest.skip("the project's own .venv was not set up by make")
    incremental = "models/intermediate/incremental/int_files__affected.sql models/operations/loads/load_profiles.sql"
    done = make("lint-sql", f"SQL={incremental}", cwd=PROJECT, environ=own_places(built_sample[0]))
    assert done.returncode == 0, done.stdout
