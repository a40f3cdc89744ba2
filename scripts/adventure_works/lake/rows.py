"""Writes the rows of files into a version of a lake, and says how each file came out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from adventure_works.errors import RefusedFileError
from adventure_works.lake.as_of import calendar_days
from adventure_works.lake.base import LogEntry, NewVersion, Progress
from adventure_works.lake.forgotten import NOBODY, Forgotten
from adventure_works.lake.reading import Reading
from adventure_works.read.records import Converted
from adventure_works.read.source_file import SourceFile
from adventure_works.sources.source import Source


@dataclass(frozen=True)
class Outcome:
    """The outcome of a file: its records and its entry in the log, or the problem for which it is refused.

    `forgotten` is the number of its persons who are forgotten.
    """

    file: SourceFile
    converted: Converted
    entry: LogEntry | None = None
    problem: str = ""
    forgotten: int = 0

    def notes(self) -> list[str]:
        """What was read in another way than it is written, a sentence for each column."""
        notes = [
            f"{self.file.name}: {count:,} value{'s'[: count > 1]} of {column} {note}."
            for (column, note), count in sorted(self.converted.notes.items())
        ]
        if self.forgotten:
            notes.append(
                f"{self.file.name}: {self.forgotten:,} of its persons are forgotten, and only their keys were loaded. "
                "Erase them in the file as well."
            )
        return notes


def write_rows(
    files: Sequence[SourceFile],
    version: NewVersion,
    source: Source,
    reading: Reading,
    progress: Progress,
    *,
    corrects: dict[str, str],
    forgotten: Forgotten = NOBODY,
    days: Callable[[NewVersion], SourceFile] | None = None,
    known_days: tuple[date, date] | None = None,
) -> list[Outcome]:
    """Writes the rows of files, the largest first, and returns the outcomes by the names of the files.

    Args:
        files: what to read.
        version: where the rows go, as well as the records that cannot be read.
        source: what the files are of.
        reading: how they are read.
        progress: takes file name, bytes done and bytes in all.
        corrects: by table, the load that its file corrects.
        forgotten: of whom only the key is written.
        days: where there is no calendar, makes a file of days once all others are read.
        known_days: first and last day of a calendar that is not in the version.
    """

    def write(file: SourceFile, calendar: tuple[date, date] | None) -> Outcome:
        done = blanked = 0

        def advance(size: int) -> None:
            nonlocal done
            done += size
            progress(file.name, done, file.scan.size)

        try:
            if file.scan.records:
                folder = version.rows_folder(file.table.name, file.name)
                converted = reading.convert(calendar)(file, folder, advance=advance)
                _refuse_nothing(file, converted)
                if file.table.holds_persons:
                    blanked = sum(forgotten.blank(path) for path in folder.glob("*.parquet"))
            else:
                version.write_no_rows(file.table.name, file.name)
                converted = Converted()
        except RefusedFileError as error:
            return Outcome(file, Converted(), problem=str(error))
        version.write_rejects(file.table.name, file.name, forgotten.without_text(converted.rejects, file.table))
        entry = LogEntry(
            load_id=version.load_id,
            table_name=file.table.name,
            source_file=file.name,
            status="loaded",
            sha256=file.scan.sha256,
            bytes=file.scan.delivered_bytes,
            records=file.scan.records,
            loaded=converted.loaded,
            rejected=len(converted.rejects),
            blank=converted.blank,
            normalised=converted.normalised,
            encoding=file.scan.encoding,
            date_order="; ".join(f"{column}: {order}" for column, order in converted.date_orders.items()),
            read_with=reading.of(file.table),
            corrects=corrects.get(file.table.name, ""),
            source=source.kind,
            dataset_version=source.version,
            loaded_at=version.loaded_at,
            as_of_date=date.min,  # until every file of the load is known
        )
        return Outcome(file, converted, entry, forgotten=blanked)

    # The calendar goes first: it helps to decide the date order of the others. Then two files at a time, the largest
    # first, so that the end of one does not leave a core idle.
    calendars = [file for file in files if file.table.name == "calendar"]
    others = sorted((file for file in files if file not in calendars), key=lambda file: -file.scan.size)
    outcomes = [write(file, None) for file in calendars]
    calendar = None if days else calendar_days(version) or known_days
    with ThreadPoolExecutor(2) as pool:
        outcomes += pool.map(lambda file: write(file, calendar), others)
    if days and not any(outcome.problem for outcome in outcomes):
        outcomes.append(write(days(version), None))
    return sorted(outcomes, key=lambda outcome: outcome.file.name)


def _refuse_nothing(file: SourceFile, converted: Converted) -> None:
    """Refuses a file with records of which none is a row: its table would be empty, and look complete."""
    if not converted.loaded:
        raise RefusedFileError(
            f"{file.name}: none of its {file.scan.records:,} records can be loaded: {converted.blank:,} are blank and "
            f"{len(converted.rejects):,} cannot be read. Fetch or export the file again."
        )
