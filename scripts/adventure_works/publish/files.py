"""The files of a DuckDB warehouse, and the renames that publish one of them.

    warehouse/adventure_works.duckdb             published: what people read
    warehouse/candidate/adventure_works.duckdb   being built and audited, or kept because its audit failed
    warehouse/previous/adventure_works.duckdb    what was published before

All three have the same name, because views name the database, and DuckDB calls that after its file. A rename leaves
readers of the old file alone: they go on reading it. Nothing here writes into a published file, with one exception:
changes that a killed process has left in its write-ahead log (`.wal`) are put into it before it is copied, since the
log of one file must never come to stand beside another.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adventure_works.disk import copy, explained, link, sync
from adventure_works.errors import AdventureError
from adventure_works.publish.access import UnreadableError, opened
from adventure_works.settings import shown

# How long to wait for a process that has the published file open for writing, such as `mf query` or `dbt show`.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Warehouse:
    """The three files of a warehouse, by the path of the published one.

    `patient` is whether to wait for others, and `announce` is told of whom.
    """

    published: Path
    announce: Callable[[str], None]
    patient: bool = True

    @property
    def patience(self) -> float:
        """Seconds to wait for a process that is in the way."""
        return PATIENCE_SECONDS if self.patient else 0

    @property
    def candidate(self) -> Path:
        """The file under construction."""
        return self.published.parent / "candidate" / self.published.name

    @property
    def previous(self) -> Path:
        """The file that was published before."""
        return self.published.parent / "previous" / self.published.name


def start_from_nothing(warehouse: Warehouse) -> None:
    """Clears the candidate's place.

    Raises:
        HeldError: another process, perhaps somebody looking into a failed audit, has the candidate open for writing.
        AdventureError: the place cannot be written.
    """
    with _explained(warehouse.candidate, "Nothing has changed"):
        warehouse.candidate.parent.mkdir(exist_ok=True)
        if warehouse.candidate.exists():
            with suppress(UnreadableError), opened(warehouse.candidate, read_only=True):
                pass
        _discard(warehouse.candidate)


def start_from_published(warehouse: Warehouse) -> None:
    """Makes the candidate a copy of the published file, which stays readable meanwhile.

    Raises:
        HeldError: another process has one of the files open for writing.
        AdventureError: the published file cannot be read, or there is no room for a copy.
    """
    with _kept_from_writers(warehouse), _explained(warehouse.candidate, "Nothing has changed"):
        start_from_nothing(warehouse)
        try:
            copy(warehouse.published, warehouse.candidate)
        except OSError:
            _discard(warehouse.candidate)
            raise


def put_in_place(warehouse: Warehouse) -> None:
    """Publishes the candidate: one rename. What was published becomes the previous one.

    Killed at any moment, it leaves the old file or the new one in place, whole.

    Raises:
        HeldError: another process has one of the files open for writing.
    """
    with _explained(warehouse.published, "Nothing has been published"):
        _settle(warehouse, warehouse.candidate)
        sync(warehouse.candidate)
        _finish_exchange(warehouse)
        with _kept_from_writers(warehouse):
            if warehouse.published.exists():
                shutil.copymode(warehouse.published, warehouse.candidate)
            _exchange_for(warehouse, warehouse.candidate)


def exchange(warehouse: Warehouse) -> None:
    """Exchanges the published file and the previous one; a second time, and everything is as it was.

    A published file that cannot be read is not worth a place: it goes to the folder `unreadable`.

    Raises:
        AdventureError: there is no previous one, or it cannot be read.
        HeldError: another process has one of the files open for writing.
    """
    with _explained(warehouse.published, "Nothing has changed"):
        _finish_exchange(warehouse)
        if not warehouse.previous.exists():
            raise AdventureError(
                f"{shown(warehouse.previous)}: there is no previous warehouse to go back to. `adventure run` keeps "
                "the one that it replaces."
            )
        _settle(warehouse, warehouse.previous)
        try:
            with _kept_from_writers(warehouse):
                _exchange_for(warehouse, warehouse.previous)
        except UnreadableError:
            _set_unreadable_aside(warehouse)
            warehouse.previous.replace(warehouse.published)
            sync(warehouse.published.parent)


def log_of(path: Path) -> Path:
    """Where DuckDB keeps changes that it has not yet put into the file itself."""
    return path.with_name(f"{path.name}.wal")


def _explained(path: Path, state: str) -> AbstractContextManager[None]:
    return explained(path, f"{state}. Free space or correct the permissions, and run again.")


@contextmanager
def _kept_from_writers(warehouse: Warehouse) -> Iterator[None]:
    """Keeps the published file from being opened for writing, and free of a log that a rename would orphan."""
    if not warehouse.published.exists():
        log_of(warehouse.published).unlink(missing_ok=True)
        yield
        return
    if log_of(warehouse.published).exists():
        _settle(warehouse, warehouse.published)
    with opened(warehouse.published, read_only=True, patience=warehouse.patience, announce=warehouse.announce):
        yield


def _exchange_for(warehouse: Warehouse, new: Path) -> None:
    """Puts a file in the published one's place, and that one in the place of the previous."""
    if warehouse.published.exists():
        link(warehouse.published, _aside(warehouse))
    new.replace(warehouse.published)
    sync(warehouse.published.parent)
    _finish_exchange(warehouse)


def _set_unreadable_aside(warehouse: Warehouse) -> None:
    """Gives the published file a second name, and its log another one, so that nothing is lost with them."""
    unreadable = warehouse.published.parent / "unreadable" / warehouse.published.name
    unreadable.parent.mkdir(exist_ok=True)
    link(warehouse.published, unreadable)
    if log_of(warehouse.published).exists():
        log_of(warehouse.published).replace(log_of(unreadable))
    warehouse.announce(f"What was published cannot be read; it is kept as {shown(unreadable)}.")


def _settle(warehouse: Warehouse, path: Path) -> None:
    """Puts what stands in a file's log into the file."""
    with opened(path, read_only=False, patience=warehouse.patience, announce=warehouse.announce) as connection:
        connection.execute("checkpoint")


def _aside(warehouse: Warehouse) -> Path:
    """Where the published file waits, under a second name, to become the previous one."""
    return warehouse.previous.with_name(f".{warehouse.previous.name}")


def _finish_exchange(warehouse: Warehouse) -> None:
    """Brings the file that waits aside to its place, also when the exchange that put it there was killed."""
    warehouse.previous.parent.mkdir(exist_ok=True)
    aside = _aside(warehouse)
    if not aside.exists():
        return
    if warehouse.published.exists() and aside.samefile(warehouse.published):
        # Killed before the rename: what waits is still what is published.
        aside.unlink()
    else:
        aside.replace(warehouse.previous)
    sync(warehouse.previous.parent)


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)
    log_of(path).unlink(missing_ok=True)
