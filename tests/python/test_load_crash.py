"""A load that is killed at any moment leaves the lake as it was or as it was to be, and the next load succeeds."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from adventure_works.lake.loader import load

MOMENTS = 20
LOAD_WHEN_TOLD = """
import sys
from pathlib import Path
from adventure_works.lake.loader import load
source, lake = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
load(source, Path(lake))
print("done", flush=True)
"""


def fingerprint(lake: Path) -> list[tuple]:
    """Counts and sums that differ between any two sets of files of the test."""
    return duckdb.sql(
        f"""
        select count(*), sum(order_quantity), (select count(*) from read_parquet('{lake}/raw/customers/**/*.parquet')),
            (select sum(return_quantity) from read_parquet('{lake}/raw/returns/**/*.parquet')),
            (select count(*) from read_parquet('{lake}/raw/rejected_rows/**/*.parquet'))
        from read_parquet('{lake}/raw/sales/**/*.parquet')
        """
    ).fetchall()


def load_killed_after(seconds: float, source: Path, lake: Path) -> float:
    """Starts a load and kills it with SIGKILL; returns how long it ran when it was done before."""
    command = [sys.executable, "-c", LOAD_WHEN_TOLD, str(source), str(lake)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        begin = time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        if seconds == float("inf"):
            process.wait()
        else:
            time.sleep(seconds)
            process.kill()
        return time.monotonic() - begin


@pytest.mark.slow
def test_kill_at_any_moment(files: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(files, tmp_path / "other"))
    for path in other.glob("*.csv"):
        if "Sales" in path.name or "Returns" in path.name:
            path.write_bytes(path.read_bytes().replace(b",1\r\n", b",3\r\n"))
    customers = other / "AdventureWorks_Customers.csv"
    customers.write_bytes(b"\r\n".join(customers.read_bytes().split(b"\r\n")[:-2]) + b"\r\n")

    lake = tmp_path / "lake"
    load(str(files), lake)
    states = {files: fingerprint(lake)}
    whole = load_killed_after(float("inf"), other, lake)
    states[other] = fingerprint(lake)
    assert states[files] != states[other]

    now, unfinished = other, 0
    for moment in range(MOMENTS):
        target = files if now == other else other
        ran = load_killed_after(whole * moment / (MOMENTS - 1), target, lake)
        found = fingerprint(lake)
        assert found in (states[now], states[target]), f"killed at moment {moment}"
        unfinished += found == states[now]
        if found == states[target]:
            # Faster than the first time, as it is when the machine has less else to do.
            whole = min(whole, ran)
        load(str(target), lake)
        assert fingerprint(lake) == states[target], f"the load after the one killed at moment {moment}"
        now = target
    # Most of the moments lie inside the load; were they all too late, this test would prove nothing.
    assert unfinished >= MOMENTS / 2
    # A load killed while it sweeps up leaves one version more, to the next load that changes something.
    assert len(list((lake / "versions").iterdir())) <= 3
