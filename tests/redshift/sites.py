"""A site: a set of source files, and the warehouses on DuckDB and on Redshift that dbt builds from them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import compare
from adventure_works.lake import s3_read
from adventure_works.settings import PROJECT, S3Place, read_settings
from standin.engine import READERS
from standin.stack import Warehouse
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
                "ADVENTURE_LAKE": str(self.folder / "lake"),
                "ADVENTURE_RAW": str(self.raw),
                "ADVENTURE_DATABASE": str(self.database),
                "ADVENTURE_DOWNLOADS": str(self.folder / "downloads"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            }
        )

    @property
    def database(self) -> Path:
        """DuckDB's file."""
        return self.folder / "dev.duckdb"

    @property
    def lake(self) -> S3Place:
        """The lake on S3."""
        return S3Place(self.warehouse.bucket, "lake")

    @property
    def raw(self) -> Path:
        """What DuckDB reads: the lake's current version, copied here."""
        return self.folder / "raw"

    def target(self, target: str) -> Path:
        """dbt's folder of what it made for a target."""
        return self.folder / f"target_{target}"

    def run(self, *command: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a program of the virtual environment in the project, with the site's environment or the one given."""
        name, *arguments = map(str, command)
        return subprocess.run(
            [Path(sys.executable).with_name(name), *arguments],
            cwd=PROJECT,
            env=self.environ if environ is None else environ,
            text=True,
            capture_output=True,
            timeout=TIMEOUT,
        )

    def dbt(self, *arguments: str, target: str = "prod") -> str:
        """Runs dbt, which must succeed; returns what it printed."""
        done = self.run("dbt", *arguments, "--target", target, "--target-path", self.target(target))
        assert done.returncode == 0, f"dbt {' '.join(arguments)}:\n{done.stdout[-10_000:]}{done.stderr}"
        return done.stdout

    def build_without_tests(self, target: str) -> None:
        """Builds every seed, snapshot and model."""
        self.dbt("build", "--exclude-resource-type", "test", "unit_test", target=target)

    def load(self) -> None:
        """The files into the lake on S3 and from there into Redshift; DuckDB gets a copy of the same version."""
        self._adventure("load", "--source", self.files, "--to", "redshift")
        self._copy_lake()

    def run_in_production(self) -> str:
        """Loads, builds, audits and publishes on Redshift; returns what that printed. DuckDB gets the lake as well."""
        printed = self._adventure("run", "--source", self.files, "--target", "prod")
        self._copy_lake()
        return printed

    def _adventure(self, *arguments: str | Path) -> str:
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

    def query_dev(self, sql: str) -> list[tuple]:
        """The rows of a query on DuckDB."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def differences(self, *names: str) -> list[str]:
        """What differs between the two warehouses, in every relation for readers or in those named."""
        manifest = json.loads((self.target("prod") / "manifest.json").read_text(encoding="utf-8"))
        wanted = [one for one in compare.relations(manifest) if not names or one.name in names]
        found = compare.compare_all(wanted, self.database, self.warehouse.query, PREFIX)
        assert sum(rows for rows, _ in found.values()), "nothing was compared"
        return [str(difference) for _, differences in found.values() for difference in differences]
