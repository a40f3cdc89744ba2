"""Several builds of one warehouse in this process: much quicker than a command each, since dbt is read in once."""

import os
from pathlib import Path

import duckdb
import pytest

from support.places import PROJECT, own_places


class Warehouse:
    """A lake and a warehouse of a test's own, in `folder`; dbt runs on them with `dbt`, and `rows` reads them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lake = folder / "lake"
        self.database = folder / "warehouse" / "dev_test.duckdb"
        self.database.parent.mkdir(parents=True, exist_ok=True)
        for name, value in own_places(folder).items():
            if os.environ.get(name) != value:
                monkeypatch.setenv(name, value)
        self._options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--log-level", "none"]

    def dbt(self, *arguments: str) -> None:
        """Runs a dbt command and fails, with what dbt says, when any node does."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        result = dbtRunner().invoke([*arguments, "--no-version-check", *self._options])
        DuckDBConnectionManager.close_all_connections()
        nodes = getattr(result.result, "results", None) or []
        wrong = [f"{node.node.name}: {node.message}" for node in nodes if node.status in ("error", "fail")]
        assert result.success, "\n".join(wrong) or result.exception

    def build(self, *arguments: str) -> None:
        """`dbt build` of everything but the tests."""
        self.dbt("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *arguments)

    def rows(self, query: str) -> list[tuple]:
        """What the warehouse answers to a query."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).fetchall()
