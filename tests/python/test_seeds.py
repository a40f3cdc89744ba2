"""A unit test sees the seed as it is now, also where dbt has kept what it parsed before the seed changed."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from support import warm
from support.places import PROJECT, own_places
from support.waiting import TIMEOUT

SEEDS = sorted(path.stem for path in (PROJECT / "seeds").rglob("*.csv"))
PARTS = ("models", "macros", "seeds", "snapshots", "analyses", "tests/data", "dbt_packages")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project as dbt reads it."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, tmp_path / "project" / part, symlinks=True)
    for name in ("dbt_project.yml", "profiles.yml", "packages.yml"):
        shutil.copy(PROJECT / name, tmp_path / "project" / name)
    return tmp_path / "project"


def lower_ages(project: Path) -> set[str]:
    """The lower ages that the unit tests of dim_customers are given, after dbt has parsed the project."""
    done = warm.run("dbt", ["parse"], project, own_places(project), TIMEOUT, None)
    assert done.returncode == 0, done.stdout
    manifest = json.loads((project / "target" / "manifest.json").read_text(encoding="utf-8"))
    return {
        row["lower_age"]
        for test in manifest["unit_tests"].values()
        if test["model"] == "dim_customers"
        for given in test["given"]
        if given["input"] == "ref('age_groups')"
        for row in given["rows"]
    }


def test_a_unit_test_is_given_a_seed_that_has_changed(project: Path) -> None:
    assert "35" in lower_ages(project)
    seed = project / "seeds" / "reference" / "age_groups.csv"
    seed.write_text(seed.read_text(encoding="utf-8").replace("35-44,35,", "35-44,36,"), encoding="utf-8")
    changed = lower_ages(project)
    assert "36" in changed and "35" not in changed
    assert "Starting full parse" not in (project / "logs" / "dbt.log").read_text(encoding="utf-8").rpartition("dbt=")[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_unit_test_reads_a_seed_where_dbt_does_not_look_for_changes(seed: str) -> None:
    """Without rows dbt reads the seed's file as it parses, and not again until the unit test itself is changed."""
    for path in (PROJECT / "models").rglob("*.yml"):
        for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", []):
            for given in test["given"]:
                if re.fullmatch(rf"ref\(['\"]{seed}['\"]\)", given["input"]):
                    assert "rows" in given or given.get("fixture") == seed, (
                        f"{test['name']}: give {seed} by `format: csv` and `fixture: {seed}` (CONTRIBUTING)"
                    )


def test_a_fixture_of_a_seed_is_the_seed() -> None:
    links = list((PROJECT / "tests" / "data" / "fixtures").iterdir())
    assert links
    for link in links:
        assert link.is_symlink() and link.resolve() == PROJECT / "seeds" / "reference" / link.name
