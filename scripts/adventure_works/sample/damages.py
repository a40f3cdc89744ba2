"""The catalogue of damage that copies of the set carry, each done to the written files of a folder.

Works on the sample as on the Kaggle files, which share names and form: CRLF line ends, one record a line, M/D/YYYY.
Every damage sits at a fixed place, so the same folder is damaged the same way each time. Files are read whole, so
this is for small scales.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from adventure_works.errors import AdventureError
from adventure_works.places import shown
from adventure_works.sample.files import (
    CALENDAR,
    CATEGORIES,
    CUSTOMERS,
    ENCODING,
    PRODUCTS,
    RETURNS,
    SALES,
    SUBCATEGORIES,
    TERRITORIES,
)

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

_SALES = SALES[2016]
_DATE_COLUMNS = {
    CALENDAR: ("Date",),
    CUSTOMERS: ("BirthDate",),
    RETURNS: ("ReturnDate",),
    **dict.fromkeys(SALES.values(), ("OrderDate", "StockDate")),
}
_ALL_FILES = (CALENDAR, CUSTOMERS, CATEGORIES, SUBCATEGORIES, PRODUCTS, RETURNS, *SALES.values(), TERRITORIES)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def damage(folder: Path, name: str) -> None:
    """Does the named damage to the files in `folder`.

    Raises AdventureError when there is no such damage, or when a file that it needs is absent or has too few
    records, e.g. after another damage.
    """
    entry = find(name)
    try:
        entry.apply(folder)
    except (FileNotFoundError, IndexError, ValueError) as error:
        raise AdventureError(
            f"The damage {name} cannot be done to {shown(folder)}: {error}.\n"
            "It needs the files as they were generated: try it by itself, or at a larger scale."
        ) from error


def find(name: str) -> Damage:
    """The entry of the catalogue; raises AdventureError when there is none of that name."""
    if name not in DAMAGE:
        raise AdventureError(f"There is no damage named {name!r}. `adventure sample --list-damage` shows them all.")
    return DAMAGE[name]


def _damage(name: str, table: str, description: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Enters the decorated function into the catalogue."""

    def enter(apply: Callable[[Path], None]) -> Callable[[Path], None]:
        DAMAGE[name] = Damage(name, table, description, apply)
        return apply

    return enter


# ---- reading and writing ----


def _edit_bytes(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.write_bytes(edit(path.read_bytes()))


def _edit_text(path: Path, edit: Callable[[str], str], encoding: str = ENCODING) -> None:
    """Edits the decoded text and writes it in `encoding`."""
    _edit_bytes(path, lambda content: edit(content.decode(ENCODING)).encode(encoding))


def _edit_rows(path: Path, edit: Callable[[Rows], Iterable[Row]]) -> None:
    """Edits the parsed records; unchanged ones are written back as they stood."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(ENCODING), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(edit(rows))
    path.write_bytes(text.getvalue().encode(ENCODING))


def _edit_column(path: Path, column: str, edit: Callable[[str], str], every: int = 1) -> None:
    """Edits one column in every n-th record."""

    def edited(rows: Rows) -> Rows:
        place = rows[0].index(column)
        for row in rows[1::every]:
            row[place] = edit(row[place])
        return rows

    _edit_rows(path, edited)


def _edit_one_value(path: Path, column: str, edit: Callable[[str], str], at: float = 0.5) -> None:
    """Edits one column of one record, in the middle of the file or at another share of its length.

    Damages that may be combined in one set of files have each a place of their own.
    """

    def edited(rows: Rows) -> Rows:
        row = rows[int(_middle(rows) * at * 2)]
        place = rows[0].index(column)
        row[place] = edit(row[place])
        return rows

    _edit_rows(path, edited)


def _middle(rows: Rows | list[str]) -> int:
    """Place of a record in the middle, well away from the header and the end."""
    if len(rows) < 4:
        raise ValueError("a file has too few records")
    return len(rows) // 2


# ---- dates ----


def _redate(folder: Path, style: Callable[[int, int, int], str], names: Iterable[str] = tuple(_DATE_COLUMNS)) -> None:
    """Rewrites all dates of the named files; `style` gets month, day and year."""
    for name in names:
        for column in _DATE_COLUMNS[name]:
            _edit_column(folder / name, column, lambda value: style(*map(int, value.split("/"))))


def _half_converted(month: int, day: int, year: int) -> str:
    return f"{month:02}-{day:02}-{year}" if day <= 12 else f"{month}/{day}/{year}"


_DATE_STYLES: list[tuple[str, str, Callable[[int, int, int], str]]] = [
    ("dates-day-first", "D/M/YYYY", lambda month, day, year: f"{day}/{month}/{year}"),
    ("dates-day-first-dashes", "DD-MM-YYYY", lambda month, day, year: f"{day:02}-{month:02}-{year}"),
    ("dates-iso", "YYYY-MM-DD", lambda month, day, year: f"{year}-{month:02}-{day:02}"),
    ("dates-dashes", "M-D-YYYY", lambda month, day, year: f"{month}-{day}-{year}"),
    ("dates-dots", "DD.MM.YYYY", lambda month, day, year: f"{day:02}.{month:02}.{year}"),
    ("dates-month-names", "D-Mon-YYYY", lambda month, day, year: f"{day}-{_MONTHS[month - 1]}-{year}"),
    ("dates-two-digit-years", "M/D/YY", lambda month, day, year: f"{month}/{day}/{year % 100:02}"),
    ("dates-half-converted", "MM-DD-YYYY up to day 12, M/D/YYYY after it (a spreadsheet did this)", _half_converted),
]
for _name, _form, _style in _DATE_STYLES:
    _damage(_name, "all", f"all dates as {_form}")(lambda folder, style=_style: _redate(folder, style))


@_damage("dates-day-first-in-one-file", "sales", "the dates of 2016 as D/M/YYYY, the other files month-first")
def _day_first_in_one_file(folder: Path) -> None:
    _redate(folder, lambda month, day, year: f"{day}/{month}/{year}", [_SALES])


@_damage(
    "dates-mixed-orders",
    "sales",
    "the order dates of 2016 as M/D/YYYY in the first half of the file, D/M/YYYY after it",
)
def _mixed_orders(folder: Path) -> None:
    def swap_later_half(rows: Rows) -> Rows:
        for row in rows[_middle(rows) :]:
            month, day, year = row[0].split("/")
            row[0] = f"{day}/{month}/{year}"
        return rows

    _edit_rows(folder / _SALES, swap_later_half)


@_damage("dates-days-to-twelve", "sales", "2016 without order dates after the 12th: only sorting tells day from month")
def _days_to_twelve(folder: Path) -> None:
    _edit_rows(
        folder / _SALES,
        lambda rows: [row for row in rows if row is rows[0] or int(row[0].split("/")[1]) <= 12],
    )


@_damage(
    "dates-ambiguous-sales", "sales", "2016 with order dates only that are sorted and in the calendar both ways round"
)
def _ambiguous_sales(folder: Path) -> None:
    def both_ways(rows: Rows) -> Rows:
        kept = [rows[0]]
        for row in rows[1:]:
            month, day, _ = map(int, row[0].split("/"))
            # 1/1, 1/2, 2/2, 2/3, 3/3 ...: rising as month/day and as day/month.
            if day in (month, month + 1) and day <= 12:
                kept.append([row[0], "3/4/2002", *row[2:]])
        return kept

    _edit_rows(folder / _SALES, both_ways)


@_damage("dates-ambiguous-returns", "returns", "returns without dates after the 12th: nothing tells day from month")
def _ambiguous_returns(folder: Path) -> None:
    _edit_rows(
        folder / RETURNS,
        lambda rows: [row for row in rows if row is rows[0] or int(row[0].split("/")[1]) <= 12],
    )


@_damage("births-moved-by-a-century", "customers", "three births a century late, one a century early")
def _births_moved(folder: Path) -> None:
    def move(rows: Rows) -> Rows:
        place = rows[0].index("BirthDate")
        for row, years in zip(rows[1:5], [100, 100, 100, -100], strict=True):
            month, day, year = row[place].split("/")
            row[place] = f"{month}/{day}/{int(year) + years}"
        return rows

    _edit_rows(folder / CUSTOMERS, move)


@_damage("order-date-after-the-calendar", "sales", "the last order of 2017 dated ten years later")
def _future_date(folder: Path) -> None:
    def move(rows: Rows) -> Rows:
        rows[-1][0] = rows[-1][0].replace("2017", "2027")
        return rows

    _edit_rows(folder / SALES[2017], move)


@_damage("stock-date-after-order", "sales", "one line of 2016 that came into stock the year after its order")
def _stock_after_order(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "StockDate", lambda value: "1/13/2017", at=0.2)


# ---- lines, rows and columns ----


@_damage("blank-tail", "sales", "five empty lines at the end of 2016")
def _blank_tail(folder: Path) -> None:
    _edit_text(folder / _SALES, lambda text: text + "\r\n" * 5)


@_damage("comma-rows", "customers", "three records of commas only at the end")
def _comma_rows(folder: Path) -> None:
    _edit_rows(folder / CUSTOMERS, lambda rows: [*rows, *([""] * len(rows[0]) for _ in range(3))])


@_damage("nameless-empty-columns", "products", "two columns without name or value at the end")
def _nameless_empty_columns(folder: Path) -> None:
    _edit_rows(folder / PRODUCTS, lambda rows: [[*row, "", ""] for row in rows])


@_damage("nameless-column", "products", "a column without a name, but with values")
def _nameless_column(folder: Path) -> None:
    _edit_rows(folder / PRODUCTS, lambda rows: [[*row, "" if row is rows[0] else "7"] for row in rows])


@_damage("unknown-column", "sales", "a column Discount with values in 2016")
def _unknown_column(folder: Path) -> None:
    _edit_rows(folder / _SALES, lambda rows: [[*row, "Discount" if row is rows[0] else "0.1"] for row in rows])


@_damage("unknown-empty-column", "sales", "a column Discount without values in 2016")
def _unknown_empty_column(folder: Path) -> None:
    _edit_rows(folder / _SALES, lambda rows: [[*row, "Discount" if row is rows[0] else ""] for row in rows])


@_damage("missing-column", "products", "no ProductCost")
def _missing_column(folder: Path) -> None:
    def without(rows: Rows) -> Rows:
        place = rows[0].index("ProductCost")
        return [row[:place] + row[place + 1 :] for row in rows]

    _edit_rows(folder / PRODUCTS, without)


@_damage("columns-reordered", "sales", "the columns of 2016 in the opposite order")
def _columns_reordered(folder: Path) -> None:
    _edit_rows(folder / _SALES, lambda rows: [row[::-1] for row in rows])


@_damage("renamed-header", "customers", "CustomerKey called CustomerID")
def _renamed_header(folder: Path) -> None:
    _edit_text(folder / CUSTOMERS, lambda text: text.replace("CustomerKey", "CustomerID", 1))


@_damage("duplicate-header", "sales", "a second column OrderQuantity, with other values, in 2016")
def _duplicate_header(folder: Path) -> None:
    _edit_rows(folder / _SALES, lambda rows: [[*row, "OrderQuantity" if row is rows[0] else "9"] for row in rows])


@_damage("too-many-fields", "sales", "one line of 2016 with a field too many")
def _too_many_fields(folder: Path) -> None:
    _edit_one_row(folder / _SALES, lambda row: [*row, "1"])


@_damage("too-few-fields", "sales", "one line of 2016 without its last field")
def _too_few_fields(folder: Path) -> None:
    _edit_one_row(folder / _SALES, lambda row: row[:-1])


def _edit_one_row(path: Path, edit: Callable[[Row], Row]) -> None:
    def edited(rows: Rows) -> Rows:
        rows[_middle(rows)] = edit(rows[_middle(rows)])
        return rows

    _edit_rows(path, edited)


@_damage("header-only", "returns", "no records")
def _header_only(folder: Path) -> None:
    _edit_rows(folder / RETURNS, lambda rows: rows[:1])


@_damage("empty-file", "returns", "no bytes")
def _empty_file(folder: Path) -> None:
    _edit_bytes(folder / RETURNS, lambda content: b"")


@_damage("truncated-file", "sales", "2016 cut off in the middle of its last record")
def _truncated_file(folder: Path) -> None:
    _edit_bytes(folder / _SALES, lambda content: content[: content.rstrip().rindex(b"\n") + 25])


@_damage("no-final-line-end", "sales", "2016 without the line end after its last record (harmless)")
def _no_final_line_end(folder: Path) -> None:
    _edit_bytes(folder / _SALES, lambda content: content.rstrip())


# ---- bytes, line ends and quotes ----


@_damage("utf-8", "customers", "encoded as UTF-8")
def _utf_8(folder: Path) -> None:
    _edit_text(folder / CUSTOMERS, lambda text: text, "utf-8")


@_damage("utf-8-bom", "customers", "encoded as UTF-8 with a byte-order mark")
def _utf_8_bom(folder: Path) -> None:
    _edit_text(folder / CUSTOMERS, lambda text: text, "utf-8-sig")


@_damage("bom-everywhere", "all", "every file encoded as UTF-8 with a byte-order mark")
def _bom_everywhere(folder: Path) -> None:
    for name in _ALL_FILES:
        _edit_text(folder / name, lambda text: text, "utf-8-sig")


@_damage("utf-16", "customers", "encoded as UTF-16")
def _utf_16(folder: Path) -> None:
    _edit_text(folder / CUSTOMERS, lambda text: "\ufeff" + text, "utf-16-le")


@_damage("undecodable-byte", "customers", "a byte that neither UTF-8 nor cp1252 knows")
def _undecodable_byte(folder: Path) -> None:
    _edit_bytes(folder / CUSTOMERS, lambda content: content.rstrip() + b"\x81\r\n")


@_damage("nul-bytes", "sales", "a block of NUL bytes in the middle of 2016")
def _nul_bytes(folder: Path) -> None:
    def insert(content: bytes) -> bytes:
        place = content.index(b"\n", len(content) // 2) + 1
        return content[:place] + bytes(64) + content[place:]

    _edit_bytes(folder / _SALES, insert)


@_damage("lf-line-ends", "all", "LF line ends in every file")
def _lf_line_ends(folder: Path) -> None:
    for name in _ALL_FILES:
        _edit_bytes(folder / name, lambda content: content.replace(b"\r\n", b"\n"))


@_damage("cr-line-ends", "sales", "2016 with bare CR line ends")
def _cr_line_ends(folder: Path) -> None:
    _edit_bytes(folder / _SALES, lambda content: content.replace(b"\r\n", b"\r"))


@_damage("mixed-line-ends", "sales", "2016 with LF line ends in its second half")
def _mixed_line_ends(folder: Path) -> None:
    def mixed(content: bytes) -> bytes:
        half = len(content) // 2
        return content[:half] + content[half:].replace(b"\r\n", b"\n")

    _edit_bytes(folder / _SALES, mixed)


@_damage("unterminated-quote", "sales", "a quote opened in the middle of 2016 and never closed")
def _unterminated_quote(folder: Path) -> None:
    def open_quote(text: str) -> str:
        records = text.split("\r\n")
        records[_middle(records)] = records[_middle(records)].replace(",SO", ',"SO')
        return "\r\n".join(records)

    _edit_text(folder / _SALES, open_quote)


@_damage("swallowing-quote", "sales", "an order number of 2016 whose quotes enclose the ten records after it")
def _swallowing_quote(folder: Path) -> None:
    def enclose(text: str) -> str:
        records = text.split("\r\n")
        first = _middle(records)
        last = first + 10
        records[first] = records[first].replace(",SO", ',"SO')
        before, number_and_rest = records[last].split(",SO")
        number, rest = number_and_rest.split(",", 1)
        records[last] = f'{before},SO{number}",{rest}'
        return "\r\n".join(records)

    _edit_text(folder / _SALES, enclose)


@_damage("all-quoted", "all", "every value of every file in quotes (harmless)")
def _all_quoted(folder: Path) -> None:
    for name in _ALL_FILES:
        rows = csv.reader(io.StringIO((folder / name).read_bytes().decode(ENCODING), newline=""))
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
        (folder / name).write_bytes(text.getvalue().encode(ENCODING))


@_damage("semicolons", "sales", "2016 with semicolons between the values")
def _semicolons(folder: Path) -> None:
    _edit_text(folder / _SALES, lambda text: text.replace(",", ";"))


# ---- values ----


@_damage("text-in-key", "sales", "one ProductKey of 2016 is text")
def _text_in_key(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "ProductKey", lambda value: "unknown")


@_damage("text-in-many-keys", "sales", "every fiftieth ProductKey of 2016 is text (2 %)")
def _text_in_many_keys(folder: Path) -> None:
    _edit_column(folder / _SALES, "ProductKey", lambda value: "unknown", every=50)


@_damage("empty-key", "sales", "one CustomerKey of 2016 is empty")
def _empty_key(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "CustomerKey", lambda value: "")


@_damage("decimals-in-integer", "sales", "one ProductKey of 2016 has decimals (332.6)")
def _decimals_in_integer(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "ProductKey", lambda value: "332.6")


@_damage("exponent-in-key", "sales", "one CustomerKey of 2016 in exponent notation (2.0E+04)")
def _exponent_in_key(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "CustomerKey", lambda value: f"{float(value):.1E}")


@_damage("spaces-around-values", "sales", "spaces before and after every ProductKey and OrderNumber of 2016")
def _spaces_around_values(folder: Path) -> None:
    for column in ("ProductKey", "OrderNumber"):
        _edit_column(folder / _SALES, column, lambda value: f"  {value} ")


@_damage("prices-rounded", "products", "prices and costs in whole dollars")
def _prices_rounded(folder: Path) -> None:
    for column in ("ProductPrice", "ProductCost"):
        _edit_column(folder / PRODUCTS, column, lambda value: f"{float(value):.0f}")


@_damage("comma-decimals", "products", 'prices and costs with a decimal comma ("33,6442")')
def _comma_decimals(folder: Path) -> None:
    for column in ("ProductPrice", "ProductCost"):
        _edit_column(folder / PRODUCTS, column, lambda value: value.replace(".", ","))


@_damage("incomes-plain", "customers", "incomes as plain numbers (90000; harmless)")
def _incomes_plain(folder: Path) -> None:
    plain = str.maketrans("", "", "$, ")
    _edit_column(folder / CUSTOMERS, "AnnualIncome", lambda value: value.translate(plain))


@_damage("negative-quantity", "sales", "one OrderQuantity of 2016 is -1")
def _negative_quantity(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "OrderQuantity", lambda value: "-1", at=0.25)


@_damage("zero-quantity", "sales", "one OrderQuantity of 2016 is 0")
def _zero_quantity(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "OrderQuantity", lambda value: "0", at=0.3)


# ---- rows that contradict others ----


@_damage("duplicate-rows", "sales", "five lines of 2016 twice")
def _duplicate_rows(folder: Path) -> None:
    _edit_rows(
        folder / _SALES, lambda rows: [row for place, row in enumerate(rows) for _ in range(_copies(place, rows))]
    )


def _copies(place: int, rows: Rows) -> int:
    return 2 if _middle(rows) <= place < _middle(rows) + 5 else 1


@_damage("conflicting-rows", "sales", "one line of 2016 a second time with another quantity")
def _conflicting_rows(folder: Path) -> None:
    def conflicting(rows: Rows) -> Rows:
        place = _middle(rows) // 3
        row = rows[place]
        return [*rows[:place], row, [*row[:-1], str(int(row[-1]) + 1)], *rows[place + 1 :]]

    _edit_rows(folder / _SALES, conflicting)


@_damage("conflicting-customers", "customers", "one customer a second time with another birth date")
def _conflicting_customers(folder: Path) -> None:
    def conflicting(rows: Rows) -> Rows:
        copy = list(rows[_middle(rows)])
        copy[rows[0].index("BirthDate")] = "6/15/1970"
        return [*rows, copy]

    _edit_rows(folder / CUSTOMERS, conflicting)


@_damage("unknown-product", "sales", "one line of 2016 with a product that no file knows")
def _unknown_product(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "ProductKey", lambda value: "99999", at=0.35)


@_damage("unknown-customer", "sales", "an order of 2016, of one line, with a customer whom no file knows")
def _unknown_customer(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "CustomerKey", lambda value: "999999999", at=0.03)


@_damage("unknown-territory", "sales", "an order of 2016, of one line, with a territory that no file knows")
def _unknown_territory(folder: Path) -> None:
    _edit_one_value(folder / _SALES, "TerritoryKey", lambda value: "99", at=0.04)


# ---- files ----


@_damage("missing-file", "returns", "no returns file")
def _missing_file(folder: Path) -> None:
    (folder / RETURNS).unlink()


@_damage("missing-year", "sales", "no file of 2016")
def _missing_year(folder: Path) -> None:
    (folder / _SALES).unlink()


@_damage("renamed-files", "all", "files named data1.csv to data10.csv (harmless)")
def _renamed_files(folder: Path) -> None:
    for number, name in enumerate(_ALL_FILES, start=1):
        (folder / name).rename(folder / f"data{number}.csv")


@_damage("two-files-for-one-table", "customers", "a second customers file, one record shorter")
def _two_files_for_one_table(folder: Path) -> None:
    copy = folder / "AdventureWorks_Customers (1).csv"
    shutil.copyfile(folder / CUSTOMERS, copy)
    _edit_rows(copy, lambda rows: rows[:-1])


@_damage("sales-file-twice", "sales", "the file of 2016 a second time under another name")
def _sales_file_twice(folder: Path) -> None:
    shutil.copyfile(folder / _SALES, folder / "AdventureWorks_Sales_2016 (1).csv")


@_damage("unknown-file", "all", "one more file, of a table that is not known")
def _unknown_file(folder: Path) -> None:
    (folder / "AdventureWorks_Budget.csv").write_bytes(b"Month,Budget\r\n1/1/2017,1000\r\n")
