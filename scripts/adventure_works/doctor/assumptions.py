"""What the project assumes of Redshift and could not try, asked of the workgroup itself.

Each check has a schema of its own, which is dropped whatever happens, and says of each assumption what was found.
Sources are rows of tests/redshift/standin/semantics.md, or pages of AWS's guides; docs/production.md says what rests on
each assumption.
"""

import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from redshift_connector.utils.oids import get_datatype_name

from adventure_works.doctor.checks import Check, NotAskedError
from adventure_works.doctor.production import DOCUMENT
from adventure_works.errors import AdventureError
from adventure_works.redshift.session import CancelledError, ConnectionLostError, Session, session
from adventure_works.settings import Settings

# How long any statement may take, and one that waits for a reader; and after how many seconds the reader gives way.
MILLISECONDS, WAIT_MILLISECONDS, PATIENCE = 60_000, 2_000, 20.0

LITERAL = "semantics.md: A literal or NULL has no type"
TYPED_NULL = "semantics.md: `cast(null as type)` in an arm"
BLANKS = "semantics.md: Trailing blanks do not count"
WAITS = "semantics.md: It waits for transactions that have read the view"
GRANTS = "semantics.md: CREATE OR REPLACE VIEW keeps owner and grants"
LATER = "semantics.md: 1018, a relation made after the snapshot"
IDLE = "semantics.md: A session idle in a transaction"
CHARGED = "Management Guide: serverless-billing"
PLAN = "semantics.md: A join on the distribution key of both tables"

# A dimension, as dbt sends it: members whose NULL comes from a left join or an aggregate beside rows of a table.
MEMBERS = """
select territory_key, region, opened from {schema}.loaded
union all
select member.territory_key, member.region, missing.opened
from (select -1 as territory_key, cast('Unknown' as varchar(64)) as region) as member
left join {schema}.loaded as missing on missing.territory_key = member.territory_key
union all
select -2 as territory_key, cast('None' as varchar(64)) as region, min(nullif(opened, opened)) as opened
from {schema}.loaded"""
UNTYPED = MEMBERS.replace("cast('Unknown' as varchar(64))", "'Unknown'")
NULLS = "select opened from {schema}.loaded union all select cast(null as date) as opened"
JOIN = """
explain select sales.order_number, count(*) as lines from {schema}.sales as sales
inner join {schema}.orders as orders on orders.order_number = sales.order_number {condition}
group by sales.order_number"""


class Fact(NamedTuple):
    """What was found, or why it could not be; what the project assumes, if anything; and on whose word."""

    about: str
    found: str | AdventureError
    assumed: str
    source: str

    @property
    def verdict(self) -> str:
        """Whether the assumption holds."""
        if isinstance(self.found, AdventureError):
            return "could not be asked"
        if not self.assumed:
            return "for information"
        return "ok" if self.found == self.assumed else "differs"

    def __str__(self) -> str:
        """A line of the report."""
        assumed = f", assumed: {self.assumed}" if self.assumed else ""
        if self.verdict == "ok":
            assumed = ", as assumed"
        return f"{self.verdict}: {self.about}: {self.found}{assumed} ({self.source})"


def checks(settings: Settings) -> list[Check]:
    """The five things to settle first on a real workgroup."""
    questions = {
        "types of literals": _literals,
        "trailing blanks": _blanks,
        "replaced views": _views,
        "idle sessions": _idle,
        "joins by customer": _joins,
    }
    needs = ("login", "privileges")
    return [Check(name, partial(_settle, settings, question), needs) for name, question in questions.items()]


def _settle(settings: Settings, question: Callable[[Session, str], Iterator[Fact]]) -> str:
    with _own_schema(settings) as schema, _session() as redshift:
        facts = list(question(redshift, schema))
    verdicts = Counter(fact.verdict for fact in facts)
    text = "\n".join([", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()), *map(str, facts)])
    if verdicts["differs"]:
        raise AdventureError(f"{text}\n{DOCUMENT}, section 11, says what rests on what differs.")
    if not verdicts["ok"]:
        raise NotAskedError(text)
    return text


@contextmanager
def _own_schema(settings: Settings) -> Iterator[str]:
    schema = f"{settings.schema}_doctor_{uuid.uuid4().hex[:12]}"
    try:
        with _session() as redshift:
            redshift.ask(f"create schema {schema}")
        yield schema
    finally:
        with _session() as redshift:
            redshift.ask(f"drop schema if exists {schema} cascade")


@contextmanager
def _session() -> Iterator[Session]:
    with session("doctor") as redshift:
        redshift.ask(f"set statement_timeout to {MILLISECONDS}")
        yield redshift


def _asked(ask: Callable[[], str]) -> str | AdventureError:
    """What is found, or with what words Redshift refuses to say."""
    try:
        return ask()
    except ConnectionLostError:
        raise
    except AdventureError as refusal:
        return refusal


def _value(redshift: Session, query: str) -> str | AdventureError:
    """The value of a query, called `found`."""

    def first() -> str:
        for row in redshift.ask(query):
            return str(row["found"])
        raise AdventureError("Redshift shows no row of it")

    return _asked(first)


def _tried(work: Callable[[], str]) -> str:
    """What comes of it, which may be a refusal."""
    return str(_asked(work))


def _literals(redshift: Session, schema: str) -> Iterator[Fact]:
    columns = "(territory_key integer, region varchar(64), opened date)"

    def stored(model: str, table: str) -> str:
        redshift.ask(f"create table {schema}.{table} {columns}")
        redshift.ask(f"insert into {schema}.{table} (select * from ({model.format(schema=schema)}) as model_subq)")
        return "accepted"

    def types(model: str) -> str:
        redshift.ask(f"select * from ({model.format(schema=schema)}) as model_subq where false limit 0")
        return ", ".join(f"{name} {get_datatype_name(kind)}" for name, kind, *_ in redshift.described)

    redshift.ask(f"create table {schema}.loaded {columns}")
    redshift.ask(f"insert into {schema}.loaded values (1, 'Northwest', '2016-01-01')")
    described = "territory_key INTEGER, region STRING, opened DATE"
    yield Fact("a union of cast literals is stored", _tried(lambda: stored(MEMBERS, "typed")), "accepted", LITERAL)
    yield Fact("its types `where false limit 0`", _tried(lambda: types(MEMBERS)), described, TYPED_NULL)
    yield Fact("a literal that is not cast, which lint refuses", _tried(lambda: stored(UNTYPED, "bare")), "", LITERAL)
    yield Fact("`cast(null as date)` in an arm, which lint refuses", _tried(lambda: types(NULLS)), "", TYPED_NULL)


def _blanks(redshift: Session, schema: str) -> Iterator[Fact]:
    orders = f"{schema}.orders"
    redshift.ask(f"create table {orders} (order_number varchar(16))")
    redshift.ask(f"insert into {orders} values ('SO1'), ('SO1 ')")
    grouped = f"(select order_number from {orders} group by order_number) as grouped"
    count = f"select count(*) as found from {orders}"
    for about, query, assumed in (
        ("`'a' = 'a '`", "select 'a' = 'a ' as found", "True"),
        ("rows `= 'SO1'` of 'SO1' and 'SO1 '", f"{count} where order_number = 'SO1'", "2"),
        ("rows `like 'SO1'`", f"{count} where order_number like 'SO1'", "1"),
        ("groups of them", f"select count(*) as found from {grouped}", "1"),
        ("length of the longer one", f"select max(len(order_number)) as found from {orders}", "4"),
    ):
        yield Fact(about, _value(redshift, query), assumed, BLANKS)


def _views(redshift: Session, schema: str) -> Iterator[Fact]:
    view = f"{schema}.shown"

    def show(version: int) -> str:
        redshift.ask(f"create or replace view {view} as select * from {schema}.v{version} with no schema binding")
        return "replaced"

    def seen() -> str:
        return ", ".join(f"version {row['number']}" for row in reader.ask(f"select number from {view}")) or "no row"

    def granted() -> str:
        privileges = redshift.ask(
            f"select privilege_type from svv_relation_privileges where namespace_name = '{schema}' "
            "and relation_name = 'shown' and identity_type = 'public'"
        )
        if not privileges:
            raise AdventureError("svv_relation_privileges does not show it")
        return "kept"

    for version in (1, 2):
        redshift.ask(f"create table {schema}.v{version} as select {version} as number")
    show(1)
    redshift.ask(f"grant select on {view} to public")
    before = _asked(granted)
    with _session() as reader:
        with reader.transaction():
            yield Fact("what a transaction reads", _tried(seen), "version 1", WAITS)
            waits = _while_read(redshift, reader, lambda: show(2))
            yield Fact("replacing the view meanwhile", waits, "waits until statement_timeout", WAITS)
            yield Fact("what the transaction reads after that", _tried(seen), "version 1", WAITS)
        yield Fact("replacing the view after it", _tried(lambda: show(2)), "replaced", WAITS)
        yield Fact("what the next transaction reads", _tried(seen), "version 2", WAITS)
        with reader.transaction():
            reader.ask(f"select number from {schema}.v1")
            redshift.ask(f"create table {schema}.v3 as select 3 as number")
            yield Fact("replacing it beside one that has not read it", _tried(lambda: show(3)), "replaced", WAITS)
            yield Fact("what that transaction, which began before, reads", _tried(seen), "", LATER)
    after = before if isinstance(before, AdventureError) else _tried(granted)
    yield Fact("what was granted on the view", after, "kept", GRANTS)


def _while_read(redshift: Session, reader: Session, replace: Callable[[], str]) -> str:
    """What becomes of it beside the reader's transaction, which ends should nothing else end the waiting."""

    def give_way() -> None:
        with suppress(AdventureError):
            reader.ask("rollback")

    redshift.ask(f"set statement_timeout to {WAIT_MILLISECONDS}")
    giving_way, began = threading.Timer(PATIENCE, give_way), time.monotonic()
    giving_way.start()
    try:
        found = _asked(replace)
        has_given_way = time.monotonic() - began >= PATIENCE
    finally:
        giving_way.cancel()
        giving_way.join()
    redshift.ask(f"set statement_timeout to {MILLISECONDS}")
    if has_given_way:
        return "waits for longer than statement_timeout"
    return "waits until statement_timeout" if isinstance(found, CancelledError) else str(found)


def _idle(redshift: Session, schema: str) -> Iterator[Fact]:
    an_hour_ago = "dateadd(hour, -1, getdate())"
    old = "select count(distinct xid) as found from svv_transactions where txn_owner = current_user and txn_start < "
    charged = "select coalesce(sum(charged_seconds), 0) as found from sys_serverless_usage where start_time >= "
    seconds = _value(
        redshift, "select coalesce(session_timeout, 0) as found from svv_user_info where user_name = current_user"
    )
    # 0: that of the workgroup, which is an hour.
    is_enough = isinstance(seconds, str) and (seconds == "0" or int(seconds) >= 3600)
    assumed = str(seconds) if is_enough else "0, or 3600 and more"
    yield Fact("seconds that a session of this login may be idle, 0 for the workgroup's own", seconds, assumed, IDLE)
    yield Fact("its transactions open for an hour", _value(redshift, old + an_hour_ago), "0", IDLE)
    yield Fact("RPU seconds charged in the last hour", _value(redshift, charged + an_hour_ago), "", CHARGED)


def _joins(redshift: Session, schema: str) -> Iterator[Fact]:
    def distribution(condition: str) -> str:
        rows = redshift.ask(JOIN.format(schema=schema, condition=condition))
        found = re.findall(r"\bDS_\w+", "\n".join(str(value) for row in rows for value in row.values()))
        if not found:
            raise AdventureError("the plan names no distribution")
        return ", ".join(dict.fromkeys(found))

    by_customer, tables = "and orders.customer_key = sales.customer_key", ("sales", "orders")
    for table in tables:
        columns = "(order_number varchar(16), customer_key integer)"
        redshift.ask(f"create table {schema}.{table} {columns} distkey (customer_key)")
        redshift.ask(f"insert into {schema}.{table} values ('SO1', 11000), ('SO2', 11001)")
    about = "a join on customer_key and order_number"
    yield Fact(f"{about}, before ANALYZE", _asked(lambda: distribution(by_customer)), "DS_DIST_NONE", PLAN)
    for table in tables:
        redshift.ask(f"analyze {schema}.{table}")
    yield Fact(f"{about}, after ANALYZE", _asked(lambda: distribution(by_customer)), "DS_DIST_NONE", PLAN)
    yield Fact("a join on order_number alone", _asked(lambda: distribution("")), "", PLAN)
