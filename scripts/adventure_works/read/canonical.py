"""Brings what a file is into the one form that is read: comma-separated text in an 8-bit encoding, the header first.

Each line of a file that is text stays a line, so that line numbers are those of the file as it was delivered.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from adventure_works.contract import Table
from adventure_works.errors import RefusedFileError
from adventure_works.read.layout import LINE_END, SEPARATORS, Layout, header, layout
from adventure_works.read.recognise import table_of

HEAD_BYTES = 1 << 16
BLOCK = 1 << 20
# The longer marks first: UTF-32 begins as UTF-16 does.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# Where the zero bytes of ASCII text are, for each byte of a character.
_ZEROS = {"utf-16-le": "01", "utf-16-be": "10", "utf-32-le": "0111", "utf-32-be": "1110"}


@dataclass(frozen=True)
class Canonical:
    """A file in the form that is read: the delivered file itself at `path`, or a copy.

    `header_line` is the line of the header in the delivered file, the first of `header_lines`. `encoding` is that of
    the delivered file where the copy has another. `done` says in words for a user what was recognised.
    """

    path: Path
    header_line: int = 1
    encoding: str | None = None
    done: tuple[str, ...] = ()
    header_lines: int = 1


def canonical(path: Path, name: str, scratch: Path, tables: Sequence[Table]) -> Canonical:
    """The file in the form that is read; a copy, if one is needed, is written to the new file `scratch`.

    Raises:
        NoTableError: the header fits no table.
        RefusedFileError: the text cannot be taken apart without guessing.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding = wide_encoding(head)
    lines = _first_lines(head, encoding)
    found = layout(name, lines, tables)
    if any(lines):
        # Before all bytes are looked at: what is wrong with a file of no table is of no interest.
        table_of(name, header(lines, found), found.header_line, tables)
    if not encoding and found.is_plain and found.header_line == found.header_lines == 1:
        return Canonical(path)
    done = []
    if encoding:
        done.append(encoding.upper())
    if found.separator != ",":
        done.append(f"{SEPARATORS[found.separator]} between the values")
    if found.has_blanks:
        done.append("a blank after each separator")
    if found.is_quoted:
        done.append("quotes around each record")
    if found.header_lines > 1:
        done.append("headings with line breaks")
    if found.header_line > 1:
        done.append(f"the header is line {found.header_line}, and what is above it is left out")
    scratch.parent.mkdir(parents=True, exist_ok=True)
    # Latin-1 has a character for every byte, so that bytes in an encoding not known yet come out as they went in.
    codec = encoding or ("utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "latin-1")
    with (
        path.open(encoding=codec, newline="") as source,
        scratch.open("x", encoding="latin-1" if codec == "latin-1" else "utf-8", newline="") as target,
    ):
        try:
            for _ in range(found.header_line - 1):
                source.readline()
            if found.header_lines > 1:
                lines = [source.readline() for _ in range(found.header_lines)]
                csv.writer(target).writerow(header(lines, Layout(found.separator, 1, header_lines=len(lines))))
            _copy(source, target, found)
        except UnicodeError as error:
            raise RefusedFileError(
                f"{name}: the file is {codec.removesuffix('-sig').upper()} at its beginning, but not to its end. Fetch "
                "or export it again."
            ) from error
        except csv.Error as error:
            raise RefusedFileError(
                f"{name}: quotes out of place ({error}), in a file with {SEPARATORS[found.separator]} between the "
                "values. Close the quote or double it, and load again."
            ) from error
    return Canonical(scratch, found.header_line, encoding, tuple(done), found.header_lines)


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, by the mark at its beginning or by where its zero bytes are; None for all other bytes."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding, pattern in _ZEROS.items():
        size = len(pattern)
        characters = len(head) // size
        shares = [head[at : characters * size : size].count(0) / max(characters, 1) for at in range(size)]
        # Text in other letters than Latin ones has zeros, too, in its digits, separators and line ends.
        if all(share > 0.7 if zero == "1" else share < 0.05 for share, zero in zip(shares, pattern, strict=True)):
            return encoding
    return None


def _first_lines(head: bytes, encoding: str | None) -> list[str]:
    decoder = codecs.getincrementaldecoder(encoding or "utf-8-sig")
    try:
        text = decoder().decode(head)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    return LINE_END.split(text)


def _copy(source: TextIO, target: TextIO, found: Layout) -> None:
    """Copies text with commas for the separator; its lines, those within quotes too, stay lines."""
    if found.is_plain:
        while block := source.read(BLOCK):
            target.write(block)
        return
    last = ""

    def lines() -> Iterator[str]:
        nonlocal last
        for line in source:
            last = line
            yield line

    read = partial(csv.reader, delimiter=found.separator, skipinitialspace=found.has_blanks, strict=True)
    records = _Records(target)
    rows = read(lines())
    if found.is_quoted:
        rows = read(_only_value(row) for row in rows)
    csv.writer(records).writerows(rows)
    if last.endswith(("\n", "\r")):
        target.write(records.end)


def _only_value(row: list[str]) -> str:
    if len(row) > 1:
        raise csv.Error("a record that is not quoted as a whole, as the header is")
    return "".join(row)


class _Records:
    """Takes what a csv writer writes, a record at a time, and holds the last line end back."""

    def __init__(self, target: TextIO) -> None:
        self.end, self._target = "", target

    def write(self, record: str) -> None:
        """Writes a record after the line end of the one before."""
        self._target.write(self.end + record.removesuffix("\r\n"))
        self.end = "\r\n"
