"""Writes the marts that the page reads as CSV and Parquet, for further analysis."""

from pathlib import Path

from adventure_works.disk import explained, replaced
from adventure_works.report.sections import MODELS
from adventure_works.sql import quoted
from adventure_works.warehouse.duckdb_access import connected

MARTS = tuple(name for name in MODELS if name.startswith("mart_"))


def export(database: Path, folder: Path) -> list[Path]:
    """Writes every mart that the page reads to `folder`, as NAME.csv and NAME.parquet, and gives back the files.

    Files of these names are replaced, others left alone.

    Raises:
        AdventureError: The warehouse cannot be opened, or the folder cannot be written.
    """
    written = []
    with explained(folder, "Name another folder."):
        folder.mkdir(parents=True, exist_ok=True)
        with connected(database, read_only=True) as connection:
            for mart in MARTS:
                for ending, options in (("csv", "format csv, header"), ("parquet", "format parquet, compression zstd")):
                    path = folder / f"{mart}.{ending}"
                    with replaced(path) as new:
                        copy = f"copy (select * from marts.{mart} order by all) to {quoted(new)} ({options})"
                        connection.execute(copy)
                    written.append(path)
    return written
