"""Every command of dbt on Redshift (played by the stand-in), and builds of files that change: minutes."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adventure_works.sample.generator import generate
from sites import PREFIX, Site, change_files
from standin.stack import StandIn

pytestmark = pytest.mark.slow

SCALE = 0.05
MART = "mart_territory_performance"


@dataclass
class Story:
    """What came of loading the sample, building it, changing the files, and building again.

    `differences` are those between the engines after each build, `printed` what each command printed, `facts` the rows
    of each fact before and after a full refresh.
    """

    site: Site
    differences: dict[str, list[str]]
    printed: dict[str, str]
    facts: dict[str, list[list[tuple]]]


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
    differences["first"] = site.differences()

    change_files(site.files)
    printed["adventure run"] = site.run_in_production()
    site.build_without_tests("dev")
    differences["published"] = site.differences()
    own = site.environ | {"ADVENTURE_LAKE": str(site.lake), "ADVENTURE_DEVELOPER": "Anna-B"}
    done = site.run("adventure", "dev", "--target", "prod", "--select", MART, environ=own)
    printed["adventure dev"] = done.stdout + done.stderr
    refused = site.run("dbt", "build", environ=site.environ | {"ADVENTURE_TARGET": "prod"})
    printed["refused"] = refused.stdout
    version = site.version
    printed["build again"] = site.dbt("build", "--exclude-resource-type", "unit_test", "test", version=version)
    # On both sides the second build of these files, which finds no change since the first.
    site.build_without_tests("dev")
    printed["snapshot"] = site.dbt("snapshot", version=version)
    differences["second"] = site.differences()
    facts = {name: [facts_of(site, name)] for name in ("fact_sales", "fact_returns")}
    printed["run"] = site.dbt("run", "--full-refresh", version=version)
    for name, states in facts.items():
        states.append(facts_of(site, name))
    printed["docs"] = site.dbt("docs", "generate", version=version)
    printed["freshness"] = site.dbt("source", "freshness")
    printed["test"] = site.dbt("test", "--store-failures", "--select", "tag:suspicious", version=version)

    yield Story(site, differences, printed, facts)
    standin.engine.drop_database(warehouse.database)


def facts_of(site: Site, name: str) -> list[tuple]:
    """The rows of a fact on Redshift, in order, without the column that says from which load each was built."""
    manifest = json.loads((site.target("prod") / "manifest.json").read_text(encoding="utf-8"))
    columns = ", ".join(sorted(manifest["nodes"][f"model.adventure_works.{name}"]["columns"].keys() - {"build_state"}))
    return sorted(site.warehouse.query(f"select {columns} from {PREFIX}core.{name}"), key=str)


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
    """The states by the units of each: what plain dbt has built first was published until the run replaced it."""
    assert "Built and audited" in story.printed["adventure run"]
    assert "unit tests" not in story.printed["adventure run"]
    query = "select count(*), sum(order_quantity) from adventure_works_{}core.fact_sales"
    (before,), (now,) = (story.site.warehouse.query(query.format(state)) for state in ("v0_", ""))
    ((lines, units),) = story.site.query_dev("select count(*), sum(order_quantity) from core.fact_sales")
    assert tuple(now) == (lines, units) != tuple(before)


def test_plain_dbt_does_not_build_over_the_views_that_people_read(story: Story) -> None:
    assert "`adventure run` publishes in the schemas adventure_works_*: they hold views" in story.printed["refused"]
    assert f"ADVENTURE_CANDIDATE={story.site.version.removesuffix('_')}." in story.printed["refused"]


def test_a_developer_builds_in_schemas_of_their_own_beside_what_is_published(story: Story) -> None:
    """Of all models the selected one is built there; it reads the others, and the raw tables, of production."""
    assert f"{MART}: " in story.printed["adventure dev"].rpartition("Compared with what is published")[2]
    assert "no row differs" in story.printed["adventure dev"]
    found = story.site.warehouse.administer(
        f"select schemaname, tablename from pg_tables where schemaname like '{PREFIX}dev%' "
        "and schemaname not like '%_audit'"
    )
    assert [tuple(row) for row in found] == [(f"{PREFIX}dev_anna_b_marts", MART)]


def test_failing_rows_are_stored(story: Story) -> None:
    """The line that a file names twice."""
    assert "WARN" in story.printed["test"]
    ((rows,),) = story.site.warehouse.query(f"select count(*) from {story.site.version}audit.sales__exact_duplicates")
    assert rows > 0


def test_docs_know_every_column_and_its_keys(story: Story) -> None:
    catalog = json.loads((story.site.target("prod") / "catalog.json").read_text(encoding="utf-8"))
    assert catalog["errors"] is None
    manifest = json.loads((story.site.target("prod") / "manifest.json").read_text(encoding="utf-8"))
    models = {
        name
        for name, node in manifest["nodes"].items()
        # In a version, as in a run, the steps are no relations.
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "ephemeral"
    }
    assert set(catalog["nodes"]) >= models
    assert len(catalog["sources"]) == len(manifest["sources"])
    for name in models:
        found = {column.lower() for column in catalog["nodes"][name]["columns"]}
        described = set(manifest["nodes"][name]["columns"])
        # A view describes what it makes, not what it passes on.
        is_view = manifest["nodes"][name]["config"]["materialized"] == "view"
        assert described <= found if is_view else described == found, name
