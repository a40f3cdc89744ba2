"""The lake in a folder: its versions, and one link that says which of them is `raw`.

    lake/raw                     -> versions/<load id>
    lake/versions/<load id>/
    lake/forgotten.json

A load builds its version aside and then moves the link, which is one rename: a reader sees the old lake or the
new one, whenever the load is killed. The rows of unchanged files are hard links to the version before. That version
is kept until the next load, for readers that still use it, and so are those that a database needs (`pins`). What a
killed load has left is removed by the next.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import duckdb

from adventure_works import disk
from adventure_works.errors import AdventureError
from adventure_works.lake.base import LogEntry, NewVersion, Progress, read_log
from adventure_works.lake.forgotten import BLANK, FORGOTTEN, Forgotten, persons_in, tables_of_persons
from adventure_works.lake.history import EARLIER, HISTORY
from adventure_works.lake.pins import pinned
from adventure_works.settings import shown
from adventure_works.sql import glob, one_row


class FolderLake:
    """The lake in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        """The folder, as a user would type it."""
        return shown(self.folder)

    def locked(self, announce: Callable[[str], None]) -> AbstractContextManager[None]:
        """Holds the folder's lock."""
        return disk.locked(self.folder / ".lock", "load", self.folder, "ADVENTURE_LAKE", announce)

    def log(self) -> list[LogEntry]:
        """The log of the version that `raw` names."""
        version = current_version(self.folder)
        return read_log(version) if version else []

    def lost(self, entries: Iterable[LogEntry]) -> set[str]:
        """Those whose Parquet files are gone, or hold other numbers of rows than the log says."""
        version = current_version(self.folder)
        with duckdb.connect() as connection:
            return {
                entry.source_file for entry in entries if version and _rows(connection, version, entry) != entry.loaded
            }

    def forgotten(self) -> Forgotten:
        """What the file beside the versions says."""
        path = self.folder / FORGOTTEN
        return Forgotten.from_json(path.read_bytes()) if path.exists() else Forgotten()

    def remember(self, forgotten: Forgotten) -> None:
        """Writes that file."""
        with disk.replaced(self.folder / FORGOTTEN) as new:
            new.write_bytes(forgotten.to_json())
            disk.sync(new)
        disk.sync(self.folder)

    def persons(self, keys: Iterable[int]) -> dict[int, set[str]]:
        """Those of every version that is there."""
        found: dict[int, set[str]] = {}
        for folder in tables_of_persons():
            paths = [path for path, *_ in self._files(f"versions/*/{folder}/*/*")]
            for key, values in persons_in(paths, keys).items():
                found.setdefault(key, set()).update(values)
        return found

    def erase(self, forgotten: Forgotten, values: Iterable[str]) -> list[str]:
        """Writes each file that has them again, in its place: databases read versions where they are."""
        for pattern in ("versions/.*", f"{HISTORY}/*/.*"):
            for left_by_killed in self.folder.glob(pattern):
                shutil.rmtree(left_by_killed)
        erasers: dict[str, Callable[[Path], int]] = {
            f"versions/*/{name}/*/*": forgotten.blank for name in tables_of_persons()
        }
        erasers["versions/*/rejected_rows/*"] = partial(forgotten.blank_rejects, values=values)
        erasers[f"{HISTORY}/*/*/*customers"] = partial(forgotten.blank, blanks=BLANK)
        rows = 0
        for pattern, erase in erasers.items():
            for path, *others in self._files(pattern):
                erased = erase(path)
                for other in others if erased else ():
                    with disk.replaced(other) as new:
                        disk.link(path, new)
                rows += erased * (1 + len(others))
        return [f"{shown(self.folder)}: {rows} rows of all versions"]

    def _files(self, pattern: str) -> Iterable[list[Path]]:
        """The Parquet files with such names below the lake, those that are one file with several names together."""
        names: dict[int, list[Path]] = {}
        for path in sorted(self.folder.glob(f"{pattern}.parquet")):
            names.setdefault(path.stat().st_ino, []).append(path)
        return names.values()

    def new_version(self) -> NewVersion:
        """A version beside the others."""
        return FolderVersion(self.folder)

    def finish(self, announce: Callable[[str], None]) -> None:
        """Puts the link back, where only that is gone."""
        version = current_version(self.folder)
        if version and not (self.folder / "raw").exists():
            _move_link(self.folder, version)


class FolderVersion(NewVersion):
    """A new version of a lake in a folder."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        self.before = current_version(lake)
        self._sweep(self.before)
        super().__init__(lake / "versions", self.before.name if self.before else "")

    def carry_over(self, entries: list[LogEntry], replaced: list[LogEntry]) -> None:
        """Takes over the rows of unchanged and of earlier files, and the log of all loads so far."""
        if self.before is None:
            return
        moves = {folder: folder for folder in ("load_log", EARLIER) if (self.before / folder).exists()}
        moves |= {
            f"{entry.table_name}/{entry.source_file}": f"{entry.table_name}/{entry.source_file}" for entry in entries
        }
        moves |= {
            f"{entry.table_name}/{entry.source_file}": f"{EARLIER}/{entry.table_name}/{entry.load_id}"
            for entry in replaced
        }
        for old, new in moves.items():
            shutil.copytree(self.before / old, self.folder / new, copy_function=_link, dirs_exist_ok=True)
        for entry in entries:
            name = f"rejected_rows/{entry.source_file}.parquet"
            disk.link(self.before / name, self.folder / name)

    def publish(self, progress: Progress) -> None:
        """Puts the version in place: everything on disk first, then one rename."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            disk.sync(path)
        disk.sync(self.folder)
        version = self.folder.with_name(self.load_id)
        self.folder.rename(version)
        disk.sync(version.parent)
        _move_link(self.lake, version)
        self._sweep(version)

    def _sweep(self, current: Path | None) -> None:
        """Removes all versions but the current one, the one before it and those pinned, and what killed loads left."""
        versions = self.lake / "versions"
        found = sorted(versions.iterdir()) if versions.exists() else []
        older = [path for path in found if current and path.name < current.name and not path.name.startswith(".")]
        wanted = pinned(self.lake)
        for path in found:
            # What somebody else has put there, as Finder does with .DS_Store, is nobody's version.
            if path.is_dir() and path not in {current, *older[-1:]} and path.name not in wanted:
                shutil.rmtree(path)


def _link(source: str | Path, target: str | Path) -> None:
    disk.link(Path(source), Path(target))


def _rows(connection: duckdb.DuckDBPyConnection, version: Path, entry: LogEntry) -> int:
    files = glob(version / entry.table_name / entry.source_file, "*.parquet")
    try:
        (count,) = one_row(connection, f"select coalesce(sum(num_rows), 0) from parquet_file_metadata({files})")
        return int(count)
    except duckdb.Error:
        return -1


def _move_link(lake: Path, version: Path) -> None:
    """Lets `raw` name a version, in one step."""
    link = lake / ".raw"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("versions") / version.name)
    link.replace(lake / "raw")
    disk.sync(lake)


def current_version(lake: Path) -> Path | None:
    """Folder of the version that `raw` names, the newest where that link is gone, None for a lake without any load."""
    raw = lake / "raw"
    if raw.exists() and not raw.is_symlink():
        raise AdventureError(
            f"{shown(raw)}: is not a link that a load has made. Move it away, or set ADVENTURE_LAKE to another folder."
        )
    if raw.exists():
        return lake / raw.readlink()
    return max((path for path in (lake / "versions").glob("[0-9]*") if path.is_dir()), default=None)
