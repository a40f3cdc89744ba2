"""A run, the same on both engines: load, build a candidate, audit it, publish it, report, and alert when it failed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from adventure_works.build import dbt
from adventure_works.build.headline import headline
from adventure_works.build.results import BuildResult, with_findings
from adventure_works.errors import AdventureError
from adventure_works.lake import loader
from adventure_works.lake.loader import LoadResult
from adventure_works.monitor import alerts
from adventure_works.monitor.history import without_stopped
from adventure_works.monitor.status import status_of
from adventure_works.report.build import check_place, draw, save
from adventure_works.settings import MAX_AGE_HOURS, Settings, shown
from adventure_works.warehouse import open_warehouse
from adventure_works.warehouse.base import Progress, Warehouse

# How often a node that ends in an error is built on Redshift, where other transactions may be the reason.
BUILDS = 2
# Seconds that Redshift may take to copy what it lacks of a lake.
TIMEOUT = 3600.0


@dataclass(frozen=True)
class Loading:
    """What to load, and how: see `lake.loader.load`; `timeout` is in seconds, for the raw tables on Redshift."""

    source: str
    date_order: str | None
    as_of: date | None
    max_rejects: float | None
    corrects: tuple[str, ...]
    replace: bool
    strict: bool
    timeout: float


class View(Protocol):
    """Shows a run, or a load alone, to whoever started it."""

    def announce(self, message: str) -> None:
        """Shows a sentence while the work goes on."""

    def progress(self) -> AbstractContextManager[Progress]:
        """Shows how far a step has come."""

    def loaded(self, result: LoadResult) -> None:
        """Shows what came into the lake."""

    def brought_up(self, what: str) -> None:
        """Shows what came into the raw tables of Redshift."""

    def built(self, result: BuildResult, warehouse: Warehouse) -> None:
        """Shows how the build of the candidate went; raises an AdventureError when it failed."""

    def published(self, warehouse: Warehouse, report: Path) -> None:
        """Shows where everything is."""


def load(settings: Settings, loading: Loading, view: View, warehouse: Warehouse | None = None) -> None:
    """Loads a source into the lake, then brings the raw tables of a warehouse up to it.

    Raises:
        AdventureError: with the reason, and what the lake and the raw tables hold then.
    """
    # A lake that the engine cannot read is refused before anything is loaded into it.
    lake = warehouse.lake if warehouse else settings.lake
    with view.progress() as progress:
        result = loader.load(
            loading.source,
            lake,
            settings,
            date_order=loading.date_order,
            max_reject_share=loading.max_rejects,
            corrects=loading.corrects,
            replace_lake=loading.replace,
            strict=loading.strict,
            as_of=loading.as_of,
            announce=view.announce,
            progress=progress,
        )
    view.loaded(result)
    if warehouse:
        _bring_up(warehouse, view, replace=loading.replace, timeout=loading.timeout)


def _bring_up(warehouse: Warehouse, view: View, *, replace: bool = False, timeout: float = TIMEOUT) -> None:
    with view.progress() as progress:
        what = warehouse.bring_up_raw(replace=replace, timeout=timeout, progress=progress)
    if what:
        view.brought_up(what)


def run(
    target: str,
    settings: Settings,
    loading: Loading | None,
    view: View,
    *,
    options: Sequence[str] = (),
    wait: bool = True,
) -> None:
    """Loads, builds and audits a candidate, and publishes it when every test has passed.

    Without `loading`, it builds what the lake holds. `options` are further ones of `dbt build`. Where another run is at
    work, `wait` says whether to wait or to stop.

    Raises:
        AdventureError: a file was refused or a test failed, for example; what is published is then as it was.
    """
    try:
        # Before anything is loaded: a report that cannot be written must not be found out after publishing.
        check_place(settings.report)
        warehouse = open_warehouse(target, settings, view.announce, wait=wait)
        _ = warehouse.lake
        with warehouse.locked() as check_lock:
            if loading:
                load(settings, loading, view, warehouse)
            else:
                _bring_up(warehouse, view)
            with view.progress() as progress:
                result = build_candidate(warehouse, settings, options, progress)
            # Whoever has taken over has dropped the candidate: many failures, of which this is the reason.
            check_lock()
            view.built(result, warehouse)
            # A page whose figures do not agree stops what it is about.
            page = draw(warehouse, warehouse.asking_candidate())
            check_lock()
            warehouse.publish()
            # Whoever has taken over since keeps the history of what is published then.
            check_lock()
            warehouse.keep_history()
            report = _saved(page, settings.report)
        view.published(warehouse, report)
    except AdventureError as error:
        _alert(target, settings, view, str(error))
        raise
    _alert(target, settings, view)


def restore(target: str, settings: Settings, view: View, *, options: Sequence[str] = (), wait: bool = True) -> None:
    """Builds a warehouse that was lost, from the lake and the history that it keeps; see `run` for the options.

    Raises:
        AdventureError: something is published, or see `run`.
    """
    warehouse = open_warehouse(target, settings, view.announce, wait=wait)
    published = next((state.place for state in warehouse.states() if state.role == "published"), None)
    if published:
        raise AdventureError(
            f"{shown(Path(published))} is there, so that there is nothing to restore. `adventure publish --rollback` "
            "goes back to what was published before. If it cannot be read, move it away first."
        )
    run(target, settings, None, view, options=options, wait=wait)


def _saved(page: str, place: Path) -> Path:
    try:
        return save(page, place)
    except AdventureError as error:
        raise AdventureError(f"Everything is published, but for the report. {error}") from error


def build_candidate(
    warehouse: Warehouse, settings: Settings, options: Sequence[str], progress: Progress
) -> BuildResult:
    """Builds the candidate with every test of data, and writes into it whether it has passed.

    Raises:
        AdventureError: the candidate could not be made, dbt not be started, or no sale was built.
    """
    progress("dbt: reading the project", 0, 1)
    target = warehouse.target_folder
    manifest = dbt.parse(settings, target, warehouse.environ, options)
    environ = warehouse.start_candidate(dbt.tables_that_grow(manifest), progress)
    missed = warehouse.missed_loads()
    # Where nothing was ever recorded, nothing was stopped.
    with suppress(AdventureError), warehouse.asking_history() as ask:
        missed = without_stopped(ask, missed) if missed else missed
    for number, load_id in enumerate(missed):
        progress(f"dbt: history of products and customers, load {load_id}", number, len(missed))
        with warehouse.as_after(load_id) as places:
            dbt.replay(settings, target, manifest, environ, places)
    environ |= {"ADVENTURE_WAREHOUSE": warehouse.name}
    attempts = BUILDS if warehouse.target == "prod" else 1
    result = dbt.build(settings, target, manifest, environ, options, progress, attempts=attempts)
    with suppress(AdventureError), warehouse.asking_candidate() as ask:
        result = with_findings(result, ask)
    if result.errors:
        # What failed matters more than evidence or a record that cannot be written, on a full disk for example.
        build_id = ""
        with suppress(AdventureError):
            build_id = warehouse.keep_evidence(target)
        with suppress(AdventureError):
            _judge(warehouse, result, build_id)
    else:
        with warehouse.asking_candidate() as ask:
            headline(ask)
        # First: a candidate that can be published has its evidence, whenever this process is killed.
        build_id = warehouse.keep_evidence(target)
        _judge(warehouse, result, build_id)
    return result


def _judge(warehouse: Warehouse, result: BuildResult, build_id: str) -> None:
    warehouse.judge_candidate(
        passed=not result.errors,
        tests=result.test_count,
        warnings=len(result.warnings),
        build_id=build_id,
        said=result.said,
    )


def _alert(target: str, settings: Settings, view: View, error: str = "") -> None:
    """Sends what went wrong or drifted to those that the settings name; when it cannot, it says so and no more."""
    if not alerts.is_wanted(settings):
        return
    try:
        status = status_of(open_warehouse(target, settings, view.announce), 1, timedelta(hours=MAX_AGE_HOURS))
        text = alerts.message(status, settings.log, error)
    except AdventureError as unknown:
        view.announce(f"The alert lacks the status of {target}, which cannot be read: {unknown}")
        text = f"Adventure Works ({target})\nThe run failed: {error}" if error else ""
    for problem in alerts.send(settings, text) if text else ():
        view.announce(problem)
