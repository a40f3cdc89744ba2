"""The record of a warehouse: from which load it was built, when, by which version, and how the audit went.

It is one row in the warehouse itself, `operations.audit_record`, and so is published and rolled back with it. It names
the build, whose manifest and results are kept under that id (`keep_evidence` of a warehouse). The macro
`mark_as_unaudited` of the dbt project changes `outcome` when a plain dbt command builds in an audited warehouse.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from adventure_works.errors import AdventureError

Execute = Callable[..., Any]
"""Runs a statement, with a sequence of values, if any, in the place of its `?`, on DuckDB or on Redshift."""

Said = Mapping[str, Sequence[str]]
"""What tests say that failed or warned, a line each, by the name of the test."""

NOTHING_SAID: Said = {}
# What a column of text on Redshift can hold, in bytes.
MOST_SAID = 65_535


class Outcome(StrEnum):
    """How far a warehouse has come."""

    BUILDING = "building"
    PASSED = "passed"
    FAILED = "failed"
    CHANGED = "changed"


@dataclass(frozen=True)
class AuditRecord:
    """One state of a warehouse: `began_with` is the load id that its lake began with, times are in UTC.

    Without further fields it is of one that this version of the project builds from now on. `build_id` is dbt's
    invocation id of the build; it is empty while that is under way, and where an earlier version has built. `findings`
    is what its tests say, as JSON. `run_number` is that of the run on Redshift, as in the names of its schemas.
    """

    lake: str
    began_with: str
    load_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    project_version: str = field(default_factory=lambda: version("adventure-works-analytics"))
    outcome: str = Outcome.BUILDING
    tests: int = 0
    warnings: int = 0
    build_id: str = ""
    findings: str = "{}"
    run_number: int = 0

    @property
    def said(self) -> Said:
        """What those tests of the build say that failed or warned."""
        said: Said = json.loads(self.findings)
        return said


@dataclass(frozen=True)
class State:
    """One of a warehouse's states as `adventure publish --list` shows it: published, previous, kept or candidate.

    `place` is a DuckDB file, or how the schemas on Redshift begin. `record` is None where none was written: plain dbt
    alone has built it. `trouble` says why a state could not be asked, such as that another process writes in it.
    """

    role: str
    place: str
    record: AuditRecord | None = None
    trouble: str = ""


def record_of(ask: Callable[[str], list[dict[str, Any]]]) -> AuditRecord | None:
    """The record of the warehouse that `ask` asks, None where none was written: plain dbt alone has built it.

    Columns that another version of the project has more or fewer are left out, or have their defaults.
    """
    if not ask("select tablename from pg_tables where schemaname = '{operations}' and tablename = 'audit_record'"):
        return None
    (row,) = ask("select * from {operations}.audit_record")
    return AuditRecord(**{column.name: row[column.name] for column in fields(AuditRecord) if column.name in row})


def described_build(record: AuditRecord | None, place: str, again: str) -> str:
    """The id of the build that describes what is in a place; `again` is the command that builds it again.

    Raises:
        AdventureError: no build does.
    """
    if record is None or not record.build_id:
        raise AdventureError(
            f"{place}: there is no evidence for it, because plain dbt or an earlier version of the project has built "
            f"it. Build and test everything again: {again}"
        )
    if record.outcome == Outcome.CHANGED:
        raise AdventureError(
            f"{place}: plain dbt has built in it since its tests ran. Build and test everything again: {again}"
        )
    return record.build_id


def write_record(execute: Execute, record: AuditRecord, schema: str = "operations") -> None:
    """Puts a record in the place of the one before, in the transaction of the caller."""
    execute(f"create schema if not exists {schema}")
    execute(f"drop table if exists {schema}.audit_record")
    execute(
        f"create table {schema}.audit_record (lake varchar(1024), began_with varchar(64), load_id varchar(64), "
        "started_at timestamp, project_version varchar(64), outcome varchar(16), tests integer, warnings integer, "
        f"build_id varchar(64), findings varchar({MOST_SAID}), run_number integer)"
    )
    execute(f"insert into {schema}.audit_record values ({', '.join('?' * len(fields(AuditRecord)))})", astuple(record))


def findings_column(said: Said) -> str:
    """What tests say, for the record; those that no longer fit into its column are left out."""
    kept: dict[str, list[str]] = {}
    for name, lines in said.items():
        if len(json.dumps(kept | {name: [*lines]})) <= MOST_SAID:
            kept[name] = [*lines]
    return json.dumps(kept)
