"""The files of a DuckDB warehouse, and the renames that publish one of them.

    warehouse/adventure_works.duckdb             published: what people read
    warehouse/candidate/adventure_works.duckdb   being built and audited, or kept because its audit failed
    warehouse/previous/adventure_works.duckdb    what was published before
    warehouse/builds/adventure_works/<build id>  manifest.json and run_results.json of the build of each of these
    warehouse/state                              link to those of what was published last in this folder

All three have the same name, because DuckDB calls a database after its file, and dbt's SQL names the database. A rename
leaves readers of the old file alone: they go on reading it. Nothing here writes into a published file, with one
exception: changes that a killed process has left in its write-ahead log (`.wal`) are put into it before it is copied,
since the log of one file must never be beside another file.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adventure_works.disk import copy, explained, link, replaced, sync
from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sql import one_row
from adventure_works.warehouse.artifacts import ARTIFACTS, build_id_in
from adventure_works.warehouse.base import Erased, rows
from adventure_works.warehouse.duckdb_access import UnreadableError, connected, has_storage, rewrite
from adventure_works.warehouse.persons import updates

COLUMNS = """
    select columns.table_schema, columns.table_name, columns.column_name
    from information_schema.columns
    inner join information_schema.tables using (table_catalog, table_schema, table_name)
    where table_catalog = current_database() and table_type = 'BASE TABLE'
    """
# How long to wait for a process that has the published file open for writing, such as `duckdb` without `-readonly`.
PATIENCE_SECONDS = 60.0


@dataclass
class Files:
    """The three files of a warehouse, by the path of the published one.

    `announce` takes a message when another process is in the way; `wait` is whether to wait for it.

    A step raises HeldError when another process, perhaps somebody looking into a failed audit, has a file open for
    writing, and AdventureError when a file cannot be read or written.
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

    @property
    def builds(self) -> Path:
        """The folder of what is kept of builds, by their ids."""
        return self.published.parent / "builds" / self.published.name

    def start_from_nothing(self) -> None:
        """Clears the candidate's place."""
        with _explained(self.candidate, "Nothing has changed"):
            self.candidate.parent.mkdir(exist_ok=True)
            if self.candidate.exists():
                with suppress(UnreadableError), connected(self.candidate, read_only=True):
                    pass
            _discard(self.candidate)

    def start_from_published(self) -> None:
        """Makes the candidate a copy of the published file, which stays readable meanwhile."""
        with self._kept_from_writers():
            self.start_from(self.published)

    def start_from(self, file: Path) -> None:
        """Makes the candidate a copy of a file that nobody writes into.

        A file that a newer DuckDB than ours had to read, as this project once made them, is rewritten.
        """
        with _explained(self.candidate, "Nothing has changed"):
            self.start_from_nothing()
            try:
                if has_storage(file):
                    copy(file, self.candidate)
                else:
                    rewrite(file, self.candidate)
            except (OSError, AdventureError):
                _discard(self.candidate)
                raise

    def put_in_place(self) -> None:
        """Publishes the candidate: one rename. What was published becomes the previous one.

        Killed at any moment, it leaves the old file or the new one in place, whole.
        """
        with _explained(self.published, "Nothing has been published"):
            self._settle(self.candidate)
            sync(self.candidate)
            self.finish_exchange()
            with self._kept_from_writers():
                if self.published.exists():
                    shutil.copymode(self.published, self.candidate)
                self._exchange_for(self.candidate)

    def roll_back(self) -> None:
        """Exchanges the published file and the previous one; a second time, and everything is as it was.

        A published file that cannot be read is not worth a place: it goes to the folder `unreadable`.
        """
        with _explained(self.published, "Nothing has changed"):
            self.finish_exchange()
            if not self.previous.exists():
                raise AdventureError(
                    f"{shown(self.previous)}: no previous warehouse to go back to. `adventure run` keeps "
                    "the one that it replaces."
                )
            self._settle(self.previous)
            try:
                with self._kept_from_writers():
                    self._exchange_for(self.previous)
            except UnreadableError:
                self._set_unreadable_aside()
                self.previous.replace(self.published)
                sync(self.published.parent)

    def keep_artifacts(self, artifacts: Path) -> str:
        """Copies what dbt has left of a build in a folder to that of its id, which it returns; whole or not at all."""
        build_id = build_id_in(artifacts)
        with _explained(self.builds, "Nothing has been published"), replaced(self.builds / build_id) as new:
            new.mkdir()
            for name in ARTIFACTS:
                copy(artifacts / name, new / name)
                sync(new / name)
        sync(self.builds)
        return build_id

    def drop_artifacts(self, keep: set[str]) -> None:
        """Removes what is kept of builds, but for those with these ids, and what a killed process has left there."""
        for folder in self.builds.glob("*"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)

    def link_state(self, build_id: str) -> None:
        """Lets the link `state` lead to what is kept of a build, or removes it where no id is given."""
        state = self.published.parent / "state"
        new = state.with_name(".state")
        with _explained(state, "What is published is in its place, but this link does not lead to its build"):
            if not build_id:
                state.unlink(missing_ok=True)
                return
            new.unlink(missing_ok=True)
            new.symlink_to((self.builds / build_id).relative_to(state.parent))
            new.replace(state)

    def erase_persons(self, keys: Iterable[int]) -> Erased:
        """Writes each file without them: what is published, what was before, a candidate, and developers' beside them.

        A file that somebody else's process has open for writing is named where it is a developer's.
        """
        own = (self.published, self.previous, self.candidate)
        found = [*own, *(path for path in sorted(self.published.parent.rglob("*.duckdb")) if path not in own)]
        erased, missed = [], []
        with _explained(self.published, "Not everything is erased yet"):
            self.finish_exchange()
            for path in (path for path in found if path.exists()):
                try:
                    count = self._erase(path, keys, always=path in own)
                    erased += [f"{shown(path)}: {count} rows"] if count is not None else []
                except AdventureError as error:
                    if path in own:
                        raise
                    missed.append(str(error))
        return erased, missed

    def _erase(self, path: Path, keys: Iterable[int], *, always: bool) -> int | None:
        """Puts a file without these persons in the place of one; of a file without any table of persons, only `always`.

        A row that is changed or deleted stays readable in DuckDB's file, also in pages that it no longer uses: the
        tables are copied into a new file.
        """
        for left_by_killed in path.parent.glob(f".{path.name}-*"):
            shutil.rmtree(left_by_killed)
        if log_of(path).exists():
            self._settle(path)
        with connected(path, read_only=True, patience=self.patience, announce=self.announce) as connection:
            todo = [*updates(rows(connection.execute(COLUMNS)), keys)]
            if not todo and not always:
                return None
            with replaced(path) as new:
                changed, work = 0, new.with_name("changed")
                copy(path, work)
                with connected(work, read_only=False) as changing:
                    for _, sql, _ in todo:
                        (count,) = one_row(changing, sql)
                        changed += count
                rewrite(work, new)
                shutil.copymode(path, new)
                sync(new)
        return changed

    @contextmanager
    def _kept_from_writers(self) -> Iterator[None]:
        """Keeps the published file from being opened for writing, and free of a log that a rename would orphan."""
        if not self.published.exists():
            log_of(self.published).unlink(missing_ok=True)
            yield
            return
        if log_of(self.published).exists():
            self._settle(self.published)
        with connected(self.published, read_only=True, patience=self.patience, announce=self.announce):
            yield

    def _exchange_for(self, new: Path) -> None:
        """Puts a file in the published one's place, and that one in the place of the previous."""
        if self.published.exists():
            link(self.published, self._aside)
        new.replace(self.published)
        sync(self.published.parent)
        self.finish_exchange()

    def _set_unreadable_aside(self) -> None:
        """Gives the published file a second name, and its log another one, so that nothing is lost with them."""
        unreadable = self.published.parent / "unreadable" / self.published.name
        unreadable.parent.mkdir(exist_ok=True)
        link(self.published, unreadable)
        if log_of(self.published).exists():
            log_of(self.published).replace(log_of(unreadable))
        self.announce(f"What was published cannot be read; it is kept as {shown(unreadable)}.")

    def _settle(self, path: Path) -> None:
        """Writes what a file's log holds into the file."""
        with connected(path, read_only=False, patience=self.patience, announce=self.announce) as connection:
            connection.execute("checkpoint")

    @property
    def _aside(self) -> Path:
        """Where the published file waits, under a second name, to become the previous one."""
        return self.previous.with_name(f".{self.previous.name}")

    def finish_exchange(self) -> None:
        """Brings the file that waits aside to its place, also when the exchange that put it there was killed."""
        self.previous.parent.mkdir(exist_ok=True)
        aside = self._aside
        if not aside.exists():
            return
        if self.published.exists() and aside.samefile(self.published):
            # Killed before the rename: what waits is still what is published.
            aside.unlink()
        else:
            aside.replace(self.previous)
        sync(self.previous.parent)


def log_of(path: Path) -> Path:
    """Where DuckDB keeps changes that it has not yet put into the file itself."""
    return path.with_name(f"{path.name}.wal")


def _explained(path: Path, state: str) -> AbstractContextManager[None]:
    return explained(path, f"{state}. Free space or correct the permissions, and run again.")


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)
    log_of(path).unlink(missing_ok=True)
