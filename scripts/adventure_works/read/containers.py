"""Takes tables out of files that are not text: workbooks, Parquet, JSON, and text packed by gzip."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from adventure_works.errors import RefusedFileError
from adventure_works.read.kinds import kind_of, refuse_other_kinds
from adventure_works.read.source_file import SHEET
from adventure_works.sql import glob, quoted

HEAD_BYTES = 1 << 16
BLOCK = 1 << 20
# What gzip may grow to; see sources.archive, which says the same of zip.
MOST_BYTES, MOST_RATIO = 20_000_000_000, 200


@dataclass(frozen=True)
class Text:
    """The text of one table: the delivered file itself, or a copy of what was in it.

    `is_by_record` says that a record counts as one line, as a row of a worksheet does. `above` is the number of lines
    by which the delivered file has less before its first record.
    """

    path: Path
    name: str
    done: tuple[str, ...] = ()
    is_by_record: bool = False
    above: int = 0


def texts(path: Path, name: str, scratch: Path) -> list[Text]:
    """The tables in a file as text; `scratch` is a path to write copies to, with an ending each.

    Raises:
        RefusedFileError: the file is damaged, or something else than a file of data.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise RefusedFileError(f"{name}: the file is empty. Fetch or export it again.")
    refuse_other_kinds(name, head)
    kind = kind_of(head)
    if kind == "text":
        return [Text(path, name)]
    scratch.parent.mkdir(parents=True, exist_ok=True)
    if kind == "gzip":
        unpacked = scratch.with_suffix(".gunzipped")
        _gunzip(path, name, unpacked)
        return [
            replace(text, done=("packed by gzip", *text.done))
            for text in texts(unpacked, name, scratch.with_suffix(".inner"))
        ]
    if kind == "parquet":
        return [Text(_from_parquet(path, name, scratch.with_suffix(".parquet.csv")), name, ("Parquet",), True, above=1)]
    if kind == "json":
        return [Text(_from_json(path, name, scratch.with_suffix(".json.csv")), name, ("JSON",), True, above=1)]
    from adventure_works.read.workbook import sheets

    found = sheets(path, name, scratch)
    return [
        Text(file, name if len(found) == 1 else f"{name}{SHEET}{sheet}", ("a workbook",), is_by_record=True)
        for sheet, file in found
    ]


def _gunzip(path: Path, name: str, target: Path) -> None:
    most = min(MOST_BYTES, max(1_000_000, MOST_RATIO * path.stat().st_size))
    size = 0
    try:
        with gzip.open(path) as source, target.open("xb") as file:
            while block := source.read(BLOCK):
                size += file.write(block)
                if size > most:
                    raise RefusedFileError(
                        f"{name}: grows to more than {most:,} bytes when unpacked, as no file of data does. Unpack it "
                        "with a tool that you trust, and load what is in it."
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RefusedFileError(f"{name}: the packed file is damaged ({error}). Get the file again.") from error


def _from_parquet(path: Path, name: str, target: Path) -> Path:
    with duckdb.connect() as connection:
        try:
            described = connection.execute(f"describe from read_parquet({glob(path)})").fetchall()
            if nested := [column for column, kind, *_ in described if kind[-1:] in "])" and "DECIMAL" not in kind]:
                raise RefusedFileError(f"{name}: the column {nested[0]} holds lists or records. {_FLAT}")
            columns = ", ".join(f"{_quoted(column)}::varchar as {_quoted(column)}" for column, *_ in described)
            connection.execute(
                f"copy (select {columns} from read_parquet({glob(path)})) to {quoted(target)} (format csv, header)"
            )
        except duckdb.Error as error:
            raise RefusedFileError(f"{name}: the Parquet file cannot be read. Get it again.\n{error}") from error
    return target


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


_FLAT = "Export one record a line, each with plain values."


def _from_json(path: Path, name: str, target: Path) -> Path:
    """Numbers stay the text that they are in the file."""
    headings: dict[str, None] = {}
    for record in _json_records(path, name):
        headings.update(dict.fromkeys(record))
    values = ([_json_text(record.get(heading), name) for heading in headings] for record in _json_records(path, name))
    _write(target, chain([list(headings)], values))
    return target


def _json_records(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of JSON lines, or of one list; a blank line is a record without values."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            is_list = file.read(1 << 10).lstrip().startswith("[")
            file.seek(0)
            records = _json(file.read()) if is_list else (_json(line) if line.strip() else {} for line in file)
            for number, record in enumerate(records, start=1):
                if not isinstance(record, dict):
                    raise RefusedFileError(f"{name}, record {number}: no record of names and values. {_FLAT}")
                yield record
    except ValueError as error:
        raise RefusedFileError(f"{name}, after record {number}: not JSON, one record a line. {_FLAT}") from error


def _json(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str)


def _json_text(value: Any, name: str) -> str:
    if isinstance(value, dict | list):
        raise RefusedFileError(f"{name}: a value that is a list or a record. {_FLAT}")
    return "" if value is None else str(value)


def _write(target: Path, rows: Iterable[list[str]]) -> None:
    with target.open("x", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
