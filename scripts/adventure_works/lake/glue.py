"""The lake's tables in the Glue Data Catalog, for Athena and Spectrum: typed from the contract, no crawler to wait for.

A table's location is its folder in the current version, which both read with all sub-folders. Tables change one by
one, each in one step.
"""

from contextlib import suppress
from textwrap import shorten
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works import aws
from adventure_works.contract import Column, Table, raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake.parts import parquet_type
from adventure_works.lake.s3_read import VERSIONS, LakeFile
from adventure_works.settings import S3Place, Settings

COMMENT, DESCRIPTION = 255, 2048  # Glue takes no longer ones.
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}


def register(settings: Settings, lake: S3Place, load_id: str, files: tuple[LakeFile, ...]) -> None:
    """Makes every raw table point at a version of the lake; tables that do already are left alone.

    Raises:
        AdventureError: Glue has refused or cannot be reached, or a table belongs to another lake.
    """
    client, database = aws.client("glue", settings), settings.glue_database
    try:
        held = _tables(client, database)
        for table in raw_tables().values():
            rows = sum(file.rows for file in files if file.table == table.name)
            _put(client, database, held.get(table.name), table_input(table, lake, load_id, rows))
    except (ClientError, BotoCoreError) as error:
        raise aws.explained(error, f"the Glue database {database}") from error


def _tables(client: Any, database: str) -> dict[str, dict[str, Any]]:
    """The tables of the database, which is made where there is none."""
    pages = client.get_paginator("get_tables").paginate(DatabaseName=database)
    try:
        return {table["Name"]: table for page in pages for table in page["TableList"]}
    except client.exceptions.EntityNotFoundException:
        pass
    description = "Raw tables of Adventure Works, as the loader has left them in the lake."
    # Another load may be faster.
    with suppress(client.exceptions.AlreadyExistsException):
        client.create_database(DatabaseInput={"Name": database, "Description": description})
    return {}


def _put(client: Any, database: str, held: dict[str, Any] | None, wanted: dict[str, Any]) -> None:
    if held is None:
        client.create_table(DatabaseName=database, TableInput=wanted)
        return
    found, parameters = held.get("Parameters", {}), wanted["Parameters"]
    if found.get("lake") != parameters["lake"]:
        raise AdventureError(
            f"the table {held['Name']} of the Glue database {database} belongs to "
            f"{found.get('lake', 'something else than this loader')}. Set ADVENTURE_GLUE_DATABASE to a database of "
            "this lake's own, or delete the table."
        )
    # A load that has finished later may have been here before.
    if found.get("load_id", "") <= parameters["load_id"] and not _holds(held, wanted):
        client.update_table(DatabaseName=database, TableInput=wanted, SkipArchive=True)


def table_input(table: Table, lake: S3Place, load_id: str, rows: int) -> dict[str, Any]:
    """A table as Glue takes it: names, types, place, format and descriptions."""
    columns = [
        {"Name": c.name, "Type": glue_type(c), "Comment": shorten(c.description, COMMENT, placeholder="...")}
        for c in table.columns
    ]
    location = f"{lake.uri(lake.key(VERSIONS, load_id, table.name))}/"
    return {
        "Name": table.name,
        "Description": shorten(table.description, DESCRIPTION, placeholder="..."),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": "parquet",
            "lake": str(lake),
            "load_id": load_id,
            # Spectrum plans its joins by it.
            "numRows": str(rows),
        },
        "StorageDescriptor": {"Columns": columns, "Location": location, **PARQUET},
    }


def glue_type(column: Column) -> str:
    """The column's type as Athena and Spectrum know it.

    Raises:
        AdventureError: the contract gives it a type that has no counterpart in Parquet.
    """
    parquet_type(column)
    if column.kind == "integer":
        return "int"
    return column.data_type.replace("numeric", "decimal").replace(" ", "")


def _holds(held: Any, wanted: Any) -> bool:
    """Whether Glue has everything that is wanted; it adds entries of its own."""
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(_holds(held.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(held, list) and len(held) == len(wanted) and all(map(_holds, held, wanted))
    return bool(held == wanted)
