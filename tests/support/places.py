"""Where the project and the true figures are, and where a test keeps what its commands make."""

import os
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared" / "data"
KAGGLE = SHARED / "kaggle"

needs_kaggle_files = pytest.mark.skipif(not KAGGLE.exists(), reason="the Kaggle files (../shared/data) are not here")


PUBLISHED = {"ADVENTURE_TARGET": "published"}
"""The environment in which dbt reads what is published."""


def as_own_file(folder: Path) -> dict[str, str]:
    """The environment in which the warehouse that a run has published in `folder` is a developer's own file."""
    own, none = folder / "warehouse" / "test.duckdb", folder / "warehouse" / "none.duckdb"
    return {"ADVENTURE_DEV_DATABASE": str(own), "ADVENTURE_DATABASE": str(none)}


def own_places(folder: Path) -> dict[str, str]:
    """The environment with every place of the project moved into `folder`."""
    return os.environ | {
        "ADVENTURE_LAKE": str(folder / "lake"),
        "ADVENTURE_DATABASE": str(folder / "warehouse" / "test.duckdb"),
        "ADVENTURE_DEV_DATABASE": str(folder / "warehouse" / "dev_test.duckdb"),
        "ADVENTURE_DOWNLOADS": str(folder / "downloads"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "info"),
        "ADVENTURE_REPORT": str(folder / "report" / "index.html"),
        "COLUMNS": "200",
    }


def files_of(project: Path) -> list[str]:
    """The files of the project that git keeps or would keep."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=project, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().splitlines() if (project / name).is_file()]
