"""Options that several commands share, and the settings."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from adventure_works.settings import read_settings

Command = Callable[..., None]


def share(text: str) -> float:
    """A share from 0 to below 1, written `1%` or `0.01`; a whole number is taken for a count by those who write it."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise click.BadParameter(f"{text!r} is not a share; write 1% or 0.01.")
    return value


def with_settings(command: Command) -> Command:
    """Calls the command with the settings first, read when it runs: a wrong one does not stop its `--help`."""

    @wraps(command)
    def read_and_call(**options: Any) -> None:
        command(read_settings(os.environ), **options)

    return read_and_call


def loading_options(command: Command) -> Command:
    """The options of a command that loads, under the names that `pipeline.Loading` takes."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=60.0,
            metavar="MINUTES",
            callback=lambda context, option, minutes: minutes * 60,
            help="How long Redshift may take to copy; the load is then cancelled and nothing of it kept.",
        ),
        click.option("--replace", is_flag=True, help="Start from an empty lake instead of adding to what it holds."),
        click.option(
            "--corrects",
            type=click.Choice(["products", "customers"]),
            multiple=True,
            help="Its file corrects the version before, also for past sales, instead of adding one; may be repeated.",
        ),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            callback=lambda context, option, day: day and day.date(),
            help="Last day that the files cover; new prices and addresses are valid from the day after. Default: the "
            "last order date.",
        ),
        click.option(
            "--source",
            default="sample",
            metavar="sample|kaggle|PATH",
            help="The generated sample, the dataset on Kaggle, or a folder, archive or file of yours.",
        ),
    ):
        command = option(command)
    return reading_options(command)


def reading_options(command: Command) -> Command:
    """The options of how files are read."""
    for option in (
        click.option(
            "--strict", is_flag=True, help="Refuse a file with columns that its table does not have; else left out."
        ),
        click.option(
            "--max-rejects",
            type=share,
            metavar="SHARE",
            help="Refuse a file when more than this share of its records cannot be read.  [default: 1%]",
        ),
        click.option(
            "--date-order",
            type=click.Choice(["month_first", "day_first"]),
            help="How to read dates such as 1/2/2016 in a file that does not show it itself.",
        ),
    ):
        command = option(command)
    return command


def target_option(text: str) -> Callable[[Command], Command]:
    """The option that names the warehouse, a target of profiles.yml. `dev` once meant `published`."""
    return click.option(
        "--target",
        type=click.Choice(["published", "prod", "dev"]),
        default="published",
        metavar="published|prod",
        callback=lambda context, option, target: "published" if target == "dev" else target,
        help=text,
    )


no_wait_option = click.option(
    "--no-wait", is_flag=True, help="Stop when another process is in the way, instead of waiting for it."
)
