"""Takes a piece of a file apart into records, each with its line and its text."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from adventure_works.errors import RefusedFileError
from adventure_works.read.scan import Piece, Scan

# A quote that swallows the file is for the checks below to name, not for the reader to stumble over.
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Reject:
    """A record that is kept as it is, with the reason why it could not become a row."""

    record_number: int
    line_number: int
    column_name: str | None
    reason: str
    raw_text: str


@dataclass(frozen=True)
class Record:
    """One record: its number (the first after the header is 1), first line (the header is 1), text and values.

    `fault` says why the text cannot be split into values; there are none then.
    """

    number: int
    line: int
    raw: str
    values: list[str]
    fault: str | None = None

    def rejected(self, column: str | None, reason: str) -> Reject:
        """The record as one that cannot become a row."""
        return Reject(self.number, self.line, column, reason, self.raw)


@dataclass
class Converted:
    """The outcome of reading a piece or a file: `loaded` + `rejects` + `blank` is the number of its records.

    `notes` has how many values of a column were changed and how, `damaged` how many show lost letters and how, and
    `normalised` is the number of texts that differ from those of the file.
    """

    loaded: int = 0
    blank: int = 0
    rejects: list[Reject] = field(default_factory=list)
    date_orders: dict[str, str] = field(default_factory=dict)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    damaged: Counter[tuple[str, str]] = field(default_factory=Counter)
    normalised: int = 0


def records(scan: Scan, piece: Piece) -> Iterator[Record]:
    """The records of a piece, blank ones too, in order.

    Raises:
        RefusedFileError: a misplaced quote joins several lines, or the file ends in the middle of a record.
    """
    text = io.StringIO(piece.data.decode(scan.codec), newline="")
    taken: list[str] = []  # the lines of the current record

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    number, line = piece.records_before, piece.lines_before + 1
    while True:
        fault = None
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            values, fault = [], f"quotes out of place ({error})"
        number += 1
        line = scan.header_line + number if scan.is_by_record else line
        raw = "".join(taken)
        last = line + len(taken) - 1
        is_short = bool(values) and len(values) < len(scan.header)
        if len(taken) > 1 and (fault or len(values) != len(scan.header)):
            raise RefusedFileError(
                f"{scan.name}, lines {line} to {last}: a quote out of place joins these lines into one record. "
                "Close the quote or double it, and load again."
            )
        if is_short and number == scan.records and not scan.has_final_newline:
            raise RefusedFileError(
                f"{scan.name}, line {line}: the file breaks off in the middle of a record, so that more may be "
                "missing. Fetch or export it again."
            )
        yield Record(number, line, raw.rstrip("\r\n"), values, fault)
        line = last + 1
        taken.clear()
