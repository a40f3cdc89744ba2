"""Writes the marts behind the page as CSV and Parquet, for those who want to reckon on."""

from pathlib import Path

from adventure_works import places
from adventure_works.errors import AdventureError
from adventure_works.report.figures import MARTS, reading


def export(folder: Path) -> list[Path]:
    """Writes every mart behind the page to `folder`, each as NAME.csv and NAME.parquet, and gives back the files.

    Files of these names are replaced, others left alone.

    Raises:
        AdventureError: There is no warehouse, or the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with reading(places.database()) as connection:
            for mart in MARTS:
                for ending, options in (("csv", "format csv, header"), ("parquet", "format parquet, compression zstd")):
                    path = folder / f"{mart}.{ending}"
                    # Written beside and moved, so that a file is never there in part.
                    part = path.with_name(f".{path.name}.part")
                    name = str(part).replace("'", "''")
                    connection.execute(f"copy (select * from marts.{mart} order by all) to '{name}' ({options})")
                    part.replace(path)
                    written.append(path)
    except OSError as error:
        raise AdventureError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from None
    return written
