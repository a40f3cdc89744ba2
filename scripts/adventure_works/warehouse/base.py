"""What a run needs of a warehouse, whichever engine it is on, and how to ask one."""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adventure_works.settings import S3Place
from adventure_works.warehouse.record import NOTHING_SAID, Said, State

Row = dict[str, Any]
Ask = Callable[[str], list[Row]]
"""Gives a query's rows, by column name: exact numbers are integers or Decimal, days are dates. In the query `{core}`,
`{operations}` and so on are placeholders for the names of the schemas."""

Erased = tuple[list[str], list[str]]
"""Where persons were erased, with how many rows, and what could not be reached, with the reason."""

Progress = Callable[[str, int, int], None]
"""Called with what is under way, how much of it is done, and of how much."""


@dataclass(frozen=True)
class SourcePlace:
    """Where dbt reads a source: an `external_location` on DuckDB, a schema on Redshift."""

    external_location: str = ""
    schema: str = ""


class Warehouse(Protocol):
    """A warehouse: what is published, what was published before, and the candidate that a run builds.

    A method that cannot do its work raises an AdventureError, and what is published is then as it was.
    """

    target: str

    @property
    def name(self) -> str:
        """What tells it from others that are built from the same lake; its runs are recorded under it."""

    @property
    def target_folder(self) -> Path:
        """The folder in which dbt works in its runs."""

    @property
    def lake(self) -> Path | S3Place:
        """The lake that it is built from, in a place that the engine can read."""

    def locked(self) -> AbstractContextManager[Callable[[], None]]:
        """Keeps other runs out. Gives a check that this is still so."""

    def bring_up_raw(self, *, replace: bool, timeout: float, progress: Progress) -> str:
        """Brings the engine's raw tables up to the lake, where they are not the lake itself; returns what it did."""

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables by which dbt reads the project for this warehouse."""

    def start_candidate(self, growing: Iterable[tuple[str, str]], progress: Progress) -> dict[str, str]:
        """Makes the candidate from what is published; returns the environment variables that lead dbt to it.

        `growing` are schema and name of the tables that keep what earlier builds have put into them. Where nothing is
        published, it begins with the history that the lake keeps (`keep_history`).
        """

    def missed_loads(self) -> dict[str, str]:
        """Ids of the loads of products and customers that the candidate's history has not seen, with the next such id.

        An AdventureError when the lake no longer has what one of them loaded.
        """

    def as_after(self, load_id: str) -> AbstractContextManager[dict[str, SourcePlace]]:
        """Where products, customers and the load log are as they were after a load, by name of the source."""

    def keep_evidence(self, artifacts: Path) -> str:
        """Keeps manifest and results of a build, which dbt has left in a folder; returns the build's id.

        Those of builds that no state of the warehouse names any more are removed.
        """

    def judge_candidate(
        self, *, passed: bool, tests: int, warnings: int = 0, build_id: str = "", said: Said = NOTHING_SAID
    ) -> None:
        """Writes into the candidate how its audit went, and in which build; only one that passed can be published.

        `said` is what those of its tests say that failed or warned.
        """

    def publish(self) -> None:
        """Puts a candidate that passed its audit in the place of what is published, in one step."""

    def keep_history(self) -> None:
        """Unloads what is published and cannot be built from the lake into the lake's folder `history`."""

    def roll_back(self, version: int | None = None) -> None:
        """Exchanges what is published and what was before; a second time undoes the first.

        Where more than one is kept, which is on Redshift, `version` names another one to go back to.
        """

    def erase_persons(self, keys: Iterable[int]) -> Erased:
        """Erases the persons with these customer keys from every state; safe to do again."""

    def states(self) -> list[State]:
        """What there is of published, previous, kept and candidate, in that order."""

    def asking_candidate(self) -> AbstractContextManager[Ask]:
        """Asks the candidate."""

    def asking_published(self) -> AbstractContextManager[Ask]:
        """Asks what is published; an AdventureError when nothing is, or when it lacks what is asked for."""

    def evidence(self, ask: Ask) -> Path:
        """A folder with manifest and results of the build of the published warehouse, which `ask` asks."""

    def asking_history(self) -> AbstractContextManager[Ask]:
        """Asks the recorded results of its runs, `{runs}.run_results`, and the log of loads, `{raw}.load_log`."""


SHARED = ("raw", "runs")
"""The schemas of which there is one for all states of a warehouse."""


def with_schemas(sql: str, prefix: str = "", shared: str = "") -> str:
    """The query with the names of schemas in the place of `{core}` and so on; those of SHARED begin with `shared`."""
    return re.sub(r"\{(\w+)\}", lambda name: (shared if name[1] in SHARED else prefix) + name[1], sql)


def rows(cursor: Any) -> list[Row]:
    """What the last query of a DB-API cursor found, by column name."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
