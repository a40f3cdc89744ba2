"""Where the project reads and writes. Each place can be moved by an environment variable."""

import os
from pathlib import Path

from adventure_works.errors import AdventureError

PROJECT = Path(__file__).resolve().parents[2]


def lake() -> Path:
    """Folder of the lake: `ADVENTURE_LAKE`, else `lake/` in the project."""
    value = os.environ.get("ADVENTURE_LAKE", "")
    if value.startswith("s3://"):
        raise AdventureError(
            f"ADVENTURE_LAKE is {value}, but this version loads into a local folder only.\n"
            "Set ADVENTURE_LAKE to a folder, or unset it to use lake/ in the project."
        )
    return _place("ADVENTURE_LAKE", "lake")


def database() -> Path:
    """The DuckDB warehouse: `ADVENTURE_DATABASE`, else `warehouse/adventure_works.duckdb`."""
    return _place("ADVENTURE_DATABASE", "warehouse/adventure_works.duckdb")


def downloads() -> Path:
    """Folder of fetched and generated source files: `ADVENTURE_DOWNLOADS`, else `downloads/`."""
    return _place("ADVENTURE_DOWNLOADS", "downloads")


def logs() -> Path:
    """Folder of dbt's log, which dbt moves by the same variable: `DBT_LOG_PATH`, else `logs/`."""
    return _place("DBT_LOG_PATH", "logs")


def shown(path: Path) -> str:
    """The path as a user would type it: relative to the current folder when it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _place(variable: str, default: str) -> Path:
    value = os.environ.get(variable)
    return Path(value).absolute() if value else PROJECT / default
