"""The history of a DuckDB warehouse in the folder of its lake; `kept` says what it is."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from adventure_works.disk import explained, replaced, sync
from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sql import glob, one_row, quoted
from adventure_works.warehouse.duckdb_access import asker, connected
from adventure_works.warehouse.kept import CONTENT, TABLES, Kept, KeptTable, folders_to_keep, new_folder, newest
from adventure_works.warehouse.record import record_of


def keep(database: Path, place: Path) -> None:
    """Writes the history of a database into a folder of its own below `place`, and removes older ones."""
    folder = new_folder()
    with (
        explained(place, "Everything is published, but its history is not kept. Correct that, and run again."),
        connected(database, read_only=True) as connection,
    ):
        record = record_of(asker(connection))
        if record is None:
            return
        tables = []
        with replaced(place / folder) as new:
            new.mkdir()
            for schema, name in TABLES:
                columns = connection.execute(
                    "select column_name, data_type from information_schema.columns "
                    "where table_catalog = current_database() and table_schema = ? and table_name = ? "
                    "order by ordinal_position",
                    [schema, name],
                ).fetchall()
                if columns:
                    file = new / f"{schema}.{name}.parquet"
                    (rows,) = one_row(
                        connection, f"copy {schema}.{name} to {quoted(file)} (format parquet, compression zstd)"
                    )
                    sync(file)
                    tables.append(KeptTable(schema, name, tuple(columns), rows))
            content = new / CONTENT
            content.write_bytes(Kept(folder, record.began_with, record.load_id, tuple(tables)).to_json())
            sync(content)
        sync(place)
        folders = {path.name for path in place.iterdir() if path.is_dir()}
        for old in folders - folders_to_keep(_histories(place), record.began_with):
            shutil.rmtree(place / old)


def _histories(place: Path) -> Iterator[Kept]:
    """Those that are complete."""
    for content in place.glob(f"[!.]*/{CONTENT}"):
        yield Kept.from_json(content.read_bytes())


def restore(database: Path, place: Path, began_with: str) -> str:
    """Puts the newest history into an empty candidate; returns its load, empty where the lake has none of its own.

    `began_with` is the load that the lake began with.

    Raises:
        AdventureError: a file is gone or has other rows.
    """
    kept = newest(_histories(place), began_with)
    if kept is None:
        return ""
    with connected(database, read_only=False) as connection:
        connection.execute("begin")
        for table in kept.tables:
            file = place / kept.folder / f"{table.full_name}.parquet"
            connection.execute(f"create schema if not exists {table.schema}")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns)
            connection.execute(f"create table {table.full_name} ({columns})")
            (rows,) = one_row(connection, f"insert into {table.full_name} select * from read_parquet({glob(file)})")
            if rows != table.rows:
                raise AdventureError(
                    f"{shown(file)}: has {rows:,} rows, and {table.rows:,} were written. Nothing has been restored. "
                    f"Put the file back from a backup of yours. To begin with the history before, move "
                    f"{shown(file.parent)} away and run."
                )
        connection.execute("commit")
    return kept.load_id
