"""Where the project and the true figures are, and where a test keeps what its commands make."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared" / "data"
KAGGLE = SHARED / "kaggle"

needs_kaggle_files = pytest.mark.skipif(not KAGGLE.exists(), reason="the Kaggle files (../shared/data) are not here")


def own_places(folder: Path) -> dict[str, str]:
    """The environment with every place of the project moved into `folder`."""
    return os.environ | {
        "ADVENTURE_LAKE": str(folder / "lake"),
        "ADVENTURE_DATABASE": str(folder / "warehouse" / "test.duckdb"),
        "ADVENTURE_DEV_DATABASE": str(folder / "warehouse" / "dev_test.duckdb"),
        "ADVENTURE_DOWNLOADS": str(folder / "downloads"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "ADVENTURE_REPORT": str(folder / "report" / "index.html"),
        "COLUMNS": "200",
    }
