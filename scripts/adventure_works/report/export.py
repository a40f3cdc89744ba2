"""Writes the marts behind the page as CSV and Parquet, for those who want to reckon on."""

from pathlib import Path

from adventure_works.disk import explained, replaced
from adventure_works.report.figures import MARTS, reading
from adventure_works.sql import quoted


def export(database: Path, folder: Path) -> list[Path]:
    """Writes every mart behind the page to `folder`, as NAME.csv and NAME.parquet, and gives back the files.

    Files of these names are replaced, others left alone.

    Raises:
        AdventureError: There is no warehouse, or the folder cannot be written.
    """
    written = []
    with explained(folder, "Name another folder."):
        folder.mkdir(parents=True, exist_ok=True)
        with reading(database) as connection:
            for mart in MARTS:
                for ending, options in (("csv", "format csv, header"), ("parquet", "format parquet, compression zstd")):
                    path = folder / f"{mart}.{ending}"
                    with replaced(path) as new:
                        copy = f"copy (select * from marts.{mart} order by all) to {quoted(new)} ({options})"
                        connection.execute(copy)
                    written.append(path)
    return written
