"""Erasing persons from the tables of a warehouse, on either engine.

A table is one of persons when it has a customer's key and a column that is marked as personal in the contract. Of a
forgotten person it keeps the key, and in the other columns what staging makes of a record that has nothing else: a
snapshot compares the two, and finds no change.
"""

from collections.abc import Iterable, Iterator

from adventure_works.contract import raw_tables
from adventure_works.lake.forgotten import BLANK, KEY
from adventure_works.warehouse.base import Row


def personal_columns() -> set[str]:
    """The columns that are marked as personal in the contract, and the one that staging makes of two of them."""
    tables = (table for table in raw_tables().values() if table.holds_persons)
    return {column.name for table in tables for column in table.columns if column.personal} | {"full_name"}


def updates(columns: Iterable[Row], keys: Iterable[int]) -> Iterator[tuple[str, str, str]]:
    """The name of each table of persons, the statement that erases them there, and the condition for their rows.

    Args:
        columns: of all tables: `table_schema`, `table_name`, `column_name`.
        keys: those of the persons.
    """
    tables: dict[tuple[str, str], set[str]] = {}
    for row in columns:
        tables.setdefault((row["table_schema"], row["table_name"]), set()).add(row["column_name"])
    condition = f"{KEY} in ({', '.join(map(str, sorted(keys)))})"
    for (schema, table), names in sorted(tables.items()):
        if KEY in names and names & personal_columns():
            in_file = [column.name for column in raw_tables()["customers"].file_columns if column.name != KEY]
            blank = dict.fromkeys(in_file, "null") if schema.endswith("_raw") else BLANK
            values = ", ".join(f"{name} = {value}" for name, value in blank.items() if name in names)
            yield f"{schema}.{table}", f"update {schema}.{table} set {values} where {condition}", condition
