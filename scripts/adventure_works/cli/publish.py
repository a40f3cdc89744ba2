"""`adventure publish`."""

from pathlib import Path

import click

from adventure_works.cli.options import no_wait_option, target_option, with_settings
from adventure_works.cli.output import announce, out
from adventure_works.settings import Settings, shown
from adventure_works.warehouse import open_warehouse
from adventure_works.warehouse.record import AuditRecord, Outcome, State


@click.command("publish")
@click.option("--rollback", is_flag=True, help="Exchange what is published and what was published before.")
@click.option("--to", "version", type=int, metavar="NUMBER", help="With --rollback on Redshift: the version to go to.")
@click.option("--list", "only_list", is_flag=True, help="Show what is published, and what else there is.")
@target_option("Which warehouse.")
@no_wait_option
@with_settings
def command(
    settings: Settings, rollback: bool, version: int | None, only_list: bool, target: str, no_wait: bool
) -> None:
    """Publish a build that waits, go back to the one before, or show which is which.

    `adventure run` publishes by itself. Without an option this command publishes the candidate of a run that passed
    every test, and could not publish because another process had the warehouse open for writing.

    \b
    adventure publish --list
    adventure publish --rollback                    a second time undoes the first
    adventure publish --target prod --rollback      the same on Redshift; --to 12 for an older version
    adventure publish
    """
    if rollback and only_list:
        raise click.UsageError("--rollback and --list do not go together.")
    if version is not None and not (rollback and target == "prod"):
        raise click.UsageError("--to goes with --rollback and --target prod: DuckDB keeps the one before.")
    warehouse = open_warehouse(target, settings, announce, wait=not no_wait)
    if not only_list:
        with warehouse.locked():
            if rollback:
                warehouse.roll_back(version)
            else:
                warehouse.publish()
        if settings.report.exists():
            again = "adventure report" + " --target prod" * (target == "prod")
            stale = f"{shown(settings.report)} is about what was published before. Write it again: {again}"
            out.print(stale, soft_wrap=True)
    print_states(warehouse.states())


def print_states(states: list[State]) -> None:
    """What is published, what was before, and what waits or failed."""
    if not states:
        out.print("Nothing has been built yet: adventure run")
    for state in states:
        out.print(f"{state.role:<11}{shown(Path(state.place))}", soft_wrap=True)
        out.print(f"{'':<11}{state.trouble or _summary(state.record)}", soft_wrap=True)


def _summary(record: AuditRecord | None) -> str:
    if record is None:
        return "not audited: built by plain dbt"
    audit = {
        Outcome.BUILDING: "not finished",
        Outcome.PASSED: f"{record.tests} tests, {record.warnings} warned, none failed"
        if record.warnings
        else f"{record.tests} tests passed",
        Outcome.FAILED: "the audit failed",
        Outcome.CHANGED: "audited, but plain dbt has built in it since",
    }[Outcome(record.outcome)]
    built = f"{record.started_at:%Y-%m-%d %H:%M}"
    return f"{audit}; load {record.load_id}, built {built} UTC by version {record.project_version}"
