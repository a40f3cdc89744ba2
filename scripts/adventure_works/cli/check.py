"""`adventure check`."""

import click

from adventure_works.cli import output
from adventure_works.cli.options import reading_options, with_settings
from adventure_works.cli.output import out
from adventure_works.cli.run import files_table
from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

MOST_REJECTS = 3


@click.command("check")
@click.argument("source", metavar="FOLDER|FILE")
@reading_options
@with_settings
def command(settings: Settings, source: str, date_order: str | None, max_rejects: float | None, strict: bool) -> None:
    """Read FOLDER or FILE as a load does, and load nothing.

    Says of each file what it is, what was recognised in it, and which records would be rejected and why. Ends with
    exit code 1 and the reasons when a load would refuse. What one file lacks of the others does not count.

    \b
    adventure check ~/retail                        a folder, with its sub-folders and archives
    adventure check ~/retail.zip                    a zip archive, a workbook
    adventure check ~/retail/Sales_2017.csv         one file
    adventure check ~/retail --strict               columns that a table does not have are refused
    """
    from adventure_works.lake.check import check
    from adventure_works.lake.loader import lake_at
    from adventure_works.lake.reading import Reading

    with output.progress_bar() as progress:
        result = check(
            source,
            lake_at(settings.lake, settings),
            settings,
            Reading(date_order, max_rejects),
            strict=strict,
            announce=out.print,
            progress=progress,
        )
    for outcome in result.outcomes:
        for note in outcome.notes():
            out.print(note)
    entries = [outcome.entry for outcome in result.outcomes if outcome.entry]
    if entries:
        out.print(files_table(entries, f"Read from {result.origin}"))
    for outcome in result.outcomes:
        if outcome.problem:
            out.print(f"{outcome.file.name}: {outcome.file.table.name}, refused (why is said below)")
        rejects = outcome.converted.rejects
        if rejects:
            out.print(f"{outcome.file.name}: {len(rejects):,} of {outcome.file.scan.records:,} records rejected")
            for reject in rejects[:MOST_REJECTS]:
                out.print(f"  line {reject.line_number:,}: {reject.reason}", soft_wrap=True)
    if result.problems:
        raise AdventureError("\n".join([*result.problems, "A load would be refused for this."]))
    out.print("A load would take all of this; nothing has been loaded.")
