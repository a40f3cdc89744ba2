"""What a warehouse has and its lake has not, unloaded after each publication: all else can be built again.

A candidate that is begun where nothing is published gets it back.

    <lake>/history/<warehouse>/<time>/<schema>.<table>.parquet         on S3 a folder of parts
    <lake>/history/<warehouse>/<time>/history.json                     written last: of which load, the tables in it

Snapshots can be made again from the loads of products and customers that the lake keeps, but not those of a lake that
was replaced, or that an earlier version of the project has loaded. The profiles of earlier loads are in the warehouse
only. On Redshift the results of runs are as well, and without them nobody knows which loads never passed their audit.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

CONTENT = "history.json"
# How many histories of a lake are kept: a publication that was a mistake must not remove the last good one.
HISTORIES = 3
# Schema and name of the snapshots, and of the model that a full refresh leaves alone.
TABLES = (
    ("intermediate", "snap_customers"),
    ("intermediate", "snap_products"),
    ("operations", "load_profiles"),
)


@dataclass(frozen=True)
class KeptTable:
    """A table in the history: its columns with their types, and its rows."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    rows: int

    @property
    def full_name(self) -> str:
        """How it is called in files and messages."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Kept:
    """The history of a warehouse when it was published: in which folder its tables are, of which lake and load."""

    folder: str
    began_with: str
    load_id: str
    tables: tuple[KeptTable, ...]

    def to_json(self) -> bytes:
        """The content of `history.json`."""
        return json.dumps(asdict(self), indent=1).encode()

    @staticmethod
    def from_json(content: bytes) -> "Kept":
        """What `history.json` says."""
        found = json.loads(content)
        tables = [
            KeptTable(one["schema"], one["name"], tuple((name, kind) for name, kind in one["columns"]), one["rows"])
            for one in found["tables"]
        ]
        return Kept(found["folder"], found["began_with"], found["load_id"], tuple(tables))


def newest(histories: Iterable[Kept], began_with: str) -> Kept | None:
    """The newest history of the lake that began with that load."""
    of_lake = [kept for kept in histories if kept.began_with == began_with]
    return max(of_lake, key=lambda kept: kept.folder, default=None)


def folders_to_keep(histories: Iterable[Kept], began_with: str) -> set[str]:
    """The newest folders of the lake that began with that load, and the newest one of each lake before it."""
    of_lakes: dict[str, list[str]] = defaultdict(list)
    for kept in histories:
        of_lakes[kept.began_with].append(kept.folder)
    return {
        folder
        for lake, folders in of_lakes.items()
        for folder in sorted(folders)[-(HISTORIES if lake == began_with else 1) :]
    }


def new_folder() -> str:
    """The name of a folder, after all that there are."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


def place_of(warehouse: str) -> str:
    """The folder of a warehouse below `history`, by its name, of which it is a digest."""
    return hashlib.sha256(warehouse.encode()).hexdigest()[:16]
