"""The way of an audited build on DuckDB: candidate, build, audit, publication, and back to the previous one."""

from dataclasses import replace
from pathlib import Path

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.lake import pins
from adventure_works.lake.folder import FolderLake, current_version
from adventure_works.publish import files
from adventure_works.publish.access import opened
from adventure_works.publish.files import Warehouse
from adventure_works.publish.record import Outcome, Record, State, begun, columns, write_record
from adventure_works.settings import shown
from adventure_works.sql import glob, one_row


def start_candidate(warehouse: Warehouse, lake: Path) -> Path:
    """Makes the candidate, and returns the version of the lake that it is to be built from, kept until then.

    The candidate is a copy of what is published, which the build brings up to date; it starts from nothing when
    nothing is published, or when the lake began anew since: what a lake of other files has left does not matter then.

    Raises:
        AdventureError: the lake was never loaded, or the candidate cannot be made; nothing has changed then.
    """
    with FolderLake(lake).locked(warehouse.announce):
        version = current_version(lake)
        if version is None:
            raise AdventureError(f"{shown(lake)}: nothing has been loaded. Load first: adventure load --source sample")
        pins.pin(version, warehouse.published)
    record = begun(str(lake), _began_with(version), version.name)
    if not warehouse.published.exists():
        files.start_from_nothing(warehouse)
    elif _lake_began_anew(warehouse, record):
        warehouse.announce("The lake began anew since the last publication: the warehouse is built from nothing.")
        files.start_from_nothing(warehouse)
    else:
        files.start_from_published(warehouse)
    with opened(warehouse.candidate, read_only=False) as connection:
        _write(connection, record)
    return version


def judge_candidate(warehouse: Warehouse, *, passed: bool, tests: int) -> None:
    """Writes into the candidate how its audit went; only one that passed can be published."""
    with opened(warehouse.candidate, read_only=False) as connection:
        record = read_record(connection)
        assert record
        _write(connection, replace(record, outcome=Outcome.PASSED if passed else Outcome.FAILED, tests=tests))


def publish(warehouse: Warehouse) -> None:
    """Puts a candidate that has passed its audit in the place of what is published, in one step.

    Raises:
        AdventureError: there is no such candidate, or somebody is in the way; what is published is as it was.
    """
    before = states(warehouse)
    candidate = next((state for state in before if state.role == "candidate"), None)
    if candidate is None or candidate.record is None or candidate.record.outcome != Outcome.PASSED:
        raise AdventureError(
            f"{shown(warehouse.candidate)}: there is no candidate that has passed its audit. Make one: adventure run"
        )
    files.put_in_place(warehouse)
    _release_pins(warehouse, before)


def roll_back(warehouse: Warehouse) -> None:
    """Exchanges what is published and what was before; a second time undoes the first.

    Raises:
        AdventureError: there is nothing to go back to, or somebody is in the way; nothing has changed then.
    """
    files.exchange(warehouse)


def states(warehouse: Warehouse) -> list[State]:
    """What there is of published, previous and candidate, in that order."""
    found = []
    for role in ("published", "previous", "candidate"):
        path = getattr(warehouse, role)
        if not path.exists():
            continue
        try:
            with opened(path, read_only=True) as connection:
                found.append(State(role, str(path), read_record(connection)))
        except AdventureError as error:
            found.append(State(role, str(path), trouble=str(error)))
    return found


def read_record(connection: duckdb.DuckDBPyConnection) -> Record | None:
    """The record of an open warehouse, None where none was written."""
    try:
        row = connection.execute(f"select {columns()} from operations.audit_record").fetchone()
    except duckdb.CatalogException:
        return None
    return Record(*row) if row else None


def _write(connection: duckdb.DuckDBPyConnection, record: Record) -> None:
    connection.execute("begin")
    write_record(connection.execute, record)
    connection.execute("commit")


def _began_with(version: Path) -> str:
    """The first load id in the history of a version; another one means that the lake was replaced."""
    with duckdb.connect() as connection:
        logs = glob(version / "load_log", "*.parquet")
        (first,) = one_row(connection, f"select min(load_id) from read_parquet({logs})")
    return str(first)


def _lake_began_anew(warehouse: Warehouse, record: Record) -> bool:
    options = {"patience": warehouse.patience, "announce": warehouse.announce}
    with opened(warehouse.published, read_only=True, **options) as connection:
        published = read_record(connection)
    return published is not None and published.began_with != record.began_with


def _release_pins(warehouse: Warehouse, before: list[State]) -> None:
    """Lets go of the versions that none of the files needs any more; of none, as long as one cannot be asked."""
    now = states(warehouse)
    if all(state.record for state in now):
        for lake in {state.record.lake for state in [*before, *now] if state.record}:
            keep = {state.record.load_id for state in now if state.record and state.record.lake == lake}
            pins.release(Path(lake), warehouse.published, keep)
