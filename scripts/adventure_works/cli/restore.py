"""`adventure restore`."""

import click

from adventure_works.cli.options import no_wait_option, target_option, with_settings
from adventure_works.cli.run import Printer
from adventure_works.settings import Settings


@click.command("restore")
@target_option("Which warehouse.")
@click.option("--accept-drift", is_flag=True, help="Publish although a file differs much from its last load.")
@no_wait_option
@with_settings
def command(settings: Settings, target: str, accept_drift: bool, no_wait: bool) -> None:
    """Build a warehouse that was lost, from the lake: no files are needed.

    The lake has what was loaded, and what every run unloads beside it: snapshots, profiles of earlier loads and, of
    Redshift, results of runs. So old sales keep their prices. It is for a warehouse whose file or schemas are gone.

    \b
    adventure restore
    adventure restore --target prod
    """
    from adventure_works import pipeline

    options = ["--vars", "accept_drift: true"] if accept_drift else []
    pipeline.restore(target, settings, Printer(settings), options=options, wait=not no_wait)
