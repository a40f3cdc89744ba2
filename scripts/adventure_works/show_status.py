"""What `adventure status` prints."""

from datetime import timedelta

from rich.markup import escape
from rich.table import Table

from adventure_works.monitor.history import Trouble
from adventure_works.monitor.status import Status
from adventure_works.show import out, print_states

LONGEST_MESSAGE = 100


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
    if status.warehouses:
        out.print("\n[bold]Warehouse[/]")
        print_states(status.warehouses)


def _print_runs(status: Status) -> None:
    table = Table(title=f"The last runs on {status.target}", title_justify="left", box=None, pad_edge=False)
    for heading in ("Started (UTC)", "Command", "Load", "Outcome"):
        table.add_column(heading)
    for heading in ("Seconds", "Nodes", "Failed", "Warned", "Skipped"):
        table.add_column(heading, justify="right")
    for run in status.runs:
        outcome = "[red]failed[/]" if run.failed else "passed"
        counts = (f"{count:,}" for count in (run.nodes, run.failed, run.warned, run.skipped))
        started = f"{run.started_at:%Y-%m-%d %H:%M}"
        table.add_row(started, f"dbt {run.command}", run.load_id or "-", outcome, f"{run.seconds:.0f}", *counts)
    out.print(table)


def _print_troubles(heading: str, colour: str, troubles: list[Trouble]) -> None:
    if not troubles:
        return
    out.print(f"\n[bold {colour}]{heading}[/]")
    for trouble in troubles:
        message = " ".join(trouble.message.split())
        message = message[:LONGEST_MESSAGE] + ("..." if len(message) > LONGEST_MESSAGE else "")
        out.print(f"  {trouble.name} since {trouble.since:%Y-%m-%d %H:%M}: {escape(message)}", soft_wrap=True)
        if trouble.rows and trouble.table:
            out.print(f"    {trouble.rows:,} rows in {trouble.table.replace(chr(34), '')}", soft_wrap=True)


def _print_freshness(status: Status) -> None:
    if status.age is None:
        out.print("\nNothing has been loaded yet: adventure load")
        return
    hours = status.age / timedelta(hours=1)
    stale = f"[red]stale, older than {status.max_age / timedelta(hours=1):g} hours[/]" if status.is_stale else "fresh"
    out.print(f"\n[bold]Data[/] load {status.load_id}, {hours:,.1f} hours old: {stale}")
