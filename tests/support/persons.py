"""A person with a name and an address of their own, and whether these are anywhere."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

CUSTOMERS = "AdventureWorks_Customers.csv"
ADDRESS = "nobody.else@example.com"
NAME = ("XERXES", "QUILLFEATHER")
WANTED = re.compile("|".join(map(re.escape, (ADDRESS, *NAME))), re.IGNORECASE)


def with_person(path: Path, income: str, key: str = "") -> int:
    """Gives the second customer of a file, or one by key, a name and an address of their own; returns the key."""
    with path.open(encoding="cp1252", newline="") as file:
        header, *persons = csv.reader(file)
    person = next((one for one in persons if one[header.index("CustomerKey")] == key), persons[1])
    person[header.index("FirstName")], person[header.index("LastName")] = NAME
    person[header.index("EmailAddress")], person[header.index("AnnualIncome")] = ADDRESS, income
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file).writerows([header, *persons])
    return int(person[header.index("CustomerKey")])


def texts_of(folder: Path) -> Iterator[str]:
    """Every byte of every file below a folder; of Parquet and DuckDB, also every value, which may be compressed."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        yield path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall())
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, table in tables:
                    yield str(connection.execute(f'from "{schema}"."{table}"').fetchall())


def is_in(folder: Path) -> bool:
    """Whether a name or an address of the person is anywhere below a folder."""
    return any(map(WANTED.search, texts_of(folder)))


def objects_of(s3: Any, bucket: str, folder: Path) -> Path:
    """Every object of a bucket, with the versions that it keeps of each, as files of a new folder."""
    folder.mkdir()
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for number, entry in enumerate(entry for page in pages for entry in page.get("Versions", ())):
        got = s3.get_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        (folder / f"{number}{Path(entry['Key']).suffix}").write_bytes(got["Body"].read())
    return folder
