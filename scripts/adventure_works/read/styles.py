"""How dates and amounts are written in each column of a file: from its values, and from what the contract says."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from adventure_works.contract import Column
from adventure_works.errors import RefusedFileError
from adventure_works.read import amounts, dates
from adventure_works.read.records import records
from adventure_works.read.scan import small_pieces
from adventure_works.read.source_file import SourceFile
from adventure_works.read.values import Reading, Style, plain, read_value

EVIDENCE_PIECE = 1 << 17

Evidence = dates.Evidence | amounts.Evidence


@dataclass(frozen=True)
class Styles:
    """How the columns of dates and amounts are written, by column, and the values that are evidence of it.

    `known` has the readings of texts so far, by column, of which there is nothing to be said.
    """

    by_column: dict[str, Style]
    evidence: dict[str, Evidence]
    known: dict[str, dict[str, Reading]] = field(default_factory=lambda: defaultdict(dict))

    def strptime_format(self, column: str) -> str | None:
        """The one `strptime` format that reads the dates seen so far in a column, if there is one."""
        evidence = self.evidence[column]
        if not isinstance(evidence, dates.Evidence):
            return None
        return dates.strptime_format(self.by_column[column].name, evidence.separators)

    def add(self, file: SourceFile, values: dict[str, set[str]]) -> None:
        """Takes in further values, by column.

        Raises:
            RefusedFileError: they contradict how the column is read.
        """
        for name, texts in values.items():
            evidence = self.evidence[name]
            _add(file, name, evidence, texts)
            style = evidence.style()
            if style and style != self.by_column[name].name:
                raise RefusedFileError(
                    f"{file.name}: {name} cannot be read for certain: '{evidence.examples[style]}' is {style} in a "
                    f"column that is {self.by_column[name].name} by all that comes before."
                )


def styles(file: SourceFile, calendar: tuple[date, date] | None, option: str | None) -> Styles:
    """The style of each column: from its own values, else the one reading that the other facts allow.

    The other facts, from the contract: dates within the calendar, records sorted by date, one date not after
    another; amounts in the range that is plausible. `option` decides what they leave open of dates.

    Raises:
        RefusedFileError: the values contradict each other, or nothing decides the style of a column.
    """
    windows = {name: window(file, file.table.column(name), calendar) for name in file.date_columns}
    evidence, seen = _evidence(file, windows)
    names = {name: found.style() for name, found in evidence.items()}
    proven = {name for name, style in names.items() if style in evidence[name].examples}
    for name in [name for name, style in names.items() if style is None]:
        found = evidence[name]
        if isinstance(found, amounts.Evidence):
            raise RefusedFileError(
                f"{file.name}: nothing says whether '{found.examples[amounts.EITHER]}' in {name} has a decimal sign or "
                "one between thousands. Export the file without signs between thousands, or with two or four decimals."
            )
        possible = [order for order in dates.ORDERS if _agrees(file, {**names, name: order}, name, windows)]
        if len(possible) == 1:
            names[name] = possible[0]
        elif option:
            names[name] = option
        else:
            raise RefusedFileError(
                f"{file.name}: the dates in {name} (such as '{found.examples[dates.EITHER]}') can be read "
                "month first or day first, and nothing in the file says which. Say which with --date-order "
                "month_first or --date-order day_first."
            )
    by_column = {name: Style(style, name in proven, windows.get(name)) for name, style in names.items() if style}
    how = Styles(by_column, evidence)
    for name, texts in seen.items():
        readings = {text: read_value(text, file.table, file.table.column(name), by_column[name]) for text in texts}
        how.known[name] |= {text: reading for text, reading in readings.items() if reading == Reading(reading.value)}
    return how


def window(file: SourceFile, column: Column, calendar: tuple[date, date] | None) -> dates.Window | None:
    """First and last day that a column of dates can hold, by the contract and the calendar, where they say so."""
    if column.ages and calendar:
        youngest, oldest = column.ages
        return date(calendar[1].year - oldest, 1, 1), date(calendar[1].year - youngest, 12, 31)
    if column.earliest:
        return date.fromisoformat(column.earliest), calendar[1] if calendar else dates.LATEST
    return calendar if column.name in file.table.within_calendar else None


def _add(file: SourceFile, column: str, evidence: Evidence, texts: set[str]) -> None:
    known = file.table.column(column)
    found = {plain(text, known) for text in texts}
    evidence.add(text for text in found if text and text not in file.table.missing_words)
    if problem := evidence.contradiction():
        remedy = " Export the file with dates as YYYY-MM-DD." if known.kind == "date" else " Export the file again."
        what = "dates" if known.kind == "date" else "amounts"
        raise RefusedFileError(f"{file.name}: the {what} in {column} cannot be read for certain: {problem}.{remedy}")


def _evidence(
    file: SourceFile, windows: dict[str, dates.Window | None]
) -> tuple[dict[str, Evidence], dict[str, set[str]]]:
    """What each column says of its style: reads on until every column has shown it, if need be to the end.

    Also returns the texts that the first piece has in columns of amounts.
    """
    seen: dict[str, set[str]] = {}
    evidence: dict[str, Evidence] = {}
    positions: dict[str, int] = {}
    for position, column in enumerate(file.positions):
        if column and column.kind == "date":
            evidence[column.name] = dates.Evidence(windows[column.name])
        elif column and column.kind == "numeric":
            evidence[column.name] = amounts.Evidence(column.plausible)
        else:
            continue
        positions[column.name] = position
    for piece in small_pieces(file.scan, EVIDENCE_PIECE) if evidence else ():
        values: dict[str, set[str]] = {name: set() for name in evidence}
        for record in records(file.scan, piece):
            for name, position in positions.items():
                if position < len(record.values):
                    values[name].add(record.values[position])
        for name, found in evidence.items():
            _add(file, name, found, values[name])
        seen = seen or {name: values[name] - {""} for name in evidence if file.table.column(name).kind == "numeric"}
        if all(found.is_settled() for found in evidence.values()):
            break
    return evidence, seen


def _agrees(
    file: SourceFile, orders: dict[str, str | None], name: str, windows: dict[str, dates.Window | None]
) -> bool:
    """Whether reading column `name` in its order breaks nothing that the contract says of it."""
    within = windows[name] if name in file.table.within_calendar else None
    is_sorted = file.table.sorted_by == name
    latest = file.table.not_after.get(name)

    def day_of(values: list[str], column: str) -> date | None:
        text = plain(values[file.date_columns[column]], file.table.column(column))
        return dates.parse(text, str(orders[column]), windows[column])

    before = dates.EARLIEST
    for piece in small_pieces(file.scan, EVIDENCE_PIECE):
        for record in records(file.scan, piece):
            if len(record.values) < len(file.positions):
                continue
            day = day_of(record.values, name)
            if day is None:
                continue
            if within and not within[0] <= day <= within[1]:
                return False
            if is_sorted:
                if day < before:
                    return False
                before = day
            if latest and orders.get(latest):
                limit = day_of(record.values, latest)
                if limit and day > limit:
                    return False
    return True
