"""A site: a set of source files, and the warehouses on DuckDB and on Redshift that dbt builds from them."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import compare
from adventure_works.lake import s3_read
from adventure_works.settings import PROJECT, S3Place, read_settings
from standin.engine import READERS
from standin.stack import Warehouse
from support import commands, warm
from support.waiting import TIMEOUT

PREFIX = "adventure_works_"
"""What the schemas on Redshift begin with."""


@dataclass
class Site:
    """Where it is: `folder` takes the lake, DuckDB's file and dbt's folders, `files` are the CSV files."""

    folder: Path
    files: Path
    warehouse: Warehouse

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every command."""
        return (
            os.environ
            | self.warehouse.environ
            | self.warehouse.login_by_password
            | {
                "REDSHIFT_READERS": f"{READERS[0]}, group:{READERS[1]}",
                "REDSHIFT_PERSON_READERS": f"group:{READERS[1]}",
                "ADVENTURE_LAKE": str(self.folder / "lake"),
                "ADVENTURE_DATABASE": str(self.folder / "warehouse" / "test.duckdb"),
                "ADVENTURE_DEV_DATABASE": str(self.database),
                "ADVENTURE_DOWNLOADS": str(self.folder / "downloads"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "DBT_LOG_LEVEL_FILE": "info",
                "ADVENTURE_REPORT": str(self.report),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            }
        )

    @property
    def database(self) -> Path:
        """DuckDB's file, in which plain dbt builds."""
        return self.folder / "warehouse" / "dev_test.duckdb"

    @property
    def report(self) -> Path:
        """The page that a run writes."""
        return self.folder / "report" / "index.html"

    @property
    def lake(self) -> S3Place:
        """The lake on S3."""
        return S3Place(self.warehouse.bucket, "lake")

    @property
    def raw(self) -> Path:
        """What DuckDB reads: the lake's current version, copied here."""
        return self.folder / "lake" / "raw"

    def target(self, target: str) -> Path:
        """dbt's folder of what it made for a target."""
        return self.folder / f"target_{target}"

    @property
    def run_target(self) -> Path:
        """dbt's folder of `adventure run` on Redshift."""
        (found,) = (self.target("prod") / "adventure_run").glob(f"{PREFIX.removesuffix('_')}-*")
        return found

    def run(self, *command: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a program of the virtual environment in the project, with the site's environment or the one given."""
        name, *arguments = map(str, command)
        environ = self.environ if environ is None else environ
        if name in warm.TOOLS:
            return warm.run(name, arguments, PROJECT, environ, TIMEOUT, commands.parsed())
        command = [Path(sys.executable).with_name(name), *arguments]
        return subprocess.run(command, cwd=PROJECT, env=environ, text=True, capture_output=True, timeout=TIMEOUT)

    def dbt(self, *arguments: str, target: str = "prod", version: str = "") -> str:
        """Runs dbt, which must succeed, in a version if one is named; returns what it printed."""
        # Not `--target`, with which dbt would not use the parse that it is given.
        places = {"ADVENTURE_TARGET": target, "DBT_TARGET_PATH": str(self.target(target))}
        places |= {"ADVENTURE_CANDIDATE": version.removesuffix("_")} if version else {}
        self.database.parent.mkdir(exist_ok=True)
        done = self.run("dbt", *arguments, environ=self.environ | places)
        assert done.returncode == 0, f"dbt {' '.join(arguments)}:\n{done.stdout[-10_000:]}{done.stderr}"
        return done.stdout

    def build_without_tests(self, target: str) -> None:
        """Builds every seed, snapshot and model."""
        self.dbt("build", "--exclude-resource-type", "test", "unit_test", target=target)

    def load(self) -> None:
        """The files into the lake on S3 and from there into Redshift; DuckDB gets a copy of the same version."""
        self.adventure("load", "--source", self.files, "--to", "redshift")
        self._copy_lake()

    def run_in_production(self) -> str:
        """Loads, builds, audits and publishes on Redshift; returns what that printed. DuckDB gets the lake as well."""
        printed = self.adventure("run", "--source", self.files, "--target", "prod")
        self._copy_lake()
        return printed

    def adventure(self, *arguments: str | Path) -> str:
        """Runs a command on the lake on S3, which must succeed; returns what it printed."""
        environ = self.environ | {"ADVENTURE_LAKE": str(self.lake), "DBT_TARGET_PATH": str(self.target("prod"))}
        done = self.run("adventure", *arguments, environ=environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _copy_lake(self) -> None:
        shutil.rmtree(self.raw, ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.warehouse.environ.items():
                patch.setenv(name, value)
            found = s3_read.published(self.lake, read_settings(os.environ))
            assert found
            for number, file in enumerate(found.files):
                folder = self.raw / file.table
                folder.mkdir(parents=True, exist_ok=True)
                s3_read.Reader(self.lake, read_settings(os.environ)).fetch(file, folder / f"{number}.parquet")

    @property
    def version(self) -> str:
        """What the names of the schemas begin with in which the published version is."""
        query = f"select version from {PREFIX}runs.publications where version is not null order by number desc limit 1"
        ((number,),) = self.warehouse.query(query)
        return f"{PREFIX}v{number}_"

    def query_dev(self, sql: str) -> list[tuple]:
        """The rows of a query on DuckDB."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def differences(self, *names: str) -> list[str]:
        """What differs between the two warehouses, in every relation for readers or in those named."""
        plain = self.target("prod") / "manifest.json"
        manifest = json.loads((plain if plain.exists() else self.run_target / plain.name).read_text(encoding="utf-8"))
        wanted = [one for one in compare.relations(manifest) if not names or one.name in names]
        found = compare.compare_all(wanted, self.database, self.warehouse.query, PREFIX)
        assert sum(rows for rows, _ in found.values()), "nothing was compared"
        return [str(difference) for _, differences in found.values() for difference in differences]


def change_files(files: Path) -> None:
    """Changes, adds and removes rows; some become what cannot be right."""

    def sales(rows: list[list[str]]) -> None:
        rows[1][7] = "5"
        del rows[10:15]
        rows.append(rows[20])
        rows.append([*rows[30][:7], "9"])
        rows.append([*rows[-3][:2], "SO99999", *rows[-3][3:6], "1", "2"])
        for row in rows[40:50]:
            row[2] += "  "  # blanks behind keys do not make another order

    def returns(rows: list[list[str]]) -> None:
        del rows[1]
        rows.append([*rows[1][:2], "999999", "1"])

    def customers(rows: list[list[str]]) -> None:
        rows[1][8] = '"$10,000 "'
        del rows[2:6]

    def products(rows: list[list[str]]) -> None:
        rows[1][-1] = "1999.9999"
        rows[2][2] += " "

    edit(files / "AdventureWorks_Sales_2017.csv", sales)
    edit(files / "AdventureWorks_Returns.csv", returns)
    edit(files / "AdventureWorks_Customers.csv", customers)
    edit(files / "AdventureWorks_Products.csv", products)


def edit(file: Path, change: Callable[[list[list[str]]], None]) -> None:
    """Rewrites a CSV file after `change` has been at its rows, the header being the first."""
    with file.open(encoding="latin-1", newline="") as source:  # any bytes, and back
        rows = list(csv.reader(source))
    change(rows)
    with file.open("w", encoding="latin-1", newline="") as target:
        csv.writer(target).writerows(rows)
