"""`adventure load`."""

from typing import TYPE_CHECKING, Any

import click

from adventure_works.cli import output
from adventure_works.cli.options import loading_options, with_settings
from adventure_works.cli.output import out
from adventure_works.settings import Settings, shown
from adventure_works.warehouse import open_warehouse

if TYPE_CHECKING:
    from adventure_works.lake.loader import LoadResult


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
    """Load CSV files into the lake: all of them, or none.

    Files are recognised by their header. A file that has not changed is skipped; a changed one
    replaces the rows that it contained before. Records that cannot be read are kept in rejected_rows.

    \b
    adventure load                                  the generated sample
    adventure load --source kaggle                  the files from Kaggle (a token is not needed)
    adventure load --source ~/retail                a folder of CSV files, or a zip, or one file
    adventure load --source ~/retail --date-order day_first
    ADVENTURE_LAKE=s3://bucket/prefix adventure load          into a lake on S3
    adventure load --source ~/retail --to redshift  on to Redshift; ADVENTURE_LAKE must be s3://bucket/prefix
    """
    from adventure_works import pipeline

    warehouse = open_warehouse("prod", settings, output.announce) if to == "redshift" else None
    pipeline.load(settings, pipeline.Loading(**loading), LoadPrinter(settings), warehouse)


class LoadPrinter:
    """Prints what a load does."""

    announce = staticmethod(output.announce)
    progress = staticmethod(output.progress_bar)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def loaded(self, result: "LoadResult") -> None:
        """Prints the files, and how many of their records were loaded, rejected or blank."""
        if not result.loaded:
            out.print(
                f"Nothing to load from {result.origin}: all {len(result.unchanged)} files are in the lake, unchanged."
            )
            return
        table = output.table(
            *("File", "Table", "Encoding", "Dates"),
            numbers=("Records", "Loaded", "Rejected", "Blank"),
            title=f"Loaded from {result.origin} into {shown(self.settings.lake)}",
        )
        for entry in result.loaded:
            orders = sorted({pair.split(": ")[1].replace("_", " ") for pair in entry.date_order.split("; ") if pair})
            counts = (f"{count:,}" for count in (entry.records, entry.loaded, entry.rejected, entry.blank))
            table.add_row(entry.source_file, entry.table_name, entry.encoding, ", ".join(orders) or "-", *counts)
        out.print(table)
        for entry in result.superseded:
            out.print(f"{entry.source_file} is gone from {entry.table_name}: a file of another name took its place.")
        if result.unchanged:
            out.print(f"Unchanged: {len(result.unchanged)} files.")

    def brought_up(self, what: str) -> None:
        """Prints what came into Redshift."""
        out.print(what)
