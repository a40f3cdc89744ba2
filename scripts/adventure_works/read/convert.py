"""From the text of one source file to typed Parquet, record by record, with nothing lost on the way.

A piece that looks clean takes a fast path, which leaves what is not exactly as expected to the careful path. Several
pieces are converted at a time.
"""

import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from queue import SimpleQueue

import duckdb

from adventure_works.errors import RefusedFileError
from adventure_works.read.careful import read_carefully
from adventure_works.read.fast import read_fastest, read_texts
from adventure_works.read.records import Converted
from adventure_works.read.scan import Piece, pieces
from adventure_works.read.source_file import SourceFile
from adventure_works.read.styles import styles
from adventure_works.read.values import NORMALISED
from adventure_works.read.whole_file import refuse_as_a_whole, refuse_swapped
from adventure_works.sql import quoted

MEMORY_PER_WORKER = "128MB"

# Converts one piece at a time: a connection, and the file that hands text to it.
_Worker = tuple[duckdb.DuckDBPyConnection, Path]


def convert(
    file: SourceFile,
    into: Path,
    *,
    calendar: tuple[date, date] | None = None,
    date_order: str | None = None,
    max_reject_share: float = 0.01,
    advance: Callable[[int], None] = lambda size: None,
) -> Converted:
    """Writes the file's rows as Parquet parts into the existing folder `into`.

    Args:
        file: what to read.
        into: the folder, empty.
        calendar: first and last day of the retailer's calendar, where it is known.
        date_order: `month_first` or `day_first`, for columns that the file itself leaves open.
        max_reject_share: share of the records, 0 to 1, that may be rejected before the file is refused.
        advance: takes the number of bytes after each piece.

    Raises:
        RefusedFileError: dates or amounts whose style is contradictory or open, too many rejects, a file cut off in
            the middle of a record, fewer records read than counted, or what only the whole file shows.
    """
    how = styles(file, calendar, date_order)
    result = Converted(date_orders={name: how.by_column[name].name for name in file.date_columns})
    max_rejects = int(max_reject_share * file.scan.records)
    count = min(os.cpu_count() or 1, 4, len(file.scan.cuts) + 1)

    def convert_piece(piece: Piece) -> Converted:
        worker = workers.get()
        part = into / f"{piece.index:04}.parquet"
        try:
            rows = read_fastest(*worker, file, how, piece, part)
            if rows is not None:
                return Converted(loaded=rows)
            read = read_texts(*worker, file, how, piece, part)
            return read or read_carefully(worker[0], file, how, piece, part)
        finally:
            workers.put(worker)

    with _workers(count, into) as workers, ThreadPoolExecutor(count) as pool:
        waiting: deque[Future[Converted]] = deque()
        try:
            for piece in pieces(file.scan):
                waiting.append(pool.submit(convert_piece, piece))
                if len(waiting) > count:
                    _add(waiting.popleft().result(), result, file, max_rejects)
                advance(len(piece.data))
            while waiting:
                _add(waiting.popleft().result(), result, file, max_rejects)
        finally:
            for future in waiting:
                future.cancel()
    read = result.loaded + len(result.rejects) + result.blank
    if read != file.scan.records:
        raise RefusedFileError(
            f"{file.name}: {file.scan.records} records counted, but {read} read. Look for unbalanced quotes."
        )
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY_PER_WORKER}'")
        connection.execute("set enable_progress_bar = false")
        refuse_as_a_whole(connection, file, result, into)
        refuse_swapped(connection, file, how, into)
    return result


def _add(piece: Converted, result: Converted, file: SourceFile, max_rejects: int) -> None:
    result.loaded += piece.loaded
    result.blank += piece.blank
    result.rejects += piece.rejects
    result.notes += piece.notes
    result.damaged += piece.damaged
    result.normalised = sum(count for (_, note), count in result.notes.items() if note in NORMALISED)
    if len(result.rejects) > max_rejects:
        shown = _masked if file.table.holds_persons else str
        examples = "".join(f"\n  line {reject.line_number}: {shown(reject.reason)}" for reject in result.rejects[:3])
        # Where most cannot be read, the file is not what it should be, and to allow it would lose it.
        allow = ", or allow more with --max-rejects" if result.loaded >= len(result.rejects) else ""
        raise RefusedFileError(
            f"{file.name}: at least {len(result.rejects)} of {file.scan.records} records cannot be read, more than are "
            f"allowed ({max_rejects}).{examples}\nCorrect the file{allow}."
        )


def _masked(reason: str) -> str:
    """A reason with the shape of the values in it: letters as x, digits as 9."""
    return re.sub(r"'.*'", lambda value: re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", value[0])), reason)


@contextmanager
def _workers(count: int, into: Path) -> Iterator[SimpleQueue[_Worker]]:
    """What `count` pieces need to be converted at a time; opening a connection for every piece would cost more."""
    workers: SimpleQueue[_Worker] = SimpleQueue()
    scratch = into / ".scratch"
    scratch.mkdir()
    for number in range(count):
        connection = duckdb.connect()
        connection.execute("set threads = 1")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{MEMORY_PER_WORKER}'")
        connection.execute(f"set temp_directory = {quoted(scratch / f'{number}.tmp')}")
        # The text file is written over for every piece: DuckDB must not take it for the one it knows.
        connection.execute("set enable_external_file_cache = false")
        workers.put((connection, scratch / f"{number}.csv"))
    try:
        yield workers
    finally:
        while not workers.empty():
            workers.get()[0].close()
        shutil.rmtree(scratch, ignore_errors=True)
