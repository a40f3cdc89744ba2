"""From a file as it was delivered to one whose form and table are known."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adventure_works.contract import Table
from adventure_works.errors import RefusedFileError
from adventure_works.read.canonical import canonical
from adventure_works.read.containers import Text, texts
from adventure_works.read.recognise import NoTableError, named, recognise
from adventure_works.read.scan import scan
from adventure_works.read.source_file import SourceFile

Outcome = SourceFile | RefusedFileError


def prepared(path: Path, name: str, scratch: Path, tables: Sequence[Table], *, strict: bool = False) -> list[Outcome]:
    """Brings a file into the form that is read, and finds its table: one, or more in a workbook.

    Args:
        path: the file as it was delivered.
        name: how it is called in messages and in the lake.
        scratch: a path for copies in the form that is read, which add an ending each.
        tables: those that it may belong to.
        strict: refuse columns that no table has.

    Returns:
        A file for each table, or why there is none: an error that the caller may raise, or pass over if the file is
        of no table (NoTableError).
    """
    try:
        found = texts(path, name, scratch)
    except RefusedFileError as error:
        # Before its table is known, only its name says whether the file is meant.
        return [NoTableError(str(error), is_meant=bool(".csv" in name.lower() or named(name, tables)))]
    if not found:
        return [NoTableError(f"{name}: the workbook is empty. Save it again.", is_meant=bool(named(name, tables)))]
    outcomes: list[Outcome] = []
    for number, text in enumerate(found):
        try:
            outcomes.append(_prepared(path, text, scratch.with_suffix(f".{number}.canonical"), tables, strict))
        except RefusedFileError as error:
            outcomes.append(error)
    files = [file for file in outcomes if isinstance(file, SourceFile)]
    if (len(files) == 1 and len(outcomes) > 1) or len(found) == 1:
        # The only table of a workbook is called as the workbook is.
        outcomes = [
            replace(outcome, scan=replace(outcome.scan, name=name)) if isinstance(outcome, SourceFile) else outcome
            for outcome in outcomes
        ]
    return outcomes


def _prepared(path: Path, text: Text, scratch: Path, tables: Sequence[Table], strict: bool) -> SourceFile:
    form = canonical(text.path, text.name, scratch, tables)
    # In a worksheet, a heading with line breaks is in one row all the same.
    last_line = form.header_line + (0 if text.is_by_record else form.header_lines - 1)
    scanned = scan(form.path, text.name, last_line - text.above)
    if form.path != path:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        scanned = replace(
            scanned,
            sha256=sha256,
            delivered_bytes=path.stat().st_size,
            encoding=form.encoding or scanned.encoding,
            is_by_record=text.is_by_record,
            done=(*text.done, *form.done),
        )
    return recognise(scanned, tables, strict=strict)
