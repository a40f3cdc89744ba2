"""Writes the report: read, check, draw, and replace the old page in one step."""

import os
import tempfile
from pathlib import Path

from adventure_works import places
from adventure_works.report import checks, evidence, figures
from adventure_works.report.page import page


def write(out: Path) -> Path:
    """Writes the page about the published warehouse to the file `out`, and gives it back.

    Raises:
        AdventureError: There is nothing to report on, or its figures could not be relied upon; what was there stays.
    """
    with figures.reading(places.database()) as connection:
        found = figures.read(connection)
        proof = evidence.read(places.target(), places.lake_folder(), figures.MARTS + figures.LEDGERS)
        checks.check(connection, found, proof)
    replace(out, page(found, proof).encode())
    return out


def replace(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
