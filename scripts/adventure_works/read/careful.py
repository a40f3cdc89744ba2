"""The careful path: Python takes the records of a piece apart.

What cannot be read is kept with its line and reason. This is several times slower than DuckDB's own reader.
"""

from pathlib import Path

import duckdb
import numpy as np

from adventure_works.errors import RefusedFileError
from adventure_works.read.records import Converted, Record, Reject, records
from adventure_works.read.scan import Piece
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import Styles
from adventure_works.read.typed import write_typed

BATCH = 20_000
HEADING_AGAIN = "taken for the heading again and left out, as where files were joined"


def read_carefully(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, how: Styles, piece: Piece, part: Path
) -> Converted:
    """Writes the rows of a piece to the new Parquet file `part`; `connection` is to a database in memory.

    Raises:
        RefusedFileError: dates or amounts that contradict those seen before, or a misplaced quote.
    """
    columns = ", ".join(f"{column.name} varchar" for column in file.columns)
    connection.execute(f"create or replace temp table records (record_number bigint, {columns})")
    result = _take_apart(connection, file, piece)
    typed = write_typed(connection, file, how, part)
    result.loaded, result.damaged = typed.loaded, typed.damaged
    result.notes += typed.notes
    if typed.faults:
        result.rejects += _rejects(file, piece, typed.faults)
        result.rejects.sort(key=lambda reject: reject.record_number)
    return result


def _take_apart(connection: duckdb.DuckDBPyConnection, file: SourceFile, piece: Piece) -> Converted:
    """Fills the table `records` with the records of the right shape; the others are counted in the result."""
    result = Converted()
    batch: list[list[str | int | None]] = []
    for record in records(file.scan, piece):
        fault = record.fault or _shape_fault(file, record)
        if not record.fault and not any(value.strip() for value in record.values):
            result.blank += 1
        elif tuple(value.strip() for value in record.values) == file.scan.header:
            result.blank += 1
            result.notes[file.columns[0].name, HEADING_AGAIN] += 1
        elif fault:
            result.rejects.append(record.rejected(None, fault))
        else:
            known = (value for value, column in zip(record.values, file.positions, strict=False) if column)
            batch.append([record.number, *(value or None for value in known)])
        if len(batch) == BATCH:
            _insert(connection, batch)
            batch = []
    if batch:
        _insert(connection, batch)
    return result


def _insert(connection: duckdb.DuckDBPyConnection, batch: list[list[str | int | None]]) -> None:
    """Hands records over as columns: going through CSV again would read what has just been read."""
    columns = {f"c{index}": np.array(values, dtype=object) for index, values in enumerate(zip(*batch, strict=True))}
    connection.register("batch", columns)
    connection.execute("insert into records select * from batch")
    connection.unregister("batch")


def _rejects(file: SourceFile, piece: Piece, faults: dict[int, tuple[str, str]]) -> list[Reject]:
    return [
        record.rejected(faults[record.number][0], " ".join(faults[record.number]))
        for record in records(file.scan, piece)
        if record.number in faults
    ]


def _shape_fault(file: SourceFile, record: Record) -> str | None:
    """What is wrong with the number of fields; more than there are headings are fine while they are empty."""
    positions = file.positions
    width = len(positions)
    if len(record.values) < width or any(value.strip() for value in record.values[width:]):
        return f"{len(record.values)} fields where the header has {width}"
    for value, column in zip(record.values, positions, strict=False):
        if column and not column.multiline and ("\n" in value or "\r" in value):
            raise RefusedFileError(
                f"{file.name}, line {record.line}: a line break in {column.name}, where none belongs. A quote out of "
                "place has joined records; close it or double it, and load again."
            )
    return None
