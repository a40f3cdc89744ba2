"""The project keeps its own rules, each rule can fail, and the documents made from the manifest are up to date."""

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from support.places import PROJECT
from tools.docs import documents
from tools.manifest_lint import problems


def test_the_project_keeps_its_rules(manifest: dict) -> None:
    found = problems(manifest)
    assert not found, "\n".join(found)


def model(manifest: dict, name: str) -> dict:
    return manifest["nodes"][f"model.adventure_works.{name}"]


def read(manifest: dict, reader: str, *read: str) -> None:
    model(manifest, reader)["depends_on"]["nodes"] += read


def leave_out(manifest: dict, reader: str, read: str) -> None:
    model(manifest, reader)["depends_on"]["nodes"].remove(read)


def drop_grain_tests(manifest: dict, name: str) -> None:
    for test in manifest["nodes"].values():
        if test.get("attached_node") == f"model.adventure_works.{name}":
            test["attached_node"] = None


def drop_test(manifest: dict, name: str) -> None:
    test = next(node for node in manifest["nodes"].values() if node["name"] == name)
    del manifest["nodes"][test["unique_id"]]


def drop_readers(manifest: dict, name: str) -> None:
    for node in manifest["nodes"].values():
        read = node.get("depends_on", {}).get("nodes", [])
        if f"model.adventure_works.{name}" in read:
            read.remove(f"model.adventure_works.{name}")


def source(manifest: dict, name: str) -> dict:
    return manifest["sources"][f"source.adventure_works.adventure_works.{name}"]


def reads_persons(manifest: dict, node: dict, select: str) -> None:
    persons = source(manifest, "customers")["relation_name"]
    node["compiled_code"] = f"with persons as (select * from {persons}) select {select} from persons"


def lose_mark(manifest: dict, name: str, column: str) -> None:
    model(manifest, name)["columns"][column]["config"]["meta"] = {}
    reads_persons(manifest, model(manifest, name), f"coalesce({column}, '?') as {column}")


def a_test(manifest: dict) -> dict:
    return next(node for node in manifest["nodes"].values() if node["name"] == "fact_returns__key")


def a_unit_test(manifest: dict) -> dict:
    return next(test for test in manifest["unit_tests"].values() if test["model"] == "fact_sales")


LEAVES = ("category_performance", "cross_sell", "price_elasticity", "product_profitability")
DIMENSIONS = ("customers", "customers_history", "dates", "products", "products_history", "territories")

# What is broken: how, and what the linter says of it.
BREAKAGES: dict[str, tuple[Callable[[dict], object], str]] = {
    "an intermediate model reads the raw lake": (
        lambda m: read(m, "int_sales__checked", "source.adventure_works.adventure_works.sales"),
        "int_sales__checked: intermediate may not read sales (sources)",
    ),
    "staging reads staging": (
        lambda m: read(m, "stg_adventure_works__sales", "model.adventure_works.stg_adventure_works__products"),
        "stg_adventure_works__sales: staging/adventure_works may not read stg_adventure_works__products",
    ),
    "the core reads a mart": (
        lambda m: read(m, "dim_customers", "model.adventure_works.mart_customer_value"),
        "dim_customers: core may not read mart_customer_value (marts/customers)",
    ),
    "the core reads a step towards a mart": (
        lambda m: read(m, "dim_customers", "model.adventure_works.int_customers__scores"),
        "dim_customers: core may not read int_customers__scores (marts/customers/intermediate)",
    ),
    "a mart reads a step of another group's marts": (
        lambda m: read(m, "mart_customer_value", "model.adventure_works.int_category_months"),
        "mart_customer_value: marts/customers may not read int_category_months (marts/profitability/intermediate)",
    ),
    "the core reads the ledger": (
        lambda m: read(m, "dim_customers", "model.adventure_works.ledger_amounts"),
        "dim_customers: core may not read ledger_amounts (operations/ledger)",
    ),
    "a mart reads staging": (
        lambda m: read(m, "mart_customer_value", "model.adventure_works.stg_adventure_works__sales"),
        "mart_customer_value: marts/customers may not read stg_adventure_works__sales (staging/adventure_works)",
    ),
    "a mart reads below the core what is not noted": (
        lambda m: read(m, "mart_customer_value", "model.adventure_works.int_sales__checked"),
        "mart_customer_value: marts/customers may not read int_sales__checked (intermediate/sales)",
    ),
    "a raw table is left out of the ledger": (
        lambda m: leave_out(m, "ledger_files", "model.adventure_works.stg_adventure_works__territories"),
        "ledger_files: does not read the raw table territories; add it to the macro raw_tables",
    ),
    "a folder is no layer": (
        lambda m: model(m, "dim_dates").update(original_file_path="models/misc/dim_dates.sql"),
        "dim_dates: models/misc is not a layer",
    ),
    "a name has the wrong prefix": (
        lambda m: model(m, "fact_sales").update(name="sales"),
        "sales: in core names start with dim_ or fact_",
    ),
    "a name is not in snake case": (
        lambda m: model(m, "fact_sales").update(name="fact_Sales"),
        "fact_Sales: in core names start with dim_ or fact_ and are in snake case",
    ),
    "a file has another name": (
        lambda m: model(m, "fact_sales").update(original_file_path="models/core/sales.sql"),
        "fact_sales: the file is sales.sql, not fact_sales.sql",
    ),
    "the YAML stands elsewhere": (
        lambda m: model(m, "fact_sales").update(patch_path="adventure_works://models/core/schema.yml"),
        "fact_sales: the YAML must be models/core/fact_sales.yml",
    ),
    "the grain is not tested": (
        lambda m: drop_grain_tests(m, "fact_sales"),
        "fact_sales: no test of the grain",
    ),
    "the grain is not said": (
        lambda m: model(m, "fact_sales").update(description="Sales."),
        "fact_sales: the description must start with 'One row per'",
    ),
    "no column is listed": (
        lambda m: model(m, "fact_sales").update(columns={}),
        "fact_sales: no columns are listed",
    ),
    "a column is neither described nor typed": (
        lambda m: model(m, "fact_sales")["columns"]["revenue"].update(description=" ", data_type=None),
        "fact_sales.revenue: no description and no data_type",
    ),
    "a seed is not described": (
        lambda m: m["nodes"]["seed.adventure_works.age_groups"].update(description=""),
        "age_groups: the description must start with 'One row per'",
    ),
    "a contract is not enforced": (
        lambda m: model(m, "fact_sales")["contract"].update(enforced=False),
        "fact_sales: models in core need an enforced contract",
    ),
    "a mart is not public": (
        lambda m: model(m, "mart_customer_value").update(access="protected"),
        "mart_customer_value: access is protected, not public",
    ),
    "a staging model is public": (
        lambda m: model(m, "stg_adventure_works__sales").update(access="public"),
        "stg_adventure_works__sales: access is public, not protected",
    ),
    "nobody owns a model": (
        lambda m: model(m, "fact_sales").update(group=None),
        "fact_sales: belongs to no group, so nobody owns it",
    ),
    "a unit test has another model's name": (
        lambda m: a_unit_test(m).update(name="fact_returns__money"),
        "fact_returns__money: a unit test of fact_sales is named fact_sales__<behaviour>",
    ),
    "the name of a test is too long": (
        lambda m: a_test(m).update(name="x" * 64),
        "longer than 63 bytes; give the test a name",
    ),
    "a test has no kind": (
        lambda m: a_test(m).update(tags=[]),
        "fact_returns__key: must have a tag of must_hold, reconcile, suspicious",
    ),
    "a test has kinds that exclude each other": (
        lambda m: a_test(m).update(tags=["must_hold", "suspicious"]),
        "fact_returns__key: cannot be suspicious and must_hold",
    ),
    "a test that must hold only warns": (
        lambda m: a_test(m)["config"].update(severity="warn"),
        "fact_returns__key: the severity is warn",
    ),
    "a unique column may be NULL": (
        lambda m: drop_test(m, "age_groups__key"),
        "age_groups.age_group_order: unique, but not tested for NULL",
    ),
    "a model reads nothing": (
        lambda m: model(m, "fact_returns")["depends_on"].update(nodes=[]),
        "fact_returns: reads no source and no model",
    ),
    "a model names a relation itself": (
        lambda m: model(m, "fact_returns").update(raw_code="select 1 from {{ x }} join core.fact_sales on true"),
        "fact_returns: names core.fact_sales itself",
    ),
    "a model reads several sources": (
        lambda m: read(m, "stg_adventure_works__sales", "source.adventure_works.adventure_works.returns"),
        "stg_adventure_works__sales: reads several sources: returns, sales",
    ),
    "a model reads again what its step was made from": (
        lambda m: read(m, "mart_holdout_test", "model.adventure_works.fact_orders"),
        "mart_holdout_test: reads fact_orders again beside int_regions__profit_of_customers, which only it reads",
    ),
    "a source is not read": (
        lambda m: model(m, "stg_adventure_works__sales")["depends_on"].update(nodes=[]),
        "sales: no model reads this source",
    ),
    "two models read a source": (
        lambda m: read(m, "stg_adventure_works__returns", "source.adventure_works.adventure_works.sales"),
        "sales: several models read this source",
    ),
    "a table is two sources": (
        lambda m: source(m, "sales").update(relation_name=source(m, "returns")["relation_name"]),
        "the same table as the source",
    ),
    "a source has no freshness": (
        lambda m: m["sources"]["source.adventure_works.adventure_works_load.load_log"].update(freshness=None),
        "load_log: no freshness is set",
    ),
    "a column of a source is not described": (
        lambda m: source(m, "sales")["columns"]["order_date"].update(description=""),
        "sales: no description of the source or of a column: order_date",
    ),
    "a source is described elsewhere": (
        lambda m: source(m, "sales").update(original_file_path="models/staging/runs/_sources.yml"),
        "sales: described in models/staging/runs, but read by stg_adventure_works__sales elsewhere",
    ),
    "views are chained": (
        lambda m: [node["config"].update(materialized="view") for node in m["nodes"].values()],
        "views on each other; make one a table",
    ),
    "a model has many leaves": (
        lambda m: [read(m, f"mart_{name}", "model.adventure_works.dim_dates") for name in LEAVES],
        "dim_dates: read by more than 3 models that no model reads",
    ),
    "a model reads many others": (
        lambda m: read(m, "mart_price_elasticity", *(f"model.adventure_works.dim_{name}" for name in DIMENSIONS)),
        "mart_price_elasticity: reads more than 7 others",
    ),
    "an exposure reads a model that is not public": (
        lambda m: model(m, "mart_cross_sell").update(access="protected"),
        "cross_selling, mart_cross_sell: the exposure reads a model that is not public",
    ),
    "a public model has no contract": (
        lambda m: model(m, "ledger_files")["contract"].update(enforced=False),
        "ledger_files: public, but no contract is enforced",
    ),
    "an exception is no longer needed": (
        lambda m: drop_readers(m, "int_product_groups__on_sale"),
        "mart_profitability_matrix: the exception from rejoined_concept is not needed",
    ),
    "a macro is not described": (
        lambda m: m["macros"]["macro.adventure_works.share_of"].update(description=""),
        "share_of: the macro has no description",
    ),
    "an argument of a macro is not described": (
        lambda m: m["macros"]["macro.adventure_works.share_of"]["arguments"].pop(),
        "share_of: the YAML describes the arguments ['part'], the macro has ['part', 'whole']",
    ),
    "a personal column is in the core": (
        lambda m: model(m, "dim_customers")["columns"]["prefix"]["config"]["meta"].update(personal=True),
        "dim_customers.prefix: is personal, and readers are granted core",
    ),
    "a mart is made from a name": (
        lambda m: reads_persons(m, model(m, "mart_customer_value"), "customer_key, upper(persons.last_name) as label"),
        "mart_customer_value.label: is personal, and readers are granted marts",
    ),
    "a mart passes every column on": (
        lambda m: reads_persons(m, model(m, "mart_customer_value"), "*"),
        "mart_customer_value.annual_income: is personal, and readers are granted marts",
    ),
    "a mart has the latest birth date": (
        lambda m: reads_persons(m, model(m, "mart_customer_value"), "max(birth_date) as youngest"),
        "mart_customer_value.youngest: is personal, and readers are granted marts",
    ),
    "a personal column of staging is not marked": (
        lambda m: lose_mark(m, "stg_adventure_works__customers", "last_name"),
        "stg_adventure_works__customers.last_name: is made from personal data; mark it",
    ),
    "the report reads persons": (
        lambda m: m["exposures"]["exposure.adventure_works.report"]["depends_on"]["nodes"].append(
            "model.adventure_works.dim_customer_persons"
        ),
        "report: reads dim_customer_persons, which has personal columns",
    ),
    "an audit table keeps persons": (
        lambda m: reads_persons(m, a_test(m), "customer_key, first_name"),
        "fact_returns__key: would keep failing rows with first_name; set store_failures to false",
    ),
    "an exposure has no owner": (
        lambda m: m["exposures"]["exposure.adventure_works.report"].update(owner={"email": "x@example.com"}),
        "report: an exposure needs a description and the name of its owner",
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_every_rule_can_fail(breakage: str, manifest: dict) -> None:
    break_it, complaint = BREAKAGES[breakage]
    broken = copy.deepcopy(manifest)
    break_it(broken)
    new = set(problems(broken)) - set(problems(manifest))
    assert any(complaint in problem for problem in new), sorted(new)


@pytest.mark.parametrize(
    "select",
    [
        "count(distinct email_address) as addresses",
        "avg(annual_income) as mean_income, customer_key",
        "case when annual_income >= 50000 then 'Medium' else 'Low' end as income_bracket",
        "birth_date is null as has_no_birth_date",
    ],
)
def test_what_tells_no_person_may_be_in_a_mart(select: str, manifest: dict) -> None:
    changed = copy.deepcopy(manifest)
    reads_persons(changed, model(changed, "mart_customer_value"), select)
    assert set(problems(changed)) <= set(problems(manifest))


def test_the_documents_are_up_to_date(manifest: dict) -> None:
    for name, content in documents(manifest).items():
        assert (PROJECT / name).read_text(encoding="utf-8") == content, f"{name} is out of date: run make docs"


def test_the_diagram_shows_what_is_tested(manifest: dict) -> None:
    diagram = documents(manifest)["docs/erd.md"]
    assert "    dim_customers ||--o{ fact_sales : customer_key" in diagram
    assert "        integer order_line_number PK" in diagram
    tests = [name for name in manifest["nodes"] if name.startswith("test.adventure_works.fact_sales__rows_are_sound")]
    without = copy.deepcopy(manifest)
    for name in tests:
        del without["nodes"][name]
    assert "dim_customers ||--o{ fact_sales" not in documents(without)["docs/erd.md"]


def test_the_glossary_has_every_measure(manifest: dict) -> None:
    glossary = documents(manifest)["docs/glossary.md"]
    for metric in manifest["metrics"].values():
        assert f"| `{metric['name']}` | {' '.join(metric['description'].split())} |" in glossary
    assert "`profit / revenue`" in glossary
    assert "`count(distinct order_number) from fact_sales`" in glossary


def test_every_column_that_is_built_is_described_with_its_type(
    manifest: dict, built_sample: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    """A view may leave out columns that it only passes on from what it reads, where they are described.

    DuckDB keeps no width of texts; tests/redshift/test_build.py compares those.
    """
    with duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_name, column_name, data_type from information_schema.columns")
        built: dict[str, dict[str, str]] = {}
        for table, column, data_type in found.fetchall():
            built.setdefault(table, {})[column] = data_type
        nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
        described_nodes = [*nodes, *manifest["sources"].values()]
        declared = {column["data_type"] for node in described_nodes for column in node["columns"].values()} - {None}
        # What DuckDB makes of a declared type: numeric(18, 4) is its DECIMAL(18,4).
        own = {name: connection.execute(f"select typeof(cast(null as {name}))").fetchone()[0] for name in declared}
    described = {
        node["unique_id"]: {(column["name"], own.get(column["data_type"])) for column in node["columns"].values()}
        for node in described_nodes
    }

    def described_before(unique_id: str) -> set[tuple[str, str]]:
        parents = manifest["parent_map"].get(unique_id, [])
        return set().union(*(described.get(parent, set()) | described_before(parent) for parent in parents))

    different = {}
    for node in nodes:
        found = set(built[node["name"]].items())
        different[node["name"]] = found ^ described[node["unique_id"]]
        if node["config"]["materialized"] == "view" and described[node["unique_id"]] <= found:
            different[node["name"]] -= described_before(node["unique_id"])
    assert {name: columns for name, columns in different.items() if columns} == {}
