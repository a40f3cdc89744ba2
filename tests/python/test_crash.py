"""Killed at any moment, a run leaves what was published or what was to be, and the next run arrives."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from adventure_works.warehouse.duckdb_access import connected
from adventure_works.warehouse.duckdb_files import Files
from crash import PHASES, STATE, Rehearsal, publish_once
from fork_server import Call, ForkServer
from processes import ASK, ended, process
from support.places import own_places
from support.waiting import wait_until

pytestmark = pytest.mark.slow

KILLS = 20


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture(scope="module")
def rehearsal(server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """`make crash` does at a hundred moments what is done at a few here."""
    return Rehearsal(tmp_path_factory.mktemp("rehearsal"), server)


def test_a_run_killed_at_any_moment(rehearsal: Rehearsal) -> None:
    found = [rehearsal.killed(phase, 0.5) for phase in PHASES]
    rehearsal.converge()
    # Were all of the moments too late, this test would prove nothing.
    assert sum(one.is_old for one in found) >= len(PHASES) - 1, found
    # Whatever the killed runs have left is gone or in its place.
    assert not rehearsal.warehouse.candidate.exists()
    assert not list(rehearsal.warehouse.published.parent.rglob("*.wal"))


def test_a_run_shows_the_old_state_or_the_new_one(rehearsal: Rehearsal) -> None:
    old, new = rehearsal.published(), rehearsal.states[1 - rehearsal.now]
    with process(ASK, rehearsal.warehouse.published, STATE) as asking:
        rehearsal.converge()
        seen = ended(asking)
    assert seen.splitlines() == [str(old), str(new)]
    # The two agree with the files, and the view over the lake with the table.
    for state, folder in zip(rehearsal.states, rehearsal.sources, strict=True):
        assert state[1] == state[4] == units_in(folder)

    rehearsal.warehouse.roll_back()
    assert rehearsal.published() == old
    rehearsal.run(rehearsal.now)
    assert rehearsal.published() == new


def units_in(folder: Path) -> int:
    """The quantities sold, by a split of each line at its commas."""
    return sum(
        int(line.rpartition(",")[2])
        for path in folder.glob("*Sales*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    )


def test_publication_killed_at_any_moment(server: ForkServer, tmp_path: Path) -> None:
    warehouse = Files(tmp_path / "w.duckdb", print)
    with connected(warehouse.published, read_only=False) as connection:
        connection.execute("create table one as select 0 as number; create table other as from one")

    def published() -> int:
        with duckdb.connect(str(warehouse.published), read_only=True) as connection:
            one, other = connection.execute("select (from one), (from other)").fetchone()
        assert one == other
        return one

    def start() -> Call:
        return server.start("crash:publish_for_ever", [str(warehouse.published)], own_places(tmp_path), output)

    output = tmp_path / "output.txt"
    begin = time.monotonic()
    publish_once(warehouse)
    cycle, last = time.monotonic() - begin, 1
    chance = random.Random(3)
    moved = 0
    for kill in range(KILLS):
        output.unlink(missing_ok=True)
        call = start()
        if kill % 2:
            # Were all of the moments too early, on a busy machine for example, this test would prove little.
            wait_until(lambda: output.exists() and output.stat().st_size)
        time.sleep(cycle * chance.uniform(0, 2))
        call.kill()
        assert call.wait() == -9, output.read_text(encoding="utf-8")
        # Going back and undoing it may be cut in two: one step back is right, two are not.
        assert published() >= last - 1
        moved += published() > last
        last = published()
    assert moved >= KILLS / 4
    warehouse.roll_back()
    assert published() in (last - 1, last + 1)
