"""Versions of the warehouse on Redshift, and the views through which people read the one that is published.

    adventure_works_v12_core, ..._marts, ...    a version: what run 12 has built
    adventure_works_core, ..._marts, ...        made once: late-binding views of the relations of the published version
    adventure_works_runs.publications           which runs have begun, and what was published when

One transaction replaces all views. It begins with a lock on `publications`, and ends without effect when a run of a
higher number has begun: that one has taken over the lease on S3 (`lake/lease.py`), which this one believes to hold.

`create or replace view` keeps what is granted on a view, and waits for every transaction that has read it
(https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html): a reader's transaction sees one version only. The
first view may take a while. For the others the switch waits for a moment only, since readers may be waiting for it by
then, and a deadlock must not be theirs; then it lets all go, and begins again with the view that kept it waiting.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from adventure_works.errors import AdventureError
from adventure_works.redshift.ddl import found_columns
from adventure_works.redshift.session import (
    CancelledError,
    ConflictError,
    ConnectionLostError,
    Session,
    literal,
    session,
)
from adventure_works.settings import Settings
from adventure_works.warehouse.base import with_schemas
from adventure_works.warehouse.record import AuditRecord, Outcome, record_of

NAMES = ("staging", "intermediate", "core", "persons", "marts", "operations", "audit")
"""The schemas of a version."""
READ_BY_PEOPLE = ("core", "persons", "marts", "operations")
"""Those of them that have views under a name that stays."""

RECORD = ("operations", "audit_record")
# How long a statement may take, its time in Redshift's queue included: any; the first that waits for readers; and the
# others. The last two double at every attempt. PostgreSQL, from which Redshift comes, ends who finds a deadlock after a
# second of waiting: were the last one longer, that would be the reader.
MILLISECONDS, FIRST_MILLISECONDS, NEXT_MILLISECONDS = 120_000, 2_000, 500
MOST_MILLISECONDS = 10_000
# The attempt that is announced when it fails: meeting a reader for a moment is usual.
ANNOUNCED = 3
# Seconds between attempts, in which readers go on.
PAUSE = wait_random_exponential(multiplier=1, max=20)
READERS = (
    "Somebody is reading from the views that are to be replaced, in a transaction that does not end, "
    "or Redshift is busy."
)
# The schemas of a version of the project that published by renaming them.
FORMER = ("candidate", "previous", "discarded")

Relation = tuple[str, str]
"""Name of a schema without its prefix, and name of a table or view in it."""
Built = Mapping[Relation, tuple[str, ...]]
"""What a build has made for people, and who may read each relation, in dbt's words: `role:reporting`, `anna`."""


@dataclass(frozen=True)
class Run:
    """Who acts: the number of the lease, and what tells its holder from another one of that number."""

    number: int
    token: str


def built(manifest: Mapping[str, Any], schema: str) -> Built:
    """What a manifest of dbt, in which the schemas have the names that stay, says of the relations for people."""
    names = {f"{schema}_{name}": name for name in READ_BY_PEOPLE}
    return {
        (names[node["schema"]], node["alias"]): tuple(node["config"].get("grants", {}).get("select", ()))
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and node["config"]["materialized"] != "ephemeral"
        and node["schema"] in names
    }


def with_stable_names(text: bytes, schema: str, number: int) -> bytes:
    """The text of a manifest, with the names that stay in the place of those of a version where there are such."""
    for name in READ_BY_PEOPLE:
        text = re.sub(rb"\b%b_v%d_%b\b" % (schema.encode(), number, name.encode()), f"{schema}_{name}".encode(), text)
    return text


class Versions:
    """The versions of one warehouse, as a session finds them."""

    def __init__(self, redshift: Session, settings: Settings) -> None:
        self._redshift = redshift
        self._settings = settings
        self._schema = settings.schema
        self._table = f"{settings.schema}_runs.publications"

    def _has_log(self) -> bool:
        there = "select tablename from pg_tables where schemaname = ? and tablename = 'publications'"
        return bool(self._redshift.ask(there, (f"{self._schema}_runs",)))

    def make_log(self) -> None:
        """Makes the table of publications, if it is missing."""
        if self._has_log():
            return
        self._redshift.ask(f"create schema if not exists {self._schema}_runs")
        self._redshift.ask(
            f"create table if not exists {self._table} "
            "(number integer not null, token varchar(64) not null, version integer, acted_at timestamp)"
        )

    def newest_number(self) -> int:
        """The number of the newest run that has begun, 0 where none has."""
        (found,) = self._redshift.ask(f"select max(number) as number from {self._table}")
        return int(found["number"] or 0)

    def published(self) -> list[int]:
        """The versions that were published, the last one first.

        Raises:
            AdventureError: people read a version, and the table says that nothing was published.
        """
        rows = []
        if self._has_log():
            recorded = f"select version from {self._table} where version is not null order by number desc"
            rows = self._redshift.ask(recorded)
        if not rows and (read := self._read_by_views()):
            newest = max(read)
            raise AdventureError(
                f"The views in {self._schema}_core and the others read {self._settings.version(newest)}_*, and "
                f"{self._table} does not say that it was published: somebody has emptied or dropped the table. "
                f"Nothing is dropped. Put it back: insert into {self._table} values ({newest}, 'put back', {newest}, "
                "getdate()); a run makes the table where it is missing. If that version is gone as well, drop the "
                "schemas of the views: adventure restore --target prod builds everything again."
            )
        return list(dict.fromkeys(row["version"] for row in rows))

    def _read_by_views(self) -> set[int]:
        """The versions that views for people read."""
        names = ", ".join(literal(f"{self._schema}_{name}") for name in READ_BY_PEOPLE)
        views = self._redshift.ask(f"select definition from pg_views where schemaname in ({names})")
        found = (re.findall(rf"\b{self._schema}_v(\d+)_", row["definition"]) for row in views)
        return {int(number) for numbers in found for number in numbers}

    def there(self) -> set[int]:
        """The versions of which there are schemas."""
        names = (re.fullmatch(rf"{self._schema}_v(\d+)_\w+", name) for name in self._schemas())
        return {int(name[1]) for name in names if name}

    def kept(self) -> list[int]:
        """The versions that were published and are there, the last one first."""
        there = self.there()
        return [number for number in self.published() if number in there][: self._settings.versions]

    def before(self) -> int | None:
        """The version to go back to."""
        published = self.published()[:1]
        return next((number for number in self.kept() if number not in published), None)

    def waiting(self) -> int | None:
        """The newest version, when it was never published."""
        newest = max(self.there(), default=None)
        return None if newest in self.published() else newest

    def roles(self) -> dict[str, str]:
        """What each version is, by what the names of its schemas begin with: published, previous, kept or candidate."""
        published, before, waiting = self.published(), self.before(), self.waiting()
        roles = {number: "previous" if number == before else "kept" for number in self.kept()}
        roles |= {waiting: "candidate"} if waiting is not None else {}
        found = {self._settings.version(number): role for number, role in roles.items() if number not in published[:1]}
        if published or tables(self._redshift, self._schema):
            return {self.prefix(): "published"} | found
        return found

    def prefix(self) -> str:
        """What the names of the schemas begin with in which the published relations are.

        Where nothing is published: of those in which plain dbt builds, and in which an earlier version of the project
        has published.
        """
        published = self.published()
        return self._settings.version(published[0]) if published else self._schema

    def begin(self, run: Run) -> None:
        """Takes note that a run has begun; from then on, one of a lower number cannot publish."""
        self._redshift.ask(f"set statement_timeout to {MILLISECONDS}")
        self._redshift.in_transaction(lambda: self._enter(run, None))
        self._redshift.ask("set statement_timeout to 0")

    def sweep(self, run: Run, announce: Callable[[str], None]) -> None:
        """Drops every version that is not kept; what somebody reads is left for the next run.

        A version of a higher number is that of a run which has taken over the lease.
        """
        unkept = sorted(self.there() - {*self.kept()})
        old = [self._settings.version(number) for number in unkept if number < run.number]
        old += [f"{self._schema}_{name}" for name in FORMER if self.published()]
        there, left = sorted(self._schemas()), []
        self._redshift.ask(f"set statement_timeout to {MILLISECONDS}")
        for prefix in old:
            # In one statement, since each is a commit.
            if names := [name for name in there if name.startswith(f"{prefix}_")]:
                try:
                    self._redshift.ask(f"drop schema if exists {', '.join(names)} cascade")
                except ConnectionLostError:
                    raise
                except AdventureError:
                    left.append(f"{prefix}_*")
        self._redshift.ask("set statement_timeout to 0")
        if left:
            announce(
                f"Somebody reads what is out of date, or owns a part of it: {', '.join(left)} could not be dropped. "
                "The next run tries again."
            )

    def publish(self, run: Run, number: int, new: Built | None, patience: "Patience", *, must_pass: bool) -> None:
        """See `publish`; one attempt."""
        prefix = self._settings.version(number)
        self._redshift.ask(f"set statement_timeout to {MILLISECONDS}")
        with self._redshift.transaction():
            if self._enter(run, number):
                return
            record = read_record(self._redshift, prefix)
            if must_pass and (record is None or record.outcome != Outcome.PASSED or record.run_number != number):
                raise AdventureError(
                    f"{prefix}_*: no candidate has passed its audit, or somebody has dropped it. Nothing is published. "
                    "Make one: adventure run --target prod"
                )
            if must_pass and new is None:
                raise AdventureError(
                    f"{prefix}_*: its manifest is not in {self._settings.lake}, so that nothing says what belongs to "
                    "it. Nothing is published. Build it again: adventure run --target prod"
                )
            earlier = [version for version in self.published() if version != number]
            before = earlier[0] if earlier else self._adopt()
            _Switch(self._redshift, self._settings, number, before, patience).show(new)

    def _enter(self, run: Run, version: int | None) -> bool:
        """Makes sure that no run of a higher number has begun, and takes note of this one.

        Returns whether it was done already: by an attempt whose answer was lost.
        """
        self._redshift.ask(f"lock {self._table}")
        rows = self._redshift.ask(f"select number, token, version from {self._table} order by number desc")
        newer = [row["number"] for row in rows if row["number"] >= run.number and row["token"] != run.token]
        if newer:
            raise AdventureError(
                f"Run {newer[0]} has begun to work on {self._schema} since this one, run {run.number}, whose lease was "
                "not renewed in time. This run publishes nothing; the other one goes on."
            )
        last = next((row for row in rows if row["version"] is not None), None)
        if last and version is not None and (last["token"], last["version"]) == (run.token, version):
            return True
        self._redshift.ask(
            f"insert into {self._table} values (?, ?, {'null' if version is None else version}, getdate())",
            (run.number, run.token),
        )
        return False

    def _adopt(self) -> int | None:
        """Makes a version of what plain dbt has built or an earlier version of the project has published, if any."""
        if not tables(self._redshift, self._schema):
            return None
        there = self._schemas()
        for name in NAMES:
            if f"{self._schema}_{name}" in there:
                self._redshift.ask(f"alter schema {self._schema}_{name} rename to {self._settings.version(0)}_{name}")
        self._redshift.ask(f"insert into {self._table} values (0, 'none', 0, getdate())")
        return 0

    def _schemas(self) -> set[str]:
        return {row["nspname"] for row in self._redshift.ask("select nspname from pg_namespace")}


@dataclass
class Patience:
    """For how many milliseconds an attempt waits, for its first view and for others, and which have kept it waiting."""

    first: int
    next: int
    contended: list[Relation] = field(default_factory=list)

    def grow(self) -> None:
        """Waits twice as long from now on."""
        self.first, self.next = (min(2 * one, MOST_MILLISECONDS) for one in (self.first, self.next))

    def place(self, relation: Relation) -> tuple[int, Relation]:
        """Sorts relations: those that were waited for come first."""
        contended = self.contended
        return contended.index(relation) if relation in contended else len(contended), relation


class _Switch:
    """The statements that let the views show a version in the place of the one before, None where there is none."""

    def __init__(
        self, redshift: Session, settings: Settings, number: int, before: int | None, patience: Patience
    ) -> None:
        self._ask = redshift.ask
        self._patience = patience
        self._schema = settings.schema
        self._prefix = settings.version(number)
        # Of no version, where there is none before.
        prefix_before = settings.version(-1 if before is None else before)
        found = _relations(redshift, (self._prefix, self._schema, prefix_before))
        self._tables, self._views, self._before = found.values()
        self._columns, self._columns_before = (_columns(redshift, name) for name in (self._prefix, prefix_before))

    def show(self, new: Built | None) -> None:
        """Replaces the views, drops those of relations that the project no longer has, and grants."""
        wanted: Built = dict.fromkeys(self._tables, ()) if new is None else {RECORD: (), **new}
        missing = [f"{self._prefix}_{'.'.join(relation)}" for relation in sorted(wanted.keys() - self._tables.keys())]
        if missing:
            raise AdventureError(
                f"{', '.join(missing)}: the build has made it and it is not there, so somebody has dropped it. Nothing "
                "is published. Run again."
            )
        for name in READ_BY_PEOPLE:
            self._ask(f"create schema if not exists {self._schema}_{name}")
        granted = _granted(self._ask, self._schema)
        gone = self._views.keys() & self._before.keys() - wanted.keys()
        self._ask(f"set statement_timeout to {self._patience.first}")
        for number, relation in enumerate(sorted(wanted.keys() | gone, key=self._patience.place)):
            try:
                self._replace(relation, granted.get(relation, {}), is_gone=relation in gone)
            except (CancelledError, ConflictError):
                self._patience.contended.insert(0, relation)
                raise
            if number == 0:
                self._ask(f"set statement_timeout to {self._patience.next}")
        self._ask(f"set statement_timeout to {MILLISECONDS}")
        self._grant(wanted, granted)

    def _name(self, relation: Relation) -> str:
        return f"{self._schema}_{'.'.join(relation)}"

    def _replace(self, relation: Relation, granted: dict[str, str], *, is_gone: bool) -> None:
        """Replaces a view; one that gets other columns is dropped first, which Redshift asks for, and granted again."""
        view, comment = self._name(relation), self._views.get(relation)
        has_changed = relation in self._views and self._columns.get(relation) != self._columns_before.get(relation)
        if is_gone or has_changed:
            self._ask(f"drop view {view}")
            comment = None
        if is_gone:
            return
        table = f"{self._prefix}_{'.'.join(relation)}"
        self._ask(f"create or replace view {view} as select * from {table} with no schema binding")
        if has_changed and granted:
            self._ask(f"grant select on {view} to {', '.join(granted.values())}")
        if (description := self._tables[relation]) and description != comment:
            self._ask(f"comment on view {view} is {literal(description)}")

    def _grant(self, wanted: Built, granted: dict[Relation, dict[str, str]]) -> None:
        """Grants what the build has granted on its tables."""
        # Readers of a late-binding view need it, also those to whom somebody has granted the view by hand.
        for name in sorted({name for name, _ in wanted}):
            known = {grantee for relation, who in granted.items() if relation[0] == name for grantee in who.values()}
            if users := known if name == "persons" else {"public"}:
                self._ask(f"grant usage on schema {self._prefix}_{name} to {', '.join(sorted(users))}")
        readers: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for relation, who in wanted.items():
            if who:
                readers.setdefault((relation[0], who), []).append(self._name(relation))
        for (name, who), views in readers.items():
            grantees = ", ".join(map(_grantee, who))
            self._ask(f"grant usage on schema {self._schema}_{name}, {self._prefix}_{name} to {grantees}")
            self._ask(f"grant select on {', '.join(views)} to {grantees}")


def publish(
    settings: Settings,
    run: Run,
    number: int,
    new: Built | None,
    old: Built | None,
    announce: Callable[[str], None],
    *,
    must_pass: bool = True,
) -> None:
    """Lets the views for people show a version, in one transaction, which is tried until readers let it through.

    Args:
        settings: which warehouse, and how long to wait for readers.
        run: who acts.
        number: of the version.
        new: what its build has made, as its manifest says; where there is none, all that is in its schemas.
        old: the same of what is published now.
        announce: called with what a user should know.
        must_pass: whether it must have passed its audit; what was published before is published again without.

    Raises:
        AdventureError: it cannot be published, and why; what is published is as it was.
    """

    patience = Patience(FIRST_MILLISECONDS, NEXT_MILLISECONDS)
    if new is not None and old is not None:
        _revoke(settings, new, old)

    def attempt() -> None:
        with session("publish") as redshift:
            Versions(redshift, settings).publish(run, number, new, patience, must_pass=must_pass)

    def be_patient(state: RetryCallState) -> None:
        if state.attempt_number == ANNOUNCED and state.outcome:
            error = state.outcome.exception()
            reason = READERS if isinstance(error, CancelledError) else error
            announce(f"{reason} Trying again for up to {settings.reader_wait} seconds.")
        patience.grow()

    try:
        Retrying(
            retry=retry_if_exception_type((CancelledError, ConflictError, ConnectionLostError)),
            stop=stop_after_delay(settings.reader_wait),
            wait=PAUSE,
            before_sleep=be_patient,
            reraise=True,
        )(attempt)
    except CancelledError as error:
        raise AdventureError(
            f"{READERS} {settings.version(number)}_* is complete and waits; `select * from svv_transactions` shows who "
            f"reads. When they have finished: adventure publish --target prod\n{error}"
        ) from error


def _revoke(settings: Settings, new: Built, old: Built) -> None:
    """Revokes what the build before has granted and this one does not, without asking the catalog who has what.

    SVV_RELATION_PRIVILEGES shows that to few. A user who was dropped ends the statement, and would end a transaction:
    therefore it is done before that of the publication.
    """
    former: dict[str, list[Relation]] = {}
    for relation in new.keys() & old.keys():
        now = {*map(_grantee, new[relation])}
        for grantee in {*map(_grantee, old[relation])} - now:
            former.setdefault(grantee, []).append(relation)
    if not former:
        return
    with session("revoke") as redshift:
        redshift.ask(f"set statement_timeout to {MILLISECONDS}")
        views = _relations(redshift, [settings.schema])[settings.schema]
        for grantee, relations in sorted(former.items()):
            names = [f"{settings.schema}_{'.'.join(relation)}" for relation in sorted(views.keys() & {*relations})]
            try:
                redshift.ask(f"revoke select on {', '.join(names)} from {grantee}")
            except AdventureError as error:
                if "does not exist" not in str(error):
                    raise


def read_record(redshift: Session, prefix: str) -> AuditRecord | None:
    """The record of a set of schemas, None where none was written: plain dbt alone has built it."""
    return record_of(lambda sql: redshift.ask(with_schemas(sql, f"{prefix}_")))


def tables(redshift: Session, prefix: str) -> set[Relation]:
    """The tables of a set of schemas."""
    names = ", ".join(f"'{prefix}_{name}'" for name in NAMES)
    found = redshift.ask(f"select schemaname, tablename from pg_tables where schemaname in ({names})")
    return {(row["schemaname"].removeprefix(f"{prefix}_"), row["tablename"]) for row in found}


def _relations(redshift: Session, prefixes: Iterable[str]) -> dict[str, dict[Relation, str | None]]:
    """The comments on the tables and views for people, by prefix of their schemas."""
    found: dict[str, dict[Relation, str | None]] = {prefix: {} for prefix in prefixes}
    places = {f"{prefix}_{name}": (prefix, name) for prefix in found for name in READ_BY_PEOPLE}
    for row in redshift.ask(
        "select n.nspname, c.relname, d.description from pg_class as c "
        "join pg_namespace as n on n.oid = c.relnamespace "
        "left join pg_description as d on d.objoid = c.oid and d.objsubid = 0 "
        f"where c.relkind in ('r', 'v') and n.nspname in ({', '.join(map(literal, places))})"
    ):
        prefix, name = places[row["nspname"]]
        found[prefix][name, row["relname"]] = row["description"]
    return found


def _columns(redshift: Session, prefix: str) -> dict[Relation, list[tuple[str, str]]]:
    """Name and type of the columns of each table and view for people."""
    return {
        (name, table): columns
        for name in READ_BY_PEOPLE
        for table, columns in found_columns(redshift, f"{prefix}_{name}").items()
    }


def _granted(ask: Callable[[str], list[dict[str, Any]]], schema: str) -> dict[Relation, dict[str, str]]:
    """Who may read each view for people, by plain name, as GRANT takes it."""
    names = ", ".join(f"'{schema}_{name}'" for name in READ_BY_PEOPLE)
    found: dict[Relation, dict[str, str]] = {}
    for row in ask(
        "select namespace_name, relation_name, identity_type, identity_name from svv_relation_privileges "
        f"where namespace_name in ({names}) and lower(privilege_type) = 'select' and identity_name <> current_user"
    ):
        relation = row["namespace_name"].removeprefix(f"{schema}_"), row["relation_name"]
        kind, name = row["identity_type"], row["identity_name"]
        grantee = {"role": f'role "{name}"', "group": f'group "{name}"', "public": "public"}.get(kind, f'"{name}"')
        found.setdefault(relation, {})[name] = grantee
    return found


def _grantee(name: str) -> str:
    """One of `REDSHIFT_READERS` as GRANT takes it."""
    return name.removeprefix("user:").replace("group:", "group ", 1).replace("role:", "role ", 1)
