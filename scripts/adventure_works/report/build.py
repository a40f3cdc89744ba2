"""Writes the report: read, check, draw, and replace the old page in one step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adventure_works.disk import replaced
from adventure_works.report import evidence, figures
from adventure_works.report.page import page
from adventure_works.report.sections import MODELS
from adventure_works.settings import Settings
from adventure_works.warehouse.base import Ask
from adventure_works.warehouse.duckdb_history import asking_history


def write(settings: Settings, out: Path, target: str = "dev") -> Path:
    """Writes the page about the published warehouse to the file `out`, and gives it back.

    Raises:
        AdventureError: There is nothing to report on, or its figures cannot be relied upon; what was there stays.
    """
    with _asking(settings, target) as (published, history):
        found = figures.read(published)
        proof = evidence.read(settings.target, history, MODELS)
    evidence.check(proof)
    content = page(found, proof)
    with replaced(out) as new:
        new.write_text(content, encoding="utf-8")
    return out


@contextmanager
def _asking(settings: Settings, target: str) -> Iterator[tuple[Ask, Ask]]:
    """Asks what is published, and the recorded runs."""
    if target == "prod":
        from adventure_works.redshift.session import asking

        with asking(settings.schema) as ask:
            yield ask, ask
    else:
        with figures.reading(settings.database) as published, asking_history(settings.lake_folder) as history:
            yield published, history
