"""What a lake is to a load, wherever it lies: versions that are never changed, one of them current.

<version>/<table>/<source file>/0000.parquet        the rows of a source file
<version>/rejected_rows/<source file>.parquet
<version>/load_log/<load id>.parquet
<version>/earlier/<table>/<load id>/0000.parquet    rows that were replaced, of tables that keep their versions
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.read.records import Reject
from adventure_works.settings import shown
from adventure_works.sql import glob, quoted

if TYPE_CHECKING:
    from adventure_works.lake.forgotten import Forgotten

LOAD_ID = "%Y%m%dT%H%M%S%f"

Progress = Callable[[str, int, int], None]
"""Called with what is under way, how much of it is done, and of how much."""


@dataclass(frozen=True)
class LogEntry:
    """One row of `load_log`; its fields are the columns of the contract, in order."""

    load_id: str
    table_name: str
    source_file: str
    status: str
    sha256: str
    bytes: int
    records: int
    loaded: int
    rejected: int
    blank: int
    normalised: int
    encoding: str
    date_order: str
    read_with: str
    corrects: str
    source: str
    dataset_version: str
    loaded_at: datetime
    as_of_date: date


class Lake(Protocol):
    """Where a load takes its files: a folder, or a prefix on S3. As a string it is that place."""

    def locked(self, announce: Callable[[str], None]) -> AbstractContextManager[None]:
        """Keeps other loads out, and announces when another load makes this one wait."""

    def log(self) -> list[LogEntry]:
        """Every `load_log` entry of the current version, oldest first."""

    def lost(self, entries: Iterable[LogEntry]) -> set[str]:
        """The names of the files of which the current version lacks rows, where that can be seen at once."""

    def forgotten(self) -> "Forgotten":
        """Who is forgotten."""

    def remember(self, forgotten: "Forgotten") -> None:
        """Writes down who is forgotten, in one step."""

    def persons(self, keys: Iterable[int]) -> dict[int, set[str]]:
        """Names and addresses of the persons with these keys that any version has, by key."""

    def erase(self, forgotten: "Forgotten", values: Iterable[str]) -> list[str]:
        """Erases the forgotten persons, who have these names and addresses, from every version; returns what it did."""

    def new_version(self) -> "NewVersion":
        """A version under construction, to take the place of the current one."""

    def finish(self, announce: Callable[[str], None]) -> None:
        """Does what is left to do once the lake is up to date, also when this load has changed nothing."""


class NewVersion(ABC):
    """A version under construction: filled in a folder of its own, then put in the place of the one before."""

    def __init__(self, folder: Path, newest: str, step: timedelta = timedelta(microseconds=1)) -> None:
        """Makes the folder of a version below `folder`; its id comes after `newest`, by `step` if need be."""
        now = self.loaded_at = datetime.now(UTC).replace(tzinfo=None)
        if newest and now.strftime(LOAD_ID) <= newest:
            # The clock has gone back; load ids must not.
            now = datetime.strptime(newest, LOAD_ID) + step
        self.load_id = now.strftime(LOAD_ID)
        self.folder = folder / f".{self.load_id}"
        for table in raw_tables():
            (self.folder / table).mkdir(parents=True)

    @abstractmethod
    def carry_over(self, entries: list[LogEntry], replaced: list[LogEntry]) -> None:
        """Takes over the rows of unchanged files, and the log of all loads so far.

        The rows of the files that are replaced stay as those of earlier loads, beside the ones that are there.
        """

    @abstractmethod
    def publish(self, progress: Progress) -> None:
        """Puts the version in place, in one step."""

    def discard(self) -> None:
        """Removes what has been built so far."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def rows(self, table: str) -> str:
        """The pattern, in SQL, of the files that hold a table's rows so far."""
        return self.local_rows(table)

    def local_rows(self, table: str) -> str:
        """The same of the files that are on this machine: in a lake on S3, only those that this load has read."""
        return glob(self.folder / table, "*/*.parquet")

    def rows_folder(self, table: str, source_file: str) -> Path:
        """A new folder for the rows of a file."""
        folder = self.folder / table / source_file
        folder.mkdir()
        return folder

    def write_no_rows(self, table: str, source_file: str = "no_file") -> None:
        """Writes no rows, so that a table without a file, or of a file without records, can be read all the same."""
        _write(self.rows_folder(table, source_file) / "0000.parquet", table, [])

    def write_rejects(self, table: str, source_file: str, rejects: list[Reject]) -> None:
        """Writes a file's rejected records; without any, an empty file, so that the schema is always there."""
        rows = [
            (table, source_file, r.record_number, r.line_number, r.column_name, r.reason, r.raw_text) for r in rejects
        ]
        _write(self.folder / "rejected_rows" / f"{source_file}.parquet", "rejected_rows", rows)

    def write_log(self, entries: list[LogEntry]) -> None:
        """Writes what this load did, one entry for each file."""
        _write(self.folder / "load_log" / f"{self.load_id}.parquet", "load_log", [astuple(e) for e in entries])


def read_log(version: Path) -> list[LogEntry]:
    """Every `load_log` entry below the folder of a version, oldest first."""
    names = ", ".join(field.name for field in fields(LogEntry))
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                f"select {names} from read_parquet({glob(version / 'load_log', '*.parquet')}) order by load_id"
            ).fetchall()
        except duckdb.IOException as error:
            raise AdventureError(
                f"{shown(version / 'load_log')}: the load log is gone or damaged, so that it is not known which files "
                f"the lake holds. Load everything afresh with --replace.\n{error}"
            ) from error
        except duckdb.BinderException as error:
            raise AdventureError(
                f"{shown(version)}: the load log lacks columns ({names.split(', ')[-1]} among them), so an earlier "
                "version of this project wrote the lake. Load everything afresh with --replace."
            ) from error
    return [LogEntry(*row) for row in rows]


def newest_entries(log: list[LogEntry]) -> dict[str, LogEntry]:
    """The newest entry of every source file whose rows are there, by file name."""
    entries = {entry.source_file: entry for entry in log}
    return {name: entry for name, entry in entries.items() if entry.status == "loaded"}


def _write(path: Path, table: str, rows: list[tuple[Any, ...]]) -> None:
    columns = raw_tables()[table].columns
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({', '.join(f'{c.name} {c.data_type}' for c in columns)})")
        if rows:
            # By columns: a statement for each row would take half a millisecond.
            values = ", ".join(["unnest(?)"] * len(columns))
            connection.execute(
                f"insert into rows select {values}", [list(column) for column in zip(*rows, strict=True)]
            )
        connection.execute(f"copy rows to {quoted(path)} (format parquet, compression zstd)")
