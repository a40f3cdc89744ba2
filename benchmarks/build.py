"""Building everything, and bringing it up to date by one day, beside bare DuckDB SQL and a PySpark job.

    python benchmarks/build.py --scale 178 --spark PYTHON      about 10 million order lines
    python benchmarks/build.py --scale 1785                    about 100 million; an hour, 26 GB of disk seen in use

Sides, one after the other, on the same files, each step in a process of its own:

full        `adventure load` of all but the last day, then `dbt build` of every seed, snapshot and model, without tests
bare        the seeds, then what dbt compiled for every snapshot and model, run by DuckDB alone in the same order
spark SQL   the statements of the bare side in Spark's dialect, run by PySpark in local mode
increment   one more day: `adventure load`, the copy that a run builds in, the facts, and the publication; then, apart,
            everything that is rebuilt from them
star        `dbt build` of the star schema with its history, and what that needs
spark       the star schema by a PySpark job written by hand

PySpark is not a dependency of the project: PYTHON is an interpreter that has it (`pip install pyspark sqlglot`), beside
a Java 17.
DuckDB has `--memory` on each side. Prints rows for the tables in README.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_left
from pathlib import Path

import duckdb
from load import processor, timed

BENCHMARKS = Path(__file__).resolve().parent
PROJECT = BENCHMARKS.parent
BIN = Path(sys.executable).parent
BUILT = ("--resource-type", "seed", "--resource-type", "snapshot", "--resource-type", "model")
FACTS = ("fact_sales", "fact_returns")
# What spark_job.py makes.
STAR = (
    *FACTS,
    "fact_orders",
    "dim_customers",
    "dim_customers_history",
    "dim_products",
    "dim_products_history",
    "dim_product_subcategories",
    "dim_product_categories",
    "dim_territories",
    "dim_dates",
)
# As in profiles.yml.
SETTINGS = {
    "integer_division": True,
    "default_null_order": "postgres",
    "ieee_floating_point_ops": False,
}

BARE = """
import json, sys, duckdb
database, statements, settings = sys.argv[1:]
connection = duckdb.connect(database, config=json.loads(settings))
connection.execute("set enable_progress_bar = false")
for statement in json.load(open(statements)):
    connection.execute(statement)
"""
START = """
import sys
from pathlib import Path
from adventure_works.settings import Settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
warehouse = DuckDBWarehouse(Settings(database=Path(sys.argv[1]), lake=Path(sys.argv[2])), print)
print(warehouse.start_candidate([], lambda what, done, total: None)["ADVENTURE_RAW"])
"""
PUBLISH = """
import sys
from pathlib import Path
from adventure_works.settings import Settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
warehouse = DuckDBWarehouse(Settings(database=Path(sys.argv[1])), print)
warehouse.judge_candidate(passed=True, tests=0)
warehouse.publish()
"""

Timing = tuple[float, int]  # seconds, and the most memory in MB


def main() -> None:
    """Makes the files, times the sides, and prints their figures and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=178, help="178 is about 10 million order lines")
    parser.add_argument("--rounds", type=int, default=1, help="of star and spark; the best counts")
    parser.add_argument("--memory", default="9GB", help="what DuckDB may take, on every side")
    parser.add_argument("--spark", type=Path, metavar="PYTHON", help="interpreter with PySpark; left out without it")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()), help="where there is room")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.scratch) as name:
        bench = Bench(Path(name), options.memory)
        bench.make_files(options.scale)
        load = bench.load()
        build, bare = bench.full(), bench.bare()
        bench.print_full(load, build, bare)
        if options.spark:
            bench.print_spark("everything", bench.warehouse, build, bench.spark_sql(options.spark))
        bench.print_increment(bench.increment(), load[0] + build[0])
        if options.spark:
            rounds = [(bench.star(), bench.spark(options.spark)) for _ in range(options.rounds)]
            bench.print_spark("star schema", bench.star_warehouse, *(min(side) for side in zip(*rounds, strict=True)))


class Bench:
    """A scratch folder with the files, the lake and the database of each side; one big database at a time."""

    def __init__(self, scratch: Path, memory: str) -> None:
        self.scratch = scratch
        self.memory = memory
        self.warehouse = scratch / "dbt" / "adventure_works.duckdb"
        self.star_warehouse = scratch / "star" / "adventure_works.duckdb"
        self.lake = scratch / "lake"
        self.environment = os.environ | {
            "ADVENTURE_LAKE": str(self.lake),
            "ADVENTURE_MEMORY": memory,
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
        }

    def make_files(self, scale: float) -> None:
        """The generated files, with the sales of the last day in a file of their own."""
        subprocess.run([BIN / "adventure", "sample", self.scratch / "files", "--scale", str(scale)], check=True)
        split_last_day(self.scratch / "files" / "AdventureWorks_Sales_2017.csv", self.scratch / "day")

    def load(self) -> Timing:
        """All files but that of the last day, into a new lake."""
        load = self._adventure_load(self.scratch / "files")
        shutil.rmtree(self.scratch / "files")
        return load

    def full(self) -> Timing:
        """Everything from nothing."""
        self._parse(self.warehouse)
        self.warehouse.parent.mkdir()
        return self._dbt(self.warehouse)

    def bare(self) -> Timing:
        """The statements of the same seeds, snapshots and models, in the same order, and nothing else."""
        database = self.scratch / "bare" / "adventure_works.duckdb"
        database.parent.mkdir()
        statements = self.scratch / "statements.json"
        statements.write_text(json.dumps(self._statements()))
        settings = json.dumps(SETTINGS | {"memory_limit": self.memory})
        timing = timed([sys.executable, "-c", BARE, str(database), str(statements), settings])
        self._check_equal(database)
        shutil.rmtree(database.parent)
        return timing

    def increment(self) -> dict[str, Timing]:
        """One more day, step by step as `adventure run` goes."""
        load = self._adventure_load(self.scratch / "day")
        start = self._python(START, self.warehouse, self.lake)
        candidate = self.warehouse.parent / "candidate" / self.warehouse.name
        self._parse(candidate)
        facts = self._dbt(candidate, "--select", *(f"+{fact}" for fact in FACTS))
        publish = self._python(PUBLISH, self.warehouse)
        self._parse(self.warehouse)
        rest = self._dbt(self.warehouse, "--exclude", *(f"+{fact}" for fact in FACTS))
        return {"load": load, "copy": start, "facts": facts, "publish": publish, "everything else": rest}

    def star(self) -> Timing:
        """The tables of the PySpark job, from nothing."""
        shutil.rmtree(self.star_warehouse.parent, ignore_errors=True)
        self.star_warehouse.parent.mkdir()
        self._parse(self.star_warehouse)
        return self._dbt(self.star_warehouse, "--select", *(f"+{table}" for table in STAR))

    def spark_sql(self, python: Path) -> Timing:
        """The statements of the bare side, by PySpark; the tables are Parquet."""
        out = self.scratch / "spark_sql"
        timing = timed([str(python), str(BENCHMARKS / "spark_sql.py"), str(self.scratch / "statements.json"), str(out)])
        self._check_spark(self.warehouse, {path.name.replace("__", ".", 1): path for path in out.iterdir()})
        shutil.rmtree(out)
        return timing

    def spark(self, python: Path) -> Timing:
        """The star schema as Parquet, by the PySpark job written by hand."""
        out = self.scratch / "spark"
        shutil.rmtree(out, ignore_errors=True)
        timing = timed([str(python), str(BENCHMARKS / "spark_job.py"), str(self.lake), str(out)])
        self._check_spark(self.star_warehouse, {f"core.{table}": out / table for table in STAR})
        return timing

    def print_full(self, load: Timing, build: Timing, bare: Timing) -> None:
        """The row of full builds."""
        print(
            f"| {lines(self.warehouse):,} | {load[0]:.1f} s, {load[1]:,} MB | {build[0]:.1f} s, {build[1]:,} MB "
            f"| {bare[0]:.1f} s, {bare[1]:,} MB | {build[0] / bare[0]:.2f} | {machine()} |",
            flush=True,
        )

    def print_increment(self, steps: dict[str, Timing], full: float) -> None:
        """The row of one more day; `full` is the time of loading and building everything, in seconds."""
        facts = sum(seconds for step, (seconds, _) in steps.items() if step != "everything else")
        each = " | ".join(f"{seconds:.1f} s" for seconds, _ in steps.values())
        print(
            f"| {lines(self.warehouse):,} | {each} | {facts:.1f} s of {full:.1f} s, {facts / full:.1%} | {machine()} |"
        )

    def print_spark(self, tables: str, built: Path, dbt: Timing, spark: Timing) -> None:
        """A row of dbt beside PySpark."""
        times = f"{dbt[0]:.1f} s | {spark[0]:.1f} s | {spark[0] / dbt[0]:.1f}"
        print(f"| {lines(built):,} | {tables} | {times} | {machine()} |", flush=True)

    def _statements(self) -> list[str]:
        """What makes every seed, snapshot and model, in the order in which dbt has finished them."""
        target = self.scratch / "target"
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        results = json.loads((target / "run_results.json").read_text())["results"]
        results.sort(key=lambda result: result["timing"][-1]["completed_at"])
        made = [(nodes[result["unique_id"]], result["compiled_code"]) for result in results]
        made = [(node, sql) for node, sql in made if node["resource_type"] != "operation"]
        schemas = dict.fromkeys(node["schema"] for node, _ in made)
        return [
            *(f"create schema {schema}" for schema in schemas),
            *(self._statement(node, sql) for node, sql in made),
        ]

    def _statement(self, node: dict, sql: str) -> str:
        """What makes a node from nothing; `sql` is its query, of a model or a snapshot."""
        name = f'"{node["schema"]}"."{node["alias"]}"'
        if node["resource_type"] == "seed":
            with duckdb.connect(str(self.warehouse), read_only=True) as connection:
                columns = connection.execute(f"select column_name, column_type from (describe {name})").fetchall()
            casts = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns)
            path = PROJECT / node["original_file_path"]
            return f"create table {name} as select {casts} from read_csv('{path}', header = true, all_varchar = true)"
        if node["resource_type"] == "snapshot":
            # dbt adds columns of its own.
            return next((self.scratch / "target" / "run").rglob(f"{node['name']}.sql")).read_text()
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        return f"create {kind} {name} as {sql}"

    def _check_equal(self, database: Path) -> None:
        """Refuses a comparison of sides that have not made the same tables with the same rows."""
        counts = []
        for path in (self.warehouse, database):
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() where not internal order by all"
                ).fetchall()
                counts.append(
                    {name: connection.execute(f"select count(*) from {name}").fetchall() for (name,) in tables}
                )
        if counts[0] != counts[1]:
            raise SystemExit(f"dbt has made {counts[0]}, bare SQL {counts[1]}")

    def _check_spark(self, built: Path, tables: dict[str, Path]) -> None:
        """Refuses a comparison with tables that are not the same; `tables` are folders of Parquet, by name."""
        with duckdb.connect(str(built), read_only=True) as connection:
            for table, folder in tables.items():
                measure = "sum(profit)" if table in ("core.fact_sales", "core.fact_orders") else "0"
                dbt, spark = (
                    connection.execute(f"select count(*), {measure} from {place}").fetchone()
                    for place in (table, f"'{folder}/*.parquet'")
                )
                if dbt != spark:
                    raise SystemExit(f"{table}: dbt has made {dbt}, PySpark {spark} (rows, profit)")

    def _adventure_load(self, source: Path) -> Timing:
        return timed([str(BIN / "adventure"), "load", "--source", str(source)], self.environment, PROJECT)

    def _dbt(self, database: Path, *selection: str) -> Timing:
        """`dbt build` without tests, timed."""
        command = [str(BIN / "dbt"), "--quiet", "build", *BUILT, *selection]
        return timed(command, self.environment | {"ADVENTURE_DEV_DATABASE": str(database)}, PROJECT)

    def _parse(self, database: Path) -> None:
        """Reads the project, untimed: dbt keeps what it has read until the place of the database changes."""
        environment = self.environment | {"ADVENTURE_DEV_DATABASE": str(database)}
        subprocess.run([BIN / "dbt", "--quiet", "parse"], cwd=PROJECT, env=environment, check=True)

    def _python(self, code: str, *arguments: Path) -> Timing:
        return timed([sys.executable, "-c", code, *map(str, arguments)], self.environment, PROJECT)


def split_last_day(sales: Path, into: Path) -> None:
    """Moves the last day of a file that is sorted by date into a file of its own in the new folder `into`."""
    into.mkdir()
    with sales.open("rb+") as file:
        header = file.readline()
        end = file.seek(0, os.SEEK_END)
        file.seek(max(len(header), end - 1000))
        day = file.read().splitlines()[-1].split(b",")[0] + b","

        def begins_at(offset: int) -> tuple[int, bool]:
            """Where the next line begins, and whether it is of the last day."""
            file.seek(offset)
            file.readline()
            start = file.tell()
            line = file.readline()
            return start, not line or line.startswith(day)

        first = bisect_left(range(len(header), end), True, key=lambda offset: begins_at(offset)[1])
        start, _ = begins_at(len(header) + first)
        file.seek(start)
        (into / "AdventureWorks_Sales_today.csv").write_bytes(header + file.read())
        file.truncate(start)


def lines(database: Path) -> int:
    """Order lines in a warehouse."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("select count(*) from core.fact_sales").fetchone()[0]


def machine() -> str:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {processor()}"


if __name__ == "__main__":
    main()
