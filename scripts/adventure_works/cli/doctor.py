"""`adventure doctor`."""

import click
from rich.text import Text

from adventure_works.cli.options import target_option, with_settings
from adventure_works.cli.output import out
from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

MARKS = {"passed": Text("✓", "green"), "failed": Text("✗", "red"), "skipped": Text("-", "yellow")}


@click.command("doctor")
@click.option("--deep", is_flag=True, help="With --target prod: also what the project assumes of Redshift; a minute.")
@target_option("What to look at.")
@with_settings
def command(settings: Settings, target: str, deep: bool) -> None:
    """Check everything that a run needs, and say how to correct what is wrong.

    For prod that is the environment, credentials, bucket, Glue, workgroup, COPY role, login, privileges, the raw
    schema, history and COPY. What it writes for the trial it removes again. Ends with exit code 1 when something is
    wrong.

    \b
    adventure doctor                        this machine: Python, packages, the folders of a run, history
    adventure doctor --target prod          S3 and Redshift as well
    adventure doctor --target prod --deep   and whether Redshift does what the project assumes
    """
    if deep and target != "prod":
        raise click.UsageError("--deep asks Redshift: adventure doctor --target prod --deep")
    from adventure_works.doctor import assumptions, machine, production
    from adventure_works.doctor.checks import examine

    on_redshift = [*machine.tools(settings), *production.checks(settings)]
    checks = machine.duckdb(settings) if target == "published" else on_redshift
    checks += assumptions.checks(settings) if deep else []
    failed = skipped = 0
    for name, verdict, detail in examine(checks):
        indented = detail.replace("\n", "\n      ")
        out.print(MARKS[verdict], f"{name}: {indented}", soft_wrap=True)
        failed += verdict == "failed"
        skipped += verdict == "skipped"
    if failed:
        raise AdventureError(f"{failed} of these are not well. Correct them from the top and run this again.")
    out.print("All is well, as far as it could be asked." if skipped else "All is well.")
