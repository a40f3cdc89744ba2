"""`adventure report`."""

from pathlib import Path

import click

from adventure_works.cli.options import target_option, with_settings
from adventure_works.settings import Settings, shown

ENDINGS = {".html": "html", ".htm": "html", ".pdf": "pdf"}


@click.command("report")
@click.option("--open", "open_it", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it.  [default: report/index.html, or report/report.pdf]",
)
@click.option("--format", "form", type=click.Choice(["html", "pdf"]), help="[default: as --out ends, else html]")
@click.option(
    "--csv", "tables", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write the marts as well."
)
@target_option("The warehouse that it is about.")
@with_settings
def command(
    settings: Settings, target: str, open_it: bool, out: Path | None, form: str | None, tables: Path | None
) -> None:
    """Write the report: one page with the answers, and the evidence for them.

    It reads what is published, and the results of the tests of that build, whatever dbt has done since. The page
    needs no server and no network.

    \b
    adventure report --open                         write report/index.html and show it
    adventure report --format pdf                   print it (needs Chromium)
    adventure report --csv tables                   every mart behind the page as CSV and Parquet
    adventure report --target prod                  about the warehouse on Redshift
    """
    if tables and target == "prod":
        raise click.UsageError("--csv writes the marts of DuckDB; on Redshift any SQL client can read them.")
    meant = ENDINGS.get(out.suffix.lower()) if out else form or "html"
    if meant is None or form not in (None, meant):
        raise click.UsageError(f"--out {out}: the report is written as .html or .pdf, and --format must agree.")
    form = meant
    from adventure_works.report.browser import print_pdf, show
    from adventure_works.report.build import write
    from adventure_works.report.export import export
    from adventure_works.warehouse import open_warehouse

    warehouse = open_warehouse(target, settings, click.echo)
    page = write(warehouse, settings.report if form == "pdf" or out is None else out)
    written = page
    if form == "pdf":
        written = out or page.with_name("report.pdf")
        print_pdf(page, written)
    click.echo(f"The report: {shown(written.absolute())}")
    if tables:
        files = export(settings.database, tables)
        click.echo(
            f"{len(files)} tables: {shown(tables.absolute())} "
            "(mart_customer_value has a row per customer, without names: keep it to yourselves)"
        )
    if open_it and not show(written):
        click.echo("No browser could be opened here.")
