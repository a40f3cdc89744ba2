"""The lake in a folder: versions that are never changed, and one link that says which of them is `raw`.

    lake/raw                     -> versions/<load id>
    lake/versions/<load id>/<table>/<source file>/0000.parquet
    lake/versions/<load id>/load_log/<load id>.parquet
    lake/versions/<load id>/rejected_rows/<source file>.parquet

A load builds its version aside and then moves the link, which is one rename: a reader sees the old lake or the
new one, whenever the load dies. Files that had not changed are hard links to the version before. That version is
kept until the next load, for readers that are still at it, and so are those that a database needs (`pins`);
whatever a dead load left is swept up by the next.
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from adventure_works import disk
from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.load.pins import pinned
from adventure_works.read.records import Reject
from adventure_works.settings import shown
from adventure_works.sql import glob, quoted

LOAD_ID = "%Y%m%dT%H%M%S%f"


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
    encoding: str
    date_order: str
    source: str
    dataset_version: str
    loaded_at: datetime
    as_of_date: date


class Lake(ABC):
    """Where a load takes its files: a folder, or a prefix on S3. As a string it is that place."""

    @abstractmethod
    def locked(self, announce: Callable[[str], None]) -> AbstractContextManager[None]:
        """Keeps other loads out, and tells when another load makes this one wait."""

    @abstractmethod
    def newest_entries(self) -> dict[str, LogEntry]:
        """The newest `load_log` entry of every source file whose rows the lake holds, by file name."""

    @abstractmethod
    def new_version(self) -> "NewVersion":
        """A version under construction, to take the place of the current one."""

    @abstractmethod
    def settle(self, announce: Callable[[str], None]) -> None:
        """Does what is left to do once the lake is up to date, also when this load has changed nothing."""


class FolderLake(Lake):
    """The lake in a folder, which needs nobody else to be told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        """The folder, as a user would type it."""
        return shown(self.folder)

    def locked(self, announce: Callable[[str], None]) -> AbstractContextManager[None]:
        """Holds the folder's lock."""
        return disk.locked(self.folder / ".lock", "load", self.folder, "ADVENTURE_LAKE", announce)

    def newest_entries(self) -> dict[str, LogEntry]:
        """The newest entries of the version that `raw` names."""
        return newest_entries(log_entries(current_version(self.folder)))

    def new_version(self) -> "NewVersion":
        """A version beside the others."""
        return FolderVersion(self.folder)

    def settle(self, announce: Callable[[str], None]) -> None:
        """Nothing: the rename was the last step."""


def current_version(lake: Path) -> Path | None:
    """Folder of the version that `raw` names, None for a lake without any load."""
    raw = lake / "raw"
    if raw.exists() and not raw.is_symlink():
        raise AdventureError(
            f"{shown(raw)}: is no link that a load has made. Move it away, or set ADVENTURE_LAKE to another folder."
        )
    return lake / raw.readlink() if raw.exists() else None


def log_entries(version: Path | None) -> list[LogEntry]:
    """Every `load_log` entry below the folder of a version, oldest first."""
    if version is None:
        return []
    names = ", ".join(field.name for field in fields(LogEntry))
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                f"select {names} from read_parquet({glob(version / 'load_log', '*.parquet')}) order by load_id"
            ).fetchall()
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


class NewVersion(ABC):
    """A version under construction: filled in a folder of its own, then put in the place of the one before."""

    def __init__(self, folder: Path, newest: str, step: timedelta = timedelta(microseconds=1)) -> None:
        """Makes the folder of a version below `folder`; its id comes after `newest`, by `step` if need be."""
        now = datetime.now(UTC).replace(tzinfo=None)
        if newest and now.strftime(LOAD_ID) <= newest:
            # The clock has gone back; load ids must not.
            now = datetime.strptime(newest, LOAD_ID) + step
        self.loaded_at = now
        self.load_id = now.strftime(LOAD_ID)
        self.folder = folder / f".{self.load_id}"
        for table in raw_tables():
            (self.folder / table).mkdir(parents=True)

    @abstractmethod
    def carry_over(self, entry: LogEntry) -> None:
        """Takes over what an unchanged file brought."""

    @abstractmethod
    def carry_over_log(self) -> None:
        """Takes over the history of loads."""

    @abstractmethod
    def publish(self, progress: Callable[[str, int, int], None]) -> None:
        """Puts the version in place, in one step."""

    def discard(self) -> None:
        """Removes what has been built so far."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def rows(self, table: str) -> str:
        """The pattern, in SQL, of the files that hold a table's rows so far."""
        return glob(self.folder / table, "*/*.parquet")

    def rows_folder(self, table: str, source_file: str) -> Path:
        """The folder, made empty, for the rows that a file brings."""
        folder = self.folder / table / source_file
        folder.mkdir()
        return folder

    def write_rejects(self, table: str, source_file: str, rejects: list[Reject]) -> None:
        """Writes a file's rejected records; none make an empty file, so that its schema is always there."""
        rows = [
            (table, source_file, r.record_number, r.line_number, r.column_name, r.reason, r.raw_text) for r in rejects
        ]
        _write(self.folder / "rejected_rows" / f"{source_file}.parquet", "rejected_rows", rows)

    def write_log(self, entries: list[LogEntry]) -> None:
        """Writes what this load did, one entry a file."""
        _write(self.folder / "load_log" / f"{self.load_id}.parquet", "load_log", [astuple(e) for e in entries])


class FolderVersion(NewVersion):
    """A new version of a lake in a folder."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        self.before = current_version(lake)
        self._sweep(self.before)
        super().__init__(lake / "versions", self.before.name if self.before else "")

    def carry_over(self, entry: LogEntry) -> None:
        """Takes over what an unchanged file brought."""
        assert self.before
        rows = Path(entry.table_name) / entry.source_file
        (self.folder / rows).mkdir()
        for part in (self.before / rows).iterdir():
            disk.link(part, self.folder / rows / part.name)
        rejects = Path("rejected_rows") / f"{entry.source_file}.parquet"
        disk.link(self.before / rejects, self.folder / rejects)

    def carry_over_log(self) -> None:
        """Takes over the history of loads."""
        if self.before:
            for log in (self.before / "load_log").iterdir():
                disk.link(log, self.folder / "load_log" / log.name)

    def publish(self, progress: Callable[[str, int, int], None]) -> None:
        """Puts the version in place: everything on disk first, then one rename."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            disk.sync(path)
        disk.sync(self.folder)
        version = self.folder.with_name(self.load_id)
        self.folder.rename(version)
        disk.sync(version.parent)
        link = self.lake / ".raw"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("versions") / self.load_id)
        link.replace(self.lake / "raw")
        disk.sync(self.lake)
        self._sweep(version)

    def _sweep(self, current: Path | None) -> None:
        """Removes all versions but the current one, the one before it and those pinned, and what dead loads left."""
        versions = self.lake / "versions"
        found = sorted(versions.iterdir()) if versions.exists() else []
        older = [path for path in found if current and path.name < current.name and not path.name.startswith(".")]
        wanted = pinned(self.lake)
        for path in found:
            if path not in {current, *older[-1:]} and path.name not in wanted:
                shutil.rmtree(path)


def _write(path: Path, table: str, rows: list[tuple]) -> None:
    columns = raw_tables()[table].columns
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({', '.join(f'{c.name} {c.data_type}' for c in columns)})")
        if rows:
            connection.executemany(f"insert into rows values ({', '.join('?' * len(columns))})", rows)
        connection.execute(f"copy rows to {quoted(path)} (format parquet, compression zstd)")
