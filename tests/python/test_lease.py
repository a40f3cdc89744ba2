"""The lease on S3: one holder at a time, each with a higher number, and nobody waits for one that died."""

import threading
import time
from collections.abc import Iterator

import pytest

from adventure_works import aws as clients
from adventure_works.errors import AdventureError, HeldError
from adventure_works.lake import lease
from adventure_works.lake.lease import Lease, leased
from adventure_works.lake.s3_write import Writer
from adventure_works.settings import S3Place, Settings
from s3_server import REGION, S3Server, answer, lose, reset
from support.waiting import wait_until

BUCKET, KEY = "lease-lake", "lake/runs/lease.json"


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment().items():
            patch.setenv(name, value)
        running.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield running


@pytest.fixture
def aws(server: S3Server) -> S3Server:
    server.recover()
    server.s3.delete_object(Bucket=BUCKET, Key=KEY)
    return server


@pytest.fixture
def writer(aws: S3Server) -> Writer:
    settings = Settings(region=REGION, max_attempts=2)
    return Writer(S3Place(BUCKET, "lake"), clients.client("s3", settings), settings)


def refuse(message: str) -> None:
    raise AssertionError(message)


def take(writer: Writer, *, wait: bool = False) -> Lease:
    """A lease that nobody renews, as of a process that was killed."""
    taken = Lease(writer, KEY, "mine")
    taken._take(refuse, wait=wait)
    return taken


def test_every_holder_has_a_higher_number(writer: Writer) -> None:
    for number in (1, 2, 3):
        with leased(writer, KEY, "mine", refuse) as held:
            assert held.number == number
            held.check()
            with pytest.raises(HeldError, match=rf"Another run is at work on mine: .*@.* \(run {number}, since "):
                take(writer)
    with leased(writer, KEY, "mine", refuse) as held:
        held.raise_above(57)
        held.raise_above(5)
        assert held.number == 58
    with leased(writer, KEY, "mine", refuse) as held:
        assert held.number == 59


@pytest.mark.timing
def test_it_is_taken_over_when_its_time_is_up_and_no_sooner(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 2.0)
    said: list[str] = []
    began = time.monotonic()
    killed = take(writer)
    with leased(writer, KEY, "mine", said.append) as held:
        # S3 tells the time in whole seconds.
        assert time.monotonic() - began > 1
        assert (killed.number, held.number) == (1, 2)
        assert len(said) == 1 and "waiting for it to finish. Its lease runs out at" in said[0]
        with pytest.raises(AdventureError, match=r"Run 1 no longer has the lease on mine: .*\(run 2, .* has it now"):
            killed.check()
        held.check()


@pytest.mark.timing
def test_it_is_renewed_while_the_work_goes_on(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 2.0)
    with leased(writer, KEY, "mine", refuse) as held:
        time.sleep(4)
        with pytest.raises(HeldError):
            take(writer)
        held.check()


@pytest.mark.timing
def test_a_holder_whose_time_is_up_still_has_it_when_nobody_came(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SECONDS", 1.0)
    late = take(writer)
    time.sleep(2)
    late.check()
    with pytest.raises(HeldError):
        take(writer)


def test_one_that_was_removed_or_stolen_is_lost(aws: S3Server, writer: Writer) -> None:
    with leased(writer, KEY, "mine", refuse) as held:
        aws.s3.delete_object(Bucket=BUCKET, Key=KEY)
        with pytest.raises(AdventureError, match=r"no longer has the lease on mine: it was removed"):
            held.check()
        with leased(writer, KEY, "mine", refuse) as thief:
            with pytest.raises(AdventureError, match=r"has it now.*this run publishes nothing\. Run again\."):
                held.check()
            thief.check()
    # The first has not let go of what was not its own any more.
    with leased(writer, KEY, "mine", refuse) as held:
        assert held.number == 2


def test_an_answer_that_is_lost_is_no_lost_lease(aws: S3Server, writer: Writer) -> None:
    aws.fail(lose, "PUT", KEY)
    with leased(writer, KEY, "mine", refuse) as held:
        assert held.number == 1
        aws.fail(lose, "PUT", KEY)
        held.check()
        aws.fail(answer(409, "ConditionalRequestConflict"), "PUT", KEY)
        held.check()
        held.check()
    assert aws.still_planned() == 0


def test_an_s3_that_cannot_be_reached_is_said(aws: S3Server, writer: Writer) -> None:
    with leased(writer, KEY, "mine", refuse) as held:
        aws.fail(reset, "PUT", KEY, times=9)
        aws.fail(reset, "GET", KEY, times=9)
        with pytest.raises(AdventureError, match=rf"s3://{BUCKET}/{KEY} could not be "):
            held.check()
        aws.recover()
        held.check()


def test_of_many_at_once_one_has_it(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LOOKS", 5000)
    numbers: list[int] = []
    at_work: list[int] = []

    def work() -> None:
        with leased(writer, KEY, "mine", lambda message: None) as held:
            at_work.append(held.number)
            assert at_work == [held.number]
            held.check()
            numbers.append(held.number)
            at_work.clear()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(numbers) == 5)
    assert numbers == [1, 2, 3, 4, 5]


def test_something_else_in_its_place_is_refused(aws: S3Server, writer: Writer) -> None:
    aws.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"{}")
    with pytest.raises(
        AdventureError, match=r"cannot be read as a lease\. If no run is at work, remove it and run again\."
    ):
        take(writer)
