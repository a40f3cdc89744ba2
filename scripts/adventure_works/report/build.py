"""Writes the report: read, check, draw, and replace the old page in one step."""

from pathlib import Path

from adventure_works.disk import replaced
from adventure_works.report import evidence, figures
from adventure_works.report.page import page
from adventure_works.report.sections import MODELS
from adventure_works.warehouse.base import Warehouse
from adventure_works.warehouse.record import NOTHING_SAID, record_of


def write(warehouse: Warehouse, out: Path) -> Path:
    """Writes the page about what is published in the warehouse to the file `out`, and gives it back.

    Raises:
        AdventureError: There is nothing to report on, or its figures cannot be relied upon; what was there stays.
    """
    with warehouse.asking_published() as published, warehouse.asking_history() as history:
        found = figures.read(published)
        record = record_of(published)
        proof = evidence.read(warehouse.evidence(published), history, MODELS, record.said if record else NOTHING_SAID)
    evidence.check(proof)
    content = page(found, proof)
    with replaced(out) as new:
        new.write_text(content, encoding="utf-8")
    return out
