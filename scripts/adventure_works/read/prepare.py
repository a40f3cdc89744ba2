"""From a file as it was delivered to one whose form and table are known."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adventure_works.contract import Table
from adventure_works.read.canonical import canonical
from adventure_works.read.recognise import recognise
from adventure_works.read.scan import scan
from adventure_works.read.source_file import SourceFile


def prepared(path: Path, name: str, scratch: Path, tables: Sequence[Table], *, strict: bool = False) -> SourceFile:
    """Brings a file into the form that is read, and finds its table.

    Args:
        path: the file as it was delivered.
        name: how it is called in messages and in the lake.
        scratch: a path where there is no file, for a copy in the form that is read.
        tables: those that it may belong to.
        strict: refuse columns that no table has.

    Raises:
        RefusedFileError: the file cannot be read without losing or guessing something, or it fits no table.
    """
    form = canonical(path, name, scratch, tables)
    scanned = scan(form.path, name, form.header_line)
    if form.path != path:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        scanned = replace(
            scanned,
            sha256=sha256,
            delivered_bytes=path.stat().st_size,
            encoding=form.encoding or scanned.encoding,
            done=form.done,
        )
    return recognise(scanned, tables, strict=strict)
