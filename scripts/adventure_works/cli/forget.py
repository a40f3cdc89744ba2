"""`adventure forget`."""

import sys

import click

from adventure_works.cli.options import no_wait_option, target_option, with_settings
from adventure_works.cli.output import announce, out
from adventure_works.settings import Settings, shown
from adventure_works.warehouse import open_warehouse


@click.command("forget")
@click.option(
    "--customer",
    "customers",
    type=click.IntRange(min=0),
    multiple=True,
    required=True,
    metavar="KEY",
    help="customer_key of a person; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@target_option("Which warehouse, with its lake.")
@no_wait_option
@with_settings
def command(settings: Settings, customers: tuple[int, ...], yes: bool, target: str, no_wait: bool) -> None:
    """Erase a customer's personal data: name, e-mail address, birth date and income.

    Nothing stays but the key and the sales. Erased are the lake with its earlier loads, every state of the warehouse,
    and what is in logs and report. A later load of the same file does not bring the person back. It cannot be undone.
    Interrupted, do the same again. docs/personal_data.md says what is where.

    \b
    adventure forget --customer 11000
    adventure forget --customer 11000 --customer 11001 --yes
    adventure forget --customer 11000 --target prod --yes      the lake on S3, and Redshift
    """
    from adventure_works.forget import forget

    warehouse = open_warehouse(target, settings, announce, wait=not no_wait)
    names = ", ".join(map(str, sorted({*customers})))
    what = f"who customer {names} is, from {shown(warehouse.lake)} and {warehouse.name}"
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody is there to be asked. Add --yes to erase without asking.")
        click.confirm(f"Erase {what}, for ever?", abort=True)
    done = forget(warehouse, settings, customers, announce)
    out.print(f"Erased {what}:", soft_wrap=True)
    for line in done.erased:
        out.print(f"  {line}", soft_wrap=True)
    for line in done.missed:
        out.print(f"Not reached: {line}", soft_wrap=True)
    run = "adventure run" + " --target prod" * (target == "prod")
    out.print(
        f"The files that were loaded are yours to correct, also those in {shown(settings.downloads)}. Age group, "
        f"gender and the like stay in what is published until the next run: {run}",
        soft_wrap=True,
    )
