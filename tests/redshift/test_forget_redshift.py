"""Forgetting persons where the lake is on S3 and the warehouse on Redshift: no column says any more who they are."""

import os
from pathlib import Path

import pytest

from adventure_works.forget import forget
from adventure_works.lake.loader import load
from adventure_works.redshift.load import bring_up
from adventure_works.sample.generator import generate
from adventure_works.settings import Settings, read_settings
from adventure_works.warehouse.redshift import RedshiftWarehouse
from sites import PREFIX, Site
from standin.stack import StandIn, Warehouse
from support.persons import ADDRESS, CUSTOMERS, NAME, WANTED, is_in, objects_of, with_person
from support.waiting import TIMEOUT

SCHEMAS = ("candidate_persons", "dev_anna_persons", "persons", "previous_persons")
OF_ANOTHER = "dev_berta_persons"


def tables_with_person(warehouse: Warehouse) -> list[str]:
    """The tables of the database in which a text is a name or an address of the person."""
    found = []
    for schema, table in warehouse.administer(
        f"select schemaname, tablename from pg_tables where schemaname like '{PREFIX}%' order by 1, 2"
    ):
        if WANTED.search(str(warehouse.administer(f'select * from "{schema}"."{table}"'))):
            found.append(f"{schema}.{table}".removeprefix(PREFIX))
    return found


@pytest.fixture
def settings(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    places = {
        "ADVENTURE_LAKE": f"s3://{warehouse.bucket}/lake",
        "ADVENTURE_DOWNLOADS": str(tmp_path / "downloads"),
        "ADVENTURE_REPORT": str(tmp_path / "report" / "index.html"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
    }
    for name, value in (warehouse.environ | places).items():
        monkeypatch.setenv(name, value)
    return read_settings(os.environ)


@pytest.fixture
def key(warehouse: Warehouse, settings: Settings, tmp_path: Path) -> int:
    """A person in two loads, of which one is on Redshift, in a record that could not be read, and in four schemas."""
    files = tmp_path / "files"
    generate(files, scale=0.01, seed=7)
    with_person(files / CUSTOMERS, "40000")
    load(str(files), settings.lake_on_s3, settings)
    key = with_person(files / CUSTOMERS, "90000")
    with (files / CUSTOMERS).open("a", encoding="cp1252") as file:
        file.write(f"{key},MR.,{','.join(NAME)},1/1/1970,S,M,{ADDRESS},much,0,Bachelors,Manual,Y\r\n")
    load(str(files), settings.lake_on_s3, settings, max_reject_share=0.5)
    bring_up(settings, timeout=TIMEOUT)
    for schema in (*SCHEMAS, OF_ANOTHER):
        ask = warehouse.administer if schema == OF_ANOTHER else warehouse.query
        ask(f"create schema {PREFIX}{schema}")
        ask(
            f"create table {PREFIX}{schema}.dim_customer_persons (customer_key int, first_name varchar(256), "
            "full_name varchar(513), email_address varchar(256))"
        )
        ask(
            f"insert into {PREFIX}{schema}.dim_customer_persons values ({key}, '{NAME[0]}', '{' '.join(NAME)}', "
            f"'{ADDRESS}'), (1, 'A', 'A B', 'c@d.ef')"
        )
    return key


def test_who_is_forgotten_is_in_no_column(key: int, warehouse: Warehouse, settings: Settings, tmp_path: Path) -> None:
    persons = [f"{schema}.dim_customer_persons" for schema in SCHEMAS]
    raw = ["raw.customers", "raw.rejected_rows"]
    assert tables_with_person(warehouse) == sorted([*persons, f"{OF_ANOTHER}.dim_customer_persons", *raw])
    s3 = warehouse.standin.client("s3")
    assert is_in(objects_of(s3, warehouse.bucket, tmp_path / "before"))
    counts = "select count(*), sum(order_quantity) from adventure_works_raw.sales"
    sales = warehouse.query(counts)

    done = forget(RedshiftWarehouse(settings, print), settings, [key], print)

    assert tables_with_person(warehouse) == [f"{OF_ANOTHER}.dim_customer_persons"]
    assert not is_in(objects_of(s3, warehouse.bucket, tmp_path / "after"))
    assert warehouse.query(counts) == sales
    assert warehouse.query(f"select * from {PREFIX}persons.dim_customer_persons order by customer_key") == [
        (1, "A", "A B", "c@d.ef"),
        (key, "Unknown", "Unknown", None),
    ]
    assert done.missed == (f"{PREFIX}{OF_ANOTHER}: this login may not read it. Its owner has to erase the persons.",)
    # Redshift has what the lake has, and neither gets the person again.
    assert not bring_up(settings, timeout=TIMEOUT).rows
    assert not load(str(tmp_path / "files"), settings.lake_on_s3, settings, max_reject_share=0.5).loaded
    with_person(tmp_path / "files" / CUSTOMERS, "120000")
    load(str(tmp_path / "files"), settings.lake_on_s3, settings, max_reject_share=0.5)
    assert bring_up(settings, timeout=TIMEOUT).rows["customers"]
    assert tables_with_person(warehouse) == [f"{OF_ANOTHER}.dim_customer_persons"]


@pytest.mark.slow
def test_figures_are_the_same_after_the_next_run(standin: StandIn, tmp_path: Path) -> None:
    generate(tmp_path / "files", scale=0.01, seed=7)
    key = with_person(tmp_path / "files" / CUSTOMERS, "90000")
    warehouse = standin.create_warehouse(standin.create_bucket())
    site = Site(tmp_path, tmp_path / "files", warehouse)
    site.run_in_production()

    def figures() -> list[list[tuple]]:
        return [
            sorted(warehouse.query(query), key=str)
            for query in (
                f"select * from {PREFIX}core.fact_sales",
                f"select * from {PREFIX}marts.mart_product_profitability",
                f"select count(*) from {PREFIX}core.dim_customers",
                f"select count(*) from {PREFIX}persons.dim_customer_persons",
            )
        ]

    before = figures()
    assert tables_with_person(warehouse) and is_in(site.folder / "lake")
    site.adventure("forget", "--customer", str(key), "--target", "prod", "--yes")
    for number in range(2):
        assert tables_with_person(warehouse) == []
        assert not is_in(objects_of(standin.client("s3"), warehouse.bucket, tmp_path / f"objects-{number}"))
        assert not any(is_in(folder) for folder in (site.folder / "logs", site.target("prod"), site.report.parent))
        assert figures() == before
        site.run_in_production()
    gender = f"select gender from {PREFIX}core.dim_customers where customer_key = {key}"
    assert warehouse.query(gender) == [("Unknown",)]
    standin.engine.drop_database(warehouse.database)
