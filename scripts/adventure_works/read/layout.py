"""How the text of a file is laid out: what is between its values, and where its header is."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adventure_works.contract import Table
from adventure_works.errors import RefusedFileError
from adventure_works.read.headings import most_known

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# A title, the day of the export, filters and blank lines: no program writes more above the header.
MOST_LINES_ABOVE, MOST_LINES_OF_HEADER = 50, 20
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Layout:
    """What is between the values, and the line of the header; the first line of a file is 1.

    `has_blanks` says that a blank follows each separator, as in `a, "b"`, and `is_quoted` that each record is one
    quoted value: `"a,b"`. Headings with line breaks, as spreadsheets wrap them, take up several `header_lines`.
    """

    separator: str = ","
    header_line: int = 1
    has_blanks: bool = False
    is_quoted: bool = False
    header_lines: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether records can be read as they are."""
        return self.separator == "," and not self.has_blanks and not self.is_quoted


def layout(name: str, lines: Sequence[str], tables: Sequence[Table]) -> Layout:
    """The layout in which one of the first lines has the most headings of a table; commas and line 1 if none has any.

    Raises:
        RefusedFileError: what is above the header looks like records, which would be lost.
    """
    best, found = 0, Layout()
    for number, line, span in _candidates(lines):
        for separator in SEPARATORS:
            values = cells(line, separator)
            is_quoted = len(values) == 1 and separator in values[0]
            known = most_known(cells(values[0], separator) if is_quoted else values, tables)
            if known > best:
                has_blanks = not is_quoted and line.count(separator) == line.count(f"{separator} ") > 0
                best, found = known, Layout(separator, number, has_blanks, is_quoted, span)
    headings = len(header(lines, found))
    for number, line in enumerate(lines[: found.header_line - 1], start=1):
        if not _is_above_a_header(line, found.separator, headings):
            raise RefusedFileError(
                f"{name}, line {number}: there are records above the header, which is line {found.header_line}. "
                "Move the header to the top, and load again."
            )
    return found


def _candidates(lines: Sequence[str]) -> Iterator[tuple[int, str, int]]:
    """What may be the header: each of the first lines, or those that an open quote joins; with their number."""
    for number, line in enumerate(lines[: MOST_LINES_ABOVE + 1], start=1):
        yield number, line, 1
        span = 1
        while line.count('"') % 2 and span < MOST_LINES_OF_HEADER and number - 1 + span < len(lines):
            line += "\n" + lines[number - 1 + span]
            span += 1
        if span > 1 and line.count('"') % 2 == 0:
            yield number, line, span


def header(lines: Sequence[str], found: Layout) -> list[str]:
    """The headings of a file with these first lines."""
    first = found.header_line - 1
    values = cells("\n".join(lines[first : first + found.header_lines]), found.separator)
    return cells(values[0], found.separator) if found.is_quoted else values


def cells(line: str, separator: str) -> list[str]:
    """The values of a line, or lines, that are one record; none where its quotes are out of place."""
    try:
        return [" ".join(cell.split()) for cell in next(csv.reader(io.StringIO(line), delimiter=separator), [])]
    except csv.Error:
        return []


def _is_above_a_header(line: str, separator: str, headings: int) -> bool:
    """Whether a line is a title or a remark: a record fills most columns, and has a number or a date in the first."""
    filled = [cell for cell in cells(line, separator) if cell]
    if not filled or line.lstrip().startswith("#"):
        return True
    return len(filled) <= max(1, headings // 2) and not re.fullmatch(r"[\d./: -]+", filled[0])
