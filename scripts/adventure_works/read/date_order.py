"""The order of the dates in each column of a file, from its values and from what the contract says of them."""

from dataclasses import dataclass
from datetime import date

from adventure_works.errors import RefusedFileError
from adventure_works.read import dates
from adventure_works.read.records import records
from adventure_works.read.scan import small_pieces
from adventure_works.read.source_file import SourceFile

EVIDENCE_PIECE = 1 << 18


@dataclass(frozen=True)
class DateOrders:
    """How the date columns of a file are written, by column: the order, and the values that are evidence of it."""

    orders: dict[str, str]
    evidence: dict[str, dates.Evidence]


def date_orders(file: SourceFile, calendar: tuple[date, date] | None, option: str | None) -> DateOrders:
    """The order of each date column: from its own values, else the one reading that the other facts allow.

    The other facts, from the contract: dates within the calendar, records sorted by date, one date not after
    another. `option` decides what they leave open.

    Raises:
        RefusedFileError: the values contradict each other, or nothing decides the order of a column.
    """
    evidence = _evidence(file)
    orders = {name: found.order() for name, found in evidence.items()}
    for name in [name for name, order in orders.items() if order is None]:
        possible = [order for order in dates.ORDERS if _agrees(file, {**orders, name: order}, name, calendar)]
        if len(possible) == 1:
            orders[name] = possible[0]
        elif option:
            orders[name] = option
        else:
            raise RefusedFileError(
                f"{file.name}: the dates in {name} (such as '{evidence[name].examples[dates.EITHER]}') can be read "
                "month first or day first, and nothing in the file says which. Say which with --date-order "
                "month_first or --date-order day_first."
            )
    return DateOrders({name: order for name, order in orders.items() if order}, evidence)


def refuse_contradiction(file: SourceFile, column: str, evidence: dates.Evidence) -> None:
    """Refuses a file when no single order reads all dates of a column.

    Raises:
        RefusedFileError: with the values that contradict each other.
    """
    if problem := evidence.contradiction():
        raise RefusedFileError(
            f"{file.name}: the dates in {column} cannot be read for certain: {problem}. Export the file with dates as "
            "YYYY-MM-DD."
        )


def _evidence(file: SourceFile) -> dict[str, dates.Evidence]:
    """What each date column says of its order: reads on until every column has shown it, if need be to the end."""
    positions = file.date_columns
    evidence = {name: dates.Evidence() for name in positions}
    for piece in small_pieces(file.scan, EVIDENCE_PIECE):
        values: dict[str, set[str]] = {name: set() for name in evidence}
        for record in records(file.scan, piece):
            for name, position in positions.items():
                if position < len(record.values):
                    values[name].add(record.values[position])
        for name, found in evidence.items():
            found.add(values[name])
            refuse_contradiction(file, name, found)
        if all(found.order() for found in evidence.values()):
            break
    return evidence


def _agrees(file: SourceFile, orders: dict[str, str | None], name: str, calendar: tuple[date, date] | None) -> bool:
    """Whether reading column `name` in its order breaks nothing that the contract says of it."""
    positions = file.date_columns
    within = calendar if name in file.table.within_calendar else None
    is_sorted = file.table.sorted_by == name
    latest = file.table.not_after.get(name)
    latest_order = orders.get(latest) if latest else None
    before = dates.EARLIEST
    for piece in small_pieces(file.scan, EVIDENCE_PIECE):
        for record in records(file.scan, piece):
            if len(record.values) < len(file.positions):
                continue
            day = dates.parse(record.values[positions[name]], str(orders[name]))
            if day is None:
                continue
            if within and not within[0] <= day <= within[1]:
                return False
            if is_sorted:
                if day < before:
                    return False
                before = day
            if latest and latest_order:
                limit = dates.parse(record.values[positions[latest]], latest_order)
                if limit and day > limit:
                    return False
    return True
