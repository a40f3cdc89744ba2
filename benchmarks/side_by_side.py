"""Readers, a developer and runs on one DuckDB warehouse at the same time: whether any of them fails or waits.

    python benchmarks/side_by_side.py --seconds 300

A reader opens what is published, asks it, and closes it, again and again; a developer builds a mart in a file of their
own, deferred to what is published; runs build, audit and publish the sample. Prints a row for the table in README.md,
and ends with exit code 1 when one of them failed.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

BIN = Path(sys.executable).parent
PROJECT = Path(__file__).resolve().parents[1]
QUESTION = "select sum(profit) from core.fact_orders, (select count(*) from intermediate.int_sales__checked)"


def main() -> int:
    """Runs all three for the given time; each finishes what it has begun."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        published = folder / "warehouse" / "published.duckdb"
        environment = os.environ | {
            "ADVENTURE_LAKE": str(folder / "lake"),
            "ADVENTURE_DATABASE": str(published),
            "ADVENTURE_DEV_DATABASE": str(folder / "warehouse" / "dev.duckdb"),
            "ADVENTURE_DOWNLOADS": str(folder / "downloads"),
            "ADVENTURE_REPORT": str(folder / "report" / "index.html"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        failures: list[str] = []

        def command(*words: str) -> None:
            done = subprocess.run(
                [BIN / words[0], *words[1:]], cwd=PROJECT, env=environment, text=True, capture_output=True
            )
            if done.returncode:
                failures.append(f"{' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

        def read() -> None:
            try:
                with duckdb.connect(str(published), read_only=True) as connection:
                    connection.execute(QUESTION).fetchall()
            except duckdb.Error as error:
                failures.append(f"reader: {error}")

        command("adventure", "run")
        state = str(published.parent / "state")
        until = time.monotonic() + options.seconds
        took: dict[str, list[float]] = {}

        def repeat(who: str, work: Callable[[], None]) -> None:
            while time.monotonic() < until:
                begin = time.perf_counter()
                work()
                took.setdefault(who, []).append(time.perf_counter() - begin)

        build = ("dbt", "build", "--select", "mart_customer_value", "--defer", "--state", state)
        workers = [
            threading.Thread(target=repeat, args=(who, work))
            for who, work in (
                ("reader", read),
                ("developer", lambda: command(*build)),
                ("run", lambda: command("adventure", "run")),
            )
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print("\n".join(failures))
    print("| Seconds | Questions | Longest | Builds of a developer | Runs | Failures | Machine |")
    print("|---:|---:|---:|---:|---:|---:|---|")
    counts = " | ".join(f"{len(took.get(who, []))}" for who in ("developer", "run"))
    print(
        f"| {options.seconds} | {len(took['reader']):,} | {max(took['reader']):.2f} s | {counts} | {len(failures)} | "
        f"{os.cpu_count()} cores, {platform.processor() or platform.machine()} |"
    )
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
