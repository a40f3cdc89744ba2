"""Records runs as dbt does at the end of each, for tests of what is made of them."""

import json
from pathlib import Path

import yaml

from adventure_works.monitor.dbt_plugin import record_run
from support.places import PROJECT

COLUMNS = [
    (column["name"], column["data_type"])
    for column in yaml.safe_load((PROJECT / "models/staging/runs/_runs__sources.yml").read_text())["sources"][0][
        "tables"
    ][0]["columns"]
]

# What the warehouse that `support.places` puts beside the lake is called in its records.
WAREHOUSE = "../warehouse/test.duckdb"


def record(lake: Path, day: int, statuses: dict[str, str], *, whole: bool = True, **more: object) -> None:
    """Records a run of that day of January 2017: the status of nodes by name; those named test_ are tests.

    It is one of `adventure run`, unless `warehouse` says otherwise.
    """
    rows = []
    for name, status in statuses.items():
        kind = "test" if name.startswith(("test_", "drift_")) else "model"
        known = {
            "invocation_id": f"run-{day}",
            "command": "build",
            "target": "dev",
            "is_whole": whole,
            "load_id": f"L{day}",
            "started_at": f"2017-01-{day:02} 03:00:00",
            "node_finished_at": f"2017-01-{day:02} 03:00:{day:02}.5",
            "unique_id": f"{kind}.adventure_works.{name}",
            "node_name": name,
            "resource_type": kind,
            "test_kind": "must_hold" if kind == "test" else None,
            "status": status,
            "failures": 10 * day if kind == "test" and status in ("fail", "warn") else None,
            "failures_table": f'"adventure_works"."audit"."{name}"' if kind == "test" else None,
            "execution_seconds": 1.5,
            "message": f"Got {10 * day} results",
            "warehouse": WAREHOUSE,
        } | more
        rows.append([known.get(column) for column, _ in COLUMNS])
    assert record_run(str(lake / "runs"), f"day-{day}", json.dumps(COLUMNS), json.dumps(rows)) == ""
