"""The thresholds that models use and the seed that states them name the same ones."""

import csv
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def stated() -> set[str]:
    with (PROJECT / "seeds/reference/thresholds.csv").open(encoding="utf-8") as lines:
        return {row["threshold"] for row in csv.DictReader(lines)}


def found(pattern: str) -> set[str]:
    """What the pattern finds in the project's SQL."""
    folders = (PROJECT / "models", PROJECT / "macros", PROJECT / "tests" / "data")
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.sql")]
    return {name for text in texts for name in re.findall(pattern, text)}


def test_every_threshold_used_is_stated():
    """An unknown name would read as null, and every comparison with null is quietly not true."""
    assert found(r"(?:threshold\(|exceeds\([^()]*, )'(\w+)'\)") - stated() == set()


def test_every_threshold_stated_is_used():
    assert stated() - found(r"'(\w+)'") == set()
