"""`adventure load`."""

from typing import Any

import click

from adventure_works.cli.options import loading_options, with_settings
from adventure_works.cli.output import announce
from adventure_works.cli.run import Printer
from adventure_works.settings import Settings
from adventure_works.warehouse import open_warehouse


@click.command("load")
@loading_options
@click.option(
    "--to",
    type=click.Choice(["lake", "redshift"]),
    default="lake",
    help="Stop at the lake, or bring Redshift up to it as well.",
)
@with_settings
def command(settings: Settings, to: str, **loading: Any) -> None:
    """Load files into the lake: all of them, or none.

    Files are recognised by their headings and names: CSV with any separator, workbooks, Parquet, JSON, in folders
    and archives (docs/files.md). `adventure check` says what a load would do. A file that has not changed is
    skipped; a changed one replaces the rows that it contained before. Records that cannot be read are kept in
    rejected_rows.

    \b
    adventure load                                  the generated sample
    adventure load --source kaggle                  the files from Kaggle (a token is not needed)
    adventure load --source ~/retail                a folder, or an archive, or one file
    adventure load --source ~/retail --date-order day_first
    ADVENTURE_LAKE=s3://bucket/prefix adventure load          into a lake on S3
    adventure load --source ~/retail --to redshift  on to Redshift; ADVENTURE_LAKE must be s3://bucket/prefix
    """
    from adventure_works import pipeline

    warehouse = open_warehouse("prod", settings, announce) if to == "redshift" else None
    pipeline.load(settings, pipeline.Loading(**loading), Printer(settings), warehouse)
