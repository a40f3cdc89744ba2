"""The stand-in for the tests of this folder: started once a process, a fresh database and bucket a test."""

from collections.abc import Iterator

import pytest

from standin import stack
from standin.stack import StandIn, Warehouse


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    """Redshift, S3, Glue, STS and SNS, all played on this machine."""
    running = stack.start()
    yield running
    running.stop()


@pytest.fixture
def bucket(standin: StandIn) -> str:
    """The name of a new bucket."""
    return standin.create_bucket()


@pytest.fixture
def warehouse(standin: StandIn, bucket: str) -> Iterator[Warehouse]:
    """A fresh database, its lake in the bucket; no fault is left over from the test before."""
    made = standin.create_warehouse(bucket)
    standin.data_api.faults = stack.Faults()
    yield made
    standin.engine.drop_database(made.database)
