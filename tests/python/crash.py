"""Kills a run at random moments of load, build and publication: `make crash` (a quarter of a minute a moment).

After each kill the published warehouse must open and hold the old or the new state, and the next run, which is let
finish, must arrive at the new one. Writes what it found into docs/robustness.md.

A third of the moments falls into each phase. Evenly spread over a run, nearly all would fall into the build, and of a
whole run into its tests, which only read: the run is one of the facts with all that they need, without tests.
"""

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from adventure_works.lake.folder import current_version
from adventure_works.sample.generator import generate
from adventure_works.settings import read_settings
from adventure_works.warehouse.artifacts import ARTIFACTS
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_files import Files
from adventure_works.warehouse.record import State
from fork_server import ForkServer
from support.places import PROJECT, own_places

DOCUMENT = PROJECT / "docs" / "robustness.md"
BLOCK = re.compile(r"(<!-- begin: crash -->\n).*?(<!-- end: crash -->)", re.DOTALL)
# Enough of the project for a test that has little time: the facts with all that they need.
REDUCED = ("--select", "+fact_sales", "+fact_returns", "--exclude-resource-type", "test")
PHASES = ("load", "build", "publication")
# What tells one state of the warehouse from another; the view reads the lake, which changes before the tables do.
STATE = (
    "select count(*), sum(order_quantity), sum(profit), (select sum(return_quantity) from core.fact_returns), "
    "(select sum(order_quantity) from staging.stg_adventure_works__sales) from core.fact_sales"
)


def reduced_run() -> None:
    """What `adventure run` does, with a part of the models and none of the tests; runs in a child of ForkServer.

    Prints when each phase began, in seconds of the machine's clock.
    """
    from adventure_works.build import dbt
    from adventure_works.lake.loader import load

    def progress(what: str, done: int, total: int) -> None:
        pass

    def begin(phase: str) -> None:
        print(f"{phase} {time.monotonic()}", flush=True)

    source = sys.argv[-1]
    settings = read_settings(os.environ)
    warehouse = DuckDBWarehouse(settings, print)
    begin("load")
    with warehouse.locked():
        load(source, warehouse.lake, settings)
        begin("build")
        target = warehouse.target_folder
        manifest = dbt.parse(settings, target, warehouse.environ, REDUCED)
        environ = warehouse.start_candidate([], progress) | {"ADVENTURE_WAREHOUSE": warehouse.name}
        dbt.build(settings, target, manifest, environ, REDUCED, progress)
        warehouse.judge_candidate(passed=True, tests=0, build_id=warehouse.keep_evidence(target))
        begin("publication")
        warehouse.publish()
    begin("end")


def publish_for_ever() -> None:
    """Publishes one state after another, and goes back now and then; runs in a child of ForkServer, until killed.

    Prints the number of each state that it has published.
    """
    warehouse = Files(Path(sys.argv[1]), print)
    while True:
        number = publish_once(warehouse)
        print(number, flush=True)
        if number % 3 == 0:
            warehouse.roll_back()
            warehouse.roll_back()


def publish_once(warehouse: Files) -> int:
    """Publishes the state after the one that is published, and returns its number: the two tables agree on it."""
    warehouse.start_from_published()
    with duckdb.connect(str(warehouse.candidate)) as connection:
        (number,) = connection.execute("update one set number = number + 1 returning number").fetchone()
        connection.execute("update other set number = ?", [number])
    warehouse.put_in_place()
    return number


@dataclass(frozen=True)
class Found:
    """What a kill left: the phase it hit, and whether the published state was the old one."""

    phase: str
    is_old: bool


class Rehearsal:
    """Two sets of files and a warehouse that goes from one to the other, killed on the way."""

    def __init__(self, folder: Path, server: ForkServer) -> None:
        self.sources = two_sources(folder)
        self.server = server
        self.places = own_places(folder)
        self.output = folder / "output.txt"
        self.lake = folder / "lake"
        self.warehouse = DuckDBWarehouse(read_settings(self.places), print)
        # Twice there and back, so that the time is that of a run like those that will be killed.
        self.run(0)
        self.states = [self.published()]
        self.run(1)
        begins = self._begins()
        self.seconds = {phase: end - begins[phase] for phase, end in zip(PHASES, [*begins.values()][1:], strict=True)}
        self.states.append(self.published())
        self.now = 1
        assert self.states[0] != self.states[1]

    def run(self, source: int, kill_in: str = "", share: float = 0) -> None:
        """Runs on one of the two sources; where no phase is named to kill it in, it has to end well."""
        self.output.unlink(missing_ok=True)
        arguments = ["run", "--source", str(self.sources[source])]
        call = self.server.start("crash:reduced_run", arguments, self.places, self.output)
        if kill_in:
            while kill_in not in self._begins():
                time.sleep(0.001)
            time.sleep(share * self.seconds[kill_in])
            call.kill()
        code = call.wait()
        assert kill_in or code == 0, self.output.read_text(encoding="utf-8")

    def published(self) -> tuple:
        """What tells one state of the published warehouse from another."""
        with duckdb.connect(str(self.warehouse.published), read_only=True) as connection:
            return connection.execute(STATE).fetchone()

    def killed(self, phase: str, share: float) -> Found:
        """Kills the way to the other state when about that share of a phase is over, and looks at what is left."""
        before = current_version(self.lake)
        self.run(1 - self.now, phase, share)
        found = self.published()
        with self.warehouse.asking_published() as ask:
            kept = {path.name for path in self.warehouse.evidence(ask).iterdir()}
        assert kept == set(ARTIFACTS), "what is published has lost its evidence"
        assert found in self.states, f"a state that never was, killed after {share:.0%} of {phase}: {found}"
        is_old = found == self.states[self.now]
        return Found(self._phase(before, is_old), is_old)

    def converge(self) -> None:
        """Lets the next run finish, and checks that it arrives."""
        self.run(1 - self.now)
        self.now = 1 - self.now
        assert self.published() == self.states[self.now], "the run after a kill arrived elsewhere"

    def _begins(self) -> dict[str, float]:
        """When each phase of the last run began, as far as it came, in seconds of the machine's clock."""
        if not self.output.exists():
            return {}
        lines = re.findall(rf"^({'|'.join(PHASES)}|end) ([0-9.]+)$", self.output.read_text("utf-8"), re.MULTILINE)
        return {phase: float(seconds) for phase, seconds in lines}

    def _phase(self, before: Path | None, is_old: bool) -> str:
        candidate: State | None = next((s for s in self.warehouse.states() if s.role == "candidate"), None)
        if not is_old:
            return "after the rename"
        if current_version(self.lake) == before:
            return "load"
        if candidate and candidate.record and candidate.record.outcome == "passed":
            return "publication"
        return "build and audit"


def two_sources(folder: Path) -> list[Path]:
    """The small sample, and the same with other quantities sold and returned."""
    first, second = folder / "first", folder / "second"
    generate(first, scale=0.01, seed=7)
    shutil.copytree(first, second)
    for path in (*second.glob("*Sales*.csv"), *second.glob("*Returns*.csv")):
        path.write_bytes(path.read_bytes().replace(b",1\r\n", b",3\r\n"))
    return [first, second]


def main() -> None:
    """Kills, looks, runs again, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    kept: Counter[Found] = Counter()
    with tempfile.TemporaryDirectory(prefix="crash-") as name, ForkServer() as server:
        rehearsal = Rehearsal(Path(name), server)
        for number in range(options.moments):
            phase, share = PHASES[number % len(PHASES)], chance.random()
            found = rehearsal.killed(phase, share)
            rehearsal.converge()
            kept[found] += 1
            print(f"{number + 1:>4}  killed after {share:.0%} of the {phase}: {found.phase}", flush=True)
    table = crash_table(kept)
    print(table)
    text, blocks = BLOCK.subn(lambda block: f"{block[1]}{table}{block[2]}", DOCUMENT.read_text(encoding="utf-8"))
    assert blocks == 1, f"{DOCUMENT} has lost its markers"
    DOCUMENT.write_text(text, encoding="utf-8")


def crash_table(kept: Counter[Found]) -> str:
    """Kills by phase, and what was found, as a Markdown table."""
    lines = [
        "| Killed in | Times | Opened | Old state | New state | Next run arrived |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for phase in ("load", "build and audit", "publication", "after the rename"):
        old, new = kept[Found(phase, True)], kept[Found(phase, False)]
        lines.append(f"| {phase} | {old + new} | {old + new} | {old} | {new} | {old + new} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    os.nice(5)
    main()
