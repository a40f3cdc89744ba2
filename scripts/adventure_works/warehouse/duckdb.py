"""An audited build on DuckDB: candidate, audit, publication, and back to the previous one."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import duckdb

from adventure_works import disk
from adventure_works.errors import AdventureError
from adventure_works.lake import pins
from adventure_works.lake.base import LogEntry, read_log
from adventure_works.lake.folder import FolderLake, current_version
from adventure_works.lake.history import EARLIER, HISTORY, active, missed_loads, newest, refuse_lost
from adventure_works.settings import Settings, shown
from adventure_works.sql import glob, location
from adventure_works.warehouse import duckdb_kept
from adventure_works.warehouse.base import Ask, Progress, SourcePlace
from adventure_works.warehouse.duckdb_access import asker, asking, asking_history, connected
from adventure_works.warehouse.duckdb_files import Files
from adventure_works.warehouse.kept import place_of
from adventure_works.warehouse.record import (
    NOTHING_SAID,
    AuditRecord,
    Outcome,
    Said,
    State,
    described_build,
    findings_column,
    record_of,
    write_record,
)


class History(NamedTuple):
    """What a candidate's history can be made from: a version of the lake, its log, and the loads not seen yet."""

    version: Path
    log: list[LogEntry]
    missed: dict[str, str]


class DuckDBWarehouse(Files):
    """The DuckDB files of the target `published`, built from a lake in a folder; see `Warehouse` for the methods."""

    target = "published"

    def __init__(self, settings: Settings, announce: Callable[[str], None], *, wait: bool = True) -> None:
        super().__init__(settings.database, announce, wait)
        self._settings = settings

    @property
    def name(self) -> str:
        """The path of the published file from the lake, so that the two may be moved together."""
        return os.path.relpath(self.published.resolve(), self.lake.resolve())

    @property
    def target_folder(self) -> Path:
        """One for each published file."""
        return self._settings.run_target(str(self.published.resolve()))

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self._settings.lake_folder

    @contextmanager
    def locked(self) -> Iterator[Callable[[], None]]:
        """Holds a lock file beside the database, which this process cannot lose."""
        if self.published.is_symlink():
            raise AdventureError(
                f"{shown(self.published)}: is a link, which publishing would replace by a file. Set ADVENTURE_DATABASE "
                "to the file that it leads to."
            )
        lock = self.published.parent / f".{self.published.name}.lock"
        with disk.locked(lock, "run", self.published, "ADVENTURE_DATABASE", self.announce, wait=self.wait):
            yield lambda: None

    def bring_up_raw(self, *, replace: bool, timeout: float, progress: Progress) -> str:
        """Nothing: dbt reads the lake where it is."""
        return ""

    @property
    def environ(self) -> dict[str, str]:
        """The target."""
        return {"ADVENTURE_TARGET": self.target, "DBT_TARGET": ""}

    def start_candidate(self, growing: Iterable[tuple[str, str]], progress: Progress) -> dict[str, str]:
        """Copies what is published, or starts from nothing when the lake was replaced; keeps the lake's version.

        When another lake was published in between, the lake's history is in the previous file.
        """
        with FolderLake(self.lake).locked(self.announce):
            version = current_version(self.lake)
            if version is None:
                raise AdventureError(
                    f"{shown(self.lake)}: nothing has been loaded. Load first: adventure load --source sample"
                )
            pins.pin(version, self.published)
        log = read_log(version)
        record = AuditRecord(str(self.lake), min(entry.load_id for entry in log), version.name)
        if self.published.parent.exists():
            with disk.explained(self.published, "Nothing has changed. Correct the permissions and run again."):
                self.finish_exchange()
        published, begun_from = self._record_of(self.published), None
        since = ""
        if not self.published.exists():
            self.start_from_nothing()
            since = duckdb_kept.restore(self.candidate, self._history_place, record.began_with)
        elif published is None or published.began_with == record.began_with:
            begun_from = published
            self.start_from_published()
        elif (previous := self._record_of(self.previous)) and previous.began_with == record.began_with:
            self.announce("What is published is of another lake. The history of this one comes from the build before.")
            begun_from = previous
            self.start_from(self.previous)
        else:
            self.announce("The lake was replaced since the last publication: the warehouse is built from nothing.")
            self.start_from_nothing()
        if since:
            self.announce(f"Nothing is published here: the history of load {since} was restored.")
        self._history = History(version, log, missed_loads(log, begun_from.load_id if begun_from else since))
        with connected(self.candidate, read_only=False) as connection:
            _write(connection, record)
        # The lake's path is absolute: views with it can be read from any folder.
        places = {"ADVENTURE_DATABASE": self.candidate, "ADVENTURE_LAKE": self.lake, "ADVENTURE_RAW": version}
        return self.environ | {name: str(path) for name, path in places.items()}

    def missed_loads(self) -> dict[str, str]:
        """The loads since the one that the candidate's copy was built from; all, when it was built from nothing."""
        version, log, missed = self._history
        refuse_lost(log, missed, lambda entry: _earlier(version, entry).is_dir(), shown(self.lake))
        return missed

    @contextmanager
    def as_after(self, load_id: str) -> Iterator[dict[str, SourcePlace]]:
        """The files of that time, in the lake's version."""
        version, log, _ = self._history
        current = newest(log)
        folders = {
            table: version / table / entry.source_file if current[table] == entry else _earlier(version, entry)
            for table, entry in active(log, load_id).items()
        }
        # With the columns of today: the contract may have got one since.
        places = {
            table: f"(select * from {location(glob(version / table, '*/*.parquet'))} where false "
            f"union all by name select * from {location(glob(folder, '*.parquet'))})"
            for table, folder in folders.items()
        }
        loads = sorted({entry.load_id for entry in log if entry.load_id <= load_id})
        logs = ", ".join(glob(version / "load_log" / f"{load}.parquet") for load in loads)
        places["load_log"] = location(f"[{logs}]")
        yield {table: SourcePlace(external_location=place) for table, place in places.items()}

    def keep_evidence(self, artifacts: Path) -> str:
        """Keeps them beside the files, in `builds`."""
        with disk.explained(self.builds, "Nothing has been published. Correct the permissions and run again."):
            self.finish_exchange()
        states = self.states()
        # Of a file that cannot be asked now, it is not known which build it needs.
        if not any(state.trouble for state in states):
            self.drop_artifacts({state.record.build_id for state in states if state.record})
        return self.keep_artifacts(artifacts)

    def judge_candidate(
        self, *, passed: bool, tests: int, warnings: int = 0, build_id: str = "", said: Said = NOTHING_SAID
    ) -> None:
        """Writes into the candidate how its audit went."""
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        with connected(self.candidate, read_only=False) as connection:
            record = record_of(asker(connection))
            if record is None:
                raise AdventureError(f"{shown(self.candidate)}: its audit record is gone. Run again.")
            findings = findings_column(said)
            judged = replace(
                record, outcome=outcome, tests=tests, warnings=warnings, build_id=build_id, findings=findings
            )
            _write(connection, judged)

    def publish(self) -> None:
        """Publishes the candidate by a rename."""
        before = self.states()
        audited = (state.record for state in before if state.role == "candidate")
        if not any(record and record.outcome == Outcome.PASSED for record in audited):
            raise AdventureError(f"{shown(self.candidate)}: no candidate has passed its audit. Make one: adventure run")
        self.put_in_place()
        self._release_pins(before)
        self._link_state()

    def keep_history(self) -> None:
        """In the lake's folder."""
        duckdb_kept.keep(self.published, self._history_place)

    @property
    def _history_place(self) -> Path:
        return self.lake / HISTORY / place_of(self.name)

    def roll_back(self, version: int | None = None) -> None:
        """Exchanges the published file and the previous one."""
        assert version is None, "one file is kept, which has no number"
        super().roll_back()
        self._link_state()

    def states(self) -> list[State]:
        """The record of each file; of one that cannot be read, why."""
        found = []
        for role in ("published", "previous", "candidate"):
            path = getattr(self, role)
            try:
                if path.exists():
                    with connected(path, read_only=True) as connection:
                        found.append(State(role, str(path), record_of(asker(connection))))
            except AdventureError as error:
                found.append(State(role, str(path), trouble=str(error)))
        return found

    def asking_candidate(self) -> AbstractContextManager[Ask]:
        """Asks the candidate's file."""
        return asking(self.candidate)

    @contextmanager
    def asking_published(self) -> Iterator[Ask]:
        """Asks the published file."""
        if not self.published.exists():
            raise AdventureError(f"There is no warehouse at {shown(self.published)}. Build one first: adventure run")
        with asking(self.published) as ask:
            try:
                yield ask
            except duckdb.CatalogException as error:
                missing = str(error).splitlines()[0]
                raise AdventureError(
                    f"{shown(self.published)} lacks a table of the project: {missing}\nBuild it: adventure run"
                ) from error

    def evidence(self, ask: Ask) -> Path:
        """What is kept beside the files."""
        return self.builds / described_build(record_of(ask), shown(self.published), "adventure run")

    def asking_history(self) -> AbstractContextManager[Ask]:
        """Asks what the lake keeps."""
        return asking_history(self.lake, self.name)

    def _record_of(self, file: Path) -> AuditRecord | None:
        """The record of a file; None where there is no file, or no record in it."""
        if not file.exists():
            return None
        with connected(file, read_only=True, patience=self.patience, announce=self.announce) as connection:
            return record_of(asker(connection))

    def _link_state(self) -> None:
        """Renews the link to the evidence of what is published; the record says where that is, also without it."""
        record = next((state.record for state in self.states() if state.role == "published"), None)
        try:
            self.link_state(record.build_id if record else "")
        except AdventureError as error:
            self.announce(str(error))

    def _release_pins(self, before: list[State]) -> None:
        """Lets go of the versions that none of the files needs any more; of none, as long as one cannot be asked."""
        now = self.states()
        if all(state.record for state in now):
            for lake in {state.record.lake for state in [*before, *now] if state.record}:
                keep = {state.record.load_id for state in now if state.record and state.record.lake == lake}
                pins.release(Path(lake), self.published, keep)


def _write(connection: duckdb.DuckDBPyConnection, record: AuditRecord) -> None:
    connection.execute("begin")
    write_record(connection.execute, record)
    connection.execute("commit")


def _earlier(version: Path, entry: LogEntry) -> Path:
    return version / EARLIER / entry.table_name / entry.load_id
