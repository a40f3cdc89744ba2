"""CSV to lake beside a bare DuckDB COPY with declared types: the same generated files, side by side in one run.

    python benchmarks/load.py --scale 180          about 10 million order lines
    python benchmarks/load.py --scale 540          about 30 million

Each side runs in a process of its own, so that its memory is its own. Prints a row for the table in README.md.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = """
import sys, duckdb
files, out = sys.argv[1:]
columns = {
    "OrderDate": "DATE", "StockDate": "DATE", "OrderNumber": "VARCHAR", "ProductKey": "INTEGER",
    "CustomerKey": "INTEGER", "TerritoryKey": "INTEGER", "OrderLineItem": "INTEGER", "OrderQuantity": "INTEGER",
}
duckdb.execute("set enable_progress_bar = false")
options = "header = true, auto_detect = false, delim = ',', quote = '\\"', escape = '\\"', dateformat = '%m/%d/%Y'"
duckdb.execute(
    f"copy (select * from read_csv('{files}/*.csv', columns = {columns}, {options})) "
    f"to '{out}/bare.parquet' (format parquet, compression zstd)"
)
"""
LOADER = """
import sys
from pathlib import Path
from adventure_works.lake.loader import load
files, lake = sys.argv[1:]
load(files, Path(lake))
"""


def main() -> None:
    """Generates the files, times both sides in turn, and prints the best of each and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=180, help="180 is about 10 million order lines")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        scratch = Path(name)
        sales = generate_sales(scratch, options.scale)
        lines = sum(count_lines(path) - 1 for path in sales.iterdir())
        megabytes = sum(path.stat().st_size for path in sales.iterdir()) / 1e6
        best = {side: (float("inf"), 0) for side in ("bare", "loader")}
        for turn in range(options.rounds):
            for side, code in (("bare", BARE), ("loader", LOADER)):
                out = Path(shutil.copytree(scratch / "lake", scratch / "out", symlinks=True))
                found = timed([sys.executable, "-c", code, str(sales), str(out)])
                shutil.rmtree(out)
                best[side] = min(best[side], found)
                print(f"round {turn + 1}: {side} {found[0]:.2f} s, {found[1]} MB", file=sys.stderr)
    (bare, bare_memory), (loader, loader_memory) = best["bare"], best["loader"]
    print(
        f"| {lines:,} | {megabytes:,.0f} MB | {bare:.2f} s, {bare_memory} MB | {loader:.2f} s, {loader_memory} MB "
        f"| {bare / loader:.2f} | {os.cpu_count()} cores, {processor()} |"
    )


def generate_sales(scratch: Path, scale: float) -> Path:
    """A folder with nothing but the sales at that scale, and beside it a lake that holds the other tables."""
    adventure = Path(sys.executable).with_name("adventure")
    subprocess.run([adventure, "sample", scratch / "small", "--scale", "0.01"], check=True)
    subprocess.run([sys.executable, "-c", LOADER, str(scratch / "small"), str(scratch / "lake")], check=True)
    subprocess.run([adventure, "sample", scratch / "large", "--scale", str(scale)], check=True)
    sales = scratch / "sales"
    sales.mkdir()
    for path in (scratch / "large").glob("*Sales_*.csv"):
        path.rename(sales / path.name)
    shutil.rmtree(scratch / "large")
    return sales


def count_lines(path: Path) -> int:
    """Lines of a file, read in pieces: a child begins with the memory of its parent, and would be charged for it."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def timed(
    command: list[str], environment: dict[str, str] | None = None, folder: Path | None = None
) -> tuple[float, int]:
    """Seconds that the command takes, and the most memory that it had, in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{' '.join(command[:2])} failed")
    return seconds, usage.ru_maxrss // 1024


def processor() -> str:
    """Name of the processor, where the system tells."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
