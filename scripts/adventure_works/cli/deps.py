"""`adventure deps`."""

import click

from adventure_works.cli.options import with_settings
from adventure_works.settings import Settings


@click.command("deps")
@click.option("--offline", is_flag=True, help="Do not ask the hub.")
@click.option(
    "--hub-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    metavar="SECONDS",
    help="How long to wait for the hub to answer.",
)
@with_settings
def command(settings: Settings, offline: bool, hub_timeout: float) -> None:
    """Install the dbt packages of packages.yml.

    They come from the dbt hub when it answers, else from offline_packages/, which has the project's
    own versions of them. Packages that are installed already are left alone; `dbt deps` exchanges
    them for those of the hub.

    \b
    adventure deps
    adventure deps --offline
    """
    from adventure_works.deps import install
    from adventure_works.settings import PROJECT

    click.echo(install(PROJECT, settings.package_hub, offline, hub_timeout))
