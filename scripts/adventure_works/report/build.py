"""Writes the report: read, check, draw, and replace the old page in one step."""

from contextlib import AbstractContextManager
from pathlib import Path

from adventure_works import disk
from adventure_works.errors import AdventureError
from adventure_works.report import evidence, figures
from adventure_works.report.page import page
from adventure_works.report.sections import MODELS
from adventure_works.settings import shown
from adventure_works.warehouse.base import Ask, Warehouse


def write(warehouse: Warehouse, out: Path) -> Path:
    """Writes the page about what is published in the warehouse to the file `out`, and gives it back.

    Raises:
        AdventureError: There is nothing to report on, its figures cannot be relied upon, or the file cannot be written;
            what was there stays.
    """
    return save(draw(warehouse, warehouse.asking_published()), out)


def draw(warehouse: Warehouse, asking: AbstractContextManager[Ask]) -> str:
    """The page about the state of a warehouse that is asked: what is published, or a candidate that has passed.

    Raises:
        AdventureError: There is nothing to report on, or its figures cannot be relied upon.
    """
    with asking as ask, warehouse.asking_history() as history:
        found = figures.read(ask)
        proof = evidence.read(warehouse.evidence(ask), history, MODELS)
    evidence.check(proof)
    return page(found, proof)


def check_place(out: Path) -> None:
    """Makes the folder of a page where it is missing, and refuses one that cannot be written."""
    is_new = not out.parent.exists()
    disk.check_writable(out.parent, "ADVENTURE_REPORT")
    if is_new:
        disk.let_others_read(out.parent)


def save(content: str, out: Path) -> Path:
    """Writes a page in the place of the file `out`, and gives it back. No person is in it, so others may read it.

    Raises:
        AdventureError: The file cannot be written.
    """
    check_place(out)
    if out.is_dir():
        raise AdventureError(f"{shown(out)}: is a folder. Name a file to write the report to.")
    advice = "The report was not written: correct the permissions, or name another file."
    with disk.explained(out, advice), disk.replaced(out) as new:
        new.write_text(content, encoding="utf-8")
        disk.let_others_read(new)
    return out
