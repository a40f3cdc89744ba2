"""The published file for its readers: old and new DuckDB open it, from any folder, and it explains itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from adventure_works.settings import PROJECT
from adventure_works.warehouse.duckdb_access import STORAGE, has_storage
from support.commands import run_dbt
from support.waiting import TIMEOUT

# The oldest DuckDB that docs/connect.md promises.
OLDEST = STORAGE.removeprefix("v")

# Runs in any DuckDB: prints the rows of each table and view, and of each column the sum, or the least and the greatest.
READ = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
columns, found = {}, {}
for schema, table, column, kind in connection.execute(
    "select table_schema, table_name, column_name, data_type from information_schema.columns"
    " where table_catalog = current_database() order by ordinal_position"
).fetchall():
    is_exact = "INT" in kind or "DECIMAL" in kind
    measure = 'sum("{0}")' if is_exact else 'min("{0}"), max("{0}")'
    columns.setdefault(f'"{schema}"."{table}"', []).append(measure.format(column))
for table, measures in columns.items():
    rows = connection.execute(f"select count(*), {', '.join(measures)} from {table}").fetchall()
    found[table] = [str(value) for value in rows[0]]
print(json.dumps(found))
"""


def read(python: Path | str, database: Path, folder: Path) -> dict[str, list[str]]:
    """What a Python's DuckDB finds in a file when it is started in `folder`."""
    done = subprocess.run([python, "-c", READ, database], cwd=folder, text=True, capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def published(built_sample: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """The published file of a run whose lake is a relative path."""
    return built_sample[0] / "warehouse" / "test.duckdb"


def test_everything_can_be_read_from_another_folder(published: Path, tmp_path: Path) -> None:
    found = read(sys.executable, published, tmp_path)
    schemas = {table.partition(".")[0].strip('"') for table in found}
    assert {"core", "marts", "operations", "intermediate", "staging"} <= schemas
    assert int(found['"operations"."run_history"'][0]) > 0
    assert int(found['"staging"."stg_adventure_works__sales"'][0]) > 0


def test_a_file_of_another_name_can_be_read_and_be_attached_under_any(published: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed.duckdb"
    renamed.write_bytes(published.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{renamed}' as shop (read_only)")
        views = connection.execute("select schema_name, view_name from duckdb_views() where database_name = 'shop'")
        for schema, view in views.fetchall():
            connection.execute(f"select count(*) from shop.{schema}.{view}")


def test_the_storage_version_is_the_one_that_is_promised(published: Path) -> None:
    assert has_storage(published)
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))["adventure_works"]["outputs"]
    assert profile["dev"]["config_options"]["storage_compatibility_version"] == STORAGE
    assert f"DuckDB {OLDEST}" in (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_oldest_client_reads_what_ours_reads(published: Path, tmp_path: Path) -> None:
    """Installed from the package index, which has that version for Python up to 3.13."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "old"], check=True)
    python = tmp_path / "old" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", f"duckdb=={OLDEST}"]
    done = subprocess.run(install, text=True, capture_output=True)
    if done.returncode:
        pytest.skip(f"duckdb {OLDEST} cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    version = subprocess.run([python, "-c", "import duckdb; print(duckdb.__version__)"], text=True, capture_output=True)
    assert version.stdout.strip() == OLDEST
    assert read(python, published, tmp_path) == read(sys.executable, published, tmp_path)


def test_every_relation_and_column_has_its_description(published: Path, manifest: dict) -> None:
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot") and node["config"]["materialized"] != "ephemeral"
    ]
    expected = {(node["schema"], node["alias"], None): node["description"] for node in nodes}
    expected |= {
        (node["schema"], node["alias"], column["name"]): column["description"]
        for node in nodes
        for column in node["columns"].values()
    }
    assert len(expected) > 500 and all(expected.values())
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute("""
            select schema_name, table_name, null, comment from duckdb_tables()
            union all select schema_name, view_name, null, comment from duckdb_views()
            union all select schema_name, table_name, column_name, comment from duckdb_columns()
        """).fetchall()
    found = {(schema, table, column): comment for schema, table, column, comment in rows}
    assert {key: found.get(key) for key in expected} == expected
    first_looked_at = [key for key in found if key[0] in ("core", "marts") and key[1] != "metricflow_time_spine"]
    assert [key for key in first_looked_at if not found[key]] == []


def test_only_a_test_with_failing_rows_leaves_a_table(published: Path, tmp_path: Path) -> None:
    audit = "select table_name from duckdb_tables() where schema_name = 'audit'"
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute(audit).fetchall() == []
    folder = tmp_path / "folder"
    shutil.copytree(published.parents[1] / "lake", folder / "lake", symlinks=True)
    own = folder / "warehouse" / "dev_test.duckdb"
    own.parent.mkdir()
    own.write_bytes(published.read_bytes())
    test = "unique_dim_territories_territory_key"
    for statement, tables in (
        ("insert into core.dim_territories from core.dim_territories", [(test,)]),
        ("create or replace table core.dim_territories as select distinct * from core.dim_territories", []),
    ):
        with duckdb.connect(str(own)) as connection:
            connection.execute(statement)
        done = run_dbt(folder, "test", "--select", test, "--exclude-resource-type", "unit_test")
        assert done.returncode == bool(tables), done.stdout
        with duckdb.connect(str(own), read_only=True) as connection:
            assert connection.execute(audit).fetchall() == tables
            if tables:
                assert connection.execute(f"select count(*) from audit.{test}").fetchone() == (11,)
