"""Where the project reads and writes. Each place can be moved by an environment variable."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from adventure_works.errors import AdventureError

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class S3Place:
    """A lake on S3: every object of it lies below `prefix`, which may be empty, in `bucket`."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """The place, as a user would type it."""
        return "/".join(part for part in ("s3:/", self.bucket, self.prefix) if part)

    def key(self, *parts: str) -> str:
        """The key of the object at that place below the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)


def lake() -> Path | S3Place:
    """The lake: `ADVENTURE_LAKE`, a folder or s3://bucket/prefix, else `lake/` in the project."""
    value = os.environ.get("ADVENTURE_LAKE", "")
    if not value.startswith("s3://"):
        return _place("ADVENTURE_LAKE", "lake")
    bucket, *folders = value.removeprefix("s3://").rstrip("/").split("/")
    # Letters that COPY, Athena and a shell take as they stand.
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) or not all(
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", folder) for folder in folders
    ):
        raise AdventureError(
            f"ADVENTURE_LAKE is {value}, which is no s3://bucket/prefix. Use a bucket's name, and letters, digits, "
            "hyphens, dots and underscores for the folders below it."
        )
    return S3Place(bucket, "/".join(folders))


def lake_folder() -> Path:
    """The lake where it is a folder, which is all that DuckDB reads."""
    place = lake()
    if isinstance(place, S3Place):
        raise AdventureError(
            f"ADVENTURE_LAKE is {place}, which DuckDB does not read here. Build from S3 with the target prod, or set "
            "ADVENTURE_LAKE to a folder (or unset it to use lake/ in the project)."
        )
    return place


def lake_on_s3() -> S3Place:
    """The lake where it is on S3, which is all that Redshift reads."""
    place = lake()
    if not isinstance(place, S3Place):
        raise AdventureError(
            f"The lake is the folder {shown(place)}, which Redshift cannot read. Set ADVENTURE_LAKE to s3://bucket/prefix."
        )
    return place


def database() -> Path:
    """The DuckDB warehouse: `ADVENTURE_DATABASE`, else `warehouse/adventure_works.duckdb`."""
    return _place("ADVENTURE_DATABASE", "warehouse/adventure_works.duckdb")


def downloads() -> Path:
    """Folder of fetched and generated source files: `ADVENTURE_DOWNLOADS`, else `downloads/`."""
    return _place("ADVENTURE_DOWNLOADS", "downloads")


def logs() -> Path:
    """Folder of dbt's log, which dbt moves by the same variable: `DBT_LOG_PATH`, else `logs/`."""
    return _place("DBT_LOG_PATH", "logs")


def target() -> Path:
    """Folder of what dbt compiles, which dbt moves by the same variable: `DBT_TARGET_PATH`, else `target/`."""
    return _place("DBT_TARGET_PATH", "target")


def report() -> Path:
    """The report's page: `ADVENTURE_REPORT`, else `report/index.html`. The docs site stands beside it, in `docs/`."""
    return _place("ADVENTURE_REPORT", "report/index.html")


def shown(path: Path | S3Place) -> str:
    """The place as a user would type it: a path is relative to the current folder when it lies below it."""
    if isinstance(path, S3Place):
        return str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _place(variable: str, default: str) -> Path:
    value = os.environ.get(variable)
    return Path(value).absolute() if value else PROJECT / default
