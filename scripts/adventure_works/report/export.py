"""Writes the marts that the page reads as CSV and Parquet, for further analysis."""

from pathlib import Path

from adventure_works.disk import explained, replaced
from adventure_works.report.csv_cells import harmless
from adventure_works.report.sections import MODELS
from adventure_works.sql import quoted
from adventure_works.warehouse.duckdb_access import connected

MARTS = tuple(name for name in MODELS if name.startswith("mart_"))


def export(database: Path, folder: Path) -> list[Path]:
    """Writes every mart that the page reads to `folder`, as NAME.csv and NAME.parquet, and gives back the files.

    Files of these names are replaced, others left alone. In the CSV files no text is a formula to a spreadsheet.

    Raises:
        AdventureError: The warehouse cannot be opened, or the folder cannot be written.
    """
    written = []
    with explained(folder, "Name another folder."):
        folder.mkdir(parents=True, exist_ok=True)
        with connected(database, read_only=True) as connection:
            connection.create_function("harmless", harmless, ["VARCHAR"], "VARCHAR")
            for mart in MARTS:
                texts = connection.execute(
                    "select column_name from information_schema.columns "
                    "where table_schema = 'marts' and table_name = ? and data_type = 'VARCHAR'",
                    [mart],
                ).fetchall()
                cells = ", ".join(f'harmless("{name}") as "{name}"' for (name,) in texts)
                for ending, what, options in (
                    ("csv", f"* replace ({cells})" if cells else "*", "format csv, header"),
                    ("parquet", "*", "format parquet, compression zstd"),
                ):
                    path = folder / f"{mart}.{ending}"
                    with replaced(path) as new:
                        copy = f"copy (select {what} from marts.{mart} order by all) to {quoted(new)} ({options})"
                        connection.execute(copy)
                    written.append(path)
    return written
