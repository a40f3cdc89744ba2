"""The order of the test files: side by side, what takes longest must not be what begins last."""

import pytest

LONGEST = (
    "test_build.py",
    "test_load_redshift.py",
    "test_s3_lake.py",
    "test_publish.py",
    "test_report.py",
    "test_monitoring_redshift.py",
    "test_project.py",
    "test_analyses.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take minutes first, the longest of them at the front."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
