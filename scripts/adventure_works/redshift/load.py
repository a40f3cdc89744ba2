"""Brings the raw schema on Redshift up to the version that the lake on S3 has published, in one transaction.

What has to change is decided by comparing the lake with Redshift's own load_log and rows, so that a load can be run
again after anything: it repairs what is not as it should be and does nothing when all is well.

The transaction takes load_log for itself first, which makes loads follow one another, and then makes sure that load_log
is still what the comparison saw. Before it commits it compares again: nothing may be left to change.
"""

import math
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake import s3_read
from adventure_works.lake.base import LogEntry, Progress
from adventure_works.lake.s3_read import Published
from adventure_works.redshift.ddl import make_raw_schema
from adventure_works.redshift.manifests import copy_manifests
from adventure_works.redshift.plan import Change, Held, Statement, changes, lock, statements
from adventure_works.redshift.session import ConflictError, ConnectionLostError, Session, literal, session
from adventure_works.settings import Settings

# Another load may finish between comparing and loading, or the connection may break: each time it is compared again.
ATTEMPTS = 3
COMPLETE = (
    "A load is one transaction: Redshift holds the load before it or this one, complete. Run the same command again: "
    "it sees which, and goes on from there."
)
AGAIN = "Correct that (`adventure doctor --target prod` looks for the cause) and run the same command again."
MISCOUNTED = (
    "The files in the lake do not hold the rows that their log says. Load them again with `adventure load --replace "
    "--to redshift` and the same source."
)


@dataclass(frozen=True)
class RedshiftResult:
    """What a load did on Redshift: the schema, the lake's load that it now holds, and rows that came by table."""

    schema: str
    load_id: str
    rows: dict[str, int]


class _AnotherLoadFinishedError(AdventureError):
    """Redshift's load_log has changed since it was compared."""


def bring_up(
    settings: Settings,
    *,
    timeout: float,
    replace: bool = False,
    announce: Callable[[str], None] = lambda message: None,
    progress: Progress = lambda what, done, total: None,
) -> RedshiftResult:
    """Makes Redshift's raw tables equal to the lake's published version, row for row.

    Args:
        settings: which lake and which Redshift.
        timeout: seconds that the transaction may take until Redshift cancels it.
        replace: let the files of another lake go, when Redshift holds such.
        announce: called with what a user should know, a sentence at a time.
        progress: called with what is under way, steps done and steps in all.

    Raises:
        AdventureError: with what happened, what Redshift holds now, and what to do.
    """
    schema, lake = settings.raw_schema, settings.lake_on_s3
    lost: ConnectionLostError | None = None
    copied: dict[str, int] = {}
    for _ in range(ATTEMPTS):
        try:
            with session("load") as redshift:
                progress("Redshift: comparing with the lake", 0, 1)
                make_raw_schema(redshift, schema)
                # Redshift is read before the lake: the lake can then only be the newer of the two, never be taken back.
                held = read_held(redshift, schema)
                published = s3_read.published(lake, settings)
                if published is None:
                    raise AdventureError(f"{lake}: the lake holds no load yet. Load a source into it first.")
                _refuse_another_lake(published, held, settings, replace, announce)
                todo = changes(published, held)
                if todo:
                    copied = {change.table: change.rows for change in todo if change.rows}
                    _change(redshift, todo, held, published, settings, timeout, progress)
                elif lost:
                    announce("Redshift's load_log says that the load was committed, so all of it is there.")
                return RedshiftResult(schema, published.load_id, copied)
        except _AnotherLoadFinishedError:
            copied = {}
            announce("Another load into Redshift has finished meanwhile; comparing again.")
        except ConnectionLostError as error:
            lost = error
            announce(f"{error}\nConnecting again to see what was committed.")
        except AdventureError as error:
            if lost is None:
                raise
            raise AdventureError(f"{lost}\nThe next attempt failed: {error}\n{COMPLETE}") from error
    why = lost or f"Other loads into {schema} kept finishing while this one compared."
    raise AdventureError(f"{why}\nNo more than {ATTEMPTS} attempts are made. {COMPLETE}")


def read_held(redshift: Session, schema: str) -> Held:
    """What the raw schema holds. Its tables must be there."""
    counts = " union all\n".join(
        f"select cast({literal(table)} as varchar(64)) as table_name, source_file, count(*) as records "
        f"from {schema}.{table} "
        "group by source_file"
        for table in raw_tables()
        if table != "load_log"
    )
    log = read_log(redshift, schema)
    rows: dict[str, dict[str, int]] = {}
    for row in redshift.ask(counts):
        rows.setdefault(row["table_name"], {})[row["source_file"]] = row["records"]
    return Held(log, rows)


def read_log(redshift: Session, schema: str) -> tuple[LogEntry, ...]:
    """Every row of the load_log of a schema."""
    names = ", ".join(field.name for field in fields(LogEntry))
    return tuple(LogEntry(**row) for row in redshift.ask(f"select {names} from {schema}.load_log"))


def _refuse_another_lake(
    published: Published, held: Held, settings: Settings, replace: bool, announce: Callable[[str], None]
) -> None:
    """Refuses a lake that shares no load with Redshift's log, unless that is a sample or the user said --replace."""
    loads = {entry.load_id for entry in held.log}
    if not loads or loads & {entry.load_id for entry in published.log}:
        return
    if not replace and any(entry.source != "sample" for entry in held.log):
        raise AdventureError(
            f"Redshift's {settings.raw_schema} holds the files of another lake than {settings.lake} (load "
            f"{held.newest_load}). Nothing was changed there. Set ADVENTURE_LAKE or REDSHIFT_SCHEMA so that they "
            "belong together, or pass --replace to let Redshift's files go."
        )
    announce(f"The files of another lake in {settings.raw_schema} are replaced.")


def _change(
    redshift: Session,
    todo: tuple[Change, ...],
    held: Held,
    published: Published,
    settings: Settings,
    timeout: float,
    progress: Progress,
) -> None:
    """Makes the changes in one transaction: all of them, or none."""
    schema = settings.raw_schema
    deadline = time.monotonic() + timeout

    def change(steps: list[Statement]) -> None:
        for done, step in enumerate(steps):
            progress(f"Redshift: {step.purpose}", done, len(steps))
            _run(redshift, step, timeout, deadline)
            if step is steps[0] and Counter(read_log(redshift, schema)) != Counter(held.log):
                raise _AnotherLoadFinishedError
        progress("Redshift: comparing again", len(steps), len(steps))
        left = changes(published, read_held(redshift, schema))
        if left:
            tables = ", ".join(change.table for change in left)
            raise AdventureError(f"The rows that came do not agree with the lake's log, in {tables}. {MISCOUNTED}")

    try:
        with copy_manifests(settings, f"{published.load_id}-{uuid.uuid4().hex[:12]}", todo) as manifests:
            steps = [lock(settings), *statements(todo, settings, manifests)]
            redshift.in_transaction(lambda: change(steps))
    except (ConnectionLostError, _AnotherLoadFinishedError):
        raise
    except AdventureError as error:
        was = f"load {held.newest_load}" if held.log else "no load at all"
        raise AdventureError(f"{error}\nNothing of this load was kept: Redshift is as it was ({was}).") from error


def _run(redshift: Session, step: Statement, timeout: float, deadline: float) -> None:
    """Runs a statement, which Redshift itself cancels when the time of the load is up."""
    left = max(1, math.ceil(1000 * (deadline - time.monotonic())))
    try:
        redshift.ask(f"set statement_timeout to {left}", step=step.purpose)
        redshift.ask(step.sql, step=step.purpose)
    except (ConnectionLostError, ConflictError):
        raise
    except AdventureError as error:
        what = (
            f"Redshift had not finished after {timeout:.0f} seconds and the load was cancelled at '{step.purpose}'"
            if time.monotonic() >= deadline
            else f"Redshift gave up at '{step.purpose}'"
        )
        raise AdventureError(f"{what}: {error}\n{step.remedy or AGAIN}") from error
