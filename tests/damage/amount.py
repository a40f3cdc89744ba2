"""Files with other records than they had: fewer, more, older, or of other days."""

from datetime import date, timedelta
from pathlib import Path

from damage.catalogue import (
    CALENDAR,
    CUSTOMERS,
    RETURNS,
    SALES,
    SALES_2016,
    Rows,
    edit_column,
    edit_rows,
    kind_of_damage,
    middle,
)

SALES_2017 = SALES[2017]


@kind_of_damage("half-the-orders", "sales", "2016 without every second order")
def _half_the_orders(folder: Path) -> None:
    def half(rows: Rows) -> Rows:
        place = rows[0].index("OrderNumber")
        return [rows[0], *(row for row in rows[1:] if int(row[place].strip("SO")) % 2)]

    edit_rows(folder / SALES_2016, half)


@kind_of_damage("cut-at-a-record", "sales", "2016 without its last 30 days")
def _cut_at_a_record(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [row for row in rows if row is rows[0] or not row[0].startswith("12/")])


@kind_of_damage("lines-lost", "sales", "2016 without every tenth line")
def _lines_lost(folder: Path) -> None:
    edit_rows(folder / SALES_2016, lambda rows: [row for at, row in enumerate(rows) if at % 10 != 5])


@kind_of_damage("block-of-lines-lost", "sales", "100 lines missing from the middle of 2017")
def _block_of_lines_lost(folder: Path) -> None:
    edit_rows(folder / SALES_2017, lambda rows: [*rows[: middle(rows)], *rows[middle(rows) + 100 :]])


@kind_of_damage("orders-doubled", "sales", "every order of 2016 a second time under a number of its own")
def _orders_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        place = rows[0].index("OrderNumber")
        again = ([*row[:place], f"X{row[place]}", *row[place + 1 :]] for row in rows[1:])
        return [rows[0], *(row for pair in zip(rows[1:], again, strict=True) for row in pair)]

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("month-doubled", "sales", "the orders of December 2016 a second time under numbers of their own")
def _month_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        number = rows[0].index("OrderNumber")
        again = ([*row[:number], f"X{row[number]}", *row[number + 1 :]] for row in rows if row[0].startswith("12/"))
        return [*rows, *again]

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("week-lost", "sales", "2016 without a week of November")
def _week_lost(folder: Path) -> None:
    week = tuple(f"11/{day}/" for day in range(10, 17))
    edit_rows(folder / SALES_2016, lambda rows: [row for row in rows if not row[0].startswith(week)])


@kind_of_damage("quantities-of-a-month-doubled", "sales", "the quantities of October 2016 doubled")
def _quantities_of_a_month_doubled(folder: Path) -> None:
    def doubled(rows: Rows) -> Rows:
        place = rows[0].index("OrderQuantity")
        for row in rows[1:]:
            if row[0].startswith("10/"):
                row[place] = str(int(row[place]) * 2)
        return rows

    edit_rows(folder / SALES_2016, doubled)


@kind_of_damage("days-moved-by-one", "sales", "every order of 2015 a day later")
def _days_moved_by_one(folder: Path) -> None:
    def later(value: str) -> str:
        month, day, year = map(int, value.split("/"))
        moved = date(year, month, day) + timedelta(1)
        return f"{moved.month}/{moved.day}/{moved.year}"

    edit_column(folder / SALES[2015], "OrderDate", later)


@kind_of_damage("products-lost", "sales", "2017 without the sales of every tenth product")
def _products_lost(folder: Path) -> None:
    def without(rows: Rows) -> Rows:
        place = rows[0].index("ProductKey")
        return [row for row in rows if not row[place].endswith("0")]

    edit_rows(folder / SALES_2017, without)


@kind_of_damage("returns-doubled", "returns", "every return twice")
def _returns_doubled(folder: Path) -> None:
    edit_rows(folder / RETURNS, lambda rows: [rows[0], *(row for row in rows[1:] for _ in range(2))])


@kind_of_damage("returns-before-sales", "returns", "every second return on the first day of the calendar")
def _returns_before_sales(folder: Path) -> None:
    edit_column(folder / RETURNS, "ReturnDate", lambda value: "1/1/2015", every=2)


@kind_of_damage("half-the-customers", "customers", "the file without its second half")
def _half_the_customers(folder: Path) -> None:
    edit_rows(folder / CUSTOMERS, lambda rows: rows[: middle(rows)])


@kind_of_damage("stale-sales", "sales", "2017 as it was before its last month")
def _stale_sales(folder: Path) -> None:
    edit_rows(folder / SALES_2017, lambda rows: [row for row in rows if row is rows[0] or not row[0].startswith("6/")])


@kind_of_damage("calendar-ends-early", "calendar", "the calendar without its last month")
def _calendar_ends_early(folder: Path) -> None:
    edit_rows(folder / CALENDAR, lambda rows: rows[:-30])


@kind_of_damage("calendar-with-a-gap", "calendar", "the calendar without one day in its middle")
def _calendar_with_a_gap(folder: Path) -> None:
    edit_rows(folder / CALENDAR, lambda rows: [*rows[: middle(rows)], *rows[middle(rows) + 1 :]])
