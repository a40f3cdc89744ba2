"""Checks of this machine: Python, packages, the lake and the warehouse."""

import os
import sys
import uuid
from functools import partial
from importlib import metadata
from pathlib import Path

import duckdb
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from adventure_works import deps
from adventure_works.doctor.checks import Check
from adventure_works.errors import AdventureError
from adventure_works.lake.folder import current_version
from adventure_works.settings import PROJECT, Settings, shown
from adventure_works.sql import one_row

PACKAGE = "adventure-works-analytics"


def tools() -> list[Check]:
    """What every target needs."""
    return [
        Check("Python", _python),
        Check("Python packages", _python_packages),
        Check("dbt packages", lambda: deps.installed(PROJECT)),
    ]


def dev(settings: Settings) -> list[Check]:
    """What DuckDB on this machine needs."""
    return [
        *tools(),
        Check("lake", partial(_lake, settings)),
        Check("warehouse", partial(_warehouse, settings.database)),
    ]


def _python() -> str:
    wanted, found = metadata.metadata(PACKAGE)["Requires-Python"], ".".join(map(str, sys.version_info[:3]))
    if found not in SpecifierSet(wanted):
        raise AdventureError(
            f"{found} runs this, and {wanted} is wanted. `make clean setup PYTHON=python3.11` sets up again."
        )
    return found


def _python_packages() -> str:
    wrong = []
    wanted = [Requirement(line) for line in metadata.requires(PACKAGE) or ()]
    for requirement in wanted:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, wanted {requirement.specifier}")
    if wrong:
        raise AdventureError(f"{'; '.join(wrong)}. `make clean setup` installs what requirements.txt pins.")
    return f"dbt-core {metadata.version('dbt-core')}, dbt-duckdb {metadata.version('dbt-duckdb')}, " + (
        f"dbt-redshift {metadata.version('dbt-redshift')}, duckdb {metadata.version('duckdb')}"
    )


def _lake(settings: Settings) -> str:
    lake = settings.lake_folder
    _try_to_write(lake, "ADVENTURE_LAKE")
    version = current_version(lake)
    return (
        f"{shown(lake)} holds load {version.name}" if version else f"{shown(lake)} is empty; `adventure load` fills it"
    )


def _warehouse(database: Path) -> str:
    _try_to_write(database.parent, "ADVENTURE_DATABASE")
    if not database.exists():
        return f"{shown(database)} is not built yet; `adventure run` builds it"
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            (relations,) = one_row(connection, "select count(*) from duckdb_tables()")
    except duckdb.Error as error:
        raise AdventureError(
            f"{shown(database)} cannot be opened: {error}\nClose it where it is open, or move it away and run "
            "`adventure run`."
        ) from error
    return f"{shown(database)} opens, {relations} tables"


def _try_to_write(folder: Path, variable: str) -> None:
    trial = folder / f".doctor-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise AdventureError(
            f"{shown(folder)} cannot be written ({os.strerror(error.errno or 0)}). Correct its permissions, or set "
            f"{variable} to another place."
        ) from error
