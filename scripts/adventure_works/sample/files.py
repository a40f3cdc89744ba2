"""CSV text from arrays, and a folder that is written in full or not at all."""

import errno
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from adventure_works.errors import AdventureError
from adventure_works.settings import shown

CALENDAR = "AdventureWorks_Calendar.csv"
CUSTOMERS = "AdventureWorks_Customers.csv"
CATEGORIES = "AdventureWorks_Product_Categories.csv"
SUBCATEGORIES = "AdventureWorks_Product_Subcategories.csv"
PRODUCTS = "AdventureWorks_Products.csv"
RETURNS = "AdventureWorks_Returns.csv"
SALES = {year: f"AdventureWorks_Sales_{year}.csv" for year in (2015, 2016, 2017)}
TERRITORIES = "AdventureWorks_Territories.csv"

HEADERS = {
    CALENDAR: "Date",
    CUSTOMERS: "CustomerKey,Prefix,FirstName,LastName,BirthDate,MaritalStatus,Gender,EmailAddress,"
    "AnnualIncome,TotalChildren,EducationLevel,Occupation,HomeOwner",
    CATEGORIES: "ProductCategoryKey,CategoryName",
    SUBCATEGORIES: "ProductSubcategoryKey,SubcategoryName,ProductCategoryKey",
    PRODUCTS: "ProductKey,ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductDescription,"
    "ProductColor,ProductSize,ProductStyle,ProductCost,ProductPrice",
    RETURNS: "ReturnDate,TerritoryKey,ProductKey,ReturnQuantity",
    **dict.fromkeys(
        SALES.values(),
        "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity",
    ),
    TERRITORIES: "SalesTerritoryKey,Region,Country,Continent",
}
"""Header line of every file, by file name."""

ENCODING = "cp1252"
LINE_END = b"\r\n"
MARKER = ".adventure-sample"
"""Hidden file that lists what was generated in a folder, so that a user's own files are never replaced."""

_PADDED = np.array([f"{number:04}" for number in range(10_000)], dtype="S4")
_PLAIN = np.array([str(number) if number else "" for number in range(10_000)], dtype="S4")


def header(name: str) -> bytes:
    """First line of the named file."""
    return HEADERS[name].encode(ENCODING) + LINE_END


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


def write_rows(folder: Path, name: str, rows: Sequence[Sequence[object]]) -> None:
    """Writes a small file: its header and the rows, quoted where needed."""
    body = b"".join(",".join(map(_quoted, row)).encode(ENCODING) + LINE_END for row in rows)
    (folder / name).write_bytes(header(name) + body)


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if "," in text or '"' in text else text


@contextmanager
def replaced(folder: Path, bytes_needed: int, made_with: Mapping[str, object]) -> Iterator[Path]:
    """Gives a temporary folder that takes the place of `folder` when the block ends without an error.

    An interrupted run leaves `folder` as it was; the next run clears what it left beside it. `made_with` goes
    into the marker file, for people to see. Raises AdventureError when `folder` has files that were not generated
    here, when the disk lacks `bytes_needed`, or when writing fails.
    """
    folder = folder.resolve()
    _check_replaceable(folder)
    partial, old = folder.parent / f".{folder.name}.partial", folder.parent / f".{folder.name}.old"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _check_space(folder, bytes_needed)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield partial
            made = {**made_with, "files": sorted(path.name for path in partial.iterdir())}
            (partial / MARKER).write_text(json.dumps(made) + "\n", encoding="utf-8")
            shutil.rmtree(old, ignore_errors=True)
            if folder.exists():
                folder.rename(old)
            partial.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise AdventureError(
            f"The sample could not be written to {shown(folder)}: {error.strerror}.\n"
            "Nothing there has been changed. Choose a folder that you can write to, on a disk with room for it."
        ) from error


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


def _check_space(folder: Path, bytes_needed: int) -> None:
    if shutil.disk_usage(folder.parent).free < bytes_needed:
        raise OSError(errno.ENOSPC, f"it needs {bytes_needed / 1e9:.1f} GB and the disk has less")
