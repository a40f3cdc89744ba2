"""A first look at a source file, byte by byte, apart from the reading that follows it.

It takes the digest, the encoding and the number of records, and refuses what no reader should be given.
The count does not come from the CSV reader, so that the two can be compared.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from adventure_works.errors import RefusedFileError

BLOCK = 1 << 20
PIECE = 12 << 20
BOM = b"\xef\xbb\xbf"
_LF, _CR, _QUOTE = b'\n\r"'
# Bytes that Windows-1252 leaves undefined: text that holds one is in neither encoding.
_NOT_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say.

    `records` counts every record after the header, blank ones too. `start` is the offset of the first of them.
    `is_plain` promises UTF-8 and that every line is a record: no quote, and no line that ends in CR alone.
    `has_inner_lines` says that a line ends within quotes. `cuts` are places between records, `PIECE` bytes apart: the
    offset of each, and how many records and lines are before it.

    Where the file is a copy in the form that is read, `name`, `sha256`, `delivered_bytes` and `encoding` are those of
    the delivered file, `header_line` is the line of its header, and `done` says what was recognised. A record of a file
    that is not text counts as one line (`is_by_record`).
    """

    path: Path
    name: str
    sha256: str
    size: int
    encoding: str
    header: tuple[str, ...]
    start: int
    records: int
    has_final_newline: bool
    is_plain: bool
    cuts: tuple[tuple[int, int, int], ...]
    delivered_bytes: int
    has_inner_lines: bool
    header_line: int = 1
    is_by_record: bool = False
    done: tuple[str, ...] = ()

    @property
    def codec(self) -> str:
        """The encoding of the bytes at `path`, after a byte-order mark."""
        return "cp1252" if self.encoding == "cp1252" else "utf-8"


@dataclass(frozen=True)
class Piece:
    """Complete records of a file: how many, and how many records and lines come before them.

    The header is one of the lines, and none of the records.
    """

    index: int
    records_before: int
    lines_before: int
    records: int
    data: bytes


def scan(path: Path, name: str = "", header_line: int = 1) -> Scan:
    """Reads the whole file once, in blocks.

    Args:
        path: the file.
        name: how to call it, if not by its name on the disk.
        header_line: the line, of the delivered file, that it begins with.

    Raises:
        RefusedFileError: the file is empty, is binary (NUL bytes), is in no encoding that is read here, or leaves a
            quote open.
    """
    name = name or path.name
    digest, encoding, lines, size = hashlib.sha256(), _Encoding(), _Lines(), 0
    cuts: list[tuple[int, int, int]] = []
    for block in _blocks(path):
        if b"\0" in block:
            raise RefusedFileError(_nul_message(name, block, lines.count + header_line - 1))
        digest.update(block)
        encoding.add(block)
        found = lines.add(block)
        if size + len(block) - (cuts[-1][0] if cuts else 0) > PIECE and found.after_last:
            # No record ends after that place, so that all that have been counted are before the cut.
            cuts.append((size + found.after_last, lines.ends - 1, lines.count - found.tail + header_line - 1))
        size += len(block)
    encoding.add(b"", final=True)
    if size == 0:
        raise RefusedFileError(f"{name}: the file is empty. Fetch or export it again.")
    if lines.in_quotes:
        line = lines.open_quote_line + header_line - 1
        raise RefusedFileError(
            f"{name}, line {line}: a quote opens and never closes, so that the rest of the file would become one "
            "value. Close the quote or double it, and load again."
        )
    if not encoding.is_utf8 and encoding.undefined:
        raise RefusedFileError(
            f"{name}: byte 0x{encoding.undefined.hex()} is neither UTF-8 nor Windows-1252. Save the file as UTF-8."
        )
    header, start, encoding_name = _header(path, encoding.is_utf8)
    records = lines.ends + (not lines.has_final_end) - 1
    return Scan(
        path=path,
        name=name,
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding_name,
        header=header,
        start=start,
        records=records,
        has_final_newline=lines.has_final_end,
        is_plain=encoding.is_utf8 and lines.are_plain,
        cuts=tuple(cuts),
        delivered_bytes=size,
        has_inner_lines=lines.count > lines.ends,
        header_line=header_line,
    )


class _Encoding:
    """Whether the blocks seen are UTF-8, and the first byte that Windows-1252 does not define."""

    def __init__(self) -> None:
        self.undefined, self.is_utf8 = b"", True
        self._is_ascii = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def add(self, block: bytes, *, final: bool = False) -> None:
        """Takes in a block; a character may be cut by the end of one that is not the final one."""
        self._is_ascii = self._is_ascii and block.isascii()
        if self._is_ascii:
            return
        self.undefined = self.undefined or next((byte for byte in _NOT_CP1252 if byte in block), b"")
        try:
            if self.is_utf8:
                self._decoder.decode(block, final)
        except UnicodeDecodeError:
            self.is_utf8 = False


class _Lines:
    """Line ends outside quotes, and whether every line end is a record's."""

    def __init__(self) -> None:
        self.ends = 0
        self.in_quotes = False
        self.open_quote_line = 0
        self.has_final_end = False
        self._ends_in_quotes = 0
        self.are_plain = True

    @property
    def count(self) -> int:
        return self.ends + self._ends_in_quotes

    def add(self, block: bytes) -> "_Ends":
        """Takes in a block, which never ends between the two bytes of CRLF; returns what is in it."""
        found = _line_ends(block, self.in_quotes)
        self.are_plain = self.are_plain and not found.quotes and not found.lone_returns
        if found.quotes:
            self.open_quote_line = self.count + found.lines_before_last_quote + 1
        self.in_quotes ^= bool(found.quotes % 2)
        self.ends += found.outside
        self._ends_in_quotes += found.inside
        self.has_final_end = block.endswith((b"\n", b"\r"))
        return found


def pieces(scan: Scan) -> Iterator[Piece]:
    """The file's records in pieces of about `PIECE` bytes, cut between records."""
    places = [(scan.start, 0, scan.header_line), *scan.cuts, (scan.size, scan.records, 0)]
    with scan.path.open("rb") as file:
        for index, ((start, before, lines), (end, after, _)) in enumerate(pairwise(places)):
            if end > start:
                file.seek(start)
                yield Piece(index, before, lines, after - before, file.read(end - start))


def small_pieces(scan: Scan, size: int) -> Iterator[Piece]:
    """The file's records in pieces of about `size` bytes, for reading that may stop early."""
    index = records = 0
    lines = scan.header_line
    with scan.path.open("rb") as file:
        file.seek(scan.start)
        for data in _plain_cuts(file, size) if scan.is_plain else _quoted_cuts(file, size):
            ends = _line_ends(data)
            found = ends.outside + (not data.endswith((b"\n", b"\r")))
            yield Piece(index, records, lines, found, data)
            index += 1
            records += found
            lines += ends.outside + ends.inside


def _plain_cuts(file: BinaryIO, size: int) -> Iterator[bytes]:
    while block := file.read(size):
        yield block + file.readline()


def _quoted_cuts(file: BinaryIO, size: int) -> Iterator[bytes]:
    carry = b""
    while block := file.read(size):
        if block.endswith(b"\r"):
            block += file.read(1)
        carry += block
        if cut := _last_record_end(carry):
            yield carry[:cut]
            carry = carry[cut:]
    if carry:
        yield carry


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            while block.endswith(b"\r") and (more := file.read(1)):
                block += more
            yield block


@dataclass(frozen=True)
class _Ends:
    """Line ends of any kind - LF, CRLF or CR - in a text, outside and inside quotes, and how many are a CR alone.

    `after_last` is the offset after the last one outside quotes, 0 if there is none, and `tail` how many are after it.
    """

    outside: int
    inside: int
    lone_returns: int
    after_last: int
    tail: int
    quotes: int
    lines_before_last_quote: int


def _line_ends(text: bytes, in_quotes: bool = False) -> _Ends:
    """The line ends of a text, which begins inside quotes if `in_quotes`."""
    characters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(characters == _LF)
    lone_returns = 0
    if b"\r" in text:
        returns = np.flatnonzero(characters == _CR)
        # Nothing follows one at the end, which is compared with itself.
        following = characters[np.minimum(returns + 1, len(characters) - 1)]
        alone = returns[following != _LF]
        lone_returns = len(alone)
        ends = np.union1d(ends, alone) if lone_returns else ends
    quotes = np.flatnonzero(characters == _QUOTE) if b'"' in text else np.zeros(0, np.int64)
    is_inside = ((np.searchsorted(quotes, ends) + in_quotes) & 1).astype(bool)
    outside = np.flatnonzero(~is_inside)
    return _Ends(
        outside=len(outside),
        inside=len(ends) - len(outside),
        lone_returns=lone_returns,
        after_last=int(ends[outside[-1]]) + 1 if len(outside) else 0,
        tail=len(ends) - 1 - int(outside[-1]) if len(outside) else len(ends),
        quotes=len(quotes),
        lines_before_last_quote=int(np.searchsorted(ends, quotes[-1])) if len(quotes) else 0,
    )


def _last_record_end(text: bytes) -> int:
    """Offset just after the last line end outside quotes; 0 when there is none."""
    end = len(text)
    quotes_before = text.count(b'"')
    while end > 0:
        found = max(text.rfind(b"\n", 0, end), text.rfind(b"\r", 0, end))
        if found < 0:
            return 0
        quotes_before -= text.count(b'"', found, end)
        if quotes_before % 2 == 0:
            return found + 1
        end = found
    return 0


def _header(path: Path, is_utf8: bool) -> tuple[tuple[str, ...], int, str]:
    """Column names, the offset of the first record, and the encoding of the file."""
    with path.open("rb") as file:
        first = file.read(1 << 16)
    bom = BOM if first.startswith(BOM) else b""
    encoding = ("utf-8-sig" if bom else "utf-8") if is_utf8 else "cp1252"
    text = first[len(bom) :]
    ends = [offset for offset in (text.find(b"\n"), text.find(b"\r")) if offset >= 0]
    end = min(ends, default=len(text))
    line = text[:end].decode("utf-8" if is_utf8 else "cp1252")
    names = next(csv.reader(io.StringIO(line)), [])
    after = end + (2 if text[end : end + 2] == b"\r\n" else 1)
    return tuple(name.strip() for name in names), len(bom) + after, encoding


def _nul_message(name: str, block: bytes, ends: int) -> str:
    line = ends + block.count(b"\n", 0, block.find(b"\0")) + 1
    return f"{name}, line {line}: a NUL byte. The file is damaged or not text; fetch or export it again."
