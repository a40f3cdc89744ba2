"""Publishing a DuckDB warehouse beside a copy of its file: what `adventure run` adds to a plain `dbt build`.

    python benchmarks/publish.py --megabytes 1000

Prints a row for the table in README.md: `cp` of the file, the candidate (a copy that nobody writes into meanwhile), and
the publication itself (a rename, after everything is on disk).
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from adventure_works.warehouse.duckdb_files import Files

ROWS_A_MEGABYTE = 50_000


def main() -> None:
    """Makes a file of about the size, times all three in turn, and prints the best of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        warehouse = Files(Path(name) / "w.duckdb", print)
        with duckdb.connect(str(warehouse.published)) as connection:
            rows = options.megabytes * ROWS_A_MEGABYTE
            connection.execute(f"create table noise as select gen_random_uuid() as id from range({rows})")
        size = warehouse.published.stat().st_size
        copy = Path(name) / "copy.duckdb"
        for _ in range(options.rounds):
            steps: dict[str, Callable[[], object]] = {
                "cp": lambda: subprocess.run(["cp", "--reflink=never", warehouse.published, copy], check=True),
                "candidate": warehouse.start_from_published,
                "publication": warehouse.put_in_place,
            }
            for step, work in steps.items():
                os.sync()
                begin = time.perf_counter()
                work()
                best[step] = min(best.get(step, float("inf")), time.perf_counter() - begin)
            copy.unlink()
    seconds = " | ".join(f"{best[step]:.2f} s" for step in ("cp", "candidate", "publication"))
    print("| File | `cp` | Candidate | Publication | Machine |\n|---:|---:|---:|---:|---|")
    print(
        f"| {size / 1e6:,.0f} MB | {seconds} | {os.cpu_count()} cores, {platform.processor() or platform.machine()} |"
    )


if __name__ == "__main__":
    main()
