"""The status of a target: the last runs, what is wrong and since when, the age of the data, and what is published."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from adventure_works.monitor.history import Run, Trouble, last_runs, newest_load, troubles
from adventure_works.warehouse.base import Warehouse
from adventure_works.warehouse.record import Outcome, State

CLOCKS_MAY_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Status:
    """What `adventure status` shows; times are UTC.

    `warehouses` are what is published, what was before, and what waits or failed. `max_age` is how old the newest load
    may be.
    """

    target: str
    now: datetime
    runs: list[Run]
    troubles: list[Trouble]
    load_id: str
    loaded_at: datetime | None
    max_age: timedelta
    warehouses: list[State]

    @property
    def failing(self) -> list[Trouble]:
        """What failed when it ran last."""
        return [trouble for trouble in self.troubles if trouble.failed]

    @property
    def warning(self) -> list[Trouble]:
        """The tests that warned when they ran last."""
        return [trouble for trouble in self.troubles if not trouble.failed]

    @property
    def drifted(self) -> list[Trouble]:
        """In what the last load differs too much from the one before."""
        return [trouble for trouble in self.troubles if trouble.is_drift]

    @property
    def age(self) -> timedelta | None:
        """How long ago the newest load finished, by the clock; None when nothing was loaded."""
        return self.now - self.loaded_at if self.loaded_at else None

    @property
    def is_ahead(self) -> bool:
        """Whether the newest load has a time that is yet to come: the clock was wrong, so that its age says nothing."""
        return self.age is not None and self.age < -CLOCKS_MAY_DIFFER

    @property
    def ahead(self) -> str:
        """What to say of such a load."""
        return (
            f"it is dated {self.loaded_at:%Y-%m-%d %H:%M} UTC, which is yet to come, so that its age is not known. The "
            "clock was wrong when it was loaded. Correct the clock; the next load of a changed file has its right time."
        )

    @property
    def is_stale(self) -> bool:
        """Whether the newest load is too old, or there is none."""
        return self.age is None or self.age > self.max_age

    @property
    def unpublished(self) -> list[str]:
        """Why what is published is not the newest load as it was audited, a sentence each, with what to do."""
        prod = " --target prod" * (self.target == "prod")
        run, publish = f"adventure run{prod}", f"adventure publish{prod}"
        states = {state.role: state for state in self.warehouses}
        found = []
        if (candidate := states.get("candidate")) and candidate.record:
            load = f"The newest build, of load {candidate.record.load_id},"
            if candidate.record.outcome == Outcome.PASSED:
                found.append(f"{load} passed its audit and waits. Publish it: {publish}")
            elif candidate.record.outcome == Outcome.FAILED:
                found.append(f"{load} failed its audit. Correct the files or the models, and run again: {run}")
        published = states.get("published")
        if published is None:
            if self.load_id:
                found.append(f"Nothing is published of load {self.load_id}. Build it: {run}")
        elif published.trouble:
            found.append(published.trouble)
        elif published.record is None or published.record.outcome != Outcome.PASSED:
            found.append(f"Plain dbt has built in what is published, and no audit since. Build everything again: {run}")
        elif _was_rolled_back(states):
            found.append(
                f"What is published is of load {published.record.load_id}: a newer build was rolled back. The next run "
                f"publishes the newest load again. Take back the rollback: {publish} --rollback"
            )
        elif self.load_id and published.record.load_id != self.load_id:
            found.append(
                f"What is published is of load {published.record.load_id}, and the newest load is {self.load_id}. "
                f"Build that: {run}, with the --source of that load"
            )
        return found

    @property
    def is_well(self) -> bool:
        """Whether nothing fails and the newest load is published and not too old. Warnings are for looking at."""
        return not self.failing and not self.is_stale and not self.is_ahead and not self.unpublished

    def as_json(self) -> str:
        """The same for programs: times in ISO 8601, ages in hours."""
        found = {
            "target": self.target,
            "now": self.now,
            "is_well": self.is_well,
            "runs": [asdict(run) for run in self.runs],
            "failing": [asdict(trouble) for trouble in self.failing],
            "warning": [asdict(trouble) for trouble in self.warning],
            "drifted": [trouble.name for trouble in self.drifted],
            "load": {
                "load_id": self.load_id,
                "loaded_at": self.loaded_at,
                "age_hours": round(self.age / timedelta(hours=1), 2) if self.age is not None else None,
                "max_age_hours": self.max_age / timedelta(hours=1),
                "is_stale": self.is_stale,
                "is_ahead": self.is_ahead,
            },
            "unpublished": self.unpublished,
            "warehouses": [
                {
                    "role": state.role,
                    "place": state.place,
                    **{
                        name: getattr(state.record, name) if state.record else None
                        for name in ("load_id", "outcome", "tests", "warnings", "build_id")
                    },
                }
                for state in self.warehouses
            ],
        }
        return json.dumps(found, indent=2, default=lambda time: f"{time.isoformat(timespec='seconds')}Z")


def _was_rolled_back(states: dict[str, State]) -> bool:
    """Whether the build that is called the previous one is the newer."""
    published, previous = (states[role].record if role in states else None for role in ("published", "previous"))
    return bool(published and previous and previous.started_at > published.started_at)


def status_of(warehouse: Warehouse, runs: int, max_age: timedelta) -> Status:
    """The status of a warehouse and its lake, with so many of the last runs.

    Raises:
        AdventureError: what was recorded cannot be read, or Redshift not be asked.
    """
    with warehouse.asking_history() as ask:
        now = datetime.now(UTC).replace(tzinfo=None)
        states = warehouse.states()
        found = last_runs(ask, runs), _with_words(troubles(ask), states), *newest_load(ask)
        return Status(warehouse.target, now, *found, max_age, states)


def _with_words(found: list[Trouble], states: list[State]) -> list[Trouble]:
    """The same with what the tests said in the build that failed or, where none has, in the one that is published."""
    records = {state.role: state.record for state in states if state.record}
    newest = records.get("candidate") or records.get("published")
    said = newest.said if newest else {}
    return [replace(trouble, said=tuple(said.get(trouble.name, ()))) for trouble in found]
