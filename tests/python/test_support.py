"""What the tests rely on to be quick: commands in a forked process, and one parse of the project for all of them."""

import json
from pathlib import Path

import pytest

from support.commands import run_adventure, run_dbt, run_tool

# What is of the moment or of the place.
OF_THE_MOMENT = {"created_at", "generated_at", "invocation_id", "invocation_started_at", "run_started_at"}


def without_times(value: object) -> object:
    """A manifest without what differs from one parse to the next."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in OF_THE_MOMENT}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def manifest(folder: Path) -> object:
    content = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    # The members of a group are in the order in which dbt came upon them.
    content["group_map"] = {group: sorted(members) for group, members in content["group_map"].items()}
    return without_times(content)


@pytest.mark.slow
def test_the_parse_that_is_given_is_the_one_that_dbt_would_make(tmp_path: Path) -> None:
    done = run_dbt(tmp_path, "parse", DBT_LOG_LEVEL_FILE="debug")
    assert done.returncode == 0, done.stdout
    given = manifest(tmp_path)
    assert "no changes found, skipping parsing" in (tmp_path / "logs" / "dbt.log").read_text(encoding="utf-8")
    done = run_dbt(tmp_path, "parse", "--no-partial-parse")
    assert done.returncode == 0, done.stdout
    assert manifest(tmp_path) == given


@pytest.mark.parametrize("arguments", [["--help"], ["load", "--nonsense"], ["report"], ["load", "--source", "nowhere"]])
def test_a_forked_command_does_what_a_started_one_does(arguments: list[str], tmp_path: Path) -> None:
    forked, started = run_adventure(tmp_path, *arguments), run_tool("adventure", tmp_path, *arguments)
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
