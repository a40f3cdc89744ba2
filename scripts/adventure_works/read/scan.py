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
WINDOW = 1 << 17
BOM = b"\xef\xbb\xbf"
_LF, _CR = b"\n\r"
# Bytes that Windows-1252 leaves undefined: text that holds one is in neither encoding.
_NOT_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say.

    `records` counts every record after the header, blank ones too. `start` is the offset of the first of them.
    `is_plain` promises UTF-8 and that every line is a record: no quote, and no line that ends in CR alone. `cuts` are
    places between records, `PIECE` bytes apart: the offset of each, and the number of records before it.

    Where the file is a copy in the form that is read, `name`, `sha256`, `delivered_bytes` and `encoding` are those of
    the delivered file, `header_line` is the line of its header, and `done` says what was recognised. A record of what
    is no text counts as one line (`is_by_record`).
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
    cuts: tuple[tuple[int, int], ...]
    delivered_bytes: int
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
    cuts: list[tuple[int, int]] = []
    for block in _blocks(path):
        if b"\0" in block:
            raise RefusedFileError(_nul_message(name, block, lines.count + header_line - 1))
        digest.update(block)
        encoding.add(block)
        lines.add(block)
        if size + len(block) - (cuts[-1][0] if cuts else 0) > PIECE and b"\n" in block:
            # No line ends after the last one of the block, so all that have been counted lie before the cut.
            cuts.append((size + block.rindex(b"\n") + 1, lines.ends - 1))
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

    def add(self, block: bytes) -> None:
        """Takes in a block, which never ends between the two bytes of CRLF."""
        self.are_plain = self.are_plain and b'"' not in block
        for index, part in enumerate(block.split(b'"')):
            if index:
                self.in_quotes = not self.in_quotes
                self.open_quote_line = self.count + 1
            ends, lone_returns = _line_ends(part)
            self.are_plain = self.are_plain and not lone_returns
            if self.in_quotes:
                self._ends_in_quotes += ends
            else:
                self.ends += ends
        self.has_final_end = block.endswith((b"\n", b"\r"))


def pieces(scan: Scan) -> Iterator[Piece]:
    """The file's records in pieces of about `PIECE` bytes, cut between records."""
    if not scan.is_plain:
        yield from small_pieces(scan, PIECE)
        return
    places = [(scan.start, 0), *scan.cuts, (scan.size, scan.records)]
    with scan.path.open("rb") as file:
        for index, ((start, before), (end, after)) in enumerate(pairwise(places)):
            if end > start:
                file.seek(start)
                yield Piece(index, before, before + scan.header_line, after - before, file.read(end - start))


def small_pieces(scan: Scan, size: int) -> Iterator[Piece]:
    """The file's records in pieces of about `size` bytes, for reading that may stop early."""
    index = records = 0
    lines = scan.header_line
    with scan.path.open("rb") as file:
        file.seek(scan.start)
        for data in _plain_cuts(file, size) if scan.is_plain else _quoted_cuts(file, size):
            ends = _line_ends(data)[0]
            in_quotes = 0 if scan.is_plain else sum(_line_ends(part)[0] for part in data.split(b'"')[1::2])
            found = ends - in_quotes + (not data.endswith((b"\n", b"\r")))
            yield Piece(index, records, lines, found, data)
            index += 1
            records += found
            lines += ends


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


def _line_ends(text: bytes) -> tuple[int, int]:
    """Line ends of any kind - LF, CRLF or CR - and how many of them are a CR alone."""
    feeds = returns = pairs = 0
    if len(text) < 4096:
        feeds, returns, pairs = text.count(b"\n"), text.count(b"\r"), text.count(b"\r\n")
        return feeds + returns - pairs, returns - pairs
    # Several times as fast on long text, where line ends are frequent; in windows that stay in the processor's cache.
    characters = np.frombuffer(text, np.uint8)
    has_returns = b"\r" in text
    for start in range(0, len(text), WINDOW):
        # One byte more than the window, for a CRLF that lies across its end.
        window = characters[start : start + WINDOW + 1]
        is_feed = window == _LF
        feeds += int(np.count_nonzero(is_feed[:WINDOW]))
        if has_returns:
            is_return = window[:WINDOW] == _CR
            returns += int(np.count_nonzero(is_return))
            pairs += int(np.count_nonzero(is_return[: len(is_feed) - 1] & is_feed[1:]))
    return feeds + returns - pairs, returns - pairs


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
