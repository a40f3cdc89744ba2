"""What the commands print of production: Redshift's loads and builds, and what the doctor found."""

from collections.abc import Iterable

from rich.markup import escape

from adventure_works.doctor.checks import Finding, State
from adventure_works.errors import AdventureError
from adventure_works.redshift.load import RedshiftResult
from adventure_works.run import BuildResult
from adventure_works.settings import Settings, shown
from adventure_works.show import out, print_results, problem_lines
from adventure_works.warehouse import on_redshift

MARKS = {State.WELL: "[green]✓[/]", State.ILL: "[red]✗[/]", State.NOT_LOOKED_AT: "[yellow]-[/]"}


def print_redshift(result: RedshiftResult) -> None:
    """What a load brought into Redshift."""
    if not result.rows:
        out.print(f"Redshift: {result.schema} held load {result.load_id} already.")
        return
    brought = ", ".join(f"{rows:,} {table}" for table, rows in result.rows.items())
    out.print(f"Redshift: {result.schema} now holds load {result.load_id}; rows that came: {brought}.")


def print_redshift_build(build: BuildResult, settings: Settings) -> None:
    """How the build of a candidate on Redshift went, and the figures it gives.

    Raises:
        AdventureError: something failed; its message begins with what, and nothing else is printed.
    """
    if build.errors:
        lines = [
            f"{len(build.errors)} of the build's checks or models failed, so that it is not published; what people "
            f"read in {settings.schema}_* is as it was.",
            *problem_lines(build.errors),
            f"The build is kept in {settings.candidate}_* until the next run, its failing rows in "
            f"{settings.candidate}_audit. Look into it:\n"
            f"  ADVENTURE_CANDIDATE={settings.candidate} dbt show --target prod --inline 'select ...'",
            f"The whole story is in {shown(settings.log)}.",
            "Mend the files or the models and run again; the raw schema keeps what was loaded.",
        ]
        raise AdventureError("\n".join(lines))
    with on_redshift(settings.candidate) as ask:
        print_results(build, ask)


def print_next_steps_on_redshift(settings: Settings) -> None:
    """Where everything is on AWS, and what to try."""
    out.print(
        f"""
[bold]Where it is[/]
  Warehouse   workgroup {settings.workgroup}, database {settings.redshift_database},
              schemas {settings.schema}_marts, _core, ...
  Before      {settings.previous}_marts, _core, ... (adventure publish --target prod --rollback)
  Lake        {settings.lake}, one version a load
  Log         {shown(settings.log)}

[bold]What to try next[/]
  dbt show --target prod --select mart_category_performance --limit 10
  dbt source freshness --target prod
  adventure doctor --target prod             looks at every part of production and says how to mend it"""
    )


def print_findings(findings: Iterable[Finding]) -> None:
    """What the doctor found, a line each as it comes.

    Raises:
        AdventureError: something is not well.
    """
    ill = 0
    for finding in findings:
        detail = escape(finding.detail).replace("\n", "\n      ")
        out.print(f"{MARKS[finding.state]} {finding.name}: {detail}", soft_wrap=True)
        ill += finding.state is State.ILL
    if ill:
        raise AdventureError(f"{ill} of these are not well. Mend them from the top and run this again.")
    out.print("All is well.")
