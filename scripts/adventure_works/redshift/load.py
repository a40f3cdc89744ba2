"""Brings the raw schema on Redshift up to the version that the lake on S3 has published, in one transaction.

What has to change is decided by comparing the lake with Redshift's own load_log and rows, so that a load can be run
again after anything: it repairs what is not as it should be and does nothing when all is well.

The batch takes load_log for itself first, which makes loads follow one another, and then makes sure that load_log is
still what the comparison saw. It ends with counting: what each table holds of each file must be what load_log says.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake import s3_read
from adventure_works.lake.s3_read import Published
from adventure_works.redshift.batch import LOG_MOVED, batch
from adventure_works.redshift.data_api import (
    QUERY_SECONDS,
    BatchFailed,
    DataApi,
    OutcomeUnknown,
    literal,
)
from adventure_works.redshift.ddl import make_raw_schema
from adventure_works.redshift.manifests import copy_manifests
from adventure_works.redshift.plan import Held, HeldFile, changes
from adventure_works.settings import S3Place, Settings

# Another load may finish between comparing and loading; each time the comparison is made anew.
ATTEMPTS = 3
AGAIN = "Mend that (`adventure doctor --target prod` looks for the cause) and run the same command again."


@dataclass(frozen=True)
class RedshiftResult:
    """What a load did on Redshift: the schema, the lake's load that it now holds, and rows that came by table."""

    schema: str
    load_id: str
    rows: dict[str, int]


def bring_up(
    lake: S3Place,
    settings: Settings,
    *,
    timeout: float,
    replace: bool = False,
    announce: Callable[[str], None] = lambda message: None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> RedshiftResult:
    """Makes Redshift's raw tables equal to the lake's published version, row for row.

    Args:
        lake: where the lake is.
        settings: which Redshift.
        timeout: seconds that Redshift may take until the load is cancelled.
        replace: let the files of another lake go, when Redshift holds such.
        announce: told what a user should know, a sentence at a time.
        progress: told what is under way, steps done and steps in all.

    Raises:
        AdventureError: with what happened, what Redshift holds now, and what to do.
    """
    api = DataApi(settings)
    schema = settings.raw_schema
    for _ in range(ATTEMPTS):
        name = f"adventure-load-{uuid.uuid4().hex[:12]}"
        progress("Redshift: comparing with the lake", 0, 1)
        make_raw_schema(api, schema, name)
        # Redshift is read before the lake: the lake can then only be the newer of the two, never be taken back.
        held = read_held(api, schema, timeout)
        published = s3_read.published(lake, settings)
        if published is None:
            raise AdventureError(f"{lake}: the lake holds no load yet. Load a source into it first.")
        _refuse_another_lake(published, held, lake, schema, replace, announce)
        todo = changes(published, held)
        done = RedshiftResult(schema, published.load_id, {change.table: change.rows for change in todo if change.rows})
        if not todo:
            return done
        try:
            with copy_manifests(lake, settings, f"{published.load_id}-{name[-12:]}", todo) as manifests:
                api.run_batch(batch(todo, held, published, settings, manifests), name, timeout, progress)
            return done
        except BatchFailed as error:
            if error.failed is None or error.failed.purpose != LOG_MOVED:
                was = f"load {held.newest_load}" if held.log else "no load at all"
                remedy = error.failed.remedy if error.failed and error.failed.remedy else AGAIN
                raise AdventureError(
                    f"{error}\nNothing of this load was kept: Redshift is as it was ({was}). {remedy}"
                ) from error
            announce("Another load into Redshift has finished meanwhile; comparing again.")
        except OutcomeUnknown as error:
            _settle(api, schema, published, timeout, error)
            announce(f"{error}\nRedshift's own load_log says that it was committed, so all of it is there.")
            return done
    raise AdventureError(
        f"Other loads into {schema} kept finishing while this one compared ({ATTEMPTS} times). Nothing of this one was "
        "loaded; Redshift holds what they brought. Run again when they are done."
    )


def read_held(api: DataApi, schema: str, timeout: float = QUERY_SECONDS) -> Held:
    """What the raw schema holds. Its tables must be there."""
    log = api.query(
        f"select load_id, table_name, source_file, status, loaded, rejected, source from {schema}.load_log",
        "adventure-log",
        timeout,
    )
    counts = " union all\n".join(
        f"select {literal(table)} as table_name, source_file, count(*) as records from {schema}.{table} "
        "group by source_file"
        for table in raw_tables()
        if table != "load_log"
    )
    rows: dict[str, dict[str, int]] = {}
    for row in api.query(counts, "adventure-counts", timeout):
        rows.setdefault(row["table_name"], {})[row["source_file"]] = row["records"]
    return Held(tuple(HeldFile(**row) for row in log), rows)


def _refuse_another_lake(
    published: Published, held: Held, lake: S3Place, schema: str, replace: bool, announce: Callable[[str], None]
) -> None:
    """Refuses a lake that shares no load with Redshift's log, unless that is a sample or the user said --replace."""
    loads = {entry.load_id for entry in held.log}
    if not loads or loads & {entry.load_id for entry in published.log}:
        return
    if not replace and any(entry.source != "sample" for entry in held.log):
        raise AdventureError(
            f"Redshift's {schema} holds the files of another lake than {lake} (load {held.newest_load}). Nothing was "
            "changed there. Set ADVENTURE_LAKE or REDSHIFT_SCHEMA so that they belong together, or pass --replace to "
            "let Redshift's files go."
        )
    announce(f"The files of another lake that {schema} held give way.")


def _settle(api: DataApi, schema: str, published: Published, timeout: float, error: OutcomeUnknown) -> None:
    """Asks Redshift's own load_log what came of a batch; returns when it was committed.

    Raises:
        AdventureError: it was not, or not yet, or that cannot be found out.
    """
    try:
        held = read_held(api, schema, timeout)
    except AdventureError as silent:
        raise AdventureError(
            f"{error}\nRedshift cannot be asked for the outcome either: {silent}\nA load is one transaction: Redshift "
            "holds the load before it or this one, whole. Run the same command again: it sees which, and goes on from "
            "there."
        ) from error
    if changes(published, held):
        was = f"load {held.newest_load}" if held.log else "no load at all"
        raise AdventureError(
            f"{error}\nRedshift's load_log knows nothing of this load: Redshift is as it was ({was}). If Redshift "
            f"took the batch and is still to run it, it comes whole or not at all. {AGAIN}"
        ) from error
