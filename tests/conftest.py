"""The order of the test files, and dbt's parse of the project that all of them share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import commands
from support.once import once

LONGEST = (
    "test_build.py",
    # Makes the build of the sample, and the next but one that of the Kaggle files: others find them there.
    "test_project.py",
    "test_publish.py",
    "test_report.py",
    "test_develop.py",
    "test_publish_redshift.py",
    "test_monitoring_redshift.py",
    "test_doctor.py",
    "test_s3_lake.py",
    "test_load_redshift.py",
    "test_docs_site.py",
    "test_analyses.py",
    "test_load.py",
    "test_monitoring.py",
    "test_history.py",
    "test_metrics.py",
)


@pytest.fixture(scope="session")
def parse_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Parses the project the first time that it is called in a session; gives the places of that."""

    def parse() -> Path:
        folder, done = once(tmp_path_factory, "parsed", lambda folder: commands.run_tool("dbt", folder, "parse"))
        assert done.returncode == 0, done.stdout
        return folder

    return parse


@pytest.fixture(scope="session")
def parsed(parse_once: Callable[[], Path]) -> Path:
    """The places of dbt's parse of the project."""
    return parse_once()


@pytest.fixture(scope="session", autouse=True)
def _every_command_is_given_the_parse(parse_once: Callable[[], Path]) -> None:
    commands.parsed = parse_once


@pytest.fixture(autouse=True)
def _the_process_keeps_its_umask() -> Iterator[None]:
    """A command that a test runs in this process sets one, and servers read what later tests write."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take minutes first: side by side, what takes longest must not be what begins last."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
