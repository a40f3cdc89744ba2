"""The comparison of two manifests sees what a reader of the warehouse would notice, and nothing else."""

import copy
import json
import sys
from pathlib import Path

import pytest

from tools import compare_manifests

FACT = "model.adventure_works.fact_sales"


def compare(old: dict, new: dict, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int | str | None:
    """The exit code of the command on two manifests."""
    for name, manifest in (("old", old), ("new", new)):
        (folder / name).mkdir()
        (folder / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["compare", str(folder / "old"), str(folder / "new"), *options])
    with pytest.raises(SystemExit) as ended:
        compare_manifests.main()
    return ended.value.code


def test_a_move_changes_nothing(
    manifest: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = copy.deepcopy(manifest)
    moved["nodes"][FACT].update(original_file_path="models/elsewhere/fact_sales.sql", description="Other words.")
    assert compare(manifest, moved, tmp_path, monkeypatch) == 0
    assert ", 0 differences." in capsys.readouterr().out


def test_what_a_reader_notices_is_named(
    manifest: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(manifest)
    fact = changed["nodes"][FACT]
    fact["schema"] = "elsewhere"
    fact["config"]["grants"] = {"select": ["everybody"]}
    fact["columns"]["revenue"]["data_type"] = "integer"
    del changed["nodes"]["model.adventure_works.dim_dates"]
    assert compare(manifest, changed, tmp_path, monkeypatch) == 1
    printed = capsys.readouterr().out
    for difference in (
        f"{FACT}: schema was 'core', is 'elsewhere'",
        f"{FACT}: config.grants was {{}}, is {{'select': ['everybody']}}",
        f"{FACT}: column revenue was ['numeric(18, 4)'",
        "model.adventure_works.dim_dates: is gone",
    ):
        assert difference in printed


def test_a_rename_that_is_named_is_no_difference(
    manifest: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = json.loads(json.dumps(manifest).replace("int_months", "int_calendar_months"))
    assert compare(manifest, renamed, tmp_path, monkeypatch, "--renamed", "int_months=int_calendar_months") == 0
    assert ", 0 differences." in capsys.readouterr().out
