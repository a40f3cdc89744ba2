"""CSV text from arrays, the tables that the sample is made from, and a folder that is written in full or not at all."""

import csv
import errno
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from importlib import resources
from io import BufferedWriter
from pathlib import Path

import numpy as np

from adventure_works.disk import explained
from adventure_works.errors import AdventureError
from adventure_works.settings import shown

ENCODING = "cp1252"
LINE_END = b"\r\n"
MARKER = ".adventure-sample"
"""Hidden file that lists what was generated in a folder, so that a user's own files are never replaced."""

_PADDED = np.array([f"{number:04}" for number in range(10_000)], dtype="S4")
_PLAIN = np.array([str(number) if number else "" for number in range(10_000)], dtype="S4")


def table(name: str) -> list[list[str]]:
    """The lines of one of the tables beside this module, the line of headings first."""
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))


def created(folder: Path, raw_table: str, suffix: str = "") -> BufferedWriter:
    """A new file for rows of a raw table, open for writing behind its header.

    The headers are those of the dataset: a column that somebody adds to the contract is not in the sample.
    """
    headers = {name: names for name, *names in table("headers.csv")}[raw_table]
    file = (folder / f"AdventureWorks_{raw_table.title()}{suffix}.csv").open("wb")
    file.write(",".join(headers).encode(ENCODING) + LINE_END)
    return file


def texts(values: Sequence[object]) -> np.ndarray:
    """Values as an array of cp1252 byte strings, to look up fields in."""
    return np.array([str(value).encode(ENCODING) for value in values], dtype=np.bytes_)


def dates(first: date, count: int, before: str = "") -> np.ndarray:
    """`count` days from `first` on as M/D/YYYY without leading zeros, each after the text `before`."""
    days = (first + timedelta(days=number) for number in range(count))
    return texts([f"{before}{day.month}/{day.day}/{day.year}" for day in days])


def digits(numbers: np.ndarray, largest: int) -> list[np.ndarray]:
    """Positive integers up to `largest` as decimal text: neighbouring columns for `lines`, four digits each."""
    columns: list[np.ndarray] = []
    rest = numbers
    while True:
        rest, low = rest // 10_000, rest % 10_000
        largest //= 10_000
        if not largest:
            return [_PLAIN[low], *columns]
        columns.insert(0, np.where(rest > 0, _PADDED[low], _PLAIN[low]))


def lines(columns: Sequence[np.ndarray | bytes]) -> bytes:
    """Joins columns (byte strings of equal count, or one constant) row by row into one text.

    Fixed-width byte strings are padded with NUL and no field contains one, so dropping them leaves the text.
    """
    count = next(len(column) for column in columns if isinstance(column, np.ndarray))
    fields = [np.full(count, column) if isinstance(column, bytes) else column for column in columns]
    table = np.empty((count, sum(field.itemsize for field in fields)), dtype=np.uint8)
    start = 0
    for field in fields:
        end = start + field.itemsize
        table[:, start:end] = np.ascontiguousarray(field).view(np.uint8).reshape(count, -1)
        start = end
    return table.tobytes().translate(None, b"\0")


def write_rows(folder: Path, raw_table: str, rows: Iterable[Iterable[object]]) -> None:
    """Writes a small file: its header and the rows, quoted where needed."""
    with io.TextIOWrapper(created(folder, raw_table), ENCODING, newline="") as file:
        csv.writer(file).writerows(rows)


@contextmanager
def replaced(folder: Path, bytes_needed: int, made_with: Mapping[str, object]) -> Iterator[Path]:
    """Gives a temporary folder that takes the place of `folder` when the block ends without an error.

    An interrupted run leaves `folder` as it was; the next run clears what it left beside it. `made_with` goes
    into the marker file, for people to see. Raises AdventureError when `folder` has files that were not generated
    here, when the disk lacks `bytes_needed`, or when writing fails.
    """
    folder = folder.resolve()
    _check_replaceable(folder)
    partial = folder.parent / f".{folder.name}.partial"
    new = partial / "new"
    advice = "Nothing there has been changed. Choose a folder that you can write to, on a disk with room for it."
    with explained(folder, f"The sample could not be written. {advice}"):
        shutil.rmtree(partial, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            if shutil.disk_usage(partial).free < bytes_needed:
                raise OSError(errno.ENOSPC, f"it needs {bytes_needed / 1e9:.1f} GB and the disk has less")
            yield new
            made = {**made_with, "files": sorted(path.name for path in new.iterdir())}
            (new / MARKER).write_text(json.dumps(made) + "\n", encoding="utf-8")
            if folder.exists():
                folder.rename(partial / "old")
            new.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _check_replaceable(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise AdventureError(f"{shown(folder)} is a file. Name a folder for the sample's ten files.")
    if not folder.is_dir():
        return
    own = sorted({path.name for path in folder.iterdir()} - _generated(folder))
    if own:
        raise AdventureError(
            f"{shown(folder)} has files that `adventure sample` did not make ({own[0]}), so it is left alone.\n"
            "Name a new or an empty folder."
        )


def _generated(folder: Path) -> set[str]:
    """Names of the files that an earlier run left in the folder."""
    try:
        return {MARKER, *json.loads((folder / MARKER).read_text(encoding="utf-8"))["files"]}
    except (FileNotFoundError, ValueError, KeyError):
        return set()
