"""`adventure dev`."""

from typing import TYPE_CHECKING

import click
from rich.text import Text

from adventure_works.cli import output
from adventure_works.cli.options import target_option, with_settings
from adventure_works.cli.output import announce, out
from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

if TYPE_CHECKING:
    from adventure_works.develop import Comparison
    from adventure_works.warehouse.base import Row


@click.command("dev")
@click.option(
    "--select",
    "-s",
    "selection",
    multiple=True,
    help="What to build, as dbt selects; may be repeated.  [default: state:modified+]",
)
@click.option("--limit", type=click.IntRange(min=0), default=5, metavar="ROWS", help="Rows to print of each model.")
@click.option(
    "--full-refresh", is_flag=True, help="Build incremental tables from nothing, as after a change of columns."
)
@target_option("The warehouse to compare with: DuckDB, or Redshift, where you build in schemas of your own.")
@with_settings
def command(settings: Settings, selection: tuple[str, ...], limit: int, full_refresh: bool, target: str) -> None:
    """Build what you have changed in your development database, test it, and compare it with what is published.

    That is a DuckDB file of your own (with --target prod, schemas of your own on Redshift). Whatever is not
    selected is read from what is published, which only `adventure run` changes.

    \b
    adventure dev                                   what differs from what is published, and what depends on it
    adventure dev --select mart_cross_sell          one model, with its tests and unit tests
    adventure dev --select mart_cross_sell+ --limit 20
    adventure dev --target prod                     the same on Redshift, without unit tests
    """
    from adventure_works import disk
    from adventure_works.develop import FAILED, MODIFIED, build, compare
    from adventure_works.warehouse import open_warehouse

    warehouse = open_warehouse(target, settings, announce)
    with warehouse.asking_published() as ask:
        state = warehouse.evidence(ask)
    options = ["--full-refresh"] if full_refresh else []
    # Two at once would mix their results, and DuckDB lets one process write.
    lock = settings.target / ".dev.lock"
    with disk.locked(lock, "adventure dev", settings.target, "DBT_TARGET_PATH", announce):
        built, went_well = build(target, settings, state, selection or MODIFIED, options)
        if built:
            out.print("\nCompared with what is published", style="bold")
        elif went_well:
            out.print("\nNo table was built: the selection has none.")
        for comparison in compare(target, settings, state, built, limit):
            _print(comparison)
    if not went_well:
        raise AdventureError(FAILED)


def _print(found: "Comparison") -> None:
    out.print(Text(found.name, "bold"), f": {_summary(found)}", sep="")
    if found.before:
        _print_rows("before", found.before)
    if found.after and found.after != found.before:
        _print_rows("after", found.after)


def _summary(found: "Comparison") -> str:
    if found.rows_before is None:
        return f"new, {found.rows_after:,} rows"
    rows = f"{found.rows_before:,} rows before, {found.rows_after:,} after"
    parts = [
        f"of these, {found.only_published:,} are only in what is published and {found.only_own:,} only in yours"
        if found.only_published or found.only_own
        else "no row differs"
    ]
    parts += [f"without {', '.join(found.columns_gone)}"] if found.columns_gone else []
    parts += [f"new columns {', '.join(found.columns_new)}"] if found.columns_new else []
    return "; ".join([rows, *parts])


def _print_rows(heading: str, rows: "list[Row]") -> None:
    table = output.table(*rows[0], title=f"  {heading}")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)
