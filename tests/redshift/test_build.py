"""The project on Redshift (played by the stand-in): a run is audited and published, and every row equals DuckDB's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import compare
from adventure_works.redshift.session import asking as asking_redshift
from adventure_works.report import evidence, figures
from adventure_works.report.page import page
from adventure_works.report.sections import MODELS
from adventure_works.sample.generator import generate
from adventure_works.warehouse.duckdb_access import asking
from sites import PREFIX, Site, change_files
from standin import deny
from standin.engine import READERS
from standin.stack import StandIn, Warehouse
from tools import night

SCALE = 0.05
COMMENT = re.compile(r"/\* (\{.*?\}) \*/\s")


@dataclass
class Published:
    """What came of `adventure run` on a new warehouse, from files with what cannot be right in them.

    `page` is the report that it wrote, `printed` what it printed, `run` the id of its build, `statements` the log of
    what it sent, and `differences` are those from a build of the same files on DuckDB.
    """

    site: Site
    page: str
    printed: str
    run: str
    statements: list[dict]
    differences: list[str]


@pytest.fixture(scope="module")
def published(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """One run for all tests of this file; test_every_command.py has the other commands and what changes."""
    folder = tmp_path_factory.mktemp("site")
    generate(folder / "files", scale=SCALE, seed=7)
    change_files(folder / "files")
    warehouse = standin.create_warehouse(standin.create_bucket())
    site = Site(folder, folder / "files", warehouse)
    printed = site.run_in_production()
    site.build_without_tests("dev")
    results = json.loads((site.run_target / "run_results.json").read_text(encoding="utf-8"))
    run = results["metadata"]["invocation_id"]
    yield Published(
        site, site.report.read_text(encoding="utf-8"), printed, run, warehouse.statements(), site.differences()
    )
    standin.engine.drop_database(warehouse.database)


def test_every_row_equals_duckdbs(published: Published) -> None:
    assert published.differences == []
    quarantined = published.site.warehouse.query(f"select sum(records) from {PREFIX}operations.ledger_quarantine")
    assert quarantined[0][0] == 3  # both sides of a contradiction, and the return of a product that nobody knows


def test_every_literal_of_a_night_has_a_type(published: Published) -> None:
    """Of dbt's statements too: Redshift gives a literal in a sub-query none."""
    found = [finding for entry in published.statements for finding in deny.findings(entry["sql"])]
    assert {finding.message for finding in found if finding.rule == "untyped-literal"} == set()


def test_a_run_publishes_what_it_has_audited(published: Published) -> None:
    assert "Built and audited" in published.printed
    assert "unit tests" not in published.printed
    query = "select count(*), sum(order_quantity) from {}core.fact_sales"
    (now,) = published.site.warehouse.query(query.format(PREFIX))
    (dev,) = published.site.query_dev(query.format(""))
    assert tuple(now) == dev


def test_the_report_of_the_run_is_the_one_from_duckdb(published: Published) -> None:
    site = published.site
    with pytest.MonkeyPatch.context() as environment, asking(site.database) as duckdb:
        for name, value in site.environ.items():
            environment.setenv(name, value)
        with asking_redshift(site.version.removesuffix("_"), PREFIX.removesuffix("_")) as redshift:
            proof = evidence.read(site.run_target / "state", redshift, MODELS)
        assert page(figures.read(duckdb), proof) == published.page
    assert "Every customer is in one group" in published.page


@pytest.mark.slow
def test_a_build_of_a_part_of_the_data_is_refused_where_others_read(published: Published) -> None:
    site = published.site
    places = {"ADVENTURE_TARGET": "prod", "DBT_TARGET_PATH": str(site.target("prod"))}
    query = f"select outcome from {PREFIX}operations.audit_record"
    for options, named in (
        (("build", "--empty"), "--empty (or DBT_EMPTY)"),
        (("run", "--sample", "1 day"), "--sample (or DBT_SAMPLE)"),
        (("build", "--vars", "as_of_date: 2016-12-31"), "the as_of_date var"),
    ):
        done = site.run("dbt", *options, environ=site.environ | places)
        assert done.returncode != 0
        assert f"Target prod is what others read, and a build with {named} would not" in done.stdout
        assert [*map(tuple, site.warehouse.query(query))] == [("passed",)]


def test_failing_rows_are_stored(published: Published) -> None:
    """The line that a file names twice."""
    audit = f"{published.site.version}audit"
    ((rows,),) = published.site.warehouse.query(f"select count(*) from {audit}.sales__exact_duplicates")
    assert rows > 0
    assert "sales__exact_duplicates" in published.printed
    tables = f"select table_name from information_schema.tables where table_schema = '{audit}'"
    with_rows = {name for (name,) in published.site.warehouse.query(tables)}
    assert "sales__exact_duplicates" in with_rows
    assert all(published.site.warehouse.query(f"select 1 from {audit}.{name} limit 1") for name in with_rows)


def test_relations_and_columns_have_their_descriptions(published: Published) -> None:
    """Those of a version's views too, which are bound, and the views that people read, but for their columns."""
    found = published.site.warehouse.administer(
        f"""
        select n.nspname || '.' || c.relname, a.attname, d.description from pg_description as d
        join pg_class as c on c.oid = d.objoid join pg_namespace as n on n.oid = c.relnamespace
        left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0
        where n.nspname like '{PREFIX}%'
        """
    )
    comments = {(relation, column): text for relation, column, text in found}
    manifest = json.loads((published.site.run_target / "manifest.json").read_text(encoding="utf-8"))
    expected = {}
    for node in manifest["nodes"].values():
        is_relation = node["resource_type"] in ("model", "seed", "snapshot")
        if is_relation and node["config"]["materialized"] != "ephemeral":
            relation = f"{node['schema']}.{node['alias']}"
            expected[relation, None] = node["description"]
            if (layer := node["config"]["schema"]) in compare.SCHEMAS:
                expected[f"{PREFIX}{layer}.{node['alias']}", None] = node["description"]
            expected |= {(relation, name): column["description"] for name, column in node["columns"].items()}
    assert len(expected) > 500
    assert {key: comments.get(key) for key in expected} == expected


def test_every_table_has_the_types_that_its_yaml_declares(published: Published) -> None:
    """Widths of texts too, which DuckDB does not keep. What a view returns has its types from the tables it reads."""
    found = published.site.warehouse.administer(
        f"""
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname like '{PREFIX}%' and n.nspname not like '{PREFIX}%audit' and c.relkind = 'r' and a.attnum > 0
        """
    )
    built: dict[str, dict[str, str]] = {}
    for table, column, data_type in found:
        built.setdefault(table, {})[column] = data_type
    manifest = json.loads((published.site.run_target / "manifest.json").read_text(encoding="utf-8"))
    different = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed") and node["name"] in built:
            declared = {name: postgres_name(column["data_type"]) for name, column in node["columns"].items()}
            different[node["name"]] = set(declared.items()) ^ set(built[node["name"]].items())
    assert len(different) > 40
    assert {name: columns for name, columns in different.items() if columns} == {}


def postgres_name(data_type: str) -> str:
    """The name that PostgreSQL gives a type of the YAML."""
    name, _, width = data_type.replace(", ", ",").partition("(")
    names = {"varchar": "character varying", "timestamp": "timestamp without time zone"}
    return f"{names.get(name, name)}({width}" if width else names.get(name, name)


def test_facts_lie_by_customer_or_product_and_day(published: Published) -> None:
    found = published.site.warehouse.query('select "table", diststyle, sortkey1 from svv_table_info')
    styles = {name: (style, sort) for name, style, sort in found}
    assert styles["fact_sales"] == ("KEY(customer_key)", "order_date")
    assert styles["fact_orders"] == ("KEY(customer_key)", "order_date")
    assert styles["fact_returns"] == ("KEY(product_key)", "return_date")
    assert styles["dim_customers"] == ("KEY(customer_key)", "customer_key")
    for name in ("dim_products", "dim_territories", "thresholds"):
        assert styles[name][0] == "ALL"


@pytest.mark.parametrize("reader", READERS)
def test_readers_may_read_what_is_for_them_and_nothing_else(published: Published, reader: str) -> None:
    found = published.site.warehouse.administer(
        f"""
        select n.nspname, bool_and(has_table_privilege('{reader}', c.oid, 'select')),
            bool_or(has_table_privilege('{reader}', c.oid, 'select')), has_schema_privilege('{reader}', n.oid, 'usage')
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname like '{PREFIX}%'
            and c.relkind in ('r', 'v') and c.relname <> 'audit_record' group by n.nspname, n.oid
        """
    )
    may_read = {*compare.SCHEMAS} - ({"persons"} if reader == READERS[0] else set())
    for schema, every, some, usage in found:
        if re.sub(rf"^{PREFIX}(v\d+_)?", "", schema) in may_read:
            assert (every, usage) == (True, True), schema
        else:
            assert (some, usage) == (False, False), schema


def test_every_statement_names_its_node_or_step_at_its_start(published: Published) -> None:
    """sys_query_history keeps 4,000 characters. Left out: the driver's own statements, which make and read nothing."""
    made, steps = set(), set()
    for statement in (entry["sql"] for entry in published.statements if "sql" in entry):
        if re.match(r"(begin|commit|rollback)\b|set query_group|select pg_backend_pid", statement.strip(), re.I):
            continue
        comment = COMMENT.match(statement)
        assert comment, statement[:500]
        words = json.loads(comment.group(1))
        assert words["app"] == "adventure_works"
        if words.get("run") == published.run:
            assert words["node"], statement
            made.add(words["node"])
        steps.add(words.get("step"))
    assert {"model.adventure_works.fact_sales", "seed.adventure_works.thresholds"} <= made
    assert {"load", "copy into sales", "publish"} <= steps
    assert any("query_group TO 'adventure_works'" in statement["sql"] for statement in published.statements)


def test_a_night_has_few_commits_and_scans(published: Published) -> None:
    """Neither depends on the number of rows. A test that warns, as one of order lines does here, reads them once more.

    The candidate's copy of the facts, in every night but the first, is a scan by a step.
    """
    found = night.count(published.statements, "fact_sales")
    assert found.scans.pop("test.adventure_works.sales__unusual_lines") == 2
    assert found.scans.total() < 20, found.scans
    assert found.commits <= 150


def test_every_number_has_a_scale(published: Published) -> None:
    """A number without one would be rounded to whole by the first `cast(... as numeric)` of a unit test.

    Snapshots have columns of dbt's own.
    """
    found = published.site.warehouse.administer(
        f"""
        select c.relname, a.attname from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname like '{PREFIX}%' and n.nspname not like '{PREFIX}%audit' and c.relkind = 'r'
            and c.relname not like 'snap_%'
            and (a.atttypid = 'numeric'::regtype and a.atttypmod = -1 or a.atttypid = 'text'::regtype)
        """
    )
    assert found == []


def test_dbt_logs_in_by_iam_over_tls(warehouse: Warehouse, tmp_path: Path) -> None:
    """With nothing but what production needs: the workgroup, the database and AWS credentials."""
    site = Site(tmp_path, tmp_path, warehouse)
    by_password = [name for name in site.environ if name.startswith("REDSHIFT_") and name not in warehouse.environ]
    environ = {name: value for name, value in site.environ.items() if name not in by_password}
    done = site.run("dbt", "debug", "--target", "prod", environ=environ)
    assert "All checks passed!" in done.stdout
    assert "method: iam_role" in done.stdout
    assert "sslmode: verify-full" in done.stdout


@pytest.mark.parametrize(
    ("method", "missing"),
    [("iam_role", "REDSHIFT_WORKGROUP"), ("database", "REDSHIFT_HOST"), ("database", "REDSHIFT_PASSWORD")],
)
def test_a_variable_that_is_missing_is_named(warehouse: Warehouse, tmp_path: Path, method: str, missing: str) -> None:
    site = Site(tmp_path, tmp_path, warehouse)
    environ = {name: value for name, value in site.environ.items() if name != missing} | {"REDSHIFT_METHOD": method}
    done = site.run("dbt", "debug", "--target", "prod", environ=environ)
    assert done.returncode != 0
    assert f"Env var required but not provided: '{missing}'" in done.stdout


def test_a_planted_difference_is_found(published: Published) -> None:
    """Last, since it leaves one behind."""
    site = published.site
    assert site.differences("dim_territories") == []
    site.warehouse.administer(
        f"update {site.version}core.dim_territories set region = 'Elsewhere' where territory_key = 3"
    )
    (found,) = site.differences("dim_territories")
    assert found.startswith("core.dim_territories (territory_key 3): region is ")
    assert found.endswith("'Elsewhere' on Redshift")
    done = site.run(
        "python", "tests/redshift/compare.py", "--database", site.database, "--relation", "dim_territories",
        "--manifest", site.run_target / "manifest.json",
    )  # fmt: skip
    assert done.returncode == 1
    assert "core.dim_territories: 11 rows, 1 differ\n  core.dim_territories (territory_key 3): region" in done.stdout
