"""Reads the files of a source as a load does, and loads nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adventure_works.disk import explained
from adventure_works.errors import AdventureError, RefusedFileError
from adventure_works.lake.as_of import first_and_last_day
from adventure_works.lake.base import Lake, Progress, newest_entries
from adventure_works.lake.changes import changes
from adventure_works.lake.folder import FolderLake, FolderVersion, current_version
from adventure_works.lake.look import looked_at
from adventure_works.lake.overlap import days_of_sales, lacks_calendar, records_shared
from adventure_works.lake.reading import Reading
from adventure_works.lake.rows import Outcome, write_rows
from adventure_works.settings import Settings
from adventure_works.sources.source import opened, scratch_folder
from adventure_works.sql import glob


@dataclass(frozen=True)
class CheckResult:
    """What a load would do: the outcome of each file that was read, and why it would refuse, if it would."""

    origin: str
    outcomes: tuple[Outcome, ...]
    problems: tuple[str, ...]


def check(
    source_name: str,
    lake: Lake,
    settings: Settings,
    reading: Reading,
    *,
    strict: bool = False,
    announce: Callable[[str], None] = lambda message: None,
    progress: Progress = lambda file, done, total: None,
) -> CheckResult:
    """Reads every file of a source into a folder that is removed afterwards.

    Whether tables are missing is only asked of a folder or an archive: a single file is checked by itself.

    Args:
        source_name: `sample`, `kaggle` or a path.
        lake: the lake that a load would bring up to date; it is only read.
        settings: where downloads go.
        reading: how files are read.
        strict: refuse columns that no table has.
        announce: takes what a user should know, a sentence at a time.
        progress: takes what is under way, how much of it is done, and of how much.

    Raises:
        AdventureError: there is nothing to read, or nowhere to write to.
    """
    with opened(source_name, settings.downloads, announce) as source, scratch_folder(settings.downloads) as scratch:
        with explained(settings.downloads, "Make room, or set ADVENTURE_DOWNLOADS to a folder that you can write."):
            files, problems = looked_at(source, scratch, strict, announce, progress)
            log = lake.log()
            held = newest_entries(log)
            is_single = Path(source_name).expanduser().is_file() and len(source.files) == 1
            if not problems and not (is_single and not held):
                try:
                    changes(source, files, log, lake.lost(held.values()), reading, (), announce)
                except AdventureError as error:
                    problems.append(str(error).removesuffix("\nNothing has been loaded; the lake is as it was."))
            version = FolderVersion(scratch / "lake")
            known_days = _days_of(lake) if "calendar" in {entry.table_name for entry in held.values()} else None
            outcomes = write_rows(files, version, source, reading, progress, corrects={}, known_days=known_days)
            problems += [outcome.problem for outcome in outcomes if outcome.problem]
            if not problems:
                for sentence in records_shared(version, {file.name for file in files}):
                    announce(sentence)
            if not problems and not is_single and lacks_calendar(files, held):
                try:
                    days_of_sales(version, scratch, announce)
                except RefusedFileError as error:
                    problems.append(str(error))
        return CheckResult(source.origin, tuple(outcomes), tuple(problems))


def _days_of(lake: Lake) -> tuple[date, date] | None:
    """First and last day of the calendar that a lake on this machine holds; it helps to tell days from months."""
    if not isinstance(lake, FolderLake) or not (version := current_version(lake.folder)):
        return None
    return first_and_last_day(glob(version / "calendar", "*/*.parquet"))
