"""The entries of the catalogue, and the tools with which `form` and `content` add theirs.

Works on the sample as on the Kaggle files, which share names and form: CRLF line ends, one record a line, M/D/YYYY.
Every damage sits at a fixed place, so the same folder is damaged the same way each time. Files are read into
memory, so this is for small scales.
"""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from adventure_works.errors import AdventureError
from adventure_works.sample.files import ENCODING
from adventure_works.settings import shown

CALENDAR = "AdventureWorks_Calendar.csv"
CUSTOMERS = "AdventureWorks_Customers.csv"
CATEGORIES = "AdventureWorks_Product_Categories.csv"
SUBCATEGORIES = "AdventureWorks_Product_Subcategories.csv"
PRODUCTS = "AdventureWorks_Products.csv"
RETURNS = "AdventureWorks_Returns.csv"
SALES = {year: f"AdventureWorks_Sales_{year}.csv" for year in (2015, 2016, 2017)}
TERRITORIES = "AdventureWorks_Territories.csv"

Row = list[str]
Rows = list[Row]
"""A file's records, the header first."""


class Damage(NamedTuple):
    """One kind of damage."""

    name: str
    table: str
    """Raw table whose files it touches, or `all`."""
    description: str
    apply: Callable[[Path], None]
    """Rewrites the files in a folder."""


DAMAGE: dict[str, Damage] = {}
"""Every kind of damage, by name."""

SALES_2016 = SALES[2016]
DATE_COLUMNS = {
    CALENDAR: ("Date",),
    CUSTOMERS: ("BirthDate",),
    RETURNS: ("ReturnDate",),
    **dict.fromkeys(SALES.values(), ("OrderDate", "StockDate")),
}
ALL_FILES = (CALENDAR, CUSTOMERS, CATEGORIES, SUBCATEGORIES, PRODUCTS, RETURNS, *SALES.values(), TERRITORIES)


def apply_damage(folder: Path, name: str) -> None:
    """Does the named damage to the files in `folder`.

    Raises AdventureError when there is no such damage, or when a file that it needs is absent or has too few
    records, e.g. after another damage.
    """
    if name not in DAMAGE:
        raise AdventureError(f"There is no damage named {name!r}. docs/faults.md lists them all.")
    try:
        DAMAGE[name].apply(folder)
    except (FileNotFoundError, IndexError, ValueError) as error:
        raise AdventureError(
            f"The damage {name} cannot be done to {shown(folder)}: {error}.\n"
            "It needs the files as they were generated: try it by itself, or at a larger scale."
        ) from error


def kind_of_damage(
    name: str, table: str, description: str
) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Enters the decorated function into the catalogue."""

    def enter(apply: Callable[[Path], None]) -> Callable[[Path], None]:
        DAMAGE[name] = Damage(name, table, description, apply)
        return apply

    return enter


# ---- reading and writing ----


def edit_bytes(path: Path, edit: Callable[[bytes], bytes]) -> None:
    """Edits the bytes of a file."""
    path.write_bytes(edit(path.read_bytes()))


def edit_text(path: Path, edit: Callable[[str], str], encoding: str = ENCODING) -> None:
    """Edits the decoded text and writes it in `encoding`."""
    edit_bytes(path, lambda content: edit(content.decode(ENCODING)).encode(encoding))


def edit_rows(path: Path, edit: Callable[[Rows], Iterable[Row]]) -> None:
    """Edits the parsed records; unchanged ones are written back as they stood."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(ENCODING), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(edit(rows))
    path.write_bytes(text.getvalue().encode(ENCODING))


def edit_column(path: Path, column: str, edit: Callable[[str], str], every: int = 1) -> None:
    """Edits one column in every n-th record."""

    def edited(rows: Rows) -> Rows:
        place = rows[0].index(column)
        for row in rows[1::every]:
            row[place] = edit(row[place])
        return rows

    edit_rows(path, edited)


def edit_one_value(path: Path, column: str, edit: Callable[[str], str], at: float = 0.5) -> None:
    """Edits one column of one record, in the middle of the file or at another share of its length.

    Damages that may be combined in one set of files have each a place of their own.
    """

    def edited(rows: Rows) -> Rows:
        row = rows[int(middle(rows) * at * 2)]
        place = rows[0].index(column)
        row[place] = edit(row[place])
        return rows

    edit_rows(path, edited)


def middle(rows: Rows | list[str]) -> int:
    """Place of a record in the middle, well away from the header and the end."""
    if len(rows) < 4:
        raise ValueError("a file has too few records")
    return len(rows) // 2


def edit_one_row(path: Path, edit: Callable[[Row], Row]) -> None:
    """Edits the record in the middle of a file."""

    def edited(rows: Rows) -> Rows:
        rows[middle(rows)] = edit(rows[middle(rows)])
        return rows

    edit_rows(path, edited)
