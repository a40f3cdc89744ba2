"""An audited build on Redshift: schemas under three prefixes, and the renames that publish a set of them.

    adventure_works_core, ..._marts, ...              published: what people read
    adventure_works_candidate_core, ...               being built and audited, or kept because its audit failed
    adventure_works_previous_core, ...                what was published before

dbt builds the candidate's views bound to their tables, so that they follow these through every rename. The raw schema
and that of the runs belong to no set: there is one of each.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from adventure_works.aws import client
from adventure_works.disk import replaced
from adventure_works.errors import AdventureError, HeldError
from adventure_works.lake.s3_read import Reader
from adventure_works.lake.s3_write import Writer
from adventure_works.redshift.load import bring_up
from adventure_works.redshift.session import Session, asking, session
from adventure_works.settings import S3Place, Settings
from adventure_works.warehouse import redshift_history, redshift_persons
from adventure_works.warehouse.artifacts import ARTIFACTS, build_id_in
from adventure_works.warehouse.base import Ask, Erased, Progress, SourcePlace, with_schemas
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

NAMES = ("staging", "intermediate", "core", "persons", "marts", "operations", "audit")
# What was published before the previous one, until it is dropped.
DISCARDED = "discarded"
# Below the lake: <workgroup>/<database>/<prefix of the schemas>/<build id>/manifest.json and run_results.json.
BUILDS = "builds"
# How long to try for the lock before saying that somebody else has it.
LOCK_MILLISECONDS = 3000


class RedshiftWarehouse:
    """The schemas of the target `prod`, built from a lake on S3; see `Warehouse` for the methods."""

    target = "prod"

    def __init__(self, settings: Settings, announce: Callable[[str], None], *, wait: bool = True) -> None:
        settings.check_workgroup()
        self.settings = settings
        self.announce = announce
        self.wait = wait

    @property
    def name(self) -> str:
        """Workgroup, database, and what the schemas begin with."""
        return "/".join((self.settings.workgroup, self.settings.redshift_database, self.settings.schema))

    @property
    def target_folder(self) -> Path:
        """One for each prefix of schemas."""
        return self.settings.run_target(self.name)

    @property
    def lake(self) -> S3Place:
        """The lake's place on S3."""
        return self.settings.lake_on_s3

    @contextmanager
    def locked(self) -> Iterator[Callable[[], None]]:
        """Holds a table's lock, in a transaction that stays open: when the run dies, Redshift lets go of it."""
        schema = self.settings.schema
        table = f"{schema}_runs.run_lock"
        with session("lock") as holder:
            holder.ask(f"create schema if not exists {schema}_runs")
            holder.ask(f"create table if not exists {table} (locked boolean)")
            holder.ask(f"set statement_timeout to {LOCK_MILLISECONDS}")
            if not _lock(holder, table):
                other = f"Another run is at work on {schema}"
                if not self.wait:
                    raise HeldError(f"{other}. Run again when it has finished, or without --no-wait.")
                self.announce(f"{other}; waiting for it to finish.")
                holder.ask("set statement_timeout to 0")
                holder.ask("begin")
                holder.ask(f"lock {table}")

            def check() -> None:
                try:
                    holder.ask("select 1 as held")
                except AdventureError as error:
                    raise AdventureError(
                        "The connection that keeps other runs out was lost, so that another one may have begun. "
                        f"Nothing is published. Run again.\n{error}"
                    ) from error

            yield check

    def bring_up_raw(self, *, replace: bool, timeout: float, progress: Progress) -> str:
        """Loads the raw schema from the lake."""
        done = bring_up(self.settings, timeout=timeout, replace=replace, announce=self.announce, progress=progress)
        if not done.rows:
            return f"Redshift: {done.schema} held load {done.load_id} already."
        loaded = ", ".join(f"{rows:,} {table}" for table, rows in done.rows.items())
        return f"Redshift: {done.schema} now holds load {done.load_id}; rows that were loaded: {loaded}."

    @property
    def environ(self) -> dict[str, str]:
        """The target, and the prefix of the candidate's schemas."""
        return {"ADVENTURE_TARGET": self.target, "DBT_TARGET": "", "ADVENTURE_CANDIDATE": self.settings.candidate}

    def start_candidate(self, growing: Iterable[tuple[str, str]], progress: Progress) -> dict[str, str]:
        """Makes the schemas, and copies the published tables that a build adds to, if the lake was not replaced."""
        settings = self.settings
        with session("candidate") as redshift:
            (loads,) = redshift.ask(
                f"select min(load_id) as began_with, max(load_id) as load_id from {settings.raw_schema}.load_log"
            )
            if not loads["load_id"]:
                raise AdventureError(
                    f"{settings.raw_schema}: nothing has been loaded. Load first: adventure load --to redshift"
                )
            record = AuditRecord(str(settings.lake), loads["began_with"], loads["load_id"])
            published = read_record(redshift, settings.schema)
            _drop(redshift, settings.candidate)
            _drop(redshift, f"{settings.schema}_{DISCARDED}")
            was_replaced = published is not None and published.began_with != record.began_with
            if was_replaced:
                self.announce("The lake was replaced since the last publication: the warehouse is built from nothing.")
            wanted = {(schema.removeprefix(f"{settings.candidate}_"), table) for schema, table in growing}
            copied = [] if was_replaced else sorted(wanted & _tables(redshift, settings.schema))
            with redshift.transaction():
                for name in NAMES:
                    redshift.ask(f"create schema {settings.candidate}_{name}")
                for done, (schema, table) in enumerate(copied):
                    progress(f"Redshift: copying {schema}.{table}", done, len(copied))
                    source, copy = f"{settings.schema}_{schema}.{table}", f"{settings.candidate}_{schema}.{table}"
                    redshift.ask(f"create table {copy} (like {source})", step=f"copy {table}")
                    redshift.ask(f"insert into {copy} select * from {source}", step=f"copy {table}")
                write_record(redshift.ask, record, f"{settings.candidate}_operations")
            self._built_from = published.load_id if published and not was_replaced else ""
        return self.environ

    def missed_loads(self) -> dict[str, str]:
        """The loads since the one that is published; all, when nothing of this lake is."""
        return redshift_history.missed_loads(self.settings, self._built_from)

    def as_after(self, load_id: str) -> AbstractContextManager[dict[str, SourcePlace]]:
        """A raw schema of the candidate's own."""
        return redshift_history.raw_after(self.settings, load_id)

    def keep_evidence(self, artifacts: Path) -> str:
        """Keeps them on S3 below the lake, where every machine finds them, with the names that publishing gives."""
        build_id = build_id_in(artifacts)
        candidate, published = f"{self.settings.candidate}_".encode(), f"{self.settings.schema}_".encode()
        writer = Writer(self.lake, client("s3", self.settings), self.settings)
        keep = {build_id, *(state.record.build_id for state in self.states() if state.record)}
        try:
            for old in set(writer.folders(BUILDS, self.name)) - keep:
                writer.remove_folder(BUILDS, self.name, old)
        except AdventureError as error:
            self.announce(f"What was kept of older builds could not be removed; a later run tries again. {error}")
        for name in ARTIFACTS:
            content = (artifacts / name).read_bytes().replace(candidate, published)
            writer.put(self.lake.key(BUILDS, self.name, build_id, name), content)
        return build_id

    def judge_candidate(
        self, *, passed: bool, tests: int, warnings: int = 0, build_id: str = "", said: Said = NOTHING_SAID
    ) -> None:
        """Writes into the candidate how its audit went."""
        settings, candidate = self.settings, self.settings.candidate
        with session("audit") as redshift:
            record = read_record(redshift, candidate)
            if record is None:
                raise AdventureError(
                    f"{candidate}_operations.audit_record is gone: somebody has dropped the candidate. Run again."
                )
            (newest,) = redshift.ask(f"select max(load_id) as load_id from {settings.raw_schema}.load_log")
            has_changed = newest["load_id"] != record.load_id
            outcome = Outcome.PASSED if passed and not has_changed else Outcome.FAILED
            with redshift.transaction():
                findings = findings_column(said)
                judged = replace(
                    record, outcome=outcome, tests=tests, warnings=warnings, build_id=build_id, findings=findings
                )
                write_record(redshift.ask, judged, f"{candidate}_operations")
        if passed and has_changed:
            raise AdventureError(
                f"Load {newest['load_id']} came into {settings.raw_schema} while load {record.load_id} was being "
                "built, so that parts of the build may be of either. Nothing is published. Run again."
            )

    def publish(self) -> None:
        """Renames the schemas in one transaction.

        What was the previous set is dropped afterwards, since a reader in the middle of it would otherwise lose it.
        """
        settings, discarded = self.settings, f"{self.settings.schema}_{DISCARDED}"
        with session("publish") as redshift:
            record = read_record(redshift, settings.candidate)
            if record is None or record.outcome != Outcome.PASSED:
                raise AdventureError(
                    f"{settings.candidate}_*: no candidate has passed its audit. Make one: adventure run --target prod"
                )
            _drop(redshift, discarded)
            with redshift.transaction():
                previous, published = settings.previous, settings.schema
                _rename_all(redshift, (previous, discarded), (published, previous), (settings.candidate, published))
            with suppress(AdventureError):
                # It is published all the same, and the next run drops what is left here.
                _drop(redshift, discarded)

    def roll_back(self) -> None:
        """Exchanges the published schemas and the previous ones in one transaction."""
        published, previous, aside = self.settings.schema, self.settings.previous, f"{self.settings.schema}_{DISCARDED}"
        with session("rollback") as redshift:
            if f"{previous}_core" not in _schemas(redshift):
                raise AdventureError(
                    f"{previous}_*: no previous warehouse to go back to. `adventure run --target prod` keeps the one "
                    "that it replaces."
                )
            # What an interrupted publication has left.
            _drop(redshift, aside)
            with redshift.transaction():
                _rename_all(redshift, (published, aside), (previous, published), (aside, previous))

    def erase_persons(self, keys: Iterable[int]) -> Erased:
        """In the schemas of every state, the raw ones, and those of developers."""
        return redshift_persons.erase_persons(self.settings, keys)

    def states(self) -> list[State]:
        """The record of each set of schemas."""
        settings = self.settings
        prefixes = {"published": settings.schema, "previous": settings.previous, "candidate": settings.candidate}
        with session("states") as redshift:
            there = _schemas(redshift)
            return [
                State(role, f"{prefix}_*", read_record(redshift, prefix))
                for role, prefix in prefixes.items()
                if f"{prefix}_core" in there
            ]

    def asking_candidate(self) -> AbstractContextManager[Ask]:
        """Asks the candidate's schemas."""
        return asking(self.settings.candidate)

    def asking_published(self) -> AbstractContextManager[Ask]:
        """Asks the published schemas."""
        return asking(self.settings.schema)

    def evidence(self, ask: Ask) -> Path:
        """Fetches it from S3 into dbt's target folder."""
        again = "adventure run --target prod"
        build_id = described_build(record_of(ask), f"{self.settings.schema}_*", again)
        reader = Reader(self.lake, self.settings)
        folder = self.target_folder / "state"
        with replaced(folder) as new:
            new.mkdir()
            for name in ARTIFACTS:
                key = self.lake.key(BUILDS, self.name, build_id, name)
                try:
                    (new / name).write_bytes(reader.read(key))
                except KeyError as error:
                    raise AdventureError(
                        f"{self.lake.uri(key)}: is not there, so that nothing says how {self.settings.schema}_* was "
                        f"tested. Build and test everything again: {again}"
                    ) from error
        return folder

    # The schemas for runs and raw tables are named as the published ones are.
    asking_history = asking_published


def _lock(holder: Session, table: str) -> bool:
    holder.ask("begin")
    try:
        holder.ask(f"lock {table}")
    except AdventureError as error:
        holder.ask("rollback")
        if "timeout" not in str(error) and "cancel" not in str(error):
            raise
        return False
    return True


def read_record(redshift: Session, prefix: str) -> AuditRecord | None:
    """The record of a set of schemas, None where none was written: plain dbt alone has built it."""
    return record_of(lambda sql: redshift.ask(with_schemas(sql, f"{prefix}_")))


def _rename_all(redshift: Session, *renames: tuple[str, str]) -> None:
    """Renames sets of schemas, from one prefix to another; schema by schema, so that each is away for a short time."""
    there = _schemas(redshift)
    for name in NAMES:
        for old, new in renames:
            if f"{old}_{name}" in there:
                _rename(redshift, f"{old}_{name}", f"{new}_{name}")
                there = there - {f"{old}_{name}"} | {f"{new}_{name}"}


def _rename(redshift: Session, old: str, new: str) -> None:
    redshift.ask(f"alter schema {old} rename to {new}")


def _drop(redshift: Session, prefix: str) -> None:
    for name in NAMES:
        redshift.ask(f"drop schema if exists {prefix}_{name} cascade")


def _schemas(redshift: Session) -> set[str]:
    return {row["nspname"] for row in redshift.ask("select nspname from pg_namespace")}


def _tables(redshift: Session, prefix: str) -> set[tuple[str, str]]:
    """Schema (without prefix) and name of the tables of a set."""
    names = ", ".join(f"'{prefix}_{name}'" for name in NAMES)
    found = redshift.ask(f"select schemaname, tablename from pg_tables where schemaname in ({names})")
    return {(row["schemaname"].removeprefix(f"{prefix}_"), row["tablename"]) for row in found}
