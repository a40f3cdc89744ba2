"""`adventure config`."""

import os

import click

from adventure_works.cli import output
from adventure_works.cli.options import with_settings
from adventure_works.settings import Settings, values


@click.command("config")
@with_settings
def command(settings: Settings) -> None:
    """Print every setting, its value, and whether that comes from the environment or is the default.

    Secrets are never shown. docs/configuration.md says what each setting means.

    \b
    adventure config
    ADVENTURE_LAKE=s3://bucket/lake adventure config
    """
    table = output.table("Variable", "Value", "From")
    for row in values(os.environ):
        table.add_row(*row)
    output.out.print(table)
