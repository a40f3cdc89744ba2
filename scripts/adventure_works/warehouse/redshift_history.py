"""Earlier loads on Redshift: a raw schema of the candidate's own, filled from what the lake on S3 keeps of them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from adventure_works.contract import raw_tables
from adventure_works.lake import s3_read
from adventure_works.lake.base import LogEntry
from adventure_works.lake.history import EARLIER, active, newest, refuse_lost
from adventure_works.lake.history import missed_loads as missed_in
from adventure_works.redshift.ddl import creation
from adventure_works.redshift.load import read_log
from adventure_works.redshift.manifests import copy_manifests
from adventure_works.redshift.plan import Change, statements
from adventure_works.redshift.session import literal, session
from adventure_works.settings import Settings
from adventure_works.warehouse.base import SourcePlace


def missed_loads(settings: Settings, since: str) -> dict[str, str]:
    """See `Warehouse.missed_loads`; `since` is the load that what is published was built from, empty for none."""
    with session("history") as redshift:
        log = sorted(read_log(redshift, settings.raw_schema), key=lambda entry: entry.load_id)
    missed = missed_in(log, since)
    if missed:
        published = s3_read.published(settings.lake_on_s3, settings)
        there = {(file.table, file.source_file) for file in published.files} if published else set()
        refuse_lost(log, missed, lambda entry: _earlier(entry) in there, settings.lake)
    return missed


@contextmanager
def raw_after(settings: Settings, candidate: str, load_id: str) -> Iterator[dict[str, SourcePlace]]:
    """See `Warehouse.as_after`; `candidate` is what the names of the schemas of the candidate begin with."""
    published = s3_read.published(settings.lake_on_s3, settings)
    log, files = (published.log, published.files) if published else ([], ())
    raw, own = settings.raw_schema, replace(settings, schema=candidate)
    current, then = newest(log), active(log, load_id)
    todo = tuple(
        Change(table, (), tuple(file for file in files if (file.table, file.source_file) == _earlier(entry)))
        for table, entry in then.items()
        if current[table] != entry
    )
    with session("history") as redshift:
        redshift.ask(f"drop schema if exists {own.raw_schema} cascade")
        redshift.ask(f"create schema {own.raw_schema}")
        for table in (*then, "load_log"):
            for sql in creation(raw_tables()[table], own.raw_schema):
                redshift.ask(sql)
        for table in (table for table in then if current[table] == then[table]):
            redshift.ask(f"insert into {own.raw_schema}.{table} select * from {raw}.{table}")
        redshift.ask(
            f"insert into {own.raw_schema}.load_log select * from {raw}.load_log where load_id <= {literal(load_id)}"
        )
        with copy_manifests(settings, f"{load_id}-{uuid.uuid4().hex[:12]}", todo) as manifests:
            for step in statements(todo, own, manifests):
                redshift.ask(step.sql)
    try:
        yield {table: SourcePlace(schema=own.raw_schema) for table in (*then, "load_log")}
    finally:
        with session("history") as redshift:
            redshift.ask(f"drop schema if exists {own.raw_schema} cascade")


def _earlier(entry: LogEntry) -> tuple[str, str]:
    """Table and source file of the parts of an entry that was replaced, as the lake's manifest has them."""
    return f"{EARLIER}/{entry.table_name}", entry.load_id
