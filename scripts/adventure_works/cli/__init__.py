"""The `adventure` command. A sub-command is imported when it is called, so that `--help` is quick."""

import signal
import sys
from importlib import import_module

import click

from adventure_works.disk import keep_to_owner
from adventure_works.errors import AdventureError

# Each is a module of this package with a function `command`.
COMMANDS = {
    "run": "Load, build, audit, publish and report.",
    "check": "Read files as a load does, and load nothing.",
    "load": "Load files into the lake: all of them, or none.",
    "dev": "Build what you have changed in your development database, and compare.",
    "publish": "Publish a build that waits, or go back to the one before.",
    "status": "Show the last runs, what fails, and how old the data is.",
    "report": "Write the report of the last build.",
    "doctor": "Check everything that a run needs.",
    "config": "Print every setting and where it comes from.",
    "restore": "Build a lost warehouse from the lake.",
    "forget": "Erase a customer's personal data, for ever.",
    "sample": "Generate the ten retail files.",
    "deps": "Install the dbt packages.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"adventure_works.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.version_option(package_name="adventure-works-analytics", prog_name="adventure")
def adventure() -> None:
    """Adventure Works Analytics: from the retail CSV files to an audited star schema.

    \b
    adventure run                          generate the sample, load it, build and test everything
    adventure run --source kaggle          the same with the files from Kaggle
    adventure check my/files               read a folder of files, and say what a load would do
    adventure load --source my/files       load it into the lake
    adventure report --open                write the report of the last build, and show it
    """


def main() -> None:
    """Entry point: runs the command and turns the user's mistakes into one message and exit code 1."""
    keep_to_owner()
    # Else it is to be ignored, as in a job in the background.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        sys.exit(adventure(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AdventureError as error:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        click.echo("Stopped. Nothing that was not finished has been kept.", err=True)
        sys.exit(130)


def _stop(*_: object) -> None:
    """The first Ctrl-C. What it ends undoes its work undisturbed: dbt for one waits for its threads."""
    signal.signal(signal.SIGINT, _still_stopping)
    raise KeyboardInterrupt


def _still_stopping(*_: object) -> None:
    click.echo("Still stopping: what is under way is being undone.", err=True)
