"""Checks of this machine: Python, packages, the lake and the warehouse."""

import sys
from functools import partial
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from adventure_works import deps, disk
from adventure_works.doctor.checks import Check
from adventure_works.doctor.history import history
from adventure_works.errors import AdventureError
from adventure_works.lake.folder import current_version
from adventure_works.settings import PROJECT, Settings, shown
from adventure_works.sql import one_row
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_access import asking, connected

PACKAGE = "adventure-works-analytics"


def tools(settings: Settings) -> list[Check]:
    """What every target needs: Python, packages, and the folders on this machine that a run writes to."""
    folders = {
        "downloads": (settings.downloads, "ADVENTURE_DOWNLOADS"),
        "target": (settings.target, "DBT_TARGET_PATH"),
        "logs": (settings.logs, "DBT_LOG_PATH"),
        "report": (settings.report.parent, "ADVENTURE_REPORT"),
    }
    return [
        Check("Python", _python),
        Check("Python packages", _python_packages),
        Check("dbt packages", lambda: deps.installed(PROJECT)),
        *(Check(name, partial(_folder, *place)) for name, place in folders.items()),
    ]


def duckdb(settings: Settings) -> list[Check]:
    """What DuckDB on this machine needs."""
    return [
        *tools(settings),
        Check("lake", partial(_lake, settings)),
        Check("warehouse", partial(_warehouse, settings.database)),
        Check("history", partial(_history, settings), ("warehouse",)),
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
    for requirement in map(Requirement, metadata.requires(PACKAGE) or ()):
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
    shown_packages = ("dbt-core", "dbt-duckdb", "dbt-redshift", "duckdb")
    return ", ".join(f"{package} {metadata.version(package)}" for package in shown_packages)


def _lake(settings: Settings) -> str:
    lake = settings.lake_folder
    disk.check_writable(lake, "ADVENTURE_LAKE")
    version = current_version(lake)
    return f"{shown(lake)} " + (f"holds load {version.name}" if version else "is empty; `adventure load` fills it")


def _warehouse(database: Path) -> str:
    disk.check_writable(database.parent, "ADVENTURE_DATABASE")
    if not database.exists():
        return f"{shown(database)} is not built yet; `adventure run` builds it"
    with connected(database, read_only=True) as connection:
        (relations,) = one_row(connection, "select count(*) from duckdb_tables()")
    return f"{shown(database)} opens, {relations} tables"


def _history(settings: Settings) -> str:
    warehouse = DuckDBWarehouse(settings, lambda message: None)
    return history(warehouse, lambda: asking(warehouse.previous))


def _folder(folder: Path, variable: str) -> str:
    disk.check_writable(folder, variable)
    return f"{shown(folder)} can be written"
