"""Forgetting persons: nothing says who they are any more, in no file, and nothing brings them back; the sales stay."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from adventure_works import forget as forgetting
from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.forget import Forgetting, forget
from adventure_works.lake.folder import FolderLake
from adventure_works.lake.forgotten import BLANK, Forgotten
from adventure_works.lake.loader import load
from adventure_works.settings import Settings, read_settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_files import Files
from support.lake import rows
from support.persons import ADDRESS, CUSTOMERS, NAME, is_in, with_person
from support.places import own_places


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in own_places(tmp_path).items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return read_settings(os.environ)


@pytest.fixture
def key(files: Path, settings: Settings) -> int:
    """A person in a lake: in an earlier load, in the current one, in a record that could not be read, and in a log."""
    key = with_person(files / CUSTOMERS, "40000")
    load(str(files), settings.lake_folder)
    with_person(files / CUSTOMERS, "90000")
    with (files / CUSTOMERS).open("a", encoding="cp1252") as file:
        file.write(f"{key}0,MR.,{','.join(NAME)},1/1/1970,S,M,{ADDRESS},much,0,Bachelors,Manual,Y\r\n")
    load(str(files), settings.lake_folder, max_reject_share=0.5)
    # In the next version the person's files are the same ones, under a second name.
    returns = files / "AdventureWorks_Returns.csv"
    returns.write_bytes(b"".join(returns.read_bytes().splitlines(keepends=True)[:-1]))
    load(str(files), settings.lake_folder, max_reject_share=0.5)
    for place, text in (
        (settings.logs / "dbt.log", f"dbt show\n| {key} | {NAME[0]} {NAME[1].title()} | {ADDRESS.upper()} |\n"),
        (settings.target / "run_results.json", json.dumps({"message": f"{NAME[0]},{NAME[1]}"})),
        (settings.report, f"<p>{NAME[0]} {NAME[1]}</p>"),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    make_file(settings.database, key)
    make_file(settings.database.parent / "previous" / settings.database.name, key)
    make_file(settings.database.parent / "dev_somebody.duckdb", key)
    history = settings.lake_folder / "history" / "of_a_warehouse" / "of_a_day"
    history.mkdir(parents=True)
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        connection.execute(f"copy intermediate.snap_customers to '{history}/intermediate.snap_customers.parquet'")
    # What killed processes have left.
    for left in (
        settings.database.parent / ".test.duckdb-1",
        history.parent / ".of_a_day-2",
        settings.lake / "versions" / ".3",
    ):
        left.mkdir()
        (left / "changed").write_text(ADDRESS)
    return key


def make_file(path: Path, key: int) -> None:
    """A warehouse's file with the person in several tables, in pages that are not compressed, some of them free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    person = f"{key} as customer_key, '{NAME[0]}' as first_name, '{NAME[1]}' as last_name, '{ADDRESS}' as email_address"
    with duckdb.connect(str(path)) as connection:
        connection.execute("pragma force_compression = 'uncompressed'")
        for table in ("intermediate.snap_customers", "persons.dim_customer_persons", "audit.of_an_earlier_version"):
            connection.execute(f"create schema {table.partition('.')[0]}")
            connection.execute(
                f"create table {table} as select {person}, 'Male' as gender, full_name: first_name || ' ' || last_name "
                "union all select 1, 'A', 'B', 'c@d.ef', 'Female', 'A B'"
            )
        connection.execute("create view persons.everybody as select * from persons.dim_customer_persons")
        connection.execute("comment on column persons.dim_customer_persons.last_name is 'A name.'")
        connection.execute("create table persons.dropped as from persons.dim_customer_persons")
        connection.execute("checkpoint")
        connection.execute("drop table persons.dropped")


def forget_one(settings: Settings, *keys: int) -> Forgetting:
    return forget(DuckDBWarehouse(settings, print), settings, keys, print)


def test_nothing_says_any_more_who_it_was(key: int, settings: Settings, tmp_path: Path, files: Path) -> None:
    sales, customers = rows(settings.lake_folder, "sales"), rows(settings.lake_folder, "customers")
    places = [settings.lake_folder, *(path.parent for path in (settings.database, settings.report)), settings.logs]
    assert all(map(is_in, [*places, settings.target]))
    raw, history = settings.lake_folder / "raw", settings.lake_folder / "history"
    assert all(map(is_in, [raw / "earlier", raw / "rejected_rows", history]))

    done = forget_one(settings, key)

    assert [place for place in [*places, settings.target] if is_in(place)] == []
    assert not done.missed
    # The key, its sales, and everybody else.
    assert rows(settings.lake_folder, "sales") == sales
    after = rows(settings.lake_folder, "customers")
    assert [row for row in after if row[0] != key] == [row for row in customers if row[0] != key]
    ((*nothing, source_file, number),) = [row[1:] for row in after if row[0] == key]
    assert (set(nothing), source_file, number) == ({None}, CUSTOMERS, 2)
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        assert connection.execute("from persons.everybody order by customer_key").fetchall() == [
            (1, "A", "B", "c@d.ef", "Female", "A B"),
            (key, "Unknown", "Unknown", None, "Unknown", "Unknown"),
        ]
        snapshot = connection.execute("from intermediate.snap_customers").fetchall()
        # Else the next run after a restore would find a change.
        assert duckdb.sql(f"from read_parquet('{history}/*/*/*.parquet')").fetchall() == snapshot
        comments = "select comment from duckdb_columns() where comment is not null"
        assert connection.execute(comments).fetchall() == [("A name.",)]


def test_what_was_erased_is_written_down_without_the_person(key: int, settings: Settings) -> None:
    forget_one(settings, key)
    text = (settings.lake_folder / "forgotten.json").read_text(encoding="utf-8")
    (person,) = json.loads(text)["persons"]
    assert person["asked_at"] <= person["finished_at"]
    assert sum("dev_somebody.duckdb: 3 rows" in line for line in person["erased"]) == 1
    assert not re.search(rf"\b{key}\b", text)


def test_a_later_load_does_not_bring_the_person_back(key: int, settings: Settings, files: Path) -> None:
    forget_one(settings, key)
    lake = settings.lake_folder
    # The same file has not changed.
    again = load(str(files), lake, max_reject_share=0.5)
    assert not again.loaded and not is_in(lake)
    # A file with the person, and with another income; in a record that cannot be read, the key says whose it is.
    with_person(files / CUSTOMERS, "120000")
    text = (files / CUSTOMERS).read_bytes()
    (files / CUSTOMERS).write_bytes(text.replace(f"\n{key}0,".encode(), f"\n{key},".encode()))
    said: list[str] = []
    loaded = load(str(files), lake, max_reject_share=0.5, announce=said.append)
    assert [entry.source_file for entry in loaded.loaded] == [CUSTOMERS]
    assert not is_in(lake)
    assert any("1 of its persons are forgotten, and only their keys were loaded" in sentence for sentence in said)
    # Nor does a new lake.
    load(str(files), lake, max_reject_share=0.5, replace_lake=True)
    assert not is_in(lake)
    assert rows(lake, "customers", "count(*)", f"customer_key = {key}") == [(1,)]


@pytest.mark.parametrize("step", ["_erase_texts", "erase_persons", "erase", "finished"])
def test_an_interrupted_one_is_finished_by_the_next(
    step: str, key: int, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    owner = {"_erase_texts": forgetting, "erase_persons": Files, "erase": FolderLake}.get(step, Forgotten)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, die)
        with pytest.raises(KeyboardInterrupt):
            forget_one(settings, key)
    # No load brings the person back from now on.
    assert json.loads((settings.lake_folder / "forgotten.json").read_text(encoding="utf-8"))["persons"]
    forget_one(settings, key)
    for place in (settings.lake_folder, settings.database.parent, settings.logs, settings.target):
        assert not is_in(place), place
    (person,) = json.loads((settings.lake_folder / "forgotten.json").read_text(encoding="utf-8"))["persons"]
    assert person["finished_at"]


def test_a_developers_file_that_is_open_is_named(key: int, settings: Settings) -> None:
    path = settings.database.parent / "dev_somebody.duckdb"
    program = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "open\n"
        done = forget(DuckDBWarehouse(settings, print, wait=False), settings, [key], print)
        assert holder.stdin
        holder.stdin.close()
    assert len(done.missed) == 1 and "dev_somebody.duckdb is open in another process" in done.missed[0]
    assert not is_in(settings.database.parent / "previous")
    forget_one(settings, key)
    assert not is_in(settings.database.parent)


def test_a_key_that_nobody_has_is_refused(key: int, settings: Settings) -> None:
    with pytest.raises(AdventureError, match=r"No customer has the key 5, in .*Nothing has been erased"):
        forget_one(settings, key, 5)
    assert is_in(settings.lake_folder) and is_in(settings.database.parent)
    assert not (settings.lake_folder / "forgotten.json").exists()


def test_nothing_is_erased_without_a_yes(adventure: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = adventure("forget", "--customer", "11000")
    assert done.returncode == 2 and "Add --yes" in done.stderr


def test_every_column_of_a_person_has_a_blank() -> None:
    """A column that the file or the project gets must be erased as well."""
    columns = {column.name for column in raw_tables()["customers"].file_columns}
    assert {*BLANK} == columns - {"customer_key", "home_owner"} | {"full_name", "is_home_owner"}


@pytest.mark.slow
def test_figures_are_the_same_after_the_next_run(
    files: Path, tmp_path: Path, adventure: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with (files / "AdventureWorks_Sales_2017.csv").open(encoding="utf-8", newline="") as file:
        buyer = next(csv.DictReader(file))["CustomerKey"]
    key = with_person(files / CUSTOMERS, "90000", buyer)

    def done(*arguments: str | Path) -> str:
        result = adventure(*arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    def figures() -> dict[str, list[tuple]]:
        with duckdb.connect(str(tmp_path / "warehouse" / "test.duckdb"), read_only=True) as connection:
            return {
                query: connection.execute(query).fetchall()
                for query in (
                    "from core.fact_sales order by all",
                    "select count(*), sum(is_deleted::int) from core.dim_customers",
                    "select count(*), count(distinct customer_key) from intermediate.snap_customers",
                    "select sum(revenue), sum(profit) from marts.mart_customer_demographics",
                    "from marts.mart_product_profitability order by all",
                )
            }

    def of_person(columns: str, table: str) -> list[tuple]:
        with duckdb.connect(str(tmp_path / "warehouse" / "test.duckdb"), read_only=True) as connection:
            return connection.execute(f"select {columns} from {table} where customer_key = {key}").fetchall()

    done("run", "--source", files)
    before, bought = figures(), of_person("revenue", "core.fact_orders")
    assert bought and is_in(tmp_path / "warehouse") and is_in(tmp_path / "lake" / "history")
    done("forget", "--customer", str(key), "--yes")
    for _ in range(2):
        assert [folder.name for folder in tmp_path.iterdir() if folder.name != "files" and is_in(folder)] == []
        assert figures() == before
        assert of_person("revenue", "core.fact_orders") == bought
        said = done("run", "--source", files)
        assert "customers__missing_value" not in said and "customers__unknown_code" not in said
    assert of_person("age, gender, income_bracket", "core.dim_customers") == [(None, "Unknown", "Unknown")]
