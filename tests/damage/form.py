"""Damage to the form of the files: dates, lines, columns, bytes, quotes, values that cannot be read, missing files.

It is what copies of the set in public repositories carry, and what spreadsheets and broken transfers do.
"""

import csv
import gzip
import io
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from adventure_works.sample.files import ENCODING
from damage.catalogue import (
    ALL_FILES,
    CUSTOMERS,
    DATE_COLUMNS,
    PRODUCTS,
    RETURNS,
    SALES,
    SALES_2016,
    TERRITORIES,
    Rows,
    edit_bytes,
    edit_column,
    edit_one_row,
    edit_one_value,
    edit_rows,
    edit_text,
    kind_of_damage,
    middle,
)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# ---- dates ----


def _redate(folder: Path, style: Callable[[int, int, int], str], names: Iterable[str] = tuple(DATE_COLUMNS)) -> None:
    """Rewrites all dates of the named files; `style` gets month, day and year."""
    for name in names:
        for column in DATE_COLUMNS[name]:
            edit_column(folder / name, column, lambda value: style(*map(int, value.split("/"))))


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
    kind_of_damage(_name, "all", f"all dates as {_form}")(lambda folder, style=_style: _redate(folder, style))


@kind_of_damage("dates-day-first-in-one-file", "sales", "the dates of 2016 as D/M/YYYY, the other files month-first")
def _day_first_in_one_file(folder: Path) -> None:
    _redate(folder, lambda month, day, year: f"{day}/{month}/{year}", [SALES_2016])


@kind_of_damage(
    "dates-mixed-orders",
    "sales",
    "the order dates of 2016 as M/D/YYYY in the first half of the file, D/M/YYYY after it",
)
def _mixed_orders(folder: Path) -> None:
    def swap_later_half(rows: Rows) -> Rows:
        for row in rows[middle(rows) :]:
            month, day, year = row[0].split("/")
            row[0] = f"{day}/{month}/{year}"
        return rows

    edit_rows(folder / SALES_2016, swap_later_half)


@kind_of_damage("dates-days-to-twelve", "sales", "2016 without order dates after the 12th: only sorting decides")
def _days_to_twelve(folder: Path) -> None:
    edit_rows(
        folder / SALES_2016,
        lambda rows: [row for row in rows if row is rows[0] or int(row[0].split("/")[1]) <= 12],
    )


@kind_of_damage(
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

    edit_rows(folder / SALES_2016, both_ways)


@kind_of_damage("dates-ambiguous-returns", "returns", "returns without dates after the 12th: only sorting decides")
def _ambiguous_returns(folder: Path) -> None:
    edit_rows(
        folder / RETURNS,
        lambda rows: [row for row in rows if row is rows[0] or int(row[0].split("/")[1]) <= 12],
    )


@kind_of_damage("births-moved-by-a-century", "customers", "three births a century late, one a century early")
def _births_moved(folder: Path) -> None:
    def move(rows: Rows) -> Rows:
        place = rows[0].index("BirthDate")
        for row, years in zip(rows[1:5], [100, 100, 100, -100], strict=True):
            month, day, year = row[place].split("/")
            row[place] = f"{month}/{day}/{int(year) + years}"
        return rows

    edit_rows(folder / CUSTOMERS, move)


@kind_of_damage("order-date-after-the-calendar", "sales", "the last order of 2017 dated ten years later")
def _future_date(folder: Path) -> None:
    def move(rows: Rows) -> Rows:
        rows[-1][0] = rows[-1][0].replace("2017", "2027")
        return rows

    edit_rows(folder / SALES[2017], move)


@kind_of_damage("stock-date-after-order", "sales", "one line of 2016 that came into stock the year after its order")
def _stock_after_order(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "StockDate", lambda value: "1/13/2017", at=0.2)


# ---- lines, rows and columns ----


@kind_of_damage("blank-tail", "sales", "five empty lines at the end of 2016")
def _blank_tail(folder: Path) -> None:
    edit_text(folder / SALES_2016, lambda text: text + "\r\n" * 5)


@kind_of_damage("comma-rows", "customers", "three records of commas only at the end")
def _comma_rows(folder: Path) -> None:
    edit_rows(folder / CUSTOMERS, lambda rows: [*rows, *([""] * len(rows[0]) for _ in range(3))])


@kind_of_damage("nameless-empty-columns", "products", "two columns without name or value at the end")
def _nameless_empty_columns(folder: Path) -> None:
    edit_rows(folder / PRODUCTS, lambda rows: [[*row, "", ""] for row in rows])


@kind_of_damage("nameless-column", "products", "a column without a name, but with values")
def _nameless_column(folder: Path) -> None:
    edit_rows(folder / PRODUCTS, lambda rows: [[*row, "" if row is rows[0] else "7"] for row in rows])


@kind_of_damage("unknown-column", "sales", "a column Discount with values in 2016")
def _unknown_column(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [[*row, "Discount" if row is rows[0] else "0.1"] for row in rows])


@kind_of_damage("unknown-empty-column", "sales", "a column Discount without values in 2016")
def _unknown_empty_column(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [[*row, "Discount" if row is rows[0] else ""] for row in rows])


@kind_of_damage("missing-column", "products", "no ProductCost")
def _missing_column(folder: Path) -> None:
    def without(rows: Rows) -> Rows:
        place = rows[0].index("ProductCost")
        return [row[:place] + row[place + 1 :] for row in rows]

    edit_rows(folder / PRODUCTS, without)


@kind_of_damage("columns-reordered", "sales", "the columns of 2016 in the opposite order")
def _columns_reordered(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [row[::-1] for row in rows])


@kind_of_damage("renamed-header", "customers", "CustomerKey called CustomerID")
def _renamed_header(folder: Path) -> None:
    edit_text(folder / CUSTOMERS, lambda text: text.replace("CustomerKey", "CustomerID", 1))


@kind_of_damage("duplicate-header", "sales", "a second column OrderQuantity, with other values, in 2016")
def _duplicate_header(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [[*row, "OrderQuantity" if row is rows[0] else "9"] for row in rows])


@kind_of_damage("too-many-fields", "sales", "one line of 2016 with a field too many")
def _too_many_fields(folder: Path) -> None:
    edit_one_row(folder / SALES_2016, lambda row: [*row, "1"])


@kind_of_damage("too-few-fields", "sales", "one line of 2016 without its last field")
def _too_few_fields(folder: Path) -> None:
    edit_one_row(folder / SALES_2016, lambda row: row[:-1])


@kind_of_damage("header-only", "territories", "no records")
def _header_only(folder: Path) -> None:
    edit_rows(folder / TERRITORIES, lambda rows: rows[:1])


@kind_of_damage("no-returns", "returns", "no records")
def _no_returns(folder: Path) -> None:
    edit_rows(folder / RETURNS, lambda rows: rows[:1])


@kind_of_damage("empty-file", "returns", "no bytes")
def _empty_file(folder: Path) -> None:
    edit_bytes(folder / RETURNS, lambda content: b"")


@kind_of_damage("truncated-file", "sales", "2016 cut off in the middle of its last record")
def _truncated_file(folder: Path) -> None:
    edit_bytes(folder / SALES_2016, lambda content: content[: content.rstrip().rindex(b"\n") + 25])


@kind_of_damage("no-final-line-end", "sales", "2016 without the line end after its last record (harmless)")
def _no_final_line_end(folder: Path) -> None:
    edit_bytes(folder / SALES_2016, lambda content: content.rstrip())


# ---- bytes, line ends and quotes ----


@kind_of_damage("utf-8", "customers", "encoded as UTF-8")
def _utf_8(folder: Path) -> None:
    edit_text(folder / CUSTOMERS, lambda text: text, "utf-8")


@kind_of_damage("utf-8-bom", "customers", "encoded as UTF-8 with a byte-order mark")
def _utf_8_bom(folder: Path) -> None:
    edit_text(folder / CUSTOMERS, lambda text: text, "utf-8-sig")


@kind_of_damage("bom-everywhere", "all", "every file encoded as UTF-8 with a byte-order mark")
def _bom_everywhere(folder: Path) -> None:
    for name in ALL_FILES:
        edit_text(folder / name, lambda text: text, "utf-8-sig")


@kind_of_damage("utf-16", "customers", "encoded as UTF-16")
def _utf_16(folder: Path) -> None:
    edit_text(folder / CUSTOMERS, lambda text: "\ufeff" + text, "utf-16-le")


@kind_of_damage("undecodable-byte", "customers", "a byte that neither UTF-8 nor cp1252 knows")
def _undecodable_byte(folder: Path) -> None:
    edit_bytes(folder / CUSTOMERS, lambda content: content.rstrip() + b"\x81\r\n")


@kind_of_damage("nul-bytes", "sales", "a block of NUL bytes in the middle of 2016")
def _nul_bytes(folder: Path) -> None:
    def insert(content: bytes) -> bytes:
        place = content.index(b"\n", len(content) // 2) + 1
        return content[:place] + bytes(64) + content[place:]

    edit_bytes(folder / SALES_2016, insert)


@kind_of_damage("lf-line-ends", "all", "LF line ends in every file")
def _lf_line_ends(folder: Path) -> None:
    for name in ALL_FILES:
        edit_bytes(folder / name, lambda content: content.replace(b"\r\n", b"\n"))


@kind_of_damage("cr-line-ends", "sales", "2016 with bare CR line ends")
def _cr_line_ends(folder: Path) -> None:
    edit_bytes(folder / SALES_2016, lambda content: content.replace(b"\r\n", b"\r"))


@kind_of_damage("mixed-line-ends", "sales", "2016 with LF line ends in its second half")
def _mixed_line_ends(folder: Path) -> None:
    def mixed(content: bytes) -> bytes:
        half = len(content) // 2
        return content[:half] + content[half:].replace(b"\r\n", b"\n")

    edit_bytes(folder / SALES_2016, mixed)


@kind_of_damage("unterminated-quote", "sales", "a quote opened in the middle of 2016 and never closed")
def _unterminated_quote(folder: Path) -> None:
    def open_quote(text: str) -> str:
        records = text.split("\r\n")
        records[middle(records)] = records[middle(records)].replace(",SO", ',"SO')
        return "\r\n".join(records)

    edit_text(folder / SALES_2016, open_quote)


@kind_of_damage("swallowing-quote", "sales", "an order number of 2016 whose quotes enclose the ten records after it")
def _swallowing_quote(folder: Path) -> None:
    def enclose(text: str) -> str:
        records = text.split("\r\n")
        first = middle(records)
        last = first + 10
        records[first] = records[first].replace(",SO", ',"SO')
        before, number_and_rest = records[last].split(",SO")
        number, rest = number_and_rest.split(",", 1)
        records[last] = f'{before},SO{number}",{rest}'
        return "\r\n".join(records)

    edit_text(folder / SALES_2016, enclose)


@kind_of_damage("all-quoted", "all", "every value of every file in quotes (harmless)")
def _all_quoted(folder: Path) -> None:
    for name in ALL_FILES:
        rows = csv.reader(io.StringIO((folder / name).read_bytes().decode(ENCODING), newline=""))
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
        (folder / name).write_bytes(text.getvalue().encode(ENCODING))


@kind_of_damage("semicolons", "sales", "2016 with semicolons between the values")
def _semicolons(folder: Path) -> None:
    edit_text(folder / SALES_2016, lambda text: text.replace(",", ";"))


@kind_of_damage("tabs", "sales", "2016 with tabs between the values")
def _tabs(folder: Path) -> None:
    edit_text(folder / SALES_2016, lambda text: text.replace(",", "\t"))


@kind_of_damage("titles-above-the-header", "sales", "a title, the day of the export and an empty line above 2016")
def _titles(folder: Path) -> None:
    edit_text(folder / SALES_2016, lambda text: f"Sales of 2016,,,\r\nExported on,2017-07-01,,\r\n\r\n{text}")


@kind_of_damage("snake-case-headings", "customers", "headings such as first_name")
def _snake_case(folder: Path) -> None:
    def renamed(text: str) -> str:
        header, _, records = text.partition("\n")
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", header).lower() + "\n" + records

    edit_text(folder / CUSTOMERS, renamed)


@kind_of_damage("index-column", "sales", "2016 with the index that pandas adds")
def _index_column(folder: Path) -> None:
    edit_rows(
        folder / SALES_2016,
        lambda rows: [[str(number - 1) if number else "", *row] for number, row in enumerate(rows)],
    )


@kind_of_damage("gzip", "sales", "2016 packed by gzip, under its old name")
def _gzip(folder: Path) -> None:
    edit_bytes(folder / SALES_2016, lambda content: gzip.compress(content, mtime=0))


@kind_of_damage("html-page", "returns", "a page of a server in the place of the file")
def _html_page(folder: Path) -> None:
    edit_bytes(folder / RETURNS, lambda content: b"<!DOCTYPE html>\n<title>Sign in</title>\n")


# ---- values ----


@kind_of_damage("text-in-key", "sales", "one ProductKey of 2016 is text")
def _text_in_key(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "ProductKey", lambda value: "unknown")


@kind_of_damage("text-in-many-keys", "sales", "every fiftieth ProductKey of 2016 is text (2 %)")
def _text_in_many_keys(folder: Path) -> None:
    edit_column(folder / SALES_2016, "ProductKey", lambda value: "unknown", every=50)


@kind_of_damage("empty-key", "sales", "one CustomerKey of 2016 is empty")
def _empty_key(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "CustomerKey", lambda value: "")


@kind_of_damage("decimals-in-integer", "sales", "one ProductKey of 2016 has decimals (332.6)")
def _decimals_in_integer(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "ProductKey", lambda value: "332.6")


@kind_of_damage("exponent-in-key", "sales", "one CustomerKey of 2016 in exponent notation (2.0E+04)")
def _exponent_in_key(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "CustomerKey", lambda value: f"{float(value):.1E}")


@kind_of_damage("spaces-around-values", "sales", "spaces before and after every ProductKey and OrderNumber of 2016")
def _spaces_around_values(folder: Path) -> None:
    for column in ("ProductKey", "OrderNumber"):
        edit_column(folder / SALES_2016, column, lambda value: f"  {value} ")


@kind_of_damage("prices-rounded", "products", "prices and costs in whole dollars")
def _prices_rounded(folder: Path) -> None:
    for column in ("ProductPrice", "ProductCost"):
        edit_column(folder / PRODUCTS, column, lambda value: f"{float(value):.0f}")


@kind_of_damage("comma-decimals", "products", 'prices and costs with a decimal comma ("33,6442")')
def _comma_decimals(folder: Path) -> None:
    for column in ("ProductPrice", "ProductCost"):
        edit_column(folder / PRODUCTS, column, lambda value: value.replace(".", ","))


@kind_of_damage("incomes-plain", "customers", "incomes as plain numbers (90000; harmless)")
def _incomes_plain(folder: Path) -> None:
    plain = str.maketrans("", "", "$, ")
    edit_column(folder / CUSTOMERS, "AnnualIncome", lambda value: value.translate(plain))


@kind_of_damage("negative-quantity", "sales", "one OrderQuantity of 2016 is -1")
def _negative_quantity(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "OrderQuantity", lambda value: "-1", at=0.25)


@kind_of_damage("zero-quantity", "sales", "one OrderQuantity of 2016 is 0")
def _zero_quantity(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "OrderQuantity", lambda value: "0", at=0.3)


# ---- rows that contradict others ----


@kind_of_damage("duplicate-rows", "sales", "five lines of 2016 twice")
def _duplicate_rows(folder: Path) -> None:
    edit_rows(
        folder / SALES_2016, lambda rows: [row for place, row in enumerate(rows) for _ in range(_copies(place, rows))]
    )


def _copies(place: int, rows: Rows) -> int:
    return 2 if middle(rows) <= place < middle(rows) + 5 else 1


@kind_of_damage("conflicting-rows", "sales", "one line of 2016 a second time with another quantity")
def _conflicting_rows(folder: Path) -> None:
    def conflicting(rows: Rows) -> Rows:
        place = middle(rows) // 3
        row = rows[place]
        return [*rows[:place], row, [*row[:-1], str(int(row[-1]) + 1)], *rows[place + 1 :]]

    edit_rows(folder / SALES_2016, conflicting)


@kind_of_damage("conflicting-customers", "customers", "one customer a second time with another birth date")
def _conflicting_customers(folder: Path) -> None:
    def conflicting(rows: Rows) -> Rows:
        copy = list(rows[middle(rows)])
        copy[rows[0].index("BirthDate")] = "6/15/1970"
        return [*rows, copy]

    edit_rows(folder / CUSTOMERS, conflicting)


@kind_of_damage("unknown-product", "sales", "one line of 2016 with a product that no file knows")
def _unknown_product(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "ProductKey", lambda value: "99999", at=0.35)


@kind_of_damage("unknown-customer", "sales", "an order of 2016, of one line, with a customer whom no file knows")
def _unknown_customer(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "CustomerKey", lambda value: "999999999", at=0.03)


@kind_of_damage("unknown-territory", "sales", "an order of 2016, of one line, with a territory that no file knows")
def _unknown_territory(folder: Path) -> None:
    edit_one_value(folder / SALES_2016, "TerritoryKey", lambda value: "99", at=0.04)


# ---- files ----


@kind_of_damage("missing-file", "returns", "no returns file")
def _missing_file(folder: Path) -> None:
    (folder / RETURNS).unlink()


@kind_of_damage("missing-year", "sales", "no file of 2016")
def _missing_year(folder: Path) -> None:
    (folder / SALES_2016).unlink()


@kind_of_damage("renamed-files", "all", "files named data1.csv to data10.csv (harmless)")
def _renamed_files(folder: Path) -> None:
    for number, name in enumerate(ALL_FILES, start=1):
        (folder / name).rename(folder / f"data{number}.csv")


@kind_of_damage("sub-folder", "sales", "2016 in a folder of its own")
def _sub_folder(folder: Path) -> None:
    (folder / "2016").mkdir()
    (folder / SALES_2016).rename(folder / "2016" / SALES_2016)


@kind_of_damage("joined-files", "sales", "2016 at the end of 2015, header and all")
def _joined_files(folder: Path) -> None:
    edit_bytes(folder / SALES[2015], lambda content: content + (folder / SALES_2016).read_bytes())
    (folder / SALES_2016).unlink()


@kind_of_damage("two-files-for-one-table", "customers", "a second customers file, one record shorter")
def _two_files_for_one_table(folder: Path) -> None:
    copy = folder / "AdventureWorks_Customers (1).csv"
    shutil.copyfile(folder / CUSTOMERS, copy)
    edit_rows(copy, lambda rows: rows[:-1])


@kind_of_damage("sales-file-twice", "sales", "the file of 2016 a second time under another name")
def _sales_file_twice(folder: Path) -> None:
    shutil.copyfile(folder / SALES_2016, folder / "AdventureWorks_Sales_2016 (1).csv")


@kind_of_damage("unknown-file", "all", "one more file, of a table that is not known")
def _unknown_file(folder: Path) -> None:
    (folder / "AdventureWorks_Budget.csv").write_bytes(b"Month,Budget\r\n1/1/2017,1000\r\n")
