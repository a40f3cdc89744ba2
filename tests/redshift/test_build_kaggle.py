"""The Kaggle files built on Redshift (played by the stand-in) and on DuckDB give the same rows."""

import re
from pathlib import Path

import pytest

from adventure_works.settings import PROJECT
from sites import Site
from standin.stack import Warehouse

pytestmark = pytest.mark.slow

KAGGLE = PROJECT.parent / "shared" / "data" / "kaggle"


@pytest.mark.skipif(not KAGGLE.exists(), reason="the Kaggle files (../shared/data) are not here")
def test_the_kaggle_files_give_the_same_rows_on_both_engines(warehouse: Warehouse, tmp_path: Path) -> None:
    site = Site(tmp_path, KAGGLE, warehouse)
    site.load()
    site.build_without_tests("dev")
    printed = site.dbt("build")
    assert re.search(r"\b1\d\d unit tests", printed)
    assert site.differences() == []
