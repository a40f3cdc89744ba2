"""What the commands print: progress on stderr where someone is watching, results on stdout."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adventure_works.errors import AdventureError
from adventure_works.lake.loader import LoadResult
from adventure_works.publish.files import Warehouse
from adventure_works.publish.record import Outcome, Record, State
from adventure_works.run import KINDS, BuildResult, Problem, headline, ledger_totals
from adventure_works.settings import S3Place, shown
from adventure_works.warehouse import Ask, in_file

# Wide enough for the tables where nobody says how wide a line is: a file, a pipe, a CI log.
WIDTH = None if sys.stdout.isatty() else 140
out = Console(highlight=False, width=WIDTH)
err = Console(stderr=True, highlight=False, width=WIDTH)


class ProgressBar:
    """A bar on stderr for files and for dbt's nodes; silent when stderr is not a terminal."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting", total=None)

    def advance(self, what: str, done: int, total: int) -> None:
        """Shows how far `what` has come, in any unit."""
        self._bar.update(self._task, description=what, completed=done, total=total)

    def announce(self, message: str) -> None:
        """Prints a sentence above the bar."""
        err.print(message)


def announce(message: str) -> None:
    """Prints a sentence that the user should see while the work goes on."""
    err.print(message)


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """A progress bar that is gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield ProgressBar(bar)


def print_load(result: LoadResult, lake: Path | S3Place) -> None:
    """The files of a load and what became of their records."""
    if not result.loaded:
        out.print(
            f"Nothing to load from {result.origin}: all {len(result.unchanged)} files are in the lake, unchanged."
        )
        return
    table = Table(
        title=f"Loaded from {result.origin} into {shown(lake)}", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("File", "Table", "Encoding", "Dates"):
        table.add_column(heading)
    for heading in ("Records", "Loaded", "Rejected", "Blank"):
        table.add_column(heading, justify="right")
    for entry in result.loaded:
        orders = sorted({pair.split(": ")[1].replace("_", " ") for pair in entry.date_order.split("; ") if pair})
        counts = (f"{count:,}" for count in (entry.records, entry.loaded, entry.rejected, entry.blank))
        table.add_row(entry.source_file, entry.table_name, entry.encoding, ", ".join(orders) or "-", *counts)
    out.print(table)
    for entry in result.superseded:
        out.print(f"{entry.source_file} is gone from {entry.table_name}: a file of another name took its place.")
    if result.unchanged:
        out.print(f"Unchanged: {len(result.unchanged)} files.")


def print_build(build: BuildResult, warehouse: Warehouse, log: Path) -> None:
    """How the build of a candidate went, and the figures it gives.

    Raises:
        AdventureError: something failed; its message begins with what, and nothing else is printed.
    """
    if build.errors:
        raise AdventureError(_failure_message(build, warehouse, log))
    print_results(build, in_file(warehouse.candidate))


def print_results(build: BuildResult, ask: Ask) -> None:
    """What is worth a look, the tests by kind, and the figures that the warehouse gives when it is asked."""
    for problem in build.warnings:
        out.print(f"[yellow]Worth a look:[/] {problem.name}: {problem.message}{_rows_hint(problem)}")
    _print_tests(build)
    _print_headline(ask)


def print_next_steps(lake: Path, warehouse: Warehouse, log: Path) -> None:
    """Where everything is, once it is published, and what to try."""
    before = f"\n  Before      {shown(warehouse.previous)} (adventure publish --rollback)"
    out.print(
        f"""
[bold]Where it is[/]
  Published   {shown(warehouse.published)} (schemas marts, core, operations, intermediate, staging)\
{before if warehouse.previous.exists() else ""}
  Lake        {shown(lake)}/raw, one folder a table
  Log         {shown(log)}

[bold]What to try next[/]
  source .venv/bin/activate                  dbt, adventure and the rest on your path
  adventure report --open                    the answers on one page, in your browser
  dbt test --select fact_sales               any dbt command works from the project folder
  dbt show --select mart_category_performance --limit 10
  mf query --metrics profit_margin --group-by product__category_name
  make docs                                  every model and column explained, with lineage
  make run SOURCE=kaggle                     the real files instead of the sample"""
    )


def print_config(values: Iterable[tuple[str, str, str]]) -> None:
    """Name, value and origin of every setting."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Variable", "Value", "From"):
        table.add_column(heading)
    for row in values:
        table.add_row(*map(escape, row))
    out.print(table)


def print_states(states: list[State]) -> None:
    """What is published, what was before, and what waits or failed."""
    if not states:
        out.print("Nothing has been built yet: adventure run")
        return
    for state in states:
        out.print(f"{state.role:<11}{shown(Path(state.place))}", soft_wrap=True)
        out.print(f"{'':<11}{state.trouble or _told(state.record)}", soft_wrap=True)


def _told(record: Record | None) -> str:
    """What a warehouse says of itself, in a line."""
    if record is None:
        return "not audited: built by plain dbt"
    audit = {
        Outcome.BUILDING: "not finished",
        Outcome.PASSED: f"{record.tests} tests passed",
        Outcome.FAILED: "the audit failed",
        Outcome.CHANGED: "audited, but plain dbt has built in it since",
    }[Outcome(record.outcome)]
    built = f"{record.started_at:%Y-%m-%d %H:%M}"
    return f"{audit}; load {record.load_id}, built {built} UTC by version {record.project_version}"


def _print_tests(build: BuildResult) -> None:
    out.print(f"\n[bold]Built and audited[/] in {build.seconds:.0f} s (seconds of work, over all threads)")
    for kind in ("seed", "model"):
        out.print(f"  {kind + 's':<12}{build.nodes[kind]:>5} built {build.work[kind]:>8.1f} s")
    for kind, counts in build.tests.items():
        if not counts:
            continue
        passed = counts["pass"] + counts["success"]
        rest = ", ".join(f"{count} {status}" for status, count in counts.items() if status not in ("pass", "success"))
        line = f"  {KINDS.get(kind, kind):<12}{passed:>5} passed{build.work[kind]:>8.1f} s"
        out.print(line + (f", {rest}" if rest else ""))


def _print_headline(ask: Ask) -> None:
    found = headline(ask)
    lost = ledger_totals(ask)
    out.print(f"\n[bold]Headline figures[/] {found['first_order_date']} to {found['last_order_date']}")
    for name, value in (
        ("Revenue", f"{found['revenue']:,.2f}"),
        ("Cost", f"{found['cost']:,.2f}"),
        ("Profit", f"{found['profit']:,.2f}"),
        ("Profit margin", f"{found['profit_margin']:.2%}"),
        ("Orders", f"{found['orders']:,}"),
        ("Customers", f"{found['customers']:,}"),
        ("Average order value", f"{found['average_order_value']:,.2f}"),
        ("Return rate", f"{found['return_rate']:.2%}"),
    ):
        out.print(f"  {name:<22}{value:>16}")
    out.print(
        f"  From file to fact: {lost['rejected']:,.0f} records rejected, {lost['duplicates']:,.0f} exact duplicates, "
        f"{lost['quarantined']:,.0f} quarantined; {lost['unexplained']:.4f} unexplained."
    )


def _failure_message(build: BuildResult, warehouse: Warehouse, log: Path) -> str:
    as_it_was = f"{shown(warehouse.published)} is as it was" if warehouse.published.exists() else "nothing is, yet"
    lines = [f"{len(build.errors)} of the build's checks or models failed, so that it is not published; {as_it_was}."]
    lines += problem_lines(build.errors)
    candidate = shown(warehouse.candidate)
    table = next((problem.failures for problem in build.errors if problem.failures), None)
    query = f"select * from {table.replace(chr(34), '').partition('.')[2]}" if table else "show all tables"
    lines.append(
        f"The build with the failing rows is kept, until the next run, in {candidate}. Look into it:\n"
        f"  ADVENTURE_DATABASE={candidate} dbt show --inline '{query}'\n"
        f"  duckdb -readonly {candidate}\n"
        f"The whole story is in {shown(log)}.\n"
        "Mend the files or the models and run again; the lake keeps what was loaded."
    )
    return "\n".join(lines)


def problem_lines(problems: list[Problem]) -> list[str]:
    """The first ten problems, a line each."""
    lines = [f"  {problem.name}: {problem.message}{_rows_hint(problem)}" for problem in problems[:10]]
    return [*lines, f"  ... and {len(problems) - 10} more"] if len(problems) > 10 else lines


def _rows_hint(problem: Problem) -> str:
    return f"\n    see {problem.failures}" if problem.failures else ""
