"""Slim CI on real changes: it builds what changed and what depends on it, with the rows of a build of everything."""

import json
import shutil
import time
from pathlib import Path

import duckdb
import pytest

from support.commands import run_tool

pytestmark = pytest.mark.slow

MART = "models/marts/profitability/mart_territory_performance"
COLUMN = """      - name: units_per_order
        description: Units by orders.
        data_type: numeric(18, 6)
      - name: return_units
"""
# Of each change: the texts that it replaces, by file, and a model that it must and one that it must not build.
CHANGES = {
    "mart": (
        {
            f"{MART}.sql": (
                "        return_units,\n",
                "        {{ safe_divide('units', 'orders') }} as units_per_order,\n        return_units,\n",
            ),
            f"{MART}.yml": ("      - name: return_units\n", COLUMN),
        },
        "mart_territory_performance",
        "mart_customer_value",
    ),
    "macro": (
        {"macros/sql/relative_change.sql": ("'(' ~ now ~ ')", "'0 + (' ~ now ~ ')")},
        "mart_monthly_performance",
        "fact_sales",
    ),
    "seed": (
        {"seeds/reference/thresholds.csv": ("vip_percentile,0.9,", "vip_percentile,0.95,")},
        "mart_customer_value",
        "dim_customers",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_slim_ci_builds_equals_a_build_of_everything(
    change: str, built_sample: tuple[Path, object], copy: Path, tmp_path: Path
) -> None:
    files, changed, left = CHANGES[change]
    for name, (old, new) in files.items():
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text
        (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    place = Path(shutil.copytree(built_sample[0], tmp_path / "place", symlinks=True))

    began = time.perf_counter()
    state = str(place / "warehouse" / "state")
    done = run_tool("dbt", place, "build", "--selector", "slim_ci", "--defer", "--state", state, cwd=copy)
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout
    results = json.loads((place / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    manifest = json.loads((place / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = [one["unique_id"] for one in results]
    built = {node: manifest["nodes"][node] for node in nodes if node.startswith(("model.", "seed.", "snapshot."))}
    names = {node["name"] for node in built.values()}
    assert changed in names and left not in names
    all_nodes = [*manifest["nodes"], *manifest["unit_tests"], *manifest["exposures"], *manifest["saved_queries"]]
    print(f"{change}: {len(nodes)} of {len(all_nodes)} nodes, {len(names)} of them built, in {took:.0f} s")

    whole = place / "warehouse" / "whole.duckdb"
    without = ["--exclude-resource-type", "test", "unit_test"]
    done = run_tool("dbt", place, "build", *without, cwd=copy, ADVENTURE_DEV_DATABASE=str(whole))
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(place / "warehouse" / "dev_test.duckdb"), read_only=True) as connection:
        for name in ("whole", "test"):
            connection.execute(f"attach '{place / 'warehouse' / f'{name}.duckdb'}' as {name} (read_only)")
        differing = {}
        for node in built.values():
            one, other = (f"{database}.{node['schema']}.{node['alias']}" for database in ("dev_test", "whole"))
            only = (f"(from {first} except all from {second})" for first, second in ((one, other), (other, one)))
            (found,) = connection.execute(f"select count(*) from ({' union all '.join(only)})").fetchone()
            if found:
                differing[node["name"]] = found
    assert differing == {}
