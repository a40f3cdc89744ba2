"""Loads the files of a source into the lake: all of them, or none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from adventure_works.contract import raw_tables
from adventure_works.disk import explained
from adventure_works.errors import AdventureError
from adventure_works.lake.as_of import as_of_date
from adventure_works.lake.base import Lake, LogEntry, Progress, newest_entries
from adventure_works.lake.changes import changes
from adventure_works.lake.corrections import effect
from adventure_works.lake.folder import FolderLake
from adventure_works.lake.look import look_at, raise_problems, refuse_changed, states
from adventure_works.lake.overlap import MADE_DAYS, days_of_sales, lacks_calendar, records_shared
from adventure_works.lake.reading import Reading
from adventure_works.lake.rows import write_rows
from adventure_works.read.source_file import SourceFile
from adventure_works.settings import DEFAULTS, S3Place, Settings
from adventure_works.sources.source import Source, opened, scratch_folder


@dataclass(frozen=True)
class LoadResult:
    """What a load did: entries of the files that it loaded, found unchanged, and removed for another of their table."""

    origin: str
    loaded: tuple[LogEntry, ...] = ()
    unchanged: tuple[LogEntry, ...] = ()
    superseded: tuple[LogEntry, ...] = ()


def load(
    source_name: str,
    place: Path | S3Place,
    settings: Settings = DEFAULTS,
    *,
    date_order: str | None = None,
    max_reject_share: float | None = None,
    corrects: tuple[str, ...] = (),
    replace_lake: bool = False,
    strict: bool = False,
    as_of: date | None = None,
    announce: Callable[[str], None] = lambda message: None,
    progress: Progress = lambda file, done, total: None,
) -> LoadResult:
    """Brings the lake up to date with a source.

    A file that the lake holds with the same digest, read with the same options, is skipped; a changed one replaces
    exactly its own rows.
    Nothing is removed because a file is absent. The lake changes in one step, after everything has worked.

    Args:
        source_name: `sample`, `kaggle` or a path.
        place: folder of the lake, made when it is not there, or its place on S3, in a bucket that is there.
        settings: where downloads go, and what a lake on S3 needs to know.
        date_order, max_reject_share: see `convert`. Where one is left out, a file keeps what it was read with.
        corrects: tables whose file corrects the version before, instead of adding one.
        replace_lake: start from an empty lake instead of adding to what it holds.
        strict: refuse a file with columns that its table does not have, instead of leaving them out.
        as_of: the last day that the files are complete for; see `as_of_date` for the default.
        announce: takes what a user should know, a sentence at a time.
        progress: takes file name, bytes done and bytes in all.

    Raises:
        AdventureError: with the reason; the lake is then as it was.
    """
    # The lock comes first: two loads at once must not make the sample, or fetch the dataset, over each other.
    lake = lake_at(place, settings)
    with (
        lake.locked(announce),
        opened(source_name, settings.downloads, announce) as source,
        scratch_folder(settings.downloads) as scratch,
    ):
        try:
            with explained(str(lake), "The lake is as it was. Free space or correct the permissions, and load again."):
                reading = Reading(date_order, max_reject_share)
                look = partial(look_at, source, scratch, strict, announce, progress)
                result = _load(source, lake, look, scratch, reading, corrects, replace_lake, as_of, announce, progress)
        except duckdb.Error as error:
            raise AdventureError(f"{lake}: DuckDB could not go on. The lake is as it was.\n{error}") from error
        lake.finish(announce)
        return result


def lake_at(place: Path | S3Place, settings: Settings) -> Lake:
    """The lake in a folder or on S3."""
    if isinstance(place, Path):
        return FolderLake(place)
    from adventure_works.lake.s3 import S3Lake

    return S3Lake(place, settings)


def _load(
    source: Source,
    lake: Lake,
    look: Callable[[], list[SourceFile]],
    scratch: Path,
    reading: Reading,
    corrected: tuple[str, ...],
    replace_lake: bool,
    as_of: date | None,
    announce: Callable[[str], None],
    progress: Progress,
) -> LoadResult:
    # What is to be replaced need not even be readable.
    log = [] if replace_lake else lake.log()
    log = [] if _starts_empty(source, newest_entries(log), lake, announce) else log
    held = newest_entries(log)
    before = states(found.path for found in source.files)
    files = look()
    lost = lake.lost(held.values())
    todo = changes(source, files, log, lost, reading, corrected, announce)
    if not todo.changed:
        return LoadResult(source.origin, unchanged=todo.same)
    version = lake.new_version()
    try:
        gone = {entry.source_file for entry in todo.superseded} | {file.name for file in todo.changed}
        # Made again, since other sales have other days.
        makes_days = lacks_calendar(files, held)
        gone |= {MADE_DAYS} if makes_days else set()
        if held:
            version.carry_over(
                [entry for entry in held.values() if entry.source_file not in gone],
                [
                    entry
                    for entry in held.values()
                    if entry.source_file in gone - lost and raw_tables()[entry.table_name].keeps_versions
                ],
            )
        outcomes = write_rows(
            todo.changed,
            version,
            source,
            reading,
            progress,
            corrects=todo.corrects,
            forgotten=lake.forgotten(),
            days=partial(days_of_sales, scratch=scratch, announce=announce) if makes_days else None,
        )
        raise_problems([outcome.problem for outcome in outcomes if outcome.problem])
        refuse_changed(before)
        for outcome in outcomes:
            for note in outcome.notes():
                announce(note)
        for sentence in records_shared(version, {file.name for file in todo.changed}):
            announce(sentence)
        loaded = [outcome.entry for outcome in outcomes if outcome.entry]
        present = {file.table.name for file in files} | {entry.table_name for entry in held.values()}
        for table in raw_tables().values():
            if table.files == "optional" and table.name not in present:
                version.write_no_rows(table.name)
        removed = [
            replace(entry, load_id=version.load_id, loaded_at=version.loaded_at, status="superseded", loaded=0)
            for entry in todo.superseded
        ]
        last_day = as_of_date(version, as_of, [entry.as_of_date for entry in held.values()])
        entries = [replace(entry, as_of_date=last_day) for entry in [*loaded, *removed]]
        version.write_log(entries)
        for corrected_table in todo.corrects:
            for sentence in effect(version, [*log, *entries], corrected_table):
                announce(sentence)
        version.publish(progress)
    except BaseException:
        version.discard()
        raise
    return LoadResult(source.origin, tuple(loaded), todo.same, todo.superseded)


def _starts_empty(source: Source, held: dict[str, LogEntry], lake: Lake, announce: Callable[[str], None]) -> bool:
    """Whether a load begins with an empty lake; generated and real files are never in one lake together."""
    if not held:
        return True
    holds_sample = any(entry.source == "sample" for entry in held.values())
    if holds_sample == (source.kind == "sample"):
        return False
    if holds_sample:
        announce(f"The lake held the generated sample; {source.origin} takes its place.")
        return True
    raise AdventureError(
        f"{lake}: the lake holds files of yours, which the generated sample would replace. Name yours with "
        "--source, set ADVENTURE_LAKE to another folder for the sample, or remove yours with --replace "
        "(make run ARGS=--replace)."
    )
