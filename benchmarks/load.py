"""CSV to lake beside a bare DuckDB COPY with declared types: the same ten generated files, side by side in one run.

    python benchmarks/load.py --scale 178          about 10 million order lines
    python benchmarks/load.py --scale 540          about 30 million

Each side runs in a process of its own, so that its memory is its own. The bare side has customers in UTF-8, since
DuckDB reads nothing else, and takes incomes as text. Prints a row for the table in README.md.
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
from pathlib import Path
from adventure_works.contract import raw_tables
from adventure_works.read.recognise import named
files, out = map(Path, sys.argv[1:])
tables = [table for table in raw_tables().values() if table.file_columns]
options = "auto_detect = false, delim = ',', quote = '\\"', escape = '\\"', dateformat = '%m/%d/%Y'"
duckdb.execute("set enable_progress_bar = false")
for path in sorted(files.glob("*.csv")):
    types = {column.header: column.data_type for column in named(path.name, tables).file_columns}
    columns = {
        name: "varchar" if name == "AnnualIncome" else types[name] for name in path.open().readline().strip().split(",")
    }
    duckdb.execute(
        f"copy (select * from read_csv('{path}', header = true, columns = {columns}, {options})) "
        f"to '{out / path.stem}.parquet' (format parquet, compression zstd)"
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
        files = {"loader": scratch / "files", "bare": scratch / "utf-8"}
        generate(files["loader"], files["bare"], options.scale)
        lines = sum(count_lines(path) - 1 for path in files["loader"].glob("*Sales_*.csv"))
        megabytes = sum(path.stat().st_size for path in files["loader"].iterdir()) / 1e6
        best = {side: (float("inf"), 0) for side in ("bare", "loader")}
        for turn in range(options.rounds):
            for side, code in (("bare", BARE), ("loader", LOADER)):
                out = scratch / "out"
                out.mkdir()
                found = timed([sys.executable, "-c", code, str(files[side]), str(out)])
                shutil.rmtree(out)
                best[side] = min(best[side], found)
                print(f"round {turn + 1}: {side} {found[0]:.2f} s, {found[1]} MB", file=sys.stderr)
    (bare, bare_memory), (loader, loader_memory) = best["bare"], best["loader"]
    print(
        f"| {lines:,} | {megabytes:,.0f} MB | {bare:.2f} s, {bare_memory} MB | {loader:.2f} s, {loader_memory} MB "
        f"| {bare / loader:.2f} | {os.cpu_count()} cores, {processor()} |"
    )


def generate(files: Path, in_utf8: Path, scale: float) -> None:
    """Makes the ten files at that scale, and the same ones with customers in UTF-8."""
    adventure = Path(sys.executable).with_name("adventure")
    subprocess.run([adventure, "sample", files, "--scale", str(scale)], check=True, stdout=subprocess.DEVNULL)
    in_utf8.mkdir()
    for path in files.glob("*.csv"):
        if "Customers" not in path.name:
            (in_utf8 / path.name).hardlink_to(path)
            continue
        text = path.open(encoding="cp1252", newline="")
        with text, (in_utf8 / path.name).open("w", encoding="utf-8", newline="") as target:
            shutil.copyfileobj(text, target, 1 << 20)


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
