"""From the text of one source file to typed Parquet, record by record, with nothing lost on the way.

Every piece of a file can go down the careful lane: Python's CSV reader takes the records apart, DuckDB casts
them by rule, and what cannot be read is kept with its line and reason. It is several times slower than DuckDB's
own reader, so a piece that looks clean is first offered to the fast lane. That lane keeps no rules of its own:
whatever is not exactly what it expects makes it give up, and the careful lane decides.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from queue import SimpleQueue

import duckdb
import numpy as np

from adventure_works.contract import Column, Table
from adventure_works.errors import RefusedFileError
from adventure_works.load import dates
from adventure_works.load.records import Record, records
from adventure_works.load.scan import Piece, Scan, pieces, small_pieces

EVIDENCE_PIECE = 1 << 18
BATCH = 20_000
MEMORY_PER_WORKER = "128MB"
# DuckDB casts 332.6 to 333, 1e3 to 1000, 1_0 to 10 and 0x1A to 26. Without one of these bytes in the whole piece
# its cast to a whole number is exact.
LOOSE_INTEGER_BYTES = (b".", b"e", b"E", b"_", b"x", b"X", b"b", b"B")


@dataclass(frozen=True)
class Layout:
    """Which column of the contract stands at each position of the file; None where it knows none."""

    table: Table
    positions: tuple[Column | None, ...]

    @property
    def date_columns(self) -> dict[str, int]:
        """Position of each date column, by name."""
        return {
            column.name: position for position, column in enumerate(self.positions) if column and column.kind == "date"
        }


@dataclass(frozen=True)
class Reject:
    """A record that is kept as it stands, with why it could not become a row."""

    record_number: int
    line_number: int
    column_name: str | None
    reason: str
    raw_text: str


@dataclass
class Converted:
    """What became of the records of a file: `loaded` + `rejects` + `blank` is their number."""

    date_orders: dict[str, str]
    loaded: int = 0
    blank: int = 0
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True)
class _Worker:
    """What one piece at a time is converted with: a connection, and the file that hands text to it."""

    connection: duckdb.DuckDBPyConnection
    text: Path


@dataclass(frozen=True)
class _Job:
    """What the lanes need to know of the file that a piece comes from."""

    scan: Scan
    layout: Layout
    into: Path
    orders: dict[str, str]
    evidence: dict[str, dates.Evidence]
    max_rejects: int
    workers: SimpleQueue[_Worker]


def convert(
    scan: Scan,
    layout: Layout,
    into: Path,
    *,
    calendar: tuple[date, date] | None = None,
    date_order: str | None = None,
    max_reject_share: float = 0.01,
    advance: Callable[[int], None] = lambda size: None,
) -> Converted:
    """Writes the file's rows as Parquet parts into the existing folder `into`.

    Args:
        scan: what the first look at the file found.
        layout: the contract's column at each position of the file.
        into: the folder, empty.
        calendar: first and last day of the retailer's calendar, where it is known.
        date_order: `month_first` or `day_first`, for columns that the file itself leaves open.
        max_reject_share: share of the records, 0 to 1, that may be rejected before the file is refused.
        advance: told the number of bytes after each piece.

    Raises:
        RefusedFileError: dates whose order is contradictory or open, too many rejects, a file cut off in the
            middle of a record, or fewer records read than counted.
    """
    evidence = date_evidence(scan, layout)
    orders = settle(scan, layout, evidence, calendar, date_order)
    converted = Converted(orders)
    count = min(os.cpu_count() or 1, 4)
    with _workers(count, into) as workers, ThreadPoolExecutor(count) as pool:
        job = _Job(scan, layout, into, orders, evidence, int(max_reject_share * scan.records), workers)
        waiting: deque[Future[Converted]] = deque()
        try:
            for piece in pieces(scan):
                waiting.append(pool.submit(_convert_piece, job, piece))
                if len(waiting) > count:
                    _take_in(waiting.popleft().result(), converted, job)
                advance(len(piece.data))
            while waiting:
                _take_in(waiting.popleft().result(), converted, job)
        finally:
            for future in waiting:
                future.cancel()
    read = converted.loaded + len(converted.rejects) + converted.blank
    if read != scan.records:
        raise RefusedFileError(
            f"{scan.path.name}: {scan.records} records counted, but {read} read. Look for unbalanced quotes."
        )
    return converted


def date_evidence(scan: Scan, layout: Layout) -> dict[str, dates.Evidence]:
    """What each date column says of its order: reads on until every column has shown it, if need be to the end."""
    evidence = {name: dates.Evidence() for name in layout.date_columns}
    for piece in small_pieces(scan, EVIDENCE_PIECE):
        values: dict[str, set[str]] = {name: set() for name in evidence}
        for record in records(scan, piece):
            for name, position in layout.date_columns.items():
                if position < len(record.values):
                    values[name].add(record.values[position])
        for name, found in evidence.items():
            found.add(values[name])
            _refuse_contradiction(scan, name, found)
        if all(found.order() for found in evidence.values()):
            break
    return evidence


def _refuse_contradiction(scan: Scan, name: str, evidence: dates.Evidence) -> None:
    if problem := evidence.contradiction():
        raise RefusedFileError(
            f"{scan.path.name}: the dates in {name} cannot be read for certain: {problem}. Export the file with dates "
            "as YYYY-MM-DD."
        )


def settle(
    scan: Scan,
    layout: Layout,
    evidence: dict[str, dates.Evidence],
    calendar: tuple[date, date] | None,
    date_order: str | None,
) -> dict[str, str]:
    """The order of each date column: from its own values, else the one reading that the other facts allow.

    The other facts, from the contract: dates within the calendar, records sorted by date, one date not after
    another. What they leave open is settled by `date_order`, or refused.
    """
    orders = {name: found.order() for name, found in evidence.items()}
    for name in [name for name, order in orders.items() if order is None]:
        possible = [order for order in dates.ORDERS if _agrees(scan, layout, {**orders, name: order}, name, calendar)]
        if len(possible) == 1:
            orders[name] = possible[0]
        elif date_order:
            orders[name] = date_order
        else:
            raise RefusedFileError(
                f"{scan.path.name}: the dates in {name} (such as '{evidence[name].either}') can be read month first or "
                "day first, and nothing in the file tells which. Say which with --date-order month_first or "
                "--date-order day_first."
            )
    return {name: order for name, order in orders.items() if order}


def _agrees(
    scan: Scan,
    layout: Layout,
    orders: dict[str, str | None],
    name: str,
    calendar: tuple[date, date] | None,
) -> bool:
    """Whether reading column `name` in its order breaks nothing that the contract says of it."""
    table, position = layout.table, layout.date_columns[name]
    ceiling = dict(table.not_after).get(name)
    ceiling_order = orders.get(ceiling) if ceiling else None
    before = dates.EARLIEST
    for piece in small_pieces(scan, EVIDENCE_PIECE):
        for record in records(scan, piece):
            if len(record.values) < len(layout.positions):
                continue
            day = dates.parse(record.values[position], str(orders[name]))
            if day is None:
                continue
            if calendar and name in table.within_calendar and not calendar[0] <= day <= calendar[1]:
                return False
            if table.sorted_by == name:
                if day < before:
                    return False
                before = day
            if ceiling and ceiling_order:
                latest = dates.parse(record.values[layout.date_columns[ceiling]], ceiling_order)
                if latest and day > latest:
                    return False
    return True


def _take_in(piece: Converted, whole: Converted, job: _Job) -> None:
    whole.loaded += piece.loaded
    whole.blank += piece.blank
    whole.rejects += piece.rejects
    if len(whole.rejects) > job.max_rejects:
        count, records = len(whole.rejects), job.scan.records
        examples = "".join(f"\n  line {reject.line_number}: {reject.reason}" for reject in whole.rejects[:3])
        raise RefusedFileError(
            f"{job.scan.path.name}: at least {count} of {records} records cannot be read, more than are allowed "
            f"({job.max_rejects}).{examples}\nMend the file, or allow more with --max-rejects."
        )


def _convert_piece(job: _Job, piece: Piece) -> Converted:
    worker = job.workers.get()
    part = job.into / f"{piece.index:04}.parquet"
    try:
        rows = _fast_lane(worker, job, piece, part)
        if rows is not None:
            return Converted({}, loaded=rows)
        return _careful_lane(worker.connection, job, piece, part)
    finally:
        job.workers.put(worker)


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
        workers.put(_Worker(connection, scratch / f"{number}.csv"))
    try:
        yield workers
    finally:
        while not workers.empty():
            workers.get().connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _fast_lane(worker: _Worker, job: _Job, piece: Piece, part: Path) -> int | None:
    """Rows written when the piece is as clean as it looks; None, and nothing written, when it is not."""
    columns = [column for column in job.layout.positions if column]
    formats = _date_formats(job)
    if (
        not job.scan.is_plain
        or len(columns) != len(job.layout.positions)
        or any(column.kind not in ("integer", "date", "varchar") for column in columns)
        or len(formats) > 1
        or None in formats
        or any(byte in piece.data for byte in LOOSE_INTEGER_BYTES)
    ):
        return None
    _write_over(worker.text, piece.data)
    types = {column.name: column.kind for column in columns}
    try:
        (rows,) = worker.connection.execute(
            f"""
            copy (
                select
                    {", ".join(_fast_expression(column, columns) for column in job.layout.table.file_columns)},
                    {quoted(job.scan.path.name)}::varchar as source_file,
                    row_number() over () + {piece.records_before} as record_number
                from {_read_csv(worker.text, types, *formats)}
            ) to {quoted(part)} (format parquet, compression zstd)
            """
        ).fetchone()
        statistics = worker.connection.execute(
            f"""
            select path_in_schema, sum(stats_null_count), min(stats_min_value), max(stats_max_value)
            from parquet_metadata({quoted(part)}) group by path_in_schema
            """
        ).fetchall()
    except duckdb.Error:
        part.unlink(missing_ok=True)
        return None
    if rows != piece.records or not all(
        _keeps_promise(job.layout.table.column(name), *found) for name, *found in statistics
    ):
        part.unlink()
        return None
    return rows


def _write_over(path: Path, data: bytes) -> None:
    """Writes a file in the place of the one before, several times as fast as making it anew."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(data)
        file.truncate()


def _date_formats(job: _Job) -> set[str | None]:
    """The `strptime` formats of the file's date columns, None among them where a column has not just one."""
    return {dates.strptime_format(job.orders[name], job.evidence[name].separators) for name in job.layout.date_columns}


def _fast_expression(column: Column, known: list[Column]) -> str:
    """SQL for a column of the table that DuckDB has read in its type already."""
    if column not in known:
        return f"null::{column.data_type} as {column.name}"
    if column.kind == "varchar":
        fits = f"strlen({column.name}) <= {column.size}"
        return f"case when {fits} then {column.name} else error('long or empty') end as {column.name}"
    return column.name


def _keeps_promise(column: Column, nulls: int | None, least: str | None, most: str | None) -> bool:
    """Whether what Parquet's own statistics say of a column is allowed by the contract."""
    if column.required and nulls != 0:
        return False
    if column.kind == "date" and least is not None and most is not None:
        return str(dates.EARLIEST) <= least and most < str(dates.LATEST)
    return True


def _careful_lane(connection: duckdb.DuckDBPyConnection, job: _Job, piece: Piece, part: Path) -> Converted:
    known = [column for column in job.layout.positions if column]
    connection.execute(
        f"create or replace temp table records (record_number bigint, {', '.join(f'{c.name} varchar' for c in known)})"
    )
    result, seen = _take_apart(connection, job, piece, known)
    for name, values in seen.items():
        job.evidence[name].add(values)
        _refuse_contradiction(job.scan, name, job.evidence[name])
    for name, values in seen.items():
        parsed = [(value, dates.parse(value, job.orders[name])) for value in values]
        connection.execute(f"create or replace temp table read_{name} (written varchar, day date)")
        connection.execute(
            f"insert into read_{name} select unnest($1), unnest($2)",
            [[value for value, _ in parsed], [day for _, day in parsed]],
        )
    connection.execute(
        f"""
        create or replace temp table typed as
        select
            {", ".join(_careful_expression(column, known) for column in job.layout.table.file_columns)},
            {quoted(job.scan.path.name)}::varchar as source_file,
            record_number::bigint as record_number,
            {_first_bad_column(known)} as bad_column
        from records
        {" ".join(f"left join read_{name} on read_{name}.written = records.{name}" for name in seen)}
        order by 2 + {len(job.layout.table.file_columns)}
        """
    )
    bad = connection.execute(
        "select record_number, bad_column from typed where bad_column is not null order by record_number"
    ).fetchall()
    if bad:
        result.rejects += _value_rejects(job, piece, dict(bad))
        result.rejects.sort(key=lambda reject: reject.record_number)
    (result.loaded,) = connection.execute(
        f"""
        copy (select * exclude (bad_column) from typed where bad_column is null order by record_number)
        to {quoted(part)} (format parquet, compression zstd)
        """
    ).fetchone()
    return result


def _take_apart(
    connection: duckdb.DuckDBPyConnection, job: _Job, piece: Piece, known: list[Column]
) -> tuple[Converted, dict[str, set[str]]]:
    """Fills the table `records` with the records of the right shape; the others are counted in the result.

    Returns the result so far and the distinct texts of each date column.
    """
    result = Converted({})
    seen: dict[str, set[str]] = {name: set() for name in job.layout.date_columns}
    batch: list[list[str | int]] = []
    for record in records(job.scan, piece):
        fault = record.fault or _shape_fault(job, record)
        if not record.fault and not any(value.strip() for value in record.values):
            result.blank += 1
        elif fault:
            result.rejects.append(_reject(record, None, fault))
        else:
            values = [value for value, column in zip(record.values, job.layout.positions, strict=False) if column]
            batch.append([record.number, *values])
            for name, position in job.layout.date_columns.items():
                seen[name].add(record.values[position])
        if len(batch) == BATCH:
            _insert(connection, batch)
            batch = []
    if batch:
        _insert(connection, batch)
    return result, seen


def _insert(connection: duckdb.DuckDBPyConnection, batch: list[list[str | int]]) -> None:
    """Hands records over as columns: going through CSV again would read what has just been read."""
    columns = {f"c{index}": np.array(values, dtype=object) for index, values in enumerate(zip(*batch, strict=True))}
    connection.register("batch", columns)
    connection.execute("insert into records select * from batch")
    connection.unregister("batch")


def _careful_expression(column: Column, known: list[Column]) -> str:
    """SQL for the column's value, null where the text is not one."""
    if column not in known:
        return f"null::{column.data_type} as {column.name}"
    name = f"records.{column.name}"
    if column.kind == "date":
        return f"read_{column.name}.day as {column.name}"
    if column.kind == "integer":
        whole = f"trim({name})"
        return (
            f"case when regexp_full_match({whole}, '[+-]?[0-9]+') then try_cast({whole} as integer) end "
            f"as {column.name}"
        )
    if column.kind == "numeric":
        # A comma is a thousands separator only where one can stand: 33,6442 is no amount.
        amount = f"replace(replace(trim({name}), '$', ''), ' ', '')"
        return (
            f"case when regexp_full_match({amount}, '[+-]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)([.][0-9]{{1,4}}0*)?') "
            f"then try_cast(replace({amount}, ',', '') as decimal(18, 4)) end as {column.name}"
        )
    return f"case when strlen({name}) <= {column.size} then nullif({name}, '') end as {column.name}"


def _first_bad_column(known: list[Column]) -> str:
    """SQL for the name of the first column whose text did not become a value, or that lacks one it needs."""
    conditions = []
    for column in known:
        is_given = f"coalesce(trim(records.{column.name}), '') <> ''"
        value = f"({_careful_expression(column, known).removesuffix(f' as {column.name}')})"
        wanted = "true" if column.required else is_given
        conditions.append(f"when {wanted} and {value} is null then '{column.name}'")
    return f"case {' '.join(conditions)} end"


def _value_rejects(job: _Job, piece: Piece, bad: dict[int, str]) -> list[Reject]:
    rejects = []
    for record in records(job.scan, piece):
        if name := bad.get(record.number):
            column = job.layout.table.column(name)
            text = record.values[job.layout.positions.index(column)]
            rejects.append(_reject(record, name, _value_fault(column, text, job.orders.get(name))))
    return rejects


def _value_fault(column: Column, text: str, order: str | None) -> str:
    if not text.strip():
        return f"{column.name} is empty"
    if column.kind == "date":
        return f"{column.name} '{text}' is no date, read {order}"
    if column.kind == "integer":
        return f"{column.name} '{text}' is not a whole number"
    if column.kind == "numeric":
        return f"{column.name} '{text}' is not an amount with at most four decimals"
    return f"{column.name} takes {len(text.encode())} bytes where {column.size} fit"


def _shape_fault(job: _Job, record: Record) -> str | None:
    """What is wrong with the number of fields; more than there are headings are fine while they are empty."""
    width = len(job.layout.positions)
    if len(record.values) < width or any(value.strip() for value in record.values[width:]):
        return f"{len(record.values)} fields where the header has {width}"
    for value, column in zip(record.values, job.layout.positions, strict=False):
        if column and not column.multiline and ("\n" in value or "\r" in value):
            raise RefusedFileError(
                f"{job.scan.path.name}, line {record.line}: a line break in {column.name}, where none belongs. A quote "
                "out of place has joined records; close it or double it, and load again."
            )
    return None


def _reject(record: Record, column: str | None, reason: str) -> Reject:
    return Reject(record.number, record.line, column, reason, record.raw)


def _read_csv(path: Path, types: dict[str, str], date_format: str = "") -> str:
    """SQL that reads a file without header: every option set, nothing sniffed, nothing forgiven."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    dateformat = f"dateformat = '{date_format}', " if date_format else ""
    return (
        f"read_csv({quoted(path)}, columns = {{{columns}}}, header = false, auto_detect = false, {dateformat}"
        "delim = ',', quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false)"
    )


def quoted(text: str | Path) -> str:
    """The text as a SQL string."""
    return "'" + str(text).replace("'", "''") + "'"
