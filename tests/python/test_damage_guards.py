"""Every kind of damage to the files meets the guard that is named for it here, and the lake before it survives.

What happens to a damaged set of files is one of: read to the same lake as the clean set, refused, a record rejected,
or loaded for the dbt project to deal with. The last are built together at the end of this file.
"""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.load.loader import load
from adventure_works.sample import DAMAGE, damage, generate
from conftest import run_adventure

TABLES = (
    "calendar",
    "customers",
    "product_categories",
    "product_subcategories",
    "products",
    "returns",
    "sales",
    "territories",
)

# Read to exactly the lake that the clean files give; the number is that of the blank records found on the way.
READ_THE_SAME = {
    "dates-day-first": 0,
    "dates-day-first-dashes": 0,
    "dates-iso": 0,
    "dates-dashes": 0,
    "dates-dots": 0,
    "dates-month-names": 0,
    "dates-half-converted": 0,
    "dates-day-first-in-one-file": 0,
    "blank-tail": 5,
    "comma-rows": 3,
    "nameless-empty-columns": 0,
    "unknown-empty-column": 0,
    "columns-reordered": 0,
    "no-final-line-end": 0,
    "utf-8": 0,
    "utf-8-bom": 0,
    "bom-everywhere": 0,
    "lf-line-ends": 0,
    "cr-line-ends": 0,
    "mixed-line-ends": 0,
    "all-quoted": 0,
    "incomes-plain": 0,
    "renamed-files": 0,
}

# Refused, with these words.
REFUSED = {
    "dates-two-digit-years": "has a year of two digits",
    "dates-mixed-orders": "can only be month first and",
    "dates-ambiguous-sales": "Say which with --date-order",
    "nameless-column": "the column without a name (number 12) is unknown to products and holds values",
    "unknown-column": "the column Discount is unknown to sales and holds values",
    "missing-column": "looks like products, but lacks the column ProductCost",
    "renamed-header": "lacks the column CustomerKey (and has CustomerID",
    "duplicate-header": "the heading OrderQuantity stands twice",
    "header-only": "a header and no records",
    "empty-file": "the file is empty",
    "truncated-file": "breaks off in the middle of a record",
    "utf-16": "the file is UTF-16",
    "undecodable-byte": "neither UTF-8 nor Windows-1252",
    "nul-bytes": "a NUL byte",
    "unterminated-quote": "a quote opens and never closes",
    "swallowing-quote": "A quote out of place has joined records",
    "semicolons": "lacks the column",
    "text-in-many-keys": "more than are allowed",
    "comma-decimals": "is not an amount with at most four decimals",
    "two-files-for-one-table": "2 files for customers, which comes in one",
    "sales-file-twice": "the same file twice",
    "unknown-file": "fits none of the tables",
}

# One record rejected, for this reason.
REJECTED = {
    "too-many-fields": "9 fields where the header has 8",
    "too-few-fields": "7 fields where the header has 8",
    "text-in-key": "is not a whole number",
    "empty-key": "customer_key is empty",
    "decimals-in-integer": "product_key '332.6' is not a whole number",
    "exponent-in-key": "customer_key '2.0E+04' is not a whole number",
}

# Well-formed, but wrong or odd: loaded, and caught by this reason for quarantine, warning or failing test.
CAUGHT_BY_DBT = {
    "negative-quantity": "impossible_quantity",
    "zero-quantity": "impossible_quantity",
    "stock-date-after-order": "stocked_after_order",
    "order-date-after-the-calendar": "date_outside_calendar",
    "unknown-product": "unknown_product",
    "conflicting-rows": "conflicting_records",
    "duplicate-rows": "sales__exact_duplicates",
    "unknown-customer": "sales__unknown_members",
    "unknown-territory": "sales__unknown_members",
    "births-moved-by-a-century": "customers__implausible_age",
    "prices-rounded": "products__rounded_prices",
    "missing-year": "sales__month_is_missing",
    "conflicting-customers": "unique_stg_adventure_works__customers_customer_key",
}

# Neither good nor bad by itself; each has a test of its own below.
SPECIAL = {"missing-file", "spaces-around-values", "dates-days-to-twelve", "dates-ambiguous-returns"}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clean set of files and the lake that it gives; read only."""
    folder = tmp_path_factory.mktemp("clean")
    generate(folder / "files", scale=0.02, seed=11)
    load(str(folder / "files"), folder / "lake")
    return folder / "files", folder / "lake"


@pytest.fixture
def lake(clean: tuple[Path, Path], tmp_path: Path) -> Path:
    """A lake that holds the clean files."""
    return Path(shutil.copytree(clean[1], tmp_path / "lake", symlinks=True))


def damaged(clean: tuple[Path, Path], tmp_path: Path, *names: str) -> Path:
    folder = Path(shutil.copytree(clean[0], tmp_path / "files"))
    for name in names:
        damage(folder, name)
    return folder


def rows(lake: Path, table: str, what: str = "* exclude (source_file)") -> list[tuple]:
    files = f"read_parquet('{lake}/raw/{table}/**/*.parquet')"
    return duckdb.sql(f"select {what} from {files} order by all").fetchall()


def content(lake: Path, *but: str) -> dict[str, list[tuple]]:
    return {table: rows(lake, table) for table in TABLES if table not in but}


def test_every_damage_has_a_guard() -> None:
    guarded = [*READ_THE_SAME, *REFUSED, *REJECTED, *CAUGHT_BY_DBT, *SPECIAL]
    assert sorted(guarded) == sorted(DAMAGE)


@pytest.mark.parametrize(("name", "blank"), READ_THE_SAME.items())
def test_read_to_the_same_lake(clean: tuple[Path, Path], tmp_path: Path, name: str, blank: int) -> None:
    lake = tmp_path / "lake"
    result = load(str(damaged(clean, tmp_path, name)), lake)
    assert content(lake) == content(clean[1])
    assert rows(lake, "rejected_rows") == []
    assert sum(entry.blank for entry in result.loaded) == blank


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_refused_and_the_lake_untouched(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(AdventureError) as refusal:
        load(str(damaged(clean, tmp_path, name)), lake)
    assert words in str(refusal.value)
    assert content(lake) == content(clean[1])
    assert [path.name for path in (lake / "versions").iterdir()] == [(lake / "raw").resolve().name]


@pytest.mark.parametrize(("name", "reason"), REJECTED.items())
def test_a_record_rejected(clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, reason: str) -> None:
    load(str(damaged(clean, tmp_path, name)), lake)
    ((found, number),) = rows(lake, "rejected_rows", "reason, record_number")
    assert reason in found
    assert content(lake, "sales") == content(clean[1], "sales")
    missing = set(rows(clean[1], "sales")) - set(rows(lake, "sales"))
    assert [row[-1] for row in missing] == [number]


def test_missing_file_on_an_empty_lake_is_refused_and_on_a_full_one_changes_nothing(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path
) -> None:
    files = damaged(clean, tmp_path, "missing-file")
    with pytest.raises(AdventureError, match="no file for returns"):
        load(str(files), tmp_path / "empty")
    assert load(str(files), lake).loaded == ()
    assert content(lake) == content(clean[1])


def test_spaces_around_whole_numbers_do_not_matter(clean: tuple[Path, Path], lake: Path, tmp_path: Path) -> None:
    load(str(damaged(clean, tmp_path, "spaces-around-values")), lake)
    assert rows(lake, "rejected_rows") == []
    assert rows(lake, "sales", "product_key, trim(order_number), record_number") == rows(
        clean[1], "sales", "product_key, order_number, record_number"
    )


@pytest.mark.parametrize(
    ("name", "file", "table", "column"),
    [
        ("dates-days-to-twelve", "AdventureWorks_Sales_2016.csv", "sales", "order_date"),
        ("dates-ambiguous-returns", "AdventureWorks_Returns.csv", "returns", "return_date"),
    ],
)
def test_dates_that_only_sorting_can_tell_are_read_by_it(
    clean: tuple[Path, Path], lake: Path, tmp_path: Path, name: str, file: str, table: str, column: str
) -> None:
    """No value excludes day first, but only month first leaves the file sorted and within the calendar."""
    files = damaged(clean, tmp_path, name)
    load(str(files), lake)
    lines = (files / file).read_text(encoding="utf-8").splitlines()[1:]
    written = [tuple(map(int, line.split(",")[0].split("/"))) for line in lines]
    assert max(day for _, day, _ in written) <= 12
    parquet = f"read_parquet('{lake}/raw/{table}/{file}/*.parquet')"
    found = duckdb.sql(
        f"select month({column}), day({column}), year({column}) from {parquet} order by record_number"
    ).fetchall()
    assert found == written


def test_what_is_loaded_is_caught_by_the_project(clean: tuple[Path, Path], tmp_path: Path) -> None:
    """One build with all the odd records: each is quarantined for its reason or warned of, and nothing is lost."""
    together = [name for name in CAUGHT_BY_DBT if name not in ("conflicting-customers", "missing-year")]
    done = run_adventure(tmp_path, "run", "--source", damaged(clean, tmp_path, *together))
    assert done.returncode == 0, done.stderr
    reasons, duplicates, unexplained = ledger(tmp_path)
    warned = {line.split()[3].rstrip(":") for line in done.stdout.splitlines() if line.startswith("Worth a look")}
    for name in together:
        assert CAUGHT_BY_DBT[name] in reasons.keys() | warned, name
    assert (duplicates, unexplained) == (5, 0)
    assert reasons["impossible_quantity"] == 2
    assert reasons["conflicting_records"] == 2


def test_a_year_that_is_missing_is_warned_of(clean: tuple[Path, Path], tmp_path: Path) -> None:
    done = run_adventure(tmp_path, "run", "--source", damaged(clean, tmp_path, "missing-year"))
    assert done.returncode == 0, done.stderr
    assert "Worth a look: sales__month_is_missing" in done.stdout


def test_two_customers_with_one_key_stop_the_build(clean: tuple[Path, Path], tmp_path: Path) -> None:
    """The reason comes first, the exit code says so, and no figure is shown."""
    done = run_adventure(tmp_path, "run", "--source", damaged(clean, tmp_path, "conflicting-customers"))
    assert done.returncode == 1
    assert "checks or models failed" in done.stderr.splitlines()[0]
    assert CAUGHT_BY_DBT["conflicting-customers"] in done.stderr
    assert "Headline" not in done.stdout
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    failed = [result["unique_id"].split(".")[2] for result in results if result["status"] == "fail"]
    assert CAUGHT_BY_DBT["conflicting-customers"] in failed


def ledger(folder: Path) -> tuple[dict[str, int], int, int]:
    """Records quarantined by reason, exact duplicates, and the largest unexplained amount."""
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True) as connection:
        reasons = dict(
            connection.execute(
                "select quarantine_reason, sum(records) from operations.ledger_quarantine group by all"
            ).fetchall()
        )
        (sums,) = connection.execute(
            """
            select sum(duplicate_amount) filter (measure = 'records'), max(abs(unexplained_amount))
            from operations.ledger_sales
            """
        ).fetchall()
    return reasons, *sums
