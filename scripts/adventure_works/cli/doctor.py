"""`adventure doctor`."""

import click
from rich.text import Text

from adventure_works.cli.options import target_option, with_settings
from adventure_works.cli.output import out
from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

MARKS = {"passed": Text("✓", "green"), "failed": Text("✗", "red"), "skipped": Text("-", "yellow")}


@click.command("doctor")
@target_option("What to look at.")
@with_settings
def command(settings: Settings, target: str) -> None:
    """Check everything that a run needs, and say how to correct what is wrong.

    For prod that is the environment, credentials, bucket, Glue, workgroup, COPY role, login, privileges, the raw
    schema, history and COPY. What it writes for the trial it removes again. Ends with exit code 1 when something is
    wrong.

    \b
    adventure doctor                        this machine: Python, packages, the folders of a run, history
    adventure doctor --target prod          S3 and Redshift as well
    """
    from adventure_works.doctor import machine, production
    from adventure_works.doctor.checks import examine

    on_redshift = [*machine.tools(settings), *production.checks(settings)]
    checks = machine.duckdb(settings) if target == "published" else on_redshift
    failed = 0
    for name, verdict, detail in examine(checks):
        indented = detail.replace("\n", "\n      ")
        out.print(MARKS[verdict], f"{name}: {indented}", soft_wrap=True)
        failed += verdict == "failed"
    if failed:
        raise AdventureError(f"{failed} of these are not well. Correct them from the top and run this again.")
    out.print("All is well.")
