"""What the recorded runs say: how the last ones went, and what does not pass and since when.

They are read where dbt keeps them (macros/cross_db/run_results.sql) and not from a warehouse, so that builds count
that were not published. Only those of `adventure run` do, for which a warehouse is recorded: a test that passes in
plain dbt has looked at other data than the build in which it failed. `test_history` of the dbt project says the same of
tests in SQL; tests/python/test_monitoring.py compares the two.
"""

from dataclasses import dataclass
from datetime import datetime

from adventure_works.warehouse.base import Ask

# Tests that compare a load with the load before (tests/data/drift/).
DRIFT = "drift__"
# The outcome of a node, as stg_dbt_runs__run_results has it.
OUTCOME = """case
            when status in ('success', 'pass') then 'passed'
            when status in ('skipped', 'no-op', 'partial success') then 'skipped'
            when status = 'warn' then 'warned'
            else 'failed'
        end"""


@dataclass(frozen=True)
class Run:
    """One run of dbt; times are UTC, `load_id` is empty when nothing had been loaded."""

    invocation_id: str
    command: str
    target: str
    load_id: str
    started_at: datetime
    seconds: float
    nodes: int
    failed: int
    warned: int
    skipped: int


@dataclass(frozen=True)
class Trouble:
    """A node that failed, or a test that warned, when it ran last.

    `since` is the start of the first such run after the last one in which it passed; `rows` are a test's failing ones,
    None where it has none to count, and `table` holds them. `said` is what they say, a line each, where the warehouse
    keeps it (`status_of`).
    """

    name: str
    kind: str
    failed: bool
    rows: int | None
    table: str
    message: str
    since: datetime
    said: tuple[str, ...] = ()

    @property
    def is_drift(self) -> bool:
        """Whether it says that a load differs too much from the one before."""
        return self.name.startswith(DRIFT)


def last_runs(ask: Ask, number: int) -> list[Run]:
    """The last runs of `adventure run`, newest first."""
    sql = f"""
        select
            invocation_id, command, target, coalesce(max(load_id), '') as load_id, started_at,
            coalesce(max(node_finished_at), started_at) as finished_at, count(*) as nodes,
            count(case when {OUTCOME} = 'failed' then 1 end) as failed,
            count(case when {OUTCOME} = 'warned' then 1 end) as warned,
            count(case when {OUTCOME} = 'skipped' then 1 end) as skipped
        from {{runs}}.run_results
        where warehouse is not null
        group by invocation_id, command, target, started_at
        order by started_at desc, invocation_id
        limit {int(number)}
        """
    rows = ask(sql)
    for row in rows:
        row["seconds"] = (row.pop("finished_at") - row["started_at"]).total_seconds()
    return [Run(**row) for row in rows]


def without_stopped(ask: Ask, loads: dict[str, str]) -> dict[str, str]:
    """Loads, each with the id of the next, but for those that were built and never passed: nobody has seen these."""
    runs = ask(
        f"""
        select max(load_id) as load_id, count(case when {OUTCOME} = 'failed' then 1 end) as failed
        from {{runs}}.run_results
        where warehouse is not null and load_id is not null
        group by invocation_id
        """
    )
    outcomes = {
        load_id: [run["failed"] == 0 for run in runs if load_id <= run["load_id"] < following]
        for load_id, following in loads.items()
    }
    return {load_id: loads[load_id] for load_id, passed in outcomes.items() if any(passed) or not passed}


def troubles(ask: Ask) -> list[Trouble]:
    """What does not pass in `adventure run`: failures first, the oldest of them first.

    What the last build of everything does not know any more is left out.
    """
    sql = f"""
        with
        results_with_outcome as (
            select
                unique_id, node_name, coalesce(test_kind, resource_type) as kind, failures, failures_table, message,
                started_at,
                {OUTCOME} as outcome,
                max(started_at) over (partition by unique_id) as last_seen_at,
                max(case when is_whole then started_at end) over () as last_whole_at
            from {{runs}}.run_results
            where warehouse is not null
        ),
        ran as (
            select
                unique_id, node_name, kind, failures, failures_table, message, started_at, outcome,
                max(case when outcome = 'passed' then started_at end) over (partition by unique_id) as passed_at,
                row_number() over (partition by unique_id order by started_at desc) as recency
            from results_with_outcome
            where outcome <> 'skipped' and (last_whole_at is null or last_seen_at >= last_whole_at)
        ),
        begun as (
            select unique_id, min(started_at) as since
            from ran
            where passed_at is null or started_at > passed_at
            group by unique_id
        )
        select
            ran.node_name as name, ran.kind, ran.outcome = 'failed' as failed, ran.failures as rows,
            coalesce(ran.failures_table, '') as "table", coalesce(ran.message, '') as message, begun.since
        from ran
        inner join begun on ran.unique_id = begun.unique_id
        where ran.recency = 1
        order by ran.outcome, begun.since, ran.node_name
        """
    return [Trouble(**row) for row in ask(sql)]


def newest_load(ask: Ask) -> tuple[str, datetime | None]:
    """The newest load and when it finished, UTC; empty and None when nothing was ever loaded.

    Load ids never go back, but their times can: when a clock that was ahead has been put right.
    """
    found = ask(
        "select load_id, max(loaded_at) as loaded_at from {raw}.load_log "
        "where load_id = (select max(load_id) from {raw}.load_log) group by load_id"
    )
    return (found[0]["load_id"], found[0]["loaded_at"]) if found else ("", None)
