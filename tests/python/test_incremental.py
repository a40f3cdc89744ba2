"""Whatever comes in, in whatever pieces: incremental builds leave what one full build makes of the lake."""

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adventure_works import disk
from adventure_works.contract import raw_tables
from adventure_works.lake.loader import load
from warehouse import Warehouse

pytestmark = pytest.mark.slow

FACTS = {"core.fact_sales": "exclude (build_state)", "core.fact_returns": "exclude (build_state)"}
ASIDE = ("int_sales__repeated", "int_sales__quarantined", "int_returns__quarantined")
COMPARED = FACTS | {f"intermediate.{name}": "" for name in ASIDE}


def day(number: int) -> str:
    """The day of that number in January 2017."""
    return f"2017-01-{number:02}"


# How far a build comes before it dies. Views are left from the build before.
TABLES = ("config.materialized:incremental", "config.materialized:table", "resource_type:snapshot")
WHOLE = [f"{tables},+{fact.split('.')[1]}" for tables in TABLES for fact in FACTS]
BUILDS = {
    "none": [],
    "dies after int_files__affected": ["int_files__changed", "int_files__affected"],
    "dies after int_sales__repeated": ["int_files__changed", "int_files__affected", "int_sales__repeated"],
    "dies before the facts": ["int_files__changed", "int_files__affected", *ASIDE],
    "of no rows": [*WHOLE, "--empty"],
    "as of a day": [*WHOLE, "--vars", f"as_of_date: {day(5)}"],
    "whole": WHOLE,
}


def write(folder: Path, name: str, table: str, records: list[dict[str, object]]) -> Path:
    """A CSV file for a raw table; columns that a record does not give hold something valid."""
    folder.mkdir(exist_ok=True)
    columns = raw_tables()[table].file_columns
    usual = {"date": "1980-01-01", "integer": 1, "numeric": 1, "varchar": "x"}
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.header for column in columns])
        writer.writeheader()
        writer.writerows({column.header: usual[column.kind] for column in columns} | record for record in records)
    return folder / f"{name}.csv"


# Small enough that everything meets: an order line in two files, keys that a file names or does not.
keys = st.integers(1, 3)
sales_line = st.fixed_dictionaries(
    {
        "OrderDate": st.integers(1, 12).map(day),
        "OrderNumber": keys.map("SO{}".format),
        "OrderLineItem": st.integers(1, 2),
        "ProductKey": keys,
        "CustomerKey": keys,
        "TerritoryKey": keys,
        "OrderQuantity": st.integers(0, 2),
    }
)
return_line = st.fixed_dictionaries(
    {"ReturnDate": st.integers(1, 12).map(day), "TerritoryKey": keys, "ProductKey": keys, "ReturnQuantity": keys}
)
product = st.fixed_dictionaries({"ProductKey": keys, "ProductPrice": st.integers(1, 3)})
customer = st.fixed_dictionaries({"CustomerKey": keys})
territory = st.fixed_dictionaries({"SalesTerritoryKey": keys})


def several(record: st.SearchStrategy, key: str | None = None) -> st.SearchStrategy:
    return st.lists(record, min_size=1, max_size=4, unique_by=(lambda values: values[key]) if key else None)


def days(numbers: list[int]) -> list[dict[str, object]]:
    return [{"Date": day(number)} for number in numbers]


# What a load brings: the name of the file, its table and its records.
change = st.one_of(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.just("sales"), several(sales_line)),
    st.tuples(st.sampled_from(["a", "b", "c"]), st.just("sales"), several(sales_line)),
    st.tuples(st.sampled_from(["returned", "sent back"]), st.just("returns"), several(return_line)),
    st.tuples(st.just("products"), st.just("products"), several(product, "ProductKey")),
    st.tuples(st.just("customers"), st.just("customers"), several(customer, "CustomerKey")),
    st.tuples(st.just("territories"), st.just("territories"), several(territory, "SalesTerritoryKey")),
    st.tuples(st.just("calendar"), st.just("calendar"), st.sets(st.integers(1, 12), min_size=6).map(sorted).map(days)),
)
steps = st.lists(st.tuples(change, st.sampled_from([*BUILDS, "whole"])), min_size=2, max_size=5)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small lake and the warehouse built from it, kept as it was at first in `kept` beside it."""
    folder = tmp_path_factory.mktemp("begun") / "folder"
    files = folder / "files"
    files.mkdir(parents=True)
    some = {"ProductKey": 1, "CustomerKey": 1, "TerritoryKey": 1, "OrderQuantity": 1, "OrderDate": day(3)}
    for name, table, records in (
        ("a", "sales", [some | {"OrderNumber": "SO1", "OrderDate": day(5)}, some | {"OrderNumber": "SO2"}]),
        (
            "b",
            "sales",
            [some | {"OrderNumber": f"SO{order}", "ProductKey": key} for order, key in ((2, 1), (3, 3), (4, 1))],
        ),
        ("returned", "returns", [{"ReturnDate": day(3)}]),
        ("products", "products", [{"ProductKey": 1}, {"ProductKey": 2}]),
        ("customers", "customers", [{"CustomerKey": 1}, {"CustomerKey": 2}]),
        ("territories", "territories", [{"SalesTerritoryKey": 1}, {"SalesTerritoryKey": 2}]),
        ("calendar", "calendar", days(list(range(1, 11)))),
        ("categories", "product_categories", [{}]),
        ("subcategories", "product_subcategories", [{}]),
    ):
        write(files, name, table, records)
    with pytest.MonkeyPatch.context() as monkeypatch:
        warehouse = Warehouse(folder, monkeypatch)
        load(str(files), warehouse.lake)
        warehouse.build("-s", *(f"+{fact.split('.')[1]}" for fact in FACTS))
    shutil.copytree(folder, folder.with_name("kept"), symlinks=True)
    return folder


@pytest.fixture
def warehouse(begun: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The lake and the warehouse of `begun`; changes to them stay."""
    monkeypatch.setattr(disk, "sync", lambda path: None)
    return Warehouse(begun, monkeypatch)


def begin_again(begun: Path) -> None:
    """Puts back what was there at first, in the same place: views name it."""
    shutil.rmtree(begun)
    shutil.copytree(begun.with_name("kept"), begun, symlinks=True)


def found(warehouse: Warehouse) -> dict[str, list[tuple]]:
    return {name: warehouse.rows(f"select * {less} from {name} order by all") for name, less in COMPARED.items()}


def test_any_sequence_of_loads_equals_one_full_build(begun: Path, warehouse: Warehouse, tmp_path: Path) -> None:
    @settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(steps)
    def equals_one_full_build(sequence: list[tuple]) -> None:
        begin_again(begun)
        for (name, table, records), build in sequence:
            load(str(write(tmp_path / "files", name, table, records)), warehouse.lake)
            if BUILDS[build]:
                warehouse.build("-s", *BUILDS[build])
        warehouse.build("-s", *WHOLE)
        incremental = found(warehouse)
        warehouse.build("--full-refresh", "-s", *WHOLE)
        assert incremental == found(warehouse)

    equals_one_full_build()


def test_no_build_of_a_part_of_the_data_leaves_a_trace(begun: Path, warehouse: Warehouse) -> None:
    begin_again(begun)
    kept = {f"intermediate.snap_{entity}": "" for entity in ("products", "customers")} | {
        "operations.load_profiles": ""
    }
    warehouse.build("-s", *WHOLE, "+load_profiles")

    def all_of_it() -> dict[str, list[tuple]]:
        history = {name: warehouse.rows(f"select * from {name} order by all") for name in kept}
        return found(warehouse) | history

    whole = all_of_it()
    assert all(whole[name] for name in [*kept, "core.fact_sales"])
    for part in (("--empty",), ("--vars", f"as_of_date: {day(4)}"), ("--sample", "1 day")):
        warehouse.build("-s", *WHOLE, "+load_profiles", *part)
        assert {name: rows for name, rows in all_of_it().items() if name in kept} == {n: whole[n] for n in kept}
        warehouse.build("-s", *WHOLE, "+load_profiles")
        assert all_of_it() == whole


def affected(warehouse: Warehouse) -> dict[str, str]:
    """Source file -> why it is read again."""
    return dict(
        warehouse.rows(
            "select source_file, change from intermediate.int_files__affected where is_affected order by all"
        )
    )


def test_only_what_is_affected_is_read_again(begun: Path, warehouse: Warehouse, tmp_path: Path) -> None:
    """A new day, with its calendar, a new price and a new customer, costs that day; what may matter costs more."""
    begin_again(begun)

    def comes(name: str, table: str, records: list[dict[str, object]]) -> None:
        load(str(write(tmp_path / "files", name, table, records)), warehouse.lake)

    def read_again() -> dict[str, str]:
        warehouse.build("-s", *WHOLE)
        return affected(warehouse)

    # SO3 of file b is of a product that no file names: quarantined, so that products matter to the file.
    comes("products", "products", [{"ProductKey": key} for key in (1, 2, 3)])
    assert read_again() == {"b.csv": "products", "a.csv": "shares order lines"}
    assert read_again() == {}

    line = {"OrderNumber": "SO9", "ProductKey": 1, "CustomerKey": 3, "OrderDate": day(11)}
    comes("calendar", "calendar", days(list(range(1, 13))))
    comes("products", "products", [{"ProductKey": key, "ProductPrice": 9} for key in (1, 2, 3)])
    comes("c", "sales", [line])
    assert read_again() == {"c.csv": "new"}
    comes("customers", "customers", [{"CustomerKey": key} for key in (1, 2, 3)])
    assert read_again() == {"c.csv": "customers"}
    assert warehouse.rows("select distinct customer_key from core.fact_sales order by all") == [(1,), (3,)]

    comes("c", "sales", [line | {"OrderNumber": "SO1"}])
    assert read_again() == {"c.csv": "changed", "a.csv": "shares order lines", "b.csv": "shares order lines"}
    comes("c", "sales", [line])
    assert read_again() == {"c.csv": "new", "a.csv": "shares order lines", "b.csv": "shares order lines"}
    # A gap in the calendar changes nothing; what lies before its first day is quarantined.
    comes("calendar", "calendar", days([1, 2, 3, *range(5, 13)]))
    assert read_again() == {}
    comes("calendar", "calendar", days([*range(4, 13)]))
    assert read_again() == {f"{name}.csv": "calendar" for name in ("a", "b", "returned")}
    comes("territories", "territories", [{"SalesTerritoryKey": 1}])
    assert read_again() == {f"{name}.csv": "territories" for name in ("a", "b", "c", "returned")}
    comes("sent back", "returns", [{"ReturnDate": day(5)}])
    assert read_again() == {"returned.csv": "gone", "sent back.csv": "new"}
    assert warehouse.rows("select distinct source_file from core.fact_returns") == [("sent back.csv",)]
