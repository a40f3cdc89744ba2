"""The files of a DuckDB warehouse, and the renames that publish one of them.

    warehouse/adventure_works.duckdb             published: what people read
    warehouse/candidate/adventure_works.duckdb   being built and audited, or kept because its audit failed
    warehouse/previous/adventure_works.duckdb    what was published before

All three have the same name, because views name the database, and DuckDB calls that after its file. A rename leaves
readers of the old file alone: they go on reading it. Nothing here writes into a published file, with one exception:
changes that a killed process has left in its write-ahead log (`.wal`) are put into it before it is copied, since the
log of one file must never be beside another file.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adventure_works.disk import copy, explained, link, sync
from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.warehouse.duckdb_access import UnreadableError, connected

# How long to wait for a process that has the published file open for writing, such as `mf query` or `dbt show`.
PATIENCE_SECONDS = 60.0


@dataclass
class Files:
    """The three files of a warehouse, by the path of the published one.

    `announce` takes a message when another process is in the way; `wait` is whether to wait for it.
    """

    published: Path
    announce: Callable[[str], None]
    wait: bool = True

    @property
    def patience(self) -> float:
        """Seconds to wait for a process that is in the way."""
        return PATIENCE_SECONDS if self.wait else 0

    @property
    def candidate(self) -> Path:
        """The file under construction."""
        return self.published.parent / "candidate" / self.published.name

    @property
    def previous(self) -> Path:
        """The file that was published before."""
        return self.published.parent / "previous" / self.published.name


def start_from_nothing(files: Files) -> None:
    """Clears the candidate's place.

    Raises:
        HeldError: another process, perhaps somebody looking into a failed audit, has the candidate open for writing.
        AdventureError: the place cannot be written.
    """
    with _explained(files.candidate, "Nothing has changed"):
        files.candidate.parent.mkdir(exist_ok=True)
        if files.candidate.exists():
            with suppress(UnreadableError), connected(files.candidate, read_only=True):
                pass
        _discard(files.candidate)


def start_from_published(files: Files) -> None:
    """Makes the candidate a copy of the published file, which stays readable meanwhile.

    Raises:
        HeldError: another process has one of the files open for writing.
        AdventureError: the published file cannot be read, or a copy does not fit on the disk.
    """
    with _kept_from_writers(files), _explained(files.candidate, "Nothing has changed"):
        start_from_nothing(files)
        try:
            copy(files.published, files.candidate)
        except OSError:
            _discard(files.candidate)
            raise


def put_in_place(files: Files) -> None:
    """Publishes the candidate: one rename. What was published becomes the previous one.

    Killed at any moment, it leaves the old file or the new one in place, whole.

    Raises:
        HeldError: another process has one of the files open for writing.
    """
    with _explained(files.published, "Nothing has been published"):
        _settle(files, files.candidate)
        sync(files.candidate)
        _finish_exchange(files)
        with _kept_from_writers(files):
            if files.published.exists():
                shutil.copymode(files.published, files.candidate)
            _exchange_for(files, files.candidate)


def exchange(files: Files) -> None:
    """Exchanges the published file and the previous one; a second time, and everything is as it was.

    A published file that cannot be read is not worth a place: it goes to the folder `unreadable`.

    Raises:
        AdventureError: nothing was published before, or it cannot be read.
        HeldError: another process has one of the files open for writing.
    """
    with _explained(files.published, "Nothing has changed"):
        _finish_exchange(files)
        if not files.previous.exists():
            raise AdventureError(
                f"{shown(files.previous)}: no previous warehouse to go back to. `adventure run` keeps "
                "the one that it replaces."
            )
        _settle(files, files.previous)
        try:
            with _kept_from_writers(files):
                _exchange_for(files, files.previous)
        except UnreadableError:
            _set_unreadable_aside(files)
            files.previous.replace(files.published)
            sync(files.published.parent)


def log_of(path: Path) -> Path:
    """Where DuckDB keeps changes that it has not yet put into the file itself."""
    return path.with_name(f"{path.name}.wal")


def _explained(path: Path, state: str) -> AbstractContextManager[None]:
    return explained(path, f"{state}. Free space or correct the permissions, and run again.")


@contextmanager
def _kept_from_writers(files: Files) -> Iterator[None]:
    """Keeps the published file from being opened for writing, and free of a log that a rename would orphan."""
    if not files.published.exists():
        log_of(files.published).unlink(missing_ok=True)
        yield
        return
    if log_of(files.published).exists():
        _settle(files, files.published)
    with connected(files.published, read_only=True, patience=files.patience, announce=files.announce):
        yield


def _exchange_for(files: Files, new: Path) -> None:
    """Puts a file in the published one's place, and that one in the place of the previous."""
    if files.published.exists():
        link(files.published, _aside(files))
    new.replace(files.published)
    sync(files.published.parent)
    _finish_exchange(files)


def _set_unreadable_aside(files: Files) -> None:
    """Gives the published file a second name, and its log another one, so that nothing is lost with them."""
    unreadable = files.published.parent / "unreadable" / files.published.name
    unreadable.parent.mkdir(exist_ok=True)
    link(files.published, unreadable)
    if log_of(files.published).exists():
        log_of(files.published).replace(log_of(unreadable))
    files.announce(f"What was published cannot be read; it is kept as {shown(unreadable)}.")


def _settle(files: Files, path: Path) -> None:
    """Writes what a file's log holds into the file."""
    with connected(path, read_only=False, patience=files.patience, announce=files.announce) as connection:
        connection.execute("checkpoint")


def _aside(files: Files) -> Path:
    """Where the published file waits, under a second name, to become the previous one."""
    return files.previous.with_name(f".{files.previous.name}")


def _finish_exchange(files: Files) -> None:
    """Brings the file that waits aside to its place, also when the exchange that put it there was killed."""
    files.previous.parent.mkdir(exist_ok=True)
    aside = _aside(files)
    if not aside.exists():
        return
    if files.published.exists() and aside.samefile(files.published):
        # Killed before the rename: what waits is still what is published.
        aside.unlink()
    else:
        aside.replace(files.previous)
    sync(files.previous.parent)


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)
    log_of(path).unlink(missing_ok=True)
