"""Writes the report: read, check, draw, and replace the old page in one step."""

from pathlib import Path

from adventure_works.disk import replaced
from adventure_works.report import checks, evidence, figures
from adventure_works.report.page import page
from adventure_works.settings import Settings


def write(settings: Settings, out: Path) -> Path:
    """Writes the page about the published warehouse to the file `out`, and gives it back.

    Raises:
        AdventureError: There is nothing to report on, or its figures could not be relied upon; what was there stays.
    """
    with figures.reading(settings.database) as connection:
        found = figures.read(connection)
        proof = evidence.read(settings.target, settings.lake_folder, figures.MARTS + figures.LEDGERS)
        checks.check(connection, found, proof)
    content = page(found, proof)
    with replaced(out) as new:
        new.write_text(content, encoding="utf-8")
    return out
