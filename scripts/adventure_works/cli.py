"""The `adventure` command. Each sub-command imports its work when it runs, so that `--help` is quick."""

import sys

import click

from adventure_works.errors import AdventureError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="adventure-works-analytics", prog_name="adventure")
def adventure() -> None:
    """Adventure Works Analytics: from the retail CSV files to an audited star schema.

    \b
    adventure run                          generate the sample, load it, build and test everything
    adventure run --source kaggle          the same with the files from Kaggle
    adventure load --source my/files       load a folder of CSV files into the lake
    """


def main() -> None:
    """Entry point: runs the command and turns the user's mistakes into one message and exit code 1."""
    try:
        adventure(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AdventureError as error:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. Nothing that was not finished has been kept.", err=True)
        sys.exit(130)
