"""The project on Redshift (played by the stand-in): every command of dbt passes, and every row equals DuckDB's."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import compare
from adventure_works.sample import generate
from sites import PREFIX, Site
from standin.engine import READERS
from standin.stack import StandIn, Warehouse

SCALE = 0.05
COMMENT = re.compile(r"/\* (\{.*\}) \*/;?\s*$")


@dataclass
class Story:
    """What came of loading the sample, building it, changing the files, and building again.

    `differences` are those between the engines after each build, `printed` what each command printed, `facts` the rows
    of each fact before and after it was built anew, `run` the id of the run that built first, `statements` the log of
    what the runs up to it sent.
    """

    site: Site
    differences: dict[str, list[str]]
    printed: dict[str, str]
    facts: dict[str, list[list[tuple]]]
    run: str
    statements: list[dict]


@pytest.fixture(scope="module")
def story(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One sequence of commands for all tests of this file, since each takes its time."""
    folder = tmp_path_factory.mktemp("site")
    generate(folder / "files", scale=SCALE, seed=7)
    warehouse = standin.create_warehouse(standin.create_bucket())
    site = Site(folder, folder / "files", warehouse)
    differences, printed = {}, {}

    site.load()
    site.build_without_tests("dev")
    printed["seed"] = site.dbt("seed")
    # Unit tests run on Redshift in test_build_kaggle.py.
    printed["build"] = site.dbt("build", "--exclude-resource-type", "unit_test")
    results = json.loads((site.target("prod") / "run_results.json").read_text(encoding="utf-8"))
    statements = warehouse.statements()
    differences["first"] = site.differences()

    change_files(site.files)
    printed["adventure run"] = site.run_in_production()
    site.build_without_tests("dev")
    differences["published"] = site.differences()
    printed["build again"] = site.dbt("build", "--exclude-resource-type", "unit_test", "test")
    printed["snapshot"] = site.dbt("snapshot")
    differences["second"] = site.differences()
    facts = {name: [facts_of(site, name)] for name in ("fact_sales", "fact_returns")}
    printed["run"] = site.dbt("run", "--full-refresh")
    for name, states in facts.items():
        states.append(facts_of(site, name))
    printed["docs"] = site.dbt("docs", "generate")
    printed["freshness"] = site.dbt("source", "freshness")
    printed["test"] = site.dbt("test", "--store-failures", "--select", "tag:suspicious")

    yield Story(site, differences, printed, facts, results["metadata"]["invocation_id"], statements)
    standin.engine.drop_database(warehouse.database)


def facts_of(site: Site, name: str) -> list[tuple]:
    """The rows of a fact on Redshift, in order, without the column that says from which load each was built."""
    manifest = json.loads((site.target("prod") / "manifest.json").read_text(encoding="utf-8"))
    columns = ", ".join(sorted(manifest["nodes"][f"model.adventure_works.{name}"]["columns"].keys() - {"build_state"}))
    return sorted(site.warehouse.query(f"select {columns} from {PREFIX}core.{name}"), key=str)


def change_files(files: Path) -> None:
    """Changes, adds and removes rows; some become what cannot be right."""

    def sales(rows: list[list[str]]) -> None:
        rows[1][7] = "5"
        del rows[10:15]
        rows.append(rows[20])
        rows.append([*rows[30][:7], "9"])
        rows.append([*rows[-3][:2], "SO99999", *rows[-3][3:6], "1", "2"])

    def returns(rows: list[list[str]]) -> None:
        del rows[1]
        rows.append([*rows[1][:2], "999999", "1"])

    def customers(rows: list[list[str]]) -> None:
        rows[1][8] = '"$10,000 "'
        del rows[2:6]

    def products(rows: list[list[str]]) -> None:
        rows[1][-1] = "1999.9999"

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


def test_every_command_passes(story: Story) -> None:
    assert {"seed", "build", "build again", "snapshot", "run", "docs", "freshness", "test"} < set(story.printed)
    assert re.search(r"PASS=\d{3} WARN=\d+ ERROR=0 SKIP=0", story.printed["build"])
    for words in ("deprecat", "Nothing to do"):
        assert words not in "".join(story.printed.values())


def test_every_row_equals_duckdbs(story: Story) -> None:
    assert story.differences["first"] == []


def test_every_row_equals_duckdbs_after_rows_were_changed_added_and_removed(story: Story) -> None:
    assert story.differences["published"] == []
    assert story.differences["second"] == []
    quarantined = story.site.warehouse.query(f"select sum(records) from {PREFIX}operations.ledger_quarantine")
    assert quarantined[0][0] == 3  # both sides of a contradiction, and the return of a product that nobody knows


def test_incremental_builds_leave_what_one_full_build_makes(story: Story) -> None:
    for incremental, full in story.facts.values():
        assert incremental and incremental == full


def test_a_run_publishes_what_it_has_audited_and_keeps_what_was_before(story: Story) -> None:
    """The states by the revenue of each: what the first build has left was published until the run replaced it."""
    assert "Built and audited" in story.printed["adventure run"]
    assert "unit tests" not in story.printed["adventure run"]
    query = "select count(*), sum(order_quantity) from adventure_works_{}core.fact_sales"
    (before,), (now,) = (story.site.warehouse.query(query.format(state)) for state in ("previous_", ""))
    ((lines, units),) = story.site.query_dev("select count(*), sum(order_quantity) from core.fact_sales")
    assert tuple(now) == (lines, units) != tuple(before)
    assert not story.site.warehouse.query("select nspname from pg_namespace where nspname like '%candidate%'")


def test_failing_rows_are_stored(story: Story) -> None:
    """The line that a file names twice."""
    assert "WARN" in story.printed["test"]
    ((rows,),) = story.site.warehouse.query(f"select count(*) from {PREFIX}audit.sales__exact_duplicates")
    assert rows > 0


def test_docs_know_every_column_and_its_keys(story: Story) -> None:
    catalog = json.loads((story.site.target("prod") / "catalog.json").read_text(encoding="utf-8"))
    assert catalog["errors"] is None
    manifest = json.loads((story.site.target("prod") / "manifest.json").read_text(encoding="utf-8"))
    models = {name for name, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    assert set(catalog["nodes"]) >= models
    assert len(catalog["sources"]) == len(manifest["sources"])
    for name in models:
        described = {column.lower() for column in catalog["nodes"][name]["columns"]}
        assert described == set(manifest["nodes"][name]["columns"]), name


def test_every_table_has_the_types_that_its_yaml_declares(story: Story) -> None:
    """Widths of texts too, which DuckDB does not keep. What a view returns has its types from the tables it reads."""
    found = story.site.warehouse.administer(
        f"""
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname like '{PREFIX}%' and n.nspname not like '{PREFIX}%audit' and c.relkind = 'r' and a.attnum > 0
        """
    )
    built: dict[str, dict[str, str]] = {}
    for table, column, data_type in found:
        built.setdefault(table, {})[column] = data_type
    manifest = json.loads((story.site.target("prod") / "manifest.json").read_text(encoding="utf-8"))
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


def test_facts_lie_by_customer_or_product_and_day(story: Story) -> None:
    found = story.site.warehouse.query('select "table", diststyle, sortkey1 from svv_table_info')
    styles = {name: (style, sort) for name, style, sort in found}
    assert styles["fact_sales"] == ("KEY(customer_key)", "order_date")
    assert styles["fact_orders"] == ("KEY(customer_key)", "order_date")
    assert styles["fact_returns"] == ("KEY(product_key)", "return_date")
    assert styles["dim_customers"] == ("KEY(customer_key)", "customer_key")
    for name in ("dim_products", "dim_territories", "thresholds"):
        assert styles[name][0] == "ALL"


@pytest.mark.parametrize("reader", READERS)
def test_readers_may_read_what_is_for_them_and_nothing_else(story: Story, reader: str) -> None:
    found = story.site.warehouse.administer(
        f"""
        select n.nspname, bool_and(has_table_privilege('{reader}', c.oid, 'select')),
            bool_or(has_table_privilege('{reader}', c.oid, 'select')), has_schema_privilege('{reader}', n.oid, 'usage')
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname like '{PREFIX}%' and n.nspname not like '{PREFIX}previous%'
            and c.relkind in ('r', 'v') and c.relname <> 'audit_record' group by n.nspname, n.oid
        """
    )
    for schema, every, some, usage in found:
        if schema.removeprefix(PREFIX) in compare.SCHEMAS:
            assert (every, usage) == (True, True), schema
        else:
            assert (some, usage) == (False, False), schema


def test_every_statement_names_its_model_and_run(story: Story) -> None:
    """What makes a table: the comment must be behind the statement that does the work, not lost with another.

    dbt leaves it out where it inserts the rows of a seed, which are parameters; what is kept of a run is nobody's cost.
    """
    made = set()
    for statement in story.statements:
        if re.match(
            r"\s*(create\s+table.*\bas\s*\(|insert\s(?!.*(\(\$1,|run_results)))", statement["sql"], re.S | re.I
        ):
            comment = COMMENT.search(statement["sql"])
            assert comment, statement["sql"]
            words = json.loads(comment.group(1))
            assert (words["app"], words["target"]) == ("adventure_works", "prod")
            if words["run"] == story.run:
                made.add(words["node"])
    assert {"model.adventure_works.fact_sales", "model.adventure_works.mart_customer_value"} <= made
    assert any("query_group TO 'adventure_works'" in statement["sql"] for statement in story.statements)


def test_every_number_has_a_scale(story: Story) -> None:
    """A number without one would be rounded to whole by the first `cast(... as numeric)` of a unit test.

    Snapshots have columns of dbt's own.
    """
    found = story.site.warehouse.administer(
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


def test_a_planted_difference_is_found(story: Story) -> None:
    """Last, since it leaves one behind."""
    site = story.site
    assert site.differences("dim_territories") == []
    site.warehouse.administer(f"update {PREFIX}core.dim_territories set region = 'Elsewhere' where territory_key = 3")
    (found,) = site.differences("dim_territories")
    assert found.startswith("core.dim_territories (territory_key 3): region is ")
    assert found.endswith("'Elsewhere' on Redshift")
    done = site.run(
        "python", "tests/redshift/compare.py", "--database", site.database, "--relation", "dim_territories",
        "--manifest", site.target("prod") / "manifest.json",
    )  # fmt: skip
    assert done.returncode == 1
    assert "core.dim_territories: 11 rows, 1 differ\n  core.dim_territories (territory_key 3): region" in done.stdout
