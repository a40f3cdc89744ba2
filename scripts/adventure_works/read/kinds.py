"""What kind of file the first bytes show, whatever its name is."""

import re

from adventure_works.errors import RefusedFileError

UTF8_MARK = b"\xef\xbb\xbf"
GET_AGAIN = "Fetch or export the file itself."
UNPACK = "Unpack it, and load what is in it."
EXPORT = "Export its tables as CSV."

# What is read, besides text.
_READ = {
    rb"PK\x03\x04": "zip",
    rb"\x1f\x8b": "gzip",
    rb"PAR1": "parquet",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook",
    rb'\s*(\[\s*)?\{\s*["}]': "json",
}
# What is something else under the name of a file of data, and what to do about it.
_NOT_READ = [
    (rb"(?i)\s*<(!doctype html|html|head|body|script)\b", "an HTML page, which a server sent for the file", GET_AGAIN),
    (rb"version https://git-lfs\.", "a Git LFS pointer, not the file itself", "Run `git lfs pull` to fetch it."),
    (
        rb"[./\\]*(\.git)?[/\\]annex[/\\]objects",
        "a git-annex pointer, not the file itself",
        "Run `git annex get`.",
    ),
    (rb"(?m)^(<<<<<<<|>>>>>>>) ", "the rest of a merge with conflicts", "Settle the conflicts in it."),
    (rb"\x00\x05\x16[\x00\x07]", "a file in which macOS keeps properties of another one", "Delete it."),
    (rb"\s*<\?xml", "an XML document", EXPORT),
    (rb"\{\\rtf", "a rich-text document", EXPORT),
    (rb"%PDF-", "a PDF document", EXPORT),
    (rb"SQLite format 3\0", "a SQLite database", EXPORT),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", GET_AGAIN),
    (rb"BZh[1-9]1AY", "compressed with bzip2", UNPACK),
    (rb"\xfd7zXZ\0", "compressed with xz", UNPACK),
    (rb"\x28\xb5\x2f\xfd", "compressed with Zstandard", UNPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (rb"(?s).{257}ustar", "a tar archive", UNPACK),
]


def kind_of(head: bytes) -> str:
    """`zip`, `gzip`, `parquet`, `workbook` (the older ones; newer ones are zip archives), `json` or `text`."""
    for pattern, kind in _READ.items():
        if re.match(pattern, head.removeprefix(UTF8_MARK)):
            return kind
    return "text"


def refuse_other_kinds(name: str, head: bytes) -> None:
    """Refuses what only has the name of a file of data.

    Raises:
        RefusedFileError: with what it is.
    """
    text = head.removeprefix(UTF8_MARK)
    for pattern, words, advice in _NOT_READ:
        # Only the marks of a conflict are anywhere in the file.
        found = re.search(pattern, text) if b"<<<" in pattern else re.match(pattern, text)
        if found:
            line = f", line {text.count(bytes([10]), 0, found.start()) + 1}" if found.start() else ""
            raise RefusedFileError(f"{name}{line}: the file is {words}. {advice}")
