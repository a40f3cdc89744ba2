"""dbt in this process: the environment that it reads, the build, and the project as dbt reads it.

dbt is imported where it is used, since that takes seconds.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from adventure_works import disk
from adventure_works.build.results import BuildResult, summarise
from adventure_works.errors import AdventureError
from adventure_works.settings import PROJECT, Settings, shown
from adventure_works.sql import glob, location
from adventure_works.warehouse.artifacts import RESULTS
from adventure_works.warehouse.base import Progress, SourcePlace

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# What is published has all of the data: dbt's --empty and --sample do not come from the environment.
LIMITS = ("DBT_EMPTY", "DBT_ENGINE_EMPTY", "DBT_SAMPLE", "DBT_ENGINE_SAMPLE")

# The dbt sources that the loader fills.
OF_THE_LAKE = ("adventure_works", "adventure_works_load")


def parse(settings: Settings, target: Path, environ: Mapping[str, str], options: Sequence[str]) -> "Manifest":
    """Reads the project as the build with these options will, or takes what dbt has kept of it in a target folder.

    Raises:
        AdventureError: dbt cannot read the project.
    """
    from dbt.cli.main import dbtRunner

    # dbt itself says only that it could not start.
    disk.check_writable(target, "DBT_TARGET_PATH")
    disk.check_writable(settings.logs, "DBT_LOG_PATH")
    # Of all options, only variables bear on what is read.
    wanted = [word for pair in pairwise(options) if pair[0] == "--vars" for word in pair]
    with environment(environ):
        done = _invoke(dbtRunner(), ["parse", *wanted, "--target-path", str(target), *quiet_options(settings)])
    if done.exception or done.result is None:
        raise AdventureError(f"dbt cannot read the project: {str(done.exception).strip()}")
    return cast("Manifest", done.result)


def tables_that_grow(manifest: "Manifest") -> list[tuple[str, str]]:
    """Schema and name of the tables that keep rows from build to build: snapshots and incremental models."""
    return [
        (node.schema, node.alias)
        for node in manifest.nodes.values()
        if str(node.resource_type) == "snapshot" or getattr(node.config, "materialized", "") == "incremental"
    ]


def build(
    settings: Settings,
    target: Path,
    manifest: "Manifest",
    environ: Mapping[str, str],
    options: Sequence[str],
    progress: Progress,
    *,
    attempts: int = 1,
) -> BuildResult:
    """Runs `dbt build` without the unit tests: `make test` runs them, since no data changes them.

    Nodes that end in an error, and those that were skipped for it, are built again until they have had so many
    attempts: dbt-redshift tries a statement again that met another transaction, but not what came before it in its own.
    Leaves the manifest and the results in the target folder.

    Raises:
        AdventureError: dbt could not start, for example because another process has the warehouse open.
    """
    from dbt.cli.main import dbtRunner

    def follow(event: Any) -> None:
        if event.info.name == "LogStartLine":
            progress(f"dbt build: {event.data.description}", event.data.index, event.data.total)

    if raw := environ.get("ADVENTURE_RAW"):
        _read_from(manifest, Path(raw), Path(environ["ADVENTURE_LAKE"]))
    places = ["--target-path", str(target), *quiet_options(settings)]
    arguments = ["build", "--write-json", "--exclude-resource-type", "unit_test", *options, *places]
    with environment(environ):
        try:
            ran = _ran(_invoke(dbtRunner(manifest, callbacks=[follow]), arguments), settings)
            results, seconds = {result.node.unique_id: result for result in ran.results}, ran.elapsed_time
            for _ in range(attempts - 1):
                if not any(str(result.status) == "error" for result in results.values()):
                    break
                earlier = (target / RESULTS).read_bytes()
                ran = _ran(_invoke(dbtRunner(callbacks=[follow]), ["retry", *places]), settings)
                _add_earlier(target / RESULTS, earlier)
                results |= {result.node.unique_id: result for result in ran.results}
                seconds += ran.elapsed_time
        finally:
            _close_duckdb()
    return summarise(results.values(), seconds, target)


def _ran(done: "dbtRunnerResult", settings: Settings) -> "RunExecutionResult":
    """The results of a build; an AdventureError when it did not start."""
    if done.exception or done.result is None:
        reason = str(done.exception or "dbt gave no reason").strip()
        if "Conflicting lock" in reason:
            reason += "\nAnother process has the warehouse open. Close it there and run again."
        raise AdventureError(f"dbt build did not start: {reason}\nMore in {shown(settings.log)}")
    return cast("RunExecutionResult", done.result)


def _add_earlier(file: Path, earlier: bytes) -> None:
    """Puts the results of nodes that were not built again beside those of a retry."""
    results = json.loads(file.read_text(encoding="utf-8"))
    again = {result["unique_id"] for result in results["results"]}
    results["results"] += [one for one in json.loads(earlier)["results"] if one["unique_id"] not in again]
    file.write_text(json.dumps(results), encoding="utf-8")


def _invoke(runner: "dbtRunner", arguments: list[str]) -> "dbtRunnerResult":
    """Runs a dbt command. dbt makes a result of a Ctrl-C, or of what failed on the way out; here it stays a Ctrl-C."""
    done = runner.invoke(arguments)
    error = done.exception
    while error:
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt
        error = error.__context__
    return done


def replay(
    settings: Settings,
    target: Path,
    manifest: "Manifest",
    environ: Mapping[str, str],
    places: Mapping[str, SourcePlace],
) -> None:
    """Lets the snapshots compare sources that are in other places, by name: those of an earlier load.

    Raises:
        AdventureError: dbt could not do it.
    """
    from dbt.cli.main import dbtRunner

    arguments = ["build", "--select", "+snap_products", "+snap_customers", "--target-path", str(target)]
    arguments += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    # With this name nothing is recorded of it.
    with environment({**environ, "ADVENTURE_WAREHOUSE": "history"}), _sources_at(manifest, places):
        try:
            done = _invoke(dbtRunner(manifest), [*arguments, *quiet_options(settings)])
        finally:
            _close_duckdb()
    if not done.success:
        results = cast("RunExecutionResult", done.result).results if done.result else ()
        failed = next((node.message for node in results if str(node.status) not in ("success", "pass")), "")
        raise AdventureError(
            f"The history of products and customers could not be made again from the lake: "
            f"{str(done.exception or failed).strip()}\nMore in {shown(settings.log)}"
        )


@contextmanager
def _sources_at(manifest: "Manifest", places: Mapping[str, SourcePlace]) -> Iterator[None]:
    """Lets sources of the lake be in other places, by name."""
    sources = [
        source for source in manifest.sources.values() if source.source_name in OF_THE_LAKE and source.name in places
    ]
    before = [(source, source.schema, source.meta, source.config.meta) for source in sources]
    for source in sources:
        place = places[source.name]
        source.schema = place.schema or source.schema
        if place.external_location:
            own = {"external_location": place.external_location}
            source.meta, source.config.meta = source.meta | own, source.config.meta | own
    try:
        yield
    finally:
        for source, schema, meta, config in before:
            source.schema, source.meta, source.config.meta = schema, meta, config


def _read_from(manifest: "Manifest", raw: Path, lake: Path) -> None:
    """Lets the sources name the version of the lake that is audited; later loads move lake/raw to another.

    Their paths are absolute, so that views with them can be read from any folder.
    """
    runs = location(glob(lake / "runs", "run-*.parquet"), ", union_by_name = true")
    for source in manifest.sources.values():
        is_raw = source.source_name in OF_THE_LAKE
        place = location(glob(raw / source.name, "**/*.parquet")) if is_raw else runs
        for meta in (source.meta, source.config.meta):
            if "external_location" in meta:
                meta["external_location"] = place


def quiet_options(settings: Settings) -> list[str]:
    """Where dbt finds the project and leaves its log. Its console stays quiet: the commands print what matters."""
    folders = ["--log-path", str(settings.logs), "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    # Without a level of its own, the log file would follow the console and stay empty.
    return ["--no-version-check", "--log-level", "none", "--log-level-file", settings.log_level, *folders]


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for dbt, without those that limit what it reads; afterwards they are as before."""
    before = {name: os.environ[name] for name in (*values, *LIMITS) if name in os.environ}
    for name in LIMITS:
        os.environ.pop(name, None)
    os.environ |= values
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]
        os.environ |= before


def _close_duckdb() -> None:
    """dbt-duckdb keeps its connection for the life of the process, which keeps everybody else out."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
