"""The back-test of customer value: it warns when those who are expected to be worth more are worth less."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from support.commands import run_dbt
from support.places import as_own_file


@pytest.mark.slow
def test_advice_that_is_turned_round_is_suspicious(built_sample: tuple[Path, object], tmp_path: Path) -> None:
    """As it is, nothing is found. With the least expected of those of whom most was, both horizons are."""
    folder = Path(shutil.copytree(built_sample[0], tmp_path / "folder", symlinks=True))
    select = ("--select", "mart_customer_value_backtest", "customers__expected_order_is_wrong")
    for turn, found in (("expected_profit", 0), ("customers * 1000 - expected_profit", 2)):
        with duckdb.connect(str(folder / "warehouse" / "test.duckdb")) as connection:
            connection.execute(f"update intermediate.int_customer_value__outcomes set expected_profit = {turn}")
        done = run_dbt(folder, "build", *select, "--exclude-resource-type", "unit_test", **as_own_file(folder))
        assert done.returncode == 0, done.stdout
        results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
        (failures,) = [one["failures"] for one in results if "customers__expected_order_is_wrong" in one["unique_id"]]
        assert failures == found
