"""`adventure status`."""

import sys
from datetime import timedelta

import click
from rich.text import Text

from adventure_works.cli import output
from adventure_works.cli.options import target_option, with_settings
from adventure_works.cli.output import announce, out
from adventure_works.cli.publish import print_states
from adventure_works.errors import AdventureError
from adventure_works.monitor.history import Trouble
from adventure_works.monitor.status import Status, status_of
from adventure_works.settings import MAX_AGE_HOURS, Settings
from adventure_works.warehouse import open_warehouse

LONGEST_MESSAGE = 100


@click.command("status")
@target_option("Which warehouse.")
@click.option("--runs", type=click.IntRange(min=0), default=5, help="How many of the last runs to show.")
@click.option(
    "--max-age",
    type=click.FloatRange(min=0),
    default=MAX_AGE_HOURS,
    metavar="HOURS",
    help="How old the newest load may be.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@click.option(
    "--check",
    is_flag=True,
    help="End with exit code 1 when something fails, the newest load is not published, or it is too old.",
)
@click.option(
    "--alert", is_flag=True, help="Send what is wrong to ADVENTURE_ALERT_WEBHOOK and ADVENTURE_ALERT_TOPIC_ARN."
)
@with_settings
def command(
    settings: Settings, target: str, runs: int, max_age: float, as_json: bool, check: bool, alert: bool
) -> None:
    """Show the last runs, what fails and since when, what drifted, how old the data is, and what is published.

    Every `adventure run` is recorded, in the lake's folder `runs` or, on Redshift, in the schema <prefix>_runs, also
    when its build was not published. What plain dbt does changes nothing here.

    \b
    adventure status
    adventure status --json --runs 20
    adventure status --target prod --check --alert      for cron: exit code 1 and a message when something is wrong
    """
    from adventure_works.monitor import alerts

    if alert and not alerts.is_wanted(settings):
        raise click.UsageError(f"--alert needs {alerts.WEBHOOK}, {alerts.TOPIC}, or both in the environment.")
    try:
        found = status_of(open_warehouse(target, settings, announce), runs, timedelta(hours=max_age))
    except AdventureError as error:
        if alert:
            for problem in alerts.send(settings, f"Adventure Works ({target})\nThe status cannot be read: {error}"):
                announce(problem)
        raise
    if as_json:
        click.echo(found.as_json())
    else:
        print_status(found)
    if alert and (text := alerts.message(found, settings.log)):
        for problem in alerts.send(settings, text):
            announce(problem)
    if check and not found.is_well:
        sys.exit(1)


def print_status(status: Status) -> None:
    """The last runs, what is wrong, how old the data is, and what is published."""
    if not status.runs:
        out.print("No run has been recorded yet: adventure run")
    else:
        _print_runs(status)
    _print_troubles("Failing", "red", status.failing)
    _print_troubles("Drifted from the load before", "yellow", [t for t in status.drifted if not t.failed])
    _print_troubles("Worth a look", "yellow", [t for t in status.warning if not t.is_drift])
    _print_freshness(status)
    if status.unpublished:
        out.print("\nNot as it should be", style="bold red")
        for sentence in status.unpublished:
            out.print(f"  {sentence}", soft_wrap=True)
    if status.warehouses:
        out.print("\nWarehouse", style="bold")
        print_states(status.warehouses)


def _print_runs(status: Status) -> None:
    table = output.table(
        *("Started (UTC)", "Command", "Load", "Outcome"),
        numbers=("Seconds", "Nodes", "Failed", "Warned", "Skipped"),
        title=f"The last runs on {status.target}",
    )
    for run in status.runs:
        outcome = Text("failed", "red") if run.failed else "passed"
        counts = (f"{count:,}" for count in (run.nodes, run.failed, run.warned, run.skipped))
        started = f"{run.started_at:%Y-%m-%d %H:%M}"
        table.add_row(started, f"dbt {run.command}", run.load_id or "-", outcome, f"{run.seconds:.0f}", *counts)
    out.print(table)


def _print_troubles(heading: str, colour: str, troubles: list[Trouble]) -> None:
    if not troubles:
        return
    out.print(f"\n{heading}", style=f"bold {colour}")
    for trouble in troubles:
        message = " ".join(click.unstyle(trouble.message).split())
        message = message[:LONGEST_MESSAGE] + ("..." if len(message) > LONGEST_MESSAGE else "")
        first, *more = trouble.said or (message,)
        out.print(f"  {trouble.name} since {trouble.since:%Y-%m-%d %H:%M}: {first}", soft_wrap=True)
        for line in more:
            out.print(f"    {line}", soft_wrap=True)
        if trouble.rows and trouble.table:
            out.print(f"    {trouble.rows:,} rows in {trouble.table.replace(chr(34), '')}", soft_wrap=True)


def _print_freshness(status: Status) -> None:
    if status.age is None:
        out.print("\nNothing has been loaded yet: adventure load")
        return
    if status.is_ahead:
        out.print(
            Text("\nData", "bold"), f" load {status.load_id}: ", Text(status.ahead, "red"), sep="", soft_wrap=True
        )
        return
    limit = status.max_age / timedelta(hours=1)
    out.print(
        Text("\nData", "bold"),
        f" load {status.load_id}, {status.age / timedelta(hours=1):,.1f} hours old: ",
        Text(f"stale, older than {limit:g} hours", "red") if status.is_stale else "fresh",
        sep="",
    )
