"""No unit test reads a seed as it is, so that its values can be changed and every unit test still passes."""

import re

import pytest
import yaml

from support.bands import rows
from support.places import PROJECT

SEEDS = sorted(path.stem for path in (PROJECT / "seeds").rglob("*.csv"))
FIXTURES = sorted((PROJECT / "tests" / "data" / "fixtures").iterdir())


@pytest.mark.parametrize("seed", SEEDS)
def test_no_unit_test_reads_a_seed(seed: str) -> None:
    """Without rows or a fixture of its own dbt gives a unit test the rows of the seed itself."""
    for path in (PROJECT / "models").rglob("*.yml"):
        for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", []):
            for given in test["given"]:
                if re.fullmatch(rf"ref\(['\"]{seed}['\"]\)", given["input"]):
                    assert "rows" in given or "fixture" in given, f"{test['name']}: give {seed} by `rows` or `fixture`"


def test_a_fixture_is_a_file_of_its_own_with_the_columns_of_its_seed() -> None:
    assert FIXTURES
    for path in FIXTURES:
        assert not path.is_symlink(), f"{path}: a link to the seed makes unit tests depend on the seed"
        assert list(rows(path)[0]) == list(rows(PROJECT / "seeds" / "reference" / path.name)[0])
