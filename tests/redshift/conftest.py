"""The stand-in for the tests of this folder: one PostgreSQL and one moto a run, one database and one bucket a test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from standin import services, stack
from standin.stack import StandIn, Warehouse


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run of tests share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def standin(run_folder: Path) -> Iterator[StandIn]:
    """Redshift, S3, Glue, STS and SNS, all played on this machine."""
    # The process that ends last: that of pytest itself, which has started those that share the tests.
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    running = stack.start(services.shared(run_folder, owner))
    yield running
    running.stop()


@pytest.fixture
def bucket(standin: StandIn) -> str:
    """The name of a new bucket."""
    return standin.create_bucket()


@pytest.fixture
def warehouse(standin: StandIn, bucket: str) -> Iterator[Warehouse]:
    """A fresh database, its lake in the bucket."""
    made = standin.create_warehouse(bucket)
    yield made
    standin.engine.drop_database(made.database)
