"""What a warehouse has and its lake has not, unloaded after each publication: all else can be built again.

A candidate that is begun where nothing is published gets it back.

    <lake>/history/<warehouse>/history.json                            which folder, of which load, the tables in it
    <lake>/history/<warehouse>/<time>/<schema>.<table>.parquet         on S3 a folder of parts

Snapshots can be made again from the loads of products and customers that the lake keeps, but not those of a lake that
was replaced, or that an earlier version of the project has loaded. The profiles of earlier loads are in the warehouse
only. On Redshift the results of runs are as well, and without them nobody knows which loads never passed their audit.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

CONTENT = "history.json"
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
    """The history of a warehouse when it was published: of which lake and load, and in which folder its tables are."""

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


def new_folder() -> str:
    """The name of a folder, after all that there are."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


def place_of(warehouse: str) -> str:
    """The folder of a warehouse below `history`, by its name, of which it is a digest."""
    return hashlib.sha256(warehouse.encode()).hexdigest()[:16]
