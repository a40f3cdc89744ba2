"""Pins: which versions of a lake the databases need that were built from them.

    lake/pins/<load id>@<digest of the database's path>     holds the path of the database

The staging views of a database read the version that it was built and audited from, not the one that `raw`
names later. A pin keeps that version from being removed, for as long as the database's folder is there.
"""

import hashlib
from pathlib import Path


def pin(version: Path, database: Path) -> None:
    """Keeps a version, the folder `lake/versions/<load id>`, for a database. Hold the lake's lock meanwhile."""
    pins = version.parents[1] / "pins"
    pins.mkdir(exist_ok=True)
    (pins / _name(version.name, database)).write_text(str(database), encoding="utf-8")


def release(lake: Path, database: Path, keep: set[str]) -> None:
    """Removes the pins of a database on all versions but those to keep, given by load id."""
    wanted = {_name(load_id, database) for load_id in keep}
    for path in (lake / "pins").glob(_name("*", database)):
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def pinned(lake: Path) -> set[str]:
    """Load ids of the versions to keep. Pins of databases whose folder is gone are removed."""
    found = set()
    for path in (lake / "pins").glob("*@*"):
        database = Path(path.read_text(encoding="utf-8"))
        if database.parent.is_dir():
            found.add(path.name.partition("@")[0])
        else:
            path.unlink(missing_ok=True)
    return found


def _name(load_id: str, database: Path) -> str:
    return f"{load_id}@{hashlib.sha256(str(database).encode()).hexdigest()[:16]}"
