"""Load, build and test everything, and say how it went."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from adventure_works.errors import AdventureError
from adventure_works.publish.audited import judge_candidate
from adventure_works.publish.files import Warehouse
from adventure_works.settings import Settings, shown
from adventure_works.warehouse import Ask, dbt_options, in_file

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Tag or resource type of a test, and what the summary calls it. A test with two of the tags counts as the first.
KINDS = {
    "reconcile": "reconcile",
    "suspicious": "suspicious",
    "must_hold": "must hold",
    "unit_test": "unit tests",
}


@dataclass(frozen=True)
class Problem:
    """A node of the build that did not pass: its name, status, dbt's message, and the table of failing rows."""

    name: str
    status: str
    message: str
    failures: str | None


@dataclass(frozen=True)
class BuildResult:
    """How a build went: nodes by resource type, tests by kind and status, and what did not pass.

    `work` is the time by resource type or kind of test, in seconds, added up over the threads.
    """

    nodes: Counter[str]
    tests: dict[str, Counter[str]]
    work: Counter[str]
    errors: list[Problem]
    warnings: list[Problem]
    seconds: float


def build(
    settings: Settings, database: Path, raw: Path, progress: Callable[[str, int, int], None], *options: str
) -> BuildResult:
    """Runs `dbt build` in this process, without the unit tests: `make test` runs them, since no data changes them.

    Args:
        settings: where dbt leaves its log and what it compiles.
        database: the DuckDB file to build in.
        raw: the version of the lake to build from, a folder.
        progress: told what is being built, the number of nodes done, and of all.
        options: of `dbt build`.

    Raises:
        AdventureError: dbt could not start, for example because another process holds the file.
    """
    # As plain dbt parses it, so that the two share one parse. `--target` would be part of what that depends on.
    with _environment(ADVENTURE_TARGET="dev", DBT_TARGET=""):
        manifest = _parse(settings, *options)
    _read_from(manifest, raw)
    with _environment(ADVENTURE_TARGET="dev", DBT_TARGET="", ADVENTURE_DATABASE=str(database), ADVENTURE_RAW=str(raw)):
        try:
            return _dbt_build(settings, manifest, ["--exclude-resource-type", "unit_test", *options], progress)
        except AdventureError as error:
            if "Conflicting lock" in str(error):
                raise AdventureError(
                    f"{shown(database)} is open in another process. Close it there and run again.\n{error}"
                ) from error
            raise
        finally:
            _release_warehouse()


def _parse(settings: Settings, *options: str) -> "Manifest":
    """Reads the project, or takes what dbt has kept of it; of the options of `dbt build` only some bear on that."""
    from dbt.cli.main import dbtRunner

    bearing = [word for pair in pairwise(options) if pair[0] in ("--target", "--vars") for word in pair]
    done = dbtRunner().invoke(["parse", *bearing, *dbt_options(settings.logs)])
    if done.exception or done.result is None:
        raise AdventureError(f"dbt cannot read the project: {str(done.exception).strip()}")
    return done.result


def _read_from(manifest: "Manifest", raw: Path) -> None:
    """Lets the sources in the lake name the version of it that is audited; later loads move lake/raw to another."""
    for source in manifest.sources.values():
        for meta in (source.meta, source.config.meta):
            if location := meta.get("external_location"):
                meta["external_location"] = f"{raw}{location[location.index('/{name}') :]}"


def _dbt_build(
    settings: Settings, manifest: "Manifest", arguments: list[str], progress: Callable[[str, int, int], None]
) -> BuildResult:
    from dbt.cli.main import dbtRunner

    result = dbtRunner(manifest, callbacks=[_follow(progress)]).invoke(
        ["build", "--write-json", *arguments, *dbt_options(settings.logs)]
    )
    if result.exception or result.result is None:
        reason = str(result.exception or "dbt said nothing of why").strip()
        raise AdventureError(f"dbt build did not start: {reason}\nMore in {shown(settings.log)}")
    return _summary(settings.target, result.result.results, result.result.elapsed_time)


def build_and_audit(
    settings: Settings, warehouse: Warehouse, raw: Path, progress: Callable[[str, int, int], None], *options: str
) -> BuildResult:
    """Builds the candidate of a warehouse with every test, and writes into it how that went; arguments as `build`."""
    result = build(settings, warehouse.candidate, raw, progress, *options)
    tests = sum(sum(counts.values()) for counts in result.tests.values())
    if result.errors:
        # What is wrong is more to the point than a record that cannot be written, on a full disk for example.
        with suppress(AdventureError):
            judge_candidate(warehouse, passed=False, tests=tests)
    else:
        headline(in_file(warehouse.candidate))
        judge_candidate(warehouse, passed=True, tests=tests)
    return result


def build_and_audit_on_redshift(
    settings: Settings,
    announce: Callable[[str], None],
    progress: Callable[[str, int, int], None],
    *options: str,
) -> BuildResult:
    """Builds the candidate on Redshift with every test of data, from its raw schema, and writes into it how that went.

    Args:
        settings: which warehouse.
        announce: told what a user should know.
        progress: told what is under way, the number done, and of all.
        options: of `dbt build`.

    Raises:
        AdventureError: the candidate could not be made or its build not be started, for example because dbt cannot log
            in, or a load changed the raw schema meanwhile.
    """
    from adventure_works.publish import schemas
    from adventure_works.redshift.session import session

    with _environment(ADVENTURE_CANDIDATE=settings.candidate):
        options = ("--target", "prod", *options)
        manifest = _parse(settings, *options)
        grown = _tables_that_grow(settings.candidate, manifest)
        with session() as redshift:
            schemas.start_candidate(redshift, settings, str(settings.lake), grown, announce, progress)
        result = _dbt_build(settings, manifest, ["--exclude-resource-type", "unit_test", *options], progress)
    tests = sum(sum(counts.values()) for counts in result.tests.values())
    with session() as redshift:
        schemas.judge_candidate(redshift, settings, passed=not result.errors, tests=tests)
    return result


def _tables_that_grow(prefix: str, manifest: "Manifest") -> list[tuple[str, str]]:
    """Schema (without prefix) and name of the tables of snapshots and incremental models."""
    return [
        (node.schema.removeprefix(f"{prefix}_"), node.alias)
        for node in manifest.nodes.values()
        if node.resource_type == "snapshot" or getattr(node.config, "materialized", "") == "incremental"
    ]


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Environment variables for dbt, as they were before afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _follow(progress: Callable[[str, int, int], None]) -> Callable[[object], None]:
    def follow(event: object) -> None:
        if event.info.name == "LogStartLine":
            progress(f"dbt build: {event.data.description}", event.data.index, event.data.total)

    return follow


def _release_warehouse() -> None:
    """dbt-duckdb keeps its connection for the life of the process, which keeps everybody else out."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _summary(target: Path, results: list, seconds: float) -> BuildResult:
    nodes: Counter[str] = Counter()
    work: Counter[str] = Counter()
    tests: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    errors, warnings = [], []
    for result in results:
        node, status = result.node, str(result.status)
        resource = str(node.resource_type)
        kind = next((kind for kind in KINDS if kind in node.tags), resource)
        work[kind] += result.execution_time
        if resource in ("test", "unit_test"):
            tests.setdefault(kind, Counter())[status] += 1
        else:
            nodes[resource] += 1
        if status in ("error", "fail", "warn", "runtime error"):
            stored = getattr(node, "relation_name", None) if resource == "test" else None
            problem = Problem(node.name, status, (result.message or "").strip(), stored)
            (warnings if status == "warn" else errors).append(problem)
    errors += tests_left_out(target, {result.node.unique_id for result in results})
    return BuildResult(nodes, tests, work, errors, warnings, seconds)


def tests_left_out(target: Path, ran: set[str]) -> list[Problem]:
    """The tests of data that dbt was told to leave out: without them nothing is audited."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return [
        Problem(node["name"], "left out", "was not run; look for DBT_ variables in the environment", None)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and node["config"].get("enabled", True) and unique_id not in ran
    ]


def headline(ask: Ask) -> dict[str, Decimal]:
    """The headline figures of the star schema: money in US dollars, rates from 0 to 1.

    Every ratio is a ratio of sums. `customers` are those who ordered, without the
    Unknown one as everywhere, and `return_rate` is returned units by units sold.
    """
    sql = """
        with
        sales as (
            select
                sum(revenue) as revenue, sum(cost) as cost, sum(profit) as profit, sum(order_quantity) as units,
                count(*) as order_lines, count(distinct order_number) as orders,
                count(distinct nullif(customer_key, -1)) as customers, min(order_date) as first_order_date,
                max(order_date) as last_order_date
            from {core}.fact_sales
        ),
        returned as (select coalesce(sum(return_quantity), 0) as return_units from {core}.fact_returns)
        select * from sales cross join returned
        """
    (figures,) = ask(sql)
    if not figures["order_lines"]:
        raise AdventureError("The build holds no sale at all. See operations.ledger_files for where the records went.")
    return figures | {
        "profit_margin": figures["profit"] / figures["revenue"],
        "average_order_value": figures["revenue"] / figures["orders"],
        "return_rate": Decimal(figures["return_units"]) / figures["units"],
    }


def ledger_totals(ask: Ask) -> dict[str, Decimal]:
    """Records that did not become facts, by why, and the largest amount that the ledger cannot explain."""
    sql = """
        select
            (select sum(rejected_records) from {operations}.ledger_files) as rejected,
            (select sum(duplicate_amount) from {operations}.ledger_amounts where measure = 'records') as duplicates,
            (select coalesce(sum(records), 0) from {operations}.ledger_quarantine) as quarantined,
            (select max(abs(unexplained_amount)) from {operations}.ledger_amounts) as unexplained
        """
    (totals,) = ask(sql)
    return totals
