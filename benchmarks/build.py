"""Building the star schema and all marts, beside the same tables as bare DuckDB SQL, and as a PySpark job.

    python benchmarks/build.py --scale 178                 about 10 million order lines
    python benchmarks/build.py --scale 1785 --no-spark     about 100 million

Four sides, each in processes of its own, in one run and on the same lake:

full        `dbt run --full-refresh` of every model, without tests
bare        the statements that dbt compiled for these models, run one after the other by DuckDB alone
spark       the dimensions, the two facts and the order level as PySpark (local mode) would make them on AWS Glue
increment   one more day of sales: `adventure load`, then the facts brought up to date

PySpark is no dependency of the project: `pip install pyspark==4.0.1` beside it, and a Java 17.
Prints a row for the table in README.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb
from load import processor, timed

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
FACTS = "+fact_sales +fact_returns"

BARE = """
import json, sys, duckdb
database, statements, settings = sys.argv[1:]
connection = duckdb.connect(database, config=json.loads(settings))
for name, kind, sql in json.load(open(statements)):
    schema = name.rsplit(".", 1)[0]
    connection.execute(f"create schema if not exists {schema}")
    connection.execute(f"create or replace {kind} {name} as {sql}")
"""


def main() -> None:
    """Generates and loads the files, times the sides, and prints their figures and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=178, help="178 is about 10 million order lines")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-spark", action="store_true", help="leave PySpark out")
    parser.add_argument("--scratch", type=Path, help="keep files and lake here, and take them from here when there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        bench = Bench(options.scratch or Path(name))
        bench.prepare(options.scale)
        best: dict[str, tuple[float, int]] = {}
        for turn in range(options.rounds):
            for side in ("full", "bare", *([] if options.no_spark else ["spark"])):
                found = getattr(bench, side)()
                best[side] = min(best.get(side, found), found)
                print(f"round {turn + 1}: {side} {found[0]:.1f} s, {found[1]} MB", file=sys.stderr)
        best["increment"] = bench.increment()
        bench.report(best)


class Bench:
    """One scratch folder with the files, the lake and the databases of every side."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.lake = scratch / "lake"
        self.environment = os.environ | {
            "ADVENTURE_LAKE": str(self.lake),
            "ADVENTURE_DATABASE": str(scratch / "dbt" / "adventure_works.duckdb"),
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
        }

    def prepare(self, scale: float) -> None:
        """The lake with all sales but those of the last day, which wait in a file of their own."""
        (self.scratch / "dbt").mkdir(parents=True, exist_ok=True)
        if self.lake.exists():
            return
        files = self.scratch / "files"
        self.run(BIN / "adventure", "sample", files, "--scale", scale)
        split_last_day(files, self.scratch / "day")
        self.run(BIN / "adventure", "load", "--source", files)
        shutil.rmtree(files)

    def full(self) -> tuple[float, int]:
        """Every model from nothing, as `dbt run` builds it; the seeds and the parsing of the project are not timed."""
        self.dbt("seed")
        self.dbt("parse")
        return timed(self.dbt_command("run", "--full-refresh"), self.environment, PROJECT)

    def bare(self) -> tuple[float, int]:
        """The compiled statements of the same models, in their order, and nothing else."""
        database = self.scratch / "bare" / "adventure_works.duckdb"
        shutil.rmtree(database.parent, ignore_errors=True)
        database.parent.mkdir()
        self.dbt("seed", ADVENTURE_DATABASE=str(database))
        statements = self.scratch / "statements.json"
        statements.write_text(json.dumps(self.statements()))
        settings = json.dumps(
            {"integer_division": True, "default_null_order": "postgres", "ieee_floating_point_ops": False}
        )
        return timed([sys.executable, "-c", BARE, str(database), str(statements), settings], self.environment, PROJECT)

    def spark(self) -> tuple[float, int]:
        """The star schema as a PySpark job writes it to Parquet."""
        out = self.scratch / "spark"
        shutil.rmtree(out, ignore_errors=True)
        return timed([sys.executable, str(PROJECT / "benchmarks" / "spark_job.py"), str(self.lake), str(out)])

    def increment(self) -> tuple[float, int]:
        """One more day: load, and the facts brought up to date."""
        load = timed([str(BIN / "adventure"), "load", "--source", str(self.scratch / "day")], self.environment)
        build = timed(self.dbt_command("run", "--select", *FACTS.split()), self.environment, PROJECT)
        print(f"increment: load {load[0]:.1f} s, facts {build[0]:.1f} s", file=sys.stderr)
        return load[0] + build[0], max(load[1], build[1])

    def statements(self) -> list[tuple[str, str, str]]:
        """Name, kind and SQL of every model, in an order in which they can be built."""
        manifest = json.loads((self.scratch / "target" / "manifest.json").read_text())
        results = json.loads((self.scratch / "target" / "run_results.json").read_text())["results"]
        found = []
        for result in results:
            node = manifest["nodes"].get(result["unique_id"])
            if node and node["resource_type"] == "model":
                kind = "view" if node["config"]["materialized"] == "view" else "table"
                name = f'"{node["schema"]}"."{node["alias"]}"'
                sql = (
                    self.scratch / "target" / "compiled" / "adventure_works" / node["original_file_path"]
                ).read_text()
                found.append((name, kind, sql))
        return found

    def report(self, best: dict[str, tuple[float, int]]) -> None:
        """Prints the row of the table."""
        with duckdb.connect(self.environment["ADVENTURE_DATABASE"], read_only=True) as connection:
            (lines,) = connection.execute("select count(*) from core.fact_sales").fetchone()
        full, bare = best["full"], best["bare"]
        spark = f"{best['spark'][0]:.1f} s, {best['spark'][0] / full[0]:.1f} x" if "spark" in best else "-"
        day = best["increment"]
        print(
            f"| {lines:,} | {full[0]:.1f} s, {full[1]:,} MB | {bare[0]:.1f} s, {bare[1]:,} MB "
            f"| {full[0] / bare[0]:.2f} | {spark} | {day[0]:.1f} s, {day[0] / full[0]:.1%} "
            f"| {os.cpu_count()} cores, {processor()} |"
        )

    def dbt_command(self, *arguments: str) -> list[str]:
        """A dbt command on the project, quiet."""
        return [str(BIN / "dbt"), "--quiet", *arguments]

    def dbt(self, *arguments: str, **environment: str) -> None:
        """Runs dbt untimed."""
        subprocess.run(self.dbt_command(*arguments), cwd=PROJECT, env=self.environment | environment, check=True)

    def run(self, *command: object) -> None:
        """Runs a command untimed."""
        subprocess.run([str(part) for part in command], env=self.environment, check=True, stdout=subprocess.DEVNULL)


def split_last_day(files: Path, day: Path) -> None:
    """Moves the sales of the last day into a file of their own."""
    day.mkdir(exist_ok=True)
    sales = files / "AdventureWorks_Sales_2017.csv"
    last = last_date(sales)
    stamp = f"{last.month}/{last.day}/{last.year}"
    kept = sales.with_suffix(".kept")
    with sales.open() as source, kept.open("w") as rest, (day / "AdventureWorks_Sales_today.csv").open("w") as today:
        header = next(source)
        rest.write(header)
        today.write(header)
        for line in source:
            (today if line.startswith(f"{stamp},") else rest).write(line)
    kept.replace(sales)


def last_date(path: Path) -> date:
    """The date of the last record of a file that is sorted by date."""
    with path.open("rb") as file:
        file.seek(-4096, os.SEEK_END)
        month, day, year = file.read().decode().strip().splitlines()[-1].split(",")[0].split("/")
    return date(int(year), int(month), int(day))


if __name__ == "__main__":
    main()
