"""What a DuckDB warehouse says of itself: from which load it was built, when, by which version, and how the audit went.

It stands in the file, one row in `operations.audit_record`, so that it goes wherever the file goes. The macro
`mark_as_unaudited` of the dbt project changes `outcome` when a plain dbt command builds in an audited file.
"""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from enum import StrEnum

import duckdb


class Outcome(StrEnum):
    """How far a warehouse has come."""

    BUILDING = "building"
    PASSED = "passed"
    FAILED = "failed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Record:
    """One warehouse file: `began_with` is the load id that its lake began with, times are in UTC."""

    lake: str
    began_with: str
    load_id: str
    started_at: datetime
    project_version: str
    outcome: str
    tests: int


def read_record(connection: duckdb.DuckDBPyConnection) -> Record | None:
    """The record of an open warehouse, None where none was written: plain dbt alone has built it."""
    names = ", ".join(field.name for field in fields(Record))
    try:
        row = connection.execute(f"select {names} from operations.audit_record").fetchone()
    except duckdb.CatalogException:
        return None
    return Record(*row) if row else None


def write_record(connection: duckdb.DuckDBPyConnection, record: Record) -> None:
    """Puts a record in the place of the one before, in one transaction."""
    connection.execute("begin")
    connection.execute("create schema if not exists operations")
    connection.execute(
        "create or replace table operations.audit_record (lake varchar, began_with varchar, load_id varchar, "
        "started_at timestamp, project_version varchar, outcome varchar, tests integer)"
    )
    connection.execute(f"insert into operations.audit_record values ({', '.join('?' * 7)})", astuple(record))
    connection.execute("commit")
