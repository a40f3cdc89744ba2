"""A first look at a source file, byte by byte, apart from the reading that follows it.

It takes the digest, the encoding and the number of records, and refuses what no reader should be given.
The count does not come from the CSV reader, so that the two can be compared.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adventure_works.errors import RefusedFileError

BLOCK = 8 << 20
BOM = b"\xef\xbb\xbf"
# Bytes that Windows-1252 leaves undefined: text that holds one is in neither encoding.
_NOT_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say.

    `records` counts every record after the header, blank ones too. `start` is the offset of the first of them.
    `is_plain` promises that a record is a line: UTF-8, no quote, no blank line, one kind of line end.
    """

    path: Path
    sha256: str
    size: int
    encoding: str
    header: tuple[str, ...]
    start: int
    records: int
    has_final_newline: bool
    is_plain: bool


@dataclass(frozen=True)
class Piece:
    """Some whole records of a file, and how many records (without the header) and lines come before them."""

    index: int
    records_before: int
    lines_before: int
    data: bytes


def scan(path: Path) -> Scan:
    """Reads the whole file once, in blocks.

    Raises:
        RefusedFileError: the file is empty, has only a header, is UTF-16 or binary (NUL bytes), is in no
            encoding that is read here, or leaves a quote open.
    """
    digest = hashlib.sha256()
    size = ends = ends_in_quotes = open_quote_line = 0
    is_utf8 = is_ascii = True
    in_quotes = False
    has_quotes = has_blank_line = has_lone_cr = has_crlf = has_bare_lf = False
    not_cp1252 = b""
    utf8_tail = last = b""
    for block in _blocks(path):
        digest.update(block)
        if b"\0" in block:
            raise RefusedFileError(_nul_message(path, block, ends, size))
        if is_ascii and not block.isascii():
            is_ascii = False
        if not is_ascii:
            if is_utf8:
                is_utf8, utf8_tail = _continues_utf8(utf8_tail + block)
            not_cp1252 = not_cp1252 or next((byte for byte in _NOT_CP1252 if byte in block), b"")
        # Blocks never end between CR and LF, so that line ends can be told apart within one block.
        if b"\r" in block:
            returns, pairs = block.count(b"\r"), block.count(b"\r\n")
            has_crlf, has_lone_cr = has_crlf or pairs > 0, has_lone_cr or returns != pairs
            has_bare_lf = has_bare_lf or block.count(b"\n") != pairs
        elif b"\n" in block:
            has_bare_lf = True
        joint = last + block[:2]
        has_blank_line = (
            has_blank_line
            or b"\n\n" in block
            or b"\n\r\n" in block
            or joint.startswith((b"\n\n", b"\n\r\n"))
            or (size == 0 and block.removeprefix(BOM).startswith((b"\n", b"\r")))
        )
        has_quotes = has_quotes or b'"' in block
        for index, part in enumerate(block.split(b'"')):
            if index:
                in_quotes = not in_quotes
                open_quote_line = ends + ends_in_quotes + 1 if in_quotes else 0
            if in_quotes:
                ends_in_quotes += _line_ends(part)
            else:
                ends += _line_ends(part)
        size += len(block)
        last = block[-1:]
    if size == 0:
        raise RefusedFileError(f"{path.name}: the file is empty. Fetch or export it again.")
    if in_quotes:
        raise RefusedFileError(
            f"{path.name}, line {open_quote_line}: a quote opens and never closes, so that the rest of the file "
            "would become one value. Close the quote or double it, and load again."
        )
    is_utf8 = is_ascii or (is_utf8 and not utf8_tail)
    if not is_utf8 and not_cp1252:
        raise RefusedFileError(
            f"{path.name}: byte 0x{not_cp1252.hex()} is neither UTF-8 nor Windows-1252. Save the file as UTF-8."
        )
    has_final_newline = last in (b"\n", b"\r")
    lines = ends + (not has_final_newline)
    header, start, encoding = _header(path, is_utf8)
    if lines < 2:
        raise RefusedFileError(f"{path.name}: a header and no records. Fetch or export the file again.")
    return Scan(
        path=path,
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding,
        header=header,
        start=start,
        records=lines - 1,
        has_final_newline=has_final_newline,
        is_plain=is_utf8
        and not has_quotes
        and not has_blank_line
        and not has_lone_cr
        and not (has_crlf and has_bare_lf),
    )


def pieces(scan: Scan, size: int) -> Iterator[Piece]:
    """The file's records in pieces of about `size` bytes, cut between records."""
    index = records = 0
    lines = 1
    carry = b""
    with scan.path.open("rb") as file:
        file.seek(scan.start)
        while block := file.read(size):
            if block.endswith(b"\r"):
                block += file.read(1)
            carry += block
            cut = _last_record_end(carry)
            if cut:
                data, carry = carry[:cut], carry[cut:]
                yield Piece(index, records, lines, data)
                index += 1
                records += count_records(data)
                lines += _line_ends(data)
    if carry:
        yield Piece(index, records, lines, carry)


def count_records(piece: bytes) -> int:
    """Records in bytes that begin and end between records; a last one without a line end counts too."""
    ends = sum(_line_ends(part) for part in piece.split(b'"')[::2]) if b'"' in piece else _line_ends(piece)
    return ends + (not piece.endswith((b"\n", b"\r")))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            while block.endswith(b"\r") and (more := file.read(1)):
                block += more
            yield block


def _line_ends(text: bytes) -> int:
    ends = text.count(b"\n")
    return ends + text.count(b"\r") - text.count(b"\r\n") if b"\r" in text else ends


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


def _continues_utf8(text: bytes) -> tuple[bool, bytes]:
    """Whether the bytes are UTF-8 so far, and an unfinished character at their end."""
    for cut in range(min(4, len(text) + 1)):
        try:
            text[: len(text) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True, text[len(text) - cut :] if cut else b""
    return False, b""


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


def _nul_message(path: Path, block: bytes, ends: int, offset: int) -> str:
    if offset == 0 and block.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{path.name}: the file is UTF-16. Save it as UTF-8."
    line = ends + block.count(b"\n", 0, block.find(b"\0")) + 1
    return f"{path.name}, line {line}: a NUL byte. The file is damaged or not text; fetch or export it again."
