"""The way of an audited build on Redshift: schemas under three prefixes, and the renames that publish a set of them.

    adventure_works_core, ..._marts, ...              published: what people read
    adventure_works_candidate_core, ...               being built and audited, or kept because its audit failed
    adventure_works_previous_core, ...                what was published before

dbt builds the candidate's views bound to their tables, so that they follow these through every rename. The raw schema
and that of the runs are no part of a set: they are there once.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from adventure_works.errors import AdventureError
from adventure_works.publish.record import Outcome, Record, State, begun, columns, write_record
from adventure_works.redshift.session import Session, session
from adventure_works.settings import Settings

NAMES = ("staging", "intermediate", "core", "marts", "operations", "audit")
# What was published before the previous one, until it is dropped.
DISCARDED = "discarded"
# How long to try for the lock before saying that somebody else has it.
LOCK_MILLISECONDS = 3000


@contextmanager
def one_at_a_time(
    settings: Settings, announce: Callable[[str], None], *, patient: bool = True
) -> Iterator[Callable[[], None]]:
    """Holds a warehouse on Redshift for one run; another one waits and says so, or is refused when not patient.

    The lock is a table's, in a transaction that stays open: when the run dies, Redshift lets go of it by itself.

    Yields:
        What makes sure that the lock is still held, and raises an AdventureError when the connection was lost.
    """
    table = f"{settings.schema}_runs.run_lock"
    with session() as holder:
        holder.ask(f"create schema if not exists {settings.schema}_runs")
        holder.ask(f"create table if not exists {table} (locked boolean)")
        holder.ask(f"set statement_timeout to {LOCK_MILLISECONDS}")
        if not _locked(holder, table):
            if not patient:
                raise AdventureError(
                    f"Another run is at work on {settings.schema}. Run again when it has finished, or without "
                    "--no-wait."
                )
            announce(f"Another run is at work on {settings.schema}; waiting for it to finish.")
            holder.ask("set statement_timeout to 0")
            holder.ask("begin")
            holder.ask(f"lock {table}")

        def still_held() -> None:
            try:
                holder.ask("select 1 as held")
            except AdventureError as error:
                raise AdventureError(
                    "The connection that keeps other runs out was lost, so that another one may have begun. Nothing is "
                    f"published. Run again.\n{error}"
                ) from error

        yield still_held


def _locked(holder: Session, table: str) -> bool:
    holder.ask("begin")
    try:
        holder.ask(f"lock {table}")
    except AdventureError as error:
        holder.ask("rollback")
        if "timeout" not in str(error) and "cancel" not in str(error):
            raise
        return False
    return True


def start_candidate(
    redshift: Session,
    settings: Settings,
    lake: str,
    grown: Iterable[tuple[str, str]],
    announce: Callable[[str], None],
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> None:
    """Makes the candidate: empty but for copies of the published tables that a build adds to.

    It starts from nothing when nothing is published, or when the lake began anew since.

    Args:
        redshift: the session of the login that builds.
        settings: which warehouse.
        lake: where its lake is.
        grown: schema (without prefix) and name of the tables that keep what earlier builds have put into them:
            snapshots and incremental models. Everything else is built anew.
        announce: told what a user should know.
        progress: told which table is copied, the number done, and of all.

    Raises:
        AdventureError: nothing was loaded, or the candidate cannot be made; what is published is as it was.
    """
    (loads,) = redshift.ask(
        f"select min(load_id) as began_with, max(load_id) as load_id from {settings.raw_schema}.load_log"
    )
    if not loads["load_id"]:
        raise AdventureError(
            f"{settings.raw_schema}: nothing has been loaded. Load first: adventure load --to redshift"
        )
    record = begun(lake, loads["began_with"], loads["load_id"])
    published = read_record(redshift, settings.schema)
    _drop(redshift, settings.candidate)
    _drop(redshift, f"{settings.schema}_{DISCARDED}")
    is_anew = published is not None and published.began_with != record.began_with
    if is_anew:
        announce("The lake began anew since the last publication: the warehouse is built from nothing.")
    there = set() if is_anew else _tables(redshift, settings.schema)
    copied = sorted(set(grown) & there)
    with redshift.transaction():
        for name in NAMES:
            redshift.ask(f"create schema {settings.candidate}_{name}")
        for done, (schema, table) in enumerate(copied):
            progress(f"Redshift: copying {schema}.{table}", done, len(copied))
            source, copy = f"{settings.schema}_{schema}.{table}", f"{settings.candidate}_{schema}.{table}"
            redshift.ask(f"create table {copy} (like {source})")
            redshift.ask(f"insert into {copy} select * from {source}")
        write_record(redshift.ask, record, f"{settings.candidate}_operations")


def judge_candidate(redshift: Session, settings: Settings, *, passed: bool, tests: int) -> None:
    """Writes into the candidate how its audit went; only one that passed can be published.

    Raises:
        AdventureError: a load has changed the raw tables while they were built from, so that its parts may not belong
            together; it counts as failed then.
    """
    record = read_record(redshift, settings.candidate)
    if record is None:
        raise AdventureError(
            f"{settings.candidate}_operations.audit_record is gone: somebody has dropped the candidate. Run again."
        )
    (newest,) = redshift.ask(f"select max(load_id) as load_id from {settings.raw_schema}.load_log")
    moved = newest["load_id"] != record.load_id
    outcome = Outcome.PASSED if passed and not moved else Outcome.FAILED
    with redshift.transaction():
        write_record(redshift.ask, replace(record, outcome=outcome, tests=tests), f"{settings.candidate}_operations")
    if passed and moved:
        raise AdventureError(
            f"Load {newest['load_id']} came into {settings.raw_schema} while load {record.load_id} was being built, so "
            "that parts of the build may be of either. Nothing is published. Run again."
        )


def publish(redshift: Session, settings: Settings) -> None:
    """Puts a candidate that has passed its audit in the place of what is published, in one transaction.

    What was published becomes the previous one. What was that until now is dropped afterwards, since a reader in the
    middle of it would otherwise lose it.

    Raises:
        AdventureError: there is no such candidate, or Redshift refuses; what is published is as it was.
    """
    record = read_record(redshift, settings.candidate)
    if record is None or record.outcome != Outcome.PASSED:
        raise AdventureError(
            f"{settings.candidate}_*: there is no candidate that has passed its audit. Make one: adventure run "
            "--target prod"
        )
    discarded = f"{settings.schema}_{DISCARDED}"
    _drop(redshift, discarded)
    with redshift.transaction():
        there = _schemas(redshift)
        # Schema by schema, so that each is away for as short a time as can be.
        for name in NAMES:
            for old, new in (
                (settings.previous, discarded),
                (settings.schema, settings.previous),
                (settings.candidate, settings.schema),
            ):
                _rename(redshift, there, old, new, name)
    with suppress(AdventureError):
        # It is published all the same, and the next run drops what is left here.
        _drop(redshift, discarded)


def roll_back(redshift: Session, settings: Settings) -> None:
    """Exchanges what is published and what was before, in one transaction; a second time undoes the first.

    Raises:
        AdventureError: there is nothing to go back to, or Redshift refuses; nothing has changed then.
    """
    aside = f"{settings.schema}_{DISCARDED}"
    with redshift.transaction():
        there = _schemas(redshift)
        if f"{settings.previous}_core" not in there:
            raise AdventureError(
                f"{settings.previous}_*: there is no previous warehouse to go back to. `adventure run --target prod` "
                "keeps the one that it replaces."
            )
        for name in NAMES:
            for old, new in (
                (settings.schema, aside),
                (settings.previous, settings.schema),
                (aside, settings.previous),
            ):
                _rename(redshift, there, old, new, name)


def states(redshift: Session, settings: Settings) -> list[State]:
    """What there is of published, previous and candidate, in that order."""
    there = _schemas(redshift)
    prefixes = {"published": settings.schema, "previous": settings.previous, "candidate": settings.candidate}
    return [
        State(role, f"{prefix}_*", read_record(redshift, prefix))
        for role, prefix in prefixes.items()
        if f"{prefix}_core" in there
    ]


def read_record(redshift: Session, prefix: str) -> Record | None:
    """The record of a set of schemas, None where none was written: plain dbt alone has built it."""
    if ("operations", "audit_record") not in _tables(redshift, prefix):
        return None
    (row,) = redshift.ask(f"select {columns()} from {prefix}_operations.audit_record")
    return Record(**row)


def _rename(redshift: Session, there: set[str], old: str, new: str, name: str) -> None:
    """Renames a schema of a set, if the set has it; `there` follows."""
    if f"{old}_{name}" in there:
        redshift.ask(f"alter schema {old}_{name} rename to {new}_{name}")
        there.remove(f"{old}_{name}")
        there.add(f"{new}_{name}")


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
