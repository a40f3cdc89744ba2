"""The bands of the seeds, for tests that expect their labels; and what the figures from outside call the same bands."""

import csv
from pathlib import Path

import pytest

from support.places import PROJECT

# By section of the figures: its seed, and for each band what the figures call it and what its members are below.
OUTSIDE = {
    "by_age_group_at_order_date": (
        "age_group",
        {"25-34": 35, "35-44": 45, "45-54": 55, "55-64": 65, "65+": 1000},
    ),
    "by_income_bracket": (
        "income_bracket",
        {"<50k": 50_000, "50k-<100k": 100_000, "100k-<150k": 150_000, "150k+": 10_000_000_000_000},
    ),
}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def bands(column: str) -> dict[str, int]:
    """The bands of a seed in order: the label of each, and what its members are below. Its column has the labels."""
    limit = {"age_group": "upper_age", "income_bracket": "upper_income"}[column]
    found = sorted(
        rows(PROJECT / "seeds" / "reference" / f"{column}s.csv"), key=lambda row: int(row[f"{column}_order"])
    )
    return {row[column]: int(row[limit]) for row in found}


class Figures(dict):
    """The figures from outside, with the labels of the seeds. A test of bands that are other ones here is skipped."""

    def __init__(self, figures: dict) -> None:
        super().__init__(figures)
        for section, (column, outside) in OUTSIDE.items():
            found, own = self.pop(section), bands(column)
            if list(own.values()) == list(outside.values()):
                labels = dict(zip(outside, own, strict=True))
                self[section] = [row | {column: labels[row[column]]} for row in found]

    def __missing__(self, section: str) -> object:
        if section in OUTSIDE:
            pytest.skip(f"the figures from outside have other bands than the seed: {section}")
        raise KeyError(section)
