"""`adventure run`."""

import shlex
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from adventure_works.build.headline import headline, ledger_totals
from adventure_works.build.results import KINDS, BuildResult, Problem
from adventure_works.cli import output
from adventure_works.cli.options import loading_options, no_wait_option, target_option, with_settings
from adventure_works.cli.output import out
from adventure_works.disk import NO_ROOM, has_no_room
from adventure_works.errors import AdventureError, readable
from adventure_works.settings import PROJECT, Settings, shown, typed
from adventure_works.warehouse.base import Ask, Warehouse

if TYPE_CHECKING:
    from adventure_works.lake.base import LogEntry
    from adventure_works.lake.loader import LoadResult

PUBLISHED = {
    "published": "{0} (schemas marts, core, persons, operations, intermediate, staging)",
    "prod": "{1}_* (schemas marts, core, operations, persons: views of {0})",
}
MOST_PROBLEMS = 10
# In the words of dbt, where an incremental model has other columns than its table.
COLUMNS_CHANGED = "schemas on this incremental model are out of sync"
LONGEST_MESSAGE = 300
# How the names of the tests of snapshots end: they fail where a build of no rows has spoilt them.
TEST_OF_HISTORY = "__every_state_begins"


@click.command("run")
@loading_options
@target_option("DuckDB on this machine, or S3 and Redshift.")
@click.option(
    "--full-refresh", is_flag=True, help="Build incremental tables from nothing, as after a change of columns."
)
@click.option("--accept-drift", is_flag=True, help="Publish although a file differs much from its last load.")
@no_wait_option
@with_settings
def command(
    settings: Settings, target: str, full_refresh: bool, accept_drift: bool, no_wait: bool, **loading: Any
) -> None:
    """Load, build and test everything, publish it, write the report, and show the headline figures.

    The warehouse is built aside, and takes the place of the published one when every test has passed. Ends with
    exit code 1 and the reason first when a file is refused or a test fails; what is published is then as it was.
    With --target prod the lake is on S3 and the warehouse on Redshift.

    \b
    adventure run                                   on the generated sample
    adventure run --source kaggle                   on the files from Kaggle
    adventure run --source ~/retail                 on a folder, or an archive, or one file
    adventure run --source ~/retail --target prod   on S3 and Redshift; see docs/production.md
    """
    from adventure_works import pipeline

    options = ["--full-refresh"] if full_refresh else []
    options += ["--vars", "accept_drift: true"] if accept_drift else []
    view, wanted = Printer(settings), pipeline.Loading(**loading)
    pipeline.run(target, settings, wanted, view, options=options, wait=not no_wait)


class Printer:
    """Prints what a run does, or a load alone."""

    announce = staticmethod(output.announce)
    progress = staticmethod(output.progress_bar)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._spent: list[tuple[str, float]] = []
        self._since = time.monotonic()

    def loaded(self, result: "LoadResult") -> None:
        """Prints the files, and how many of their records were loaded, rejected or blank."""
        self._end_of("load")
        if not result.loaded:
            out.print(
                f"Nothing to load from {result.origin}: all {len(result.unchanged)} files are in the lake, unchanged."
            )
            return
        out.print(files_table(result.loaded, f"Loaded from {result.origin} into {shown(self.settings.lake)}"))
        for entry in result.superseded:
            out.print(f"{entry.source_file} is gone from {entry.table_name}: a file of another name took its place.")
        if result.unchanged:
            out.print(f"Unchanged: {len(result.unchanged)} files.")

    def brought_up(self, what: str) -> None:
        """Prints what came into Redshift."""
        self._end_of("Redshift's raw tables")
        out.print(what)

    def built(self, result: BuildResult, warehouse: Warehouse) -> None:
        """Prints what is worth a look, the tests by kind, and the figures of the candidate.

        Raises:
            AdventureError: something failed; its message begins with what, and nothing else is printed.
        """
        if result.errors:
            raise AdventureError(failure_message(result, warehouse, self.settings.log))
        self._end_of("build and audit")
        for problem in result.warnings:
            first, *more = _described(problem)
            out.print(Text("Worth a look: ", "yellow"), first, sep="")
            for line in more:
                out.print(f"  {line}", soft_wrap=True)
        _print_tests(result)
        with warehouse.asking_candidate() as ask:
            _print_headline(ask)

    def published(self, warehouse: Warehouse, report: Path) -> None:
        """Prints where the time went, where everything is, and what to try."""
        self._end_of("report and publication")
        spent = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in self._spent)
        out.print(f"\nWhere the time went: {spent}", soft_wrap=True)
        out.print(f"The report: {shown(report)}", soft_wrap=True)
        places = {state.role: shown(Path(state.place)) for state in warehouse.states()}
        rollback = "adventure publish --rollback" + " --target prod" * (warehouse.target == "prod")
        out.print("\nWhere it is", style="bold")
        for heading, place in (
            ("Published", PUBLISHED[warehouse.target].format(places["published"], self.settings.schema)),
            ("Connect", "docs/connect.md: DBeaver, DuckDB, Python, R, Excel, Metabase, Power BI"),
            ("Before", f"{places['previous']} ({rollback})" if "previous" in places else ""),
            ("Lake", f"{shown(warehouse.lake)}/raw, one folder a table"),
            ("Workgroup", self.settings.workgroup if warehouse.target == "prod" else ""),
            ("Log", shown(self.settings.log)),
        ):
            if place:
                out.print(f"  {heading:<12}{place}", soft_wrap=True)
        out.print("\nWhat to try next", style="bold")
        out.print(WHAT_NEXT[warehouse.target], soft_wrap=True)

    def _end_of(self, step: str) -> None:
        now = time.monotonic()
        self._spent.append((step, now - self._since))
        self._since = now


def files_table(entries: Iterable["LogEntry"], title: str) -> Table:
    """The files that were read, and how many of their records were loaded, rejected or blank."""
    table = output.table(
        *("File", "Table", "Encoding", "Dates"), numbers=("Records", "Loaded", "Rejected", "Blank"), title=title
    )
    for entry in entries:
        orders = sorted({pair.split(": ")[1].replace("_", " ") for pair in entry.date_order.split("; ") if pair})
        counts = (f"{count:,}" for count in (entry.records, entry.loaded, entry.rejected, entry.blank))
        table.add_row(readable(entry.source_file), entry.table_name, entry.encoding, ", ".join(orders) or "-", *counts)
    return table


WHAT_NEXT = {
    "published": """\
  source .venv/bin/activate                  dbt, adventure and the rest on your path
  adventure report --open                    the answers on one page, in your browser
  dbt show --target published --select mart_category_performance --limit 10
  (export ADVENTURE_TARGET=published; dbt parse -q; mf query --metrics profit_margin --group-by product__category_name)
  adventure dev --select mart_category_performance
                                             change a model, build it in a file of your own, compare
  make docs                                  every model and column explained, with lineage
  make run SOURCE=kaggle                     the real files instead of the sample""",
    "prod": """\
  dbt show --target prod --limit 10 --inline "select * from {{ ref('mart_category_performance') }}"
  dbt source freshness --target prod
  adventure doctor --target prod             checks every part of production and says how to correct it""",
}


def failure_message(result: BuildResult, warehouse: Warehouse, log: Path) -> str:
    """What failed, that nothing was published, and how to look into it."""
    places = {state.role: Path(state.place) for state in warehouse.states()}
    as_it_was = f"{shown(places['published'])} is as it was" if "published" in places else "nothing is, yet"
    if any(has_no_room(problem.message) for problem in result.errors):
        return f"{NO_ROOM}\nWhat is published is not touched: {as_it_was}. The log is {shown(log)}."
    candidate = places.get("candidate", Path("the candidate"))
    more = len(result.errors) - MOST_PROBLEMS
    lines = [
        f"{len(result.errors)} of the build's checks or models failed, so that it is not published; {as_it_was}.",
        *(f"  {line}" for problem in result.errors[:MOST_PROBLEMS] for line in _described(problem)),
        *([f"  ... and {more} more"] if more > 0 else []),
        f"The build with the failing rows is kept, until the next run, in {shown(candidate)}.",
    ]
    if table := next((problem.table for problem in result.errors if problem.table), ""):
        lines += ["Look into it:", f"  {_show_command(warehouse.target, candidate, table)}"]
    return "\n".join([*lines, f"The log is {shown(log)}.", _what_to_do(result, warehouse.target)])


def _described(problem: Problem) -> Iterator[str]:
    """What it says: the first line names it, and the table in which its rows are."""
    first, *more = (textwrap.shorten(click.unstyle(line), LONGEST_MESSAGE, placeholder=" ...") for line in problem.said)
    rows = f" ({problem.rows:,} row{'s' * (problem.rows != 1)} in {problem.table})" if problem.table else ""
    yield f"{problem.name}: {first}{rows}"
    yield from (f"  {line}" for line in more)


def _show_command(target: str, candidate: Path, table: str) -> str:
    """The command that shows failing rows, which dbt runs in the project's folder."""
    in_project = Path.cwd() == PROJECT
    place = f"ADVENTURE_DATABASE={typed(candidate) if in_project else shlex.quote(str(candidate))}"
    if target == "prod":
        place = f"ADVENTURE_CANDIDATE={str(candidate).removesuffix('_*')}"
    folder = "" if in_project else f"cd {shlex.quote(str(PROJECT))} && "
    return f"{folder}{place} dbt show --target {target} --inline 'select * from {table}'"


def _what_to_do(result: BuildResult, target: str) -> str:
    if any(problem.name.endswith(TEST_OF_HISTORY) for problem in result.errors):
        option = " --target prod" * (target == "prod")
        return (
            "The history that every run copies is damaged; the files and the models are not the reason. Go back to the "
            f"build before, and run again: adventure publish --rollback{option}\n"
            f"`adventure doctor{option}` says whether that build is whole."
        )
    if any(COLUMNS_CHANGED in problem.message for problem in result.errors):
        return (
            "The project has other columns for an incremental table than what is published. Build such tables from "
            f"nothing, once:\n  {_again_with('--full-refresh')}"
        )
    if all(problem.is_drift for problem in result.errors):
        return (
            "Correct the files and run again. If they are right as they are, publish them all the same:\n"
            f"  {_again_with('--accept-drift')}"
        )
    return (
        "Correct the files or the models and run again; the lake keeps what was loaded. A corrected price or customer "
        "holds for the sales so far only with --corrects products (or customers)."
    )


def _again_with(option: str) -> str:
    return shlex.join(["adventure", *sys.argv[1:], option])


def _print_tests(result: BuildResult) -> None:
    out.print(
        Text("\nBuilt and audited", "bold"),
        f" in {result.seconds:.0f} s. Below: seconds of work, summed over the threads",
        sep="",
    )
    for kind in ("seed", "model"):
        out.print(f"  {kind + 's':<12}{result.nodes[kind]:>5} built {result.work[kind]:>8.1f} s")
    for kind, counts in result.tests.items():
        if not counts:
            continue
        rest = ", ".join(f"{count} {status}" for status, count in counts.items() if status != "pass")
        line = f"  {KINDS.get(kind, kind):<12}{counts['pass']:>5} passed{result.work[kind]:>8.1f} s"
        out.print(line + (f", {rest}" if rest else ""))


def _print_headline(ask: Ask) -> None:
    found, lost = headline(ask), ledger_totals(ask)
    days = f" {found['first_order_date']} to {found['last_order_date']}"
    out.print(Text("\nHeadline figures", "bold"), days, sep="")
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
