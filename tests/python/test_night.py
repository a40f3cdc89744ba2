"""The count of what a run asks of Redshift."""

import json
import sys
from pathlib import Path

import pytest

from tools import night

NODE = '/* {"app": "adventure_works", "node": "test.mart"} */\n'
STEP = '/* {"app": "adventure_works", "step": "copy fact_sales"} */\n'
LOG = [
    ("set query_group to 'x'", False),
    ("begin", False),
    ('create view "db"."c_int"."int_checked__dbt_tmp" as (\n  select * from "db"."c_core"."fact_sales"\n) ;', True),
    ('alter table "db"."c_int"."int_checked__dbt_tmp" rename to "int_checked"', True),
    ("commit", True),
    (f"{STEP}create table c_core.fact_sales (like core.fact_sales)", False),
    (f"{STEP}insert into c_core.fact_sales select * from core.fact_sales", False),
    (f"{NODE}with sales as (select 1 as a from c_core.fact_sales) select * from sales join sales as b on true", False),
    (
        f"{NODE}create table c_audit.t diststyle all as (select a.x from c_int.int_checked a, c_int.int_checked b);",
        True,
    ),
    (f"{NODE}select * from (select * from c_int.int_checked) as q where false limit 0", False),
]


def test_commits_and_scans_are_counted_through_views() -> None:
    """Two commits are those of statements that write outside of a transaction; columns alone are not read."""
    found = night.count([{"sql": sql, "in_transaction": inside} for sql, inside in LOG], "fact_sales")
    assert found.commits == 3
    assert found.scans == {"copy fact_sales": 1, "test.mart": 3}
    assert found.statements["create"] == 3


def test_the_command_says_who_scans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "statements.jsonl"
    log.write_text("\n".join(json.dumps({"sql": sql, "in_transaction": inside}) for sql, inside in LOG))
    monkeypatch.setattr(sys, "argv", ["night", str(log), "--relation", "int_checked"])
    night.main()
    printed = capsys.readouterr().out
    assert printed.startswith("10 statements, 3 commits\n")
    assert "2 scans of int_checked\n    2 test.mart" in printed
