"""Every spelling of a value that a person reads with certainty gives that value; every other is refused or rejected."""

import csv
import io
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.read.amounts import COMMA, POINT, Evidence, parse
from adventure_works.read.convert import convert
from adventure_works.read.recognise import recognise
from adventure_works.read.records import Converted
from adventure_works.read.scan import scan
from adventure_works.read.styles import styles
from adventure_works.read.texts import cleaned, damage, repaired, unguarded
from adventure_works.read.typed import cast_if_as_written
from adventure_works.read.values import Reading, read_value
from adventure_works.settings import PROJECT

TABLES = [table for table in raw_tables().values() if table.file_columns]
CALENDAR = (date(2015, 1, 1), date(2017, 6, 30))


@pytest.mark.parametrize(
    ("values", "style"),
    [
        (["33.6442", "5"], POINT),
        (["33,6442"], COMMA),
        (["0,500"], COMMA),
        (["1.234,56"], COMMA),
        (["1,234.56"], POINT),
        (["1.234.567"], COMMA),
        (["1,30,000"], POINT),
        (["1234,567"], COMMA),
        (["$90,000", "USD 90000"], POINT),
        (["90.000"], COMMA),
        (["90 000", "90'000", "90000"], POINT),
        # 0.5 is no thousands, and 90.000 beside it then no 90,000.
        (["90.000", "0.5"], POINT),
        (["abc", "", "EUR 1,5"], POINT),
    ],
)
def test_the_separators_of_a_column(values: list[str], style: str) -> None:
    evidence = Evidence([1000, 10_000_000])
    evidence.add(values)
    assert evidence.contradiction() is None
    assert evidence.style() == style


def test_separators_that_nothing_decides_or_that_contradict_each_other() -> None:
    evidence = Evidence()
    evidence.add(["1.234", "90"])
    assert evidence.style() is None
    evidence.add(["1,5", "1.5"])
    assert evidence.contradiction() == "'1.5' has a decimal point and '1,5' a decimal comma"


@pytest.mark.parametrize(
    ("text", "style", "amount"),
    [
        ("1.234,56", COMMA, "1234.56"),
        ("1,234.56", POINT, "1234.56"),
        ("1,30,000", POINT, "130000"),
        ("90'000", POINT, "90000"),
        ("90 000.50", POINT, "90000.5"),
        ("USD 90000", POINT, "90000"),
        ("90000 USD", POINT, "90000"),
        ("-$5", POINT, "-5"),
        ("$-5", POINT, "-5"),
        ("5.7052000000000005", POINT, "5.7052"),
        ("5.7051999999999996", POINT, "5.7052"),
        ("33.64425", POINT, None),
        ("33,6442", POINT, None),
        ("9 0", POINT, None),
        ("1,23,45", POINT, None),
        ("EUR 5", POINT, None),
        ("1e3", POINT, None),
        ("90k", POINT, None),
        ("", POINT, None),
        ("$", POINT, None),
    ],
)
def test_an_amount(text: str, style: str, amount: str | None) -> None:
    assert parse(text, style) == (amount and Decimal(amount))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (" SO61269\u00a0", "SO61269"),
        ("SO\u200b61269\ufeff", "SO61269"),
        ("Jose\u0301", "Jos\u00e9"),
        ("two\u2028lines\u0085here", "two lines here"),
        ("bell\x07 and \x1b[1m", "bell and [1m"),
        ("form\x0cfeed", "form feed"),
        ('"6"" wide"', '6" wide'),
        ('6" wide', '6" wide'),
        ('"one" and "two"', '"one" and "two"'),
        ("", ""),
    ],
)
def test_a_text_is_cleaned(text: str, clean: str) -> None:
    assert cleaned(text) == clean


@pytest.mark.parametrize(("text", "key"), [('="14335"', "14335"), ("'14335", "14335"), ("O'Brien", "O'Brien")])
def test_what_guards_a_key_from_a_spreadsheet(text: str, key: str) -> None:
    assert unguarded(text) == key


@pytest.mark.parametrize("name", ["ANDRÉS", "JOSÉ", "Müller", "Ñandú", "ÁLVARO", "ŽIŽEK", "Œuvre"])
def test_utf_8_read_as_another_encoding_is_put_right(name: str) -> None:
    once = name.encode().decode("latin-1")
    assert repaired(once) == name
    assert repaired(once.encode().decode("latin-1")) == name
    assert repaired(name) == name
    assert damage(name) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ANDR\ufffdS", "replacement character"),
        ("ANDR\x8eS", "control characters"),
        ("ANDR?S", "question mark"),
        ("JOS?", "question mark"),
        ("É ANDRÃ‰S", "UTF-8 that was read"),
        ("ANDRÉS".encode("mac-roman").decode("cp1252"), "Mac Roman"),
    ],
)
def test_damaged_text(text: str, words: str) -> None:
    assert words in (damage(text) or "")


def test_a_question_in_prose_is_no_damage() -> None:
    assert damage("Ready to ride?") is not None
    assert damage("Ready to ride?", is_prose=True) is None


def test_the_ages_of_the_contract_are_those_that_are_not_suspicious() -> None:
    with (PROJECT / "seeds" / "reference" / "thresholds.csv").open(encoding="utf-8", newline="") as seed:
        thresholds = {
            row["threshold"]: int(float(row["value"]))
            for row in csv.DictReader(seed)
            if "age" in row["unit"] or row["unit"] == "years"
        }
    column = raw_tables()["customers"].column("birth_date")
    assert column.ages == [thresholds["suspicious_lowest_age"], thresholds["suspicious_highest_age"]]


# ---- whole files: the same rows as from the clean one, or refused, or rejected with the reason ----

Rows = list[list[str]]


def read(folder: Path, rows: Rows, name: str, encoding: str = "utf-8") -> tuple[Converted, list[tuple]]:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path = folder / name
    path.write_bytes(text.getvalue().encode(encoding))
    into = folder / f"{name}.rows"
    into.mkdir()
    converted = convert(recognise(scan(path), TABLES), into, calendar=CALENDAR, max_reject_share=0.2)
    rows_read = duckdb.sql(
        f"select * exclude (source_file) from read_parquet('{into}/*.parquet') order by record_number"
    ).fetchall()
    return converted, rows_read


def clean_rows(small_sample: Path, table: str) -> Rows:
    (path,) = small_sample.glob(f"*_{table}.csv")
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("cp1252"), newline="")))
    return rows[:400]


def edited(rows: Rows, heading: str, change: Callable[[str], str], every: int = 1) -> Rows:
    place = rows[0].index(heading)
    return [
        [*row[:place], change(row[place]), *row[place + 1 :]] if number and number % every == 0 else row
        for number, row in enumerate(rows)
    ]


def dated(pattern: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        month, day, year = map(int, text.split("/"))
        when = date(year, month, day)
        serial = (when - date(1899, 12, 30)).days
        text = pattern.replace("#d", str(day)).replace("#m", str(month)).replace("#s", str(serial))
        return when.strftime(text)

    return change


def money(pattern: Callable[[int], str]) -> Callable[[str], str]:
    return lambda text: pattern(int(text.strip().strip("$").replace(",", "")))


READ_THE_SAME = {
    "midnight": ("Sales_2017", "OrderDate", dated("%Y-%m-%d 00:00:00")),
    "midnight-zulu": ("Sales_2017", "OrderDate", dated("%Y-%m-%dT00:00:00.000Z")),
    "midnight-short": ("Sales_2017", "StockDate", dated("#m/#d/%Y 0:00")),
    "midnight-am": ("Sales_2017", "StockDate", dated("#m/#d/%Y 12:00:00 AM")),
    "compact": ("Sales_2017", "OrderDate", dated("%Y%m%d")),
    "english": ("Sales_2017", "OrderDate", dated("%b #d, %Y")),
    "long-english": ("Sales_2017", "OrderDate", dated("%A, %B #d, %Y")),
    "month-names": ("Sales_2017", "StockDate", dated("#d-%B-%Y")),
    "excel-days": ("Sales_2017", "OrderDate", dated("#s")),
    "excel-births": ("Customers", "BirthDate", dated("#s.0")),
    "two-digit-years": ("Sales_2017", "StockDate", dated("#m/#d/%y")),
    "two-digit-births": ("Customers", "BirthDate", dated("#d-%b-%y")),
    "keys-as-floats": ("Sales_2017", "CustomerKey", "{}.0".format),
    "keys-as-text": ("Sales_2017", "CustomerKey", "'{}".format),
    "keys-as-formula": ("Sales_2017", "OrderNumber", '="{}"'.format),
    "keys-with-blanks": ("Sales_2017", "OrderNumber", "\u00a0{}\u200b ".format),
    "income-points": ("Customers", "AnnualIncome", money(lambda n: f"{n:,}".replace(",", "."))),
    "income-comma": ("Customers", "AnnualIncome", money(lambda n: f"{n:,}".replace(",", ".") + ",00")),
    "income-swiss": ("Customers", "AnnualIncome", money(lambda n: f"{n:,}".replace(",", "\u2019"))),
    "income-narrow": ("Customers", "AnnualIncome", money(lambda n: f"{n:,}".replace(",", "\u202f"))),
    "income-usd": ("Customers", "AnnualIncome", money("USD {}".format)),
    "cost-noise": ("Products", "ProductCost", lambda text: f"{float(text) + 1e-15:.16f}"),
    "cost-comma": ("Products", "ProductCost", lambda text: text.replace(".", ",")),
    "gender-words": ("Customers", "Gender", lambda text: {"M": "Male", "F": "female"}.get(text, text)),
    "gender-lower": ("Customers", "Gender", str.lower),
    "home-true": ("Customers", "HomeOwner", lambda text: {"Y": "TRUE", "N": "0"}[text]),
    "married": ("Customers", "MaritalStatus", lambda text: {"M": "married", "S": "Single"}[text]),
    "names-read-twice": ("Customers", "FirstName", lambda text: text.encode().decode("latin-1")),
    "names-control": ("Customers", "LastName", "{}\x1b".format),
    "sku-feff": ("Products", "ProductSKU", "\ufeff{}".format),
    "blank-after-comma": ("Products", "ModelName", " {}".format),
    "quoted-twice": ("Products", "ProductName", lambda text: '"' + text.replace('"', '""') + '"'),
}


@pytest.mark.parametrize("name", READ_THE_SAME)
def test_a_column_in_another_spelling_gives_the_same_rows(small_sample: Path, tmp_path: Path, name: str) -> None:
    table, heading, change = READ_THE_SAME[name]
    rows = clean_rows(small_sample, table)
    changed = edited(rows, heading, change)
    assert changed != rows
    _, clean = read(tmp_path, rows, "clean.csv")
    converted, found = read(tmp_path, changed, "changed.csv")
    assert found == clean
    assert converted.rejects == []
    # The amount in dollars and the date are the form of the Kaggle files; all else is said.
    assert converted.notes or name in {"compact", "english", "long-english", "month-names"} or "income" in name


REFUSED = {
    "cost-open": ("Products", "ProductCost", lambda text: "12.345", "has a decimal sign"),
    "time-of-day": ("Sales_2017", "OrderDate", dated("%Y-%m-%d 13:45:00"), "has a time of day"),
    "german": ("Sales_2017", "OrderDate", dated("#d. Mai %Y"), "is not a date; write it as"),
    "other-currency": ("Customers", "AnnualIncome", money("EUR {}".format), "is not an amount"),
    "swapped": ("Sales_2017", "OrderDate", lambda text: _swapped(text), "day and month are swapped"),
    "question-marks": (
        "Customers",
        "FirstName",
        lambda text: text[0] + "?" + text[2:],
        "a question mark where a letter",
    ),
    "replaced": ("Customers", "LastName", lambda text: text[0] + "\ufffd" + text[2:], "replacement character"),
    "stock-too-old": ("Sales_2017", "StockDate", dated("#m/#d/19%y"), "is before 1990-01-01"),
    "line-0": ("Sales_2017", "OrderLineItem", lambda text: "0", "is less than 1"),
}


def _swapped(text: str) -> str:
    month, day, year = text.split("/")
    return text if int(day) > 12 else f"{day}/{month}/{year}"


@pytest.mark.parametrize("name", REFUSED)
def test_a_column_that_cannot_be_read_for_certain_is_refused(small_sample: Path, tmp_path: Path, name: str) -> None:
    table, heading, change, words = REFUSED[name]
    with pytest.raises(RefusedFileError) as refusal:
        read(tmp_path, edited(clean_rows(small_sample, table), heading, change), "changed.csv")
    assert words in str(refusal.value)
    assert "--max-rejects" not in str(refusal.value)


def test_missing_words_are_missing_and_codes_that_nobody_knows_are_counted(small_sample: Path, tmp_path: Path) -> None:
    rows = clean_rows(small_sample, "Customers")[:5]
    for row, word in zip(rows[1:], ["nan", "NULL", "#N/A", "None"], strict=True):
        row[rows[0].index("Prefix")] = row[rows[0].index("BirthDate")] = word
        row[rows[0].index("AnnualIncome")] = row[rows[0].index("LastName")] = word
        row[rows[0].index("Gender")] = "X"
    converted, found = read(tmp_path, rows, "changed.csv")
    assert {(row[1], row[3], row[4], row[8]) for row in found} == {(None,) * 4}
    assert converted.notes["gender", "are none of the codes F, M, NA, and count as unknown"] == 4
    assert converted.normalised == 16


def test_an_order_number_in_two_cases_is_refused_and_a_blank_one_rejected(small_sample: Path, tmp_path: Path) -> None:
    rows = clean_rows(small_sample, "Sales_2017")
    number = rows[0].index("OrderNumber")
    again = list(rows[5])
    again[number] = again[number].lower()
    with pytest.raises(RefusedFileError, match="differ only in capital letters"):
        read(tmp_path, [*rows[:6], again, *rows[6:]], "cases.csv")
    rows[7][number] = " \u00a0"
    converted, _ = read(tmp_path, rows, "blank.csv")
    assert [(reject.line_number, reject.reason) for reject in converted.rejects] == [(8, "order_number is empty")]


def test_a_product_needs_neither_names_nor_sku(small_sample: Path, tmp_path: Path) -> None:
    rows = clean_rows(small_sample, "Products")
    for heading in ("ProductSKU", "ProductName", "ModelName"):
        rows[3][rows[0].index(heading)] = ""
    converted, found = read(tmp_path, rows, "changed.csv")
    assert (converted.rejects, found[2][2:5]) == ([], (None, None, None))


def test_utf_8_in_a_file_of_windows_1252_is_put_right(small_sample: Path, tmp_path: Path) -> None:
    rows = clean_rows(small_sample, "Customers")
    name = rows[0].index("FirstName")
    rows[3][name], rows[4][name] = "JOS\u00c9", "JOS\u00c9".encode().decode("cp1252")
    converted, found = read(tmp_path, rows, "changed.csv", "cp1252")
    assert [row[2] for row in found[2:4]] == ["JOS\u00c9"] * 2
    assert converted.normalised == 1


def test_one_or_two_damaged_names_are_said(small_sample: Path, tmp_path: Path) -> None:
    rows = clean_rows(small_sample, "Customers")
    rows[3][rows[0].index("FirstName")] = "ANDR?S"
    converted, _ = read(tmp_path, rows, "changed.csv")
    assert converted.notes == {("first_name", "have a question mark where a letter was"): 1}


# ---- what DuckDB casts by itself ----


def test_what_duckdb_casts_by_itself_is_what_the_rules_give(small_sample: Path) -> None:
    """Random texts of every kind: one that SQL takes for written as in the contract has that value by the rules."""
    chance = random.Random(5)
    alphabets = [
        "0123456789.,-+ ",
        "aZ\u00c9\u00e9\u0160\u0153\u00c3\u00a9\u2030?\"' ",
        "NULnaMFS1/",
        "0123/ ",
        "\u200b\u00a0\x1b\x7f\n\tA",
    ]
    texts = [
        "NULL",
        "nan",
        "M",
        "NA",
        "90000",
        "33.6442",
        "1/13/2016",
        "01/02/1966",
        "'14335",
        '="1"',
        "007",
        "-0",
        "4/8/1889",
    ]
    texts += ["".join(chance.choices(chance.choice(alphabets), k=chance.randrange(1, 9))) for _ in range(4000)]
    quiet = [not any(one in text for one in "\x1b\x7f\n\t?") and not text.startswith('"') for text in texts]
    taken = 0
    for table, names in {
        "Customers": ["customer_key", "last_name", "birth_date", "gender", "annual_income"],
        "Sales_2017": ["order_number", "order_line_item", "stock_date"],
    }.items():
        (path,) = small_sample.glob(f"*_{table}.csv")
        file = recognise(scan(path), TABLES)
        how = styles(file, CALENDAR, None)
        for column in (file.table.column(name) for name in names):
            for is_quiet in (False, True):
                is_as_written, value = cast_if_as_written(column, file, how, "text", is_quiet)
                found = duckdb.execute(
                    f"select text, {value} from (select unnest($1) as text, unnest($2) as is_quiet) "
                    f"where {is_as_written} and (is_quiet or not {is_quiet})",
                    [texts, quiet],
                ).fetchall()
                taken += len(found)
                for text, cast in found:
                    reading = read_value(text, file.table, column, how.by_column.get(column.name))
                    assert reading == Reading(cast), (column.name, text)
    assert taken > 1000


def test_customers_as_the_sample_writes_them_are_read_in_one_step(
    small_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one text needs a second look, which would take the load of large files twice as long."""
    monkeypatch.setattr("adventure_works.read.fast.write_typed", None)
    _, found = read(tmp_path, clean_rows(small_sample, "Customers"), "clean.csv", "cp1252")
    assert len(found) > 100
