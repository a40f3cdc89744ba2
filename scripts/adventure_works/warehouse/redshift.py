"""An audited build on Redshift: a run makes a version, and publishes it through the views that people read.

See `redshift_versions` for their names. The raw schema and that of the runs belong to no version: there is one of each.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from adventure_works.aws import client
from adventure_works.disk import replaced
from adventure_works.errors import AdventureError
from adventure_works.lake.lease import Lease, leased
from adventure_works.lake.s3_read import Reader
from adventure_works.lake.s3_write import Writer
from adventure_works.redshift.load import bring_up
from adventure_works.redshift.session import asking, session
from adventure_works.settings import S3Place, Settings
from adventure_works.warehouse import redshift_history, redshift_persons
from adventure_works.warehouse.artifacts import ARTIFACTS, MANIFEST, build_id_in
from adventure_works.warehouse.base import Ask, Erased, Progress, SourcePlace
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
from adventure_works.warehouse.redshift_kept import History
from adventure_works.warehouse.redshift_versions import (
    NAMES,
    Built,
    Run,
    Versions,
    built,
    publish,
    read_record,
    tables,
    with_stable_names,
)

# Below the lake: <workgroup>/<database>/<prefix of the schemas>/<build id>/manifest.json and run_results.json.
BUILDS = "builds"
# Below the lake: <workgroup>/<database>/<prefix of the schemas>/lease.json.
RUNS = "runs"


class RedshiftWarehouse:
    """The schemas of the target `prod`, built from a lake on S3; see `Warehouse` for the methods."""

    target = "prod"

    def __init__(self, settings: Settings, announce: Callable[[str], None], *, wait: bool = True) -> None:
        settings.check_workgroup()
        self.settings = settings
        self.announce = announce
        self.wait = wait
        self._lease: Lease | None = None

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
        """Holds a lease on S3, which a run that died loses by itself."""
        key = self.lake.key(RUNS, self.name, "lease.json")
        with leased(self._writer(), key, self.settings.schema, self.announce, wait=self.wait) as lease:
            with session("lease") as redshift:
                versions = Versions(redshift, self.settings)
                versions.make_log()
                lease.raise_above(versions.newest_number())
            self._lease = lease
            yield lease.check

    def _writer(self) -> Writer:
        return Writer(self.lake, client("s3", self.settings), self.settings)

    @property
    def _run(self) -> Run:
        """The run that holds the lease."""
        assert self._lease, "only within `locked`"
        return Run(self._lease.number, self._lease.token)

    @property
    def _candidate(self) -> str:
        """The prefix of the schemas in which this run builds."""
        return self.settings.version(self._run.number)

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
        return {"ADVENTURE_TARGET": self.target, "DBT_TARGET": "", "ADVENTURE_CANDIDATE": self._candidate}

    def start_candidate(self, growing: Iterable[tuple[str, str]], progress: Progress) -> dict[str, str]:
        """Makes the schemas, and copies the published tables that a build adds to, if the lake was not replaced."""
        settings, candidate = self.settings, self._candidate
        with session("candidate") as redshift:
            (loads,) = redshift.ask(
                f"select min(load_id) as began_with, max(load_id) as load_id from {settings.raw_schema}.load_log"
            )
            if not loads["load_id"]:
                raise AdventureError(
                    f"{settings.raw_schema}: nothing has been loaded. Load first: adventure load --to redshift"
                )
            record = AuditRecord(str(settings.lake), loads["began_with"], loads["load_id"], run_number=self._run.number)
            versions = Versions(redshift, settings)
            versions.begin(self._run)
            versions.sweep(self._run, self.announce)
            before = versions.prefix()
            published = read_record(redshift, before)
            was_replaced = published is not None and published.began_with != record.began_with
            if was_replaced:
                self.announce("The lake was replaced since the last publication: the warehouse is built from nothing.")
            wanted = {(schema.removeprefix(f"{candidate}_"), table) for schema, table in growing}
            # What plain dbt has built after a loss has no record, and a history of the last load only.
            copied = sorted(wanted & tables(redshift, before)) if published and not was_replaced else []

            history = History(settings, self.name)

            def make() -> str:
                for name in NAMES:
                    redshift.ask(f"create schema {candidate}_{name}")
                for done, (schema, table) in enumerate(copied):
                    progress(f"Redshift: copying {schema}.{table}", done, len(copied))
                    source, copy = f"{before}_{schema}.{table}", f"{candidate}_{schema}.{table}"
                    redshift.ask(f"create table {copy} (like {source})", step=f"copy {table}")
                    redshift.ask(f"insert into {copy} select * from {source}", step=f"copy {table}")
                    # An insert leaves no statistics, and what reads the copy would be planned blind.
                    redshift.ask(f"analyze {copy}", step=f"copy {table}")
                write_record(redshift.ask, record, f"{candidate}_operations")
                return "" if published else history.restore(redshift, candidate, record.began_with)

            since = redshift.in_transaction(make)
            if since:
                self.announce(f"Nothing is published here: the history of load {since} was restored.")
            self._built_from = published.load_id if published and not was_replaced else since
        return self.environ

    def missed_loads(self) -> dict[str, str]:
        """The loads since the one that is published; all, when nothing of this lake is."""
        return redshift_history.missed_loads(self.settings, self._built_from)

    def as_after(self, load_id: str) -> AbstractContextManager[dict[str, SourcePlace]]:
        """A raw schema of the candidate's own."""
        return redshift_history.raw_after(self.settings, self._candidate, load_id)

    def keep_evidence(self, artifacts: Path) -> str:
        """Keeps them on S3 below the lake, where every machine finds them, with the names that people read."""
        build_id, writer = build_id_in(artifacts), self._writer()
        keep = {build_id, *(state.record.build_id for state in self.states() if state.record)}
        try:
            for old in set(writer.folders(BUILDS, self.name)) - keep:
                writer.remove_folder(BUILDS, self.name, old)
        except AdventureError as error:
            self.announce(f"What was kept of older builds could not be removed; a later run tries again. {error}")
        for name in ARTIFACTS:
            content = with_stable_names((artifacts / name).read_bytes(), self.settings.schema, self._run.number)
            writer.put(self.lake.key(BUILDS, self.name, build_id, name), content)
        return build_id

    def judge_candidate(
        self, *, passed: bool, tests: int, warnings: int = 0, build_id: str = "", said: Said = NOTHING_SAID
    ) -> None:
        """Writes into the candidate how its audit went."""
        settings, candidate = self.settings, self._candidate
        with session("audit") as redshift:
            record = read_record(redshift, candidate)
            if record is None:
                raise AdventureError(
                    f"{candidate}_operations.audit_record is gone: somebody has dropped the candidate. Run again."
                )
            (newest,) = redshift.ask(f"select max(load_id) as load_id from {settings.raw_schema}.load_log")
            has_changed = newest["load_id"] != record.load_id
            outcome = Outcome.PASSED if passed and not has_changed else Outcome.FAILED
            findings = findings_column(said)
            judged = replace(
                record, outcome=outcome, tests=tests, warnings=warnings, build_id=build_id, findings=findings
            )
            redshift.in_transaction(lambda: write_record(redshift.ask, judged, f"{candidate}_operations"))
        if passed and has_changed:
            raise AdventureError(
                f"Load {newest['load_id']} came into {settings.raw_schema} while load {record.load_id} was being "
                "built, so that parts of the build may be of either. Nothing is published. Run again."
            )

    def publish(self) -> None:
        """Lets the views that people read show this run's version, or another one that waits since it passed its audit.

        Older versions are dropped afterwards.
        """
        with session("publish") as redshift:
            versions = Versions(redshift, self.settings)
            number, published = versions.waiting(), versions.published()
            record = read_record(redshift, self.settings.version(number)) if number else None
        if number is None or record is None or record.outcome != Outcome.PASSED:
            raise AdventureError(
                f"{self.settings.schema}_v*: no candidate has passed its audit. Make one: adventure run --target prod"
            )
        self._switch(number, published[0] if published else None, must_pass=True)
        try:
            with session("drop versions") as redshift:
                Versions(redshift, self.settings).sweep(self._run, self.announce)
        except AdventureError as error:
            self.announce(f"What is out of date could not be dropped; the next run tries again. {error}")

    def keep_history(self) -> None:
        """By UNLOAD, on S3."""
        History(self.settings, self.name).keep()

    def roll_back(self, version: int | None = None) -> None:
        """Lets the views show what they showed before the last publication; a second time undoes it."""
        with session("rollback") as redshift:
            versions = Versions(redshift, self.settings)
            before, published, kept = versions.before(), versions.published(), versions.kept()
        if before is None:
            raise AdventureError(
                f"{self.settings.schema}_v*: no previous warehouse to go back to. `adventure run --target prod` keeps "
                "the one that it replaces."
            )
        if version is not None and version not in kept:
            raise AdventureError(
                f"{self.settings.version(version)}_*: is not one of the versions that are kept, which are "
                f"{', '.join(map(str, sorted(kept)))}. REDSHIFT_VERSIONS says how many are."
            )
        before = before if version is None else version
        self._switch(before, published[0], must_pass=False)

    def _switch(self, number: int, before: int | None, *, must_pass: bool) -> None:
        new, old = self._built(number), self._built(before) if before is not None else None
        publish(self.settings, self._run, number, new, old, self.announce, must_pass=must_pass)

    def _built(self, number: int) -> Built | None:
        """What the build of a version has made for people; None where no evidence says."""
        with session("publish") as redshift:
            record = read_record(redshift, self.settings.version(number))
        if record is None or not record.build_id:
            return None
        # One that was built from another lake is not found.
        with suppress(KeyError):
            manifest = Reader(self.lake, self.settings).read(
                self.lake.key(BUILDS, self.name, record.build_id, MANIFEST)
            )
            return built(json.loads(manifest), self.settings.schema)
        return None

    def erase_persons(self, keys: Iterable[int]) -> Erased:
        """In the schemas of every version, the raw ones, and those of developers."""
        return redshift_persons.erase_persons(self.settings, keys)

    def states(self) -> list[State]:
        """The record of each version."""
        with session("states") as redshift:
            roles = Versions(redshift, self.settings).roles()
            return [State(role, f"{prefix}_*", read_record(redshift, prefix)) for prefix, role in roles.items()]

    def asking_candidate(self) -> AbstractContextManager[Ask]:
        """Asks the candidate's schemas."""
        return asking(self._candidate, self.settings.schema)

    def asking_published(self) -> AbstractContextManager[Ask]:
        """Asks the schemas of the published version, which stays the same while it is asked."""
        with session("read") as redshift:
            return asking(Versions(redshift, self.settings).prefix(), self.settings.schema)

    def asking_previous(self) -> AbstractContextManager[Ask]:
        """Asks the schemas of the version that was published before."""
        with session("read") as redshift:
            before = Versions(redshift, self.settings).before()
        assert before is not None, "`states` has a previous one"
        return asking(self.settings.version(before), self.settings.schema)

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

    asking_history = asking_published
