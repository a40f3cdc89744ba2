"""Asks MetricFlow, through its own command line, for several answers at the price of one start."""

import csv
import json
import subprocess
import sys
from pathlib import Path

ANSWERS = "answers"


def project_folder(folder: Path) -> Path:
    """A project folder whose `target` is that of the build in `folder`: MetricFlow knows no other place for it."""
    from support.places import PROJECT

    project = folder / "project"
    if not project.exists():
        project.mkdir()
        for name in ("dbt_project.yml", "profiles.yml"):
            (project / name).symlink_to(PROJECT / name)
        (run_target,) = (folder / "target" / "adventure_run").iterdir()
        (project / "target").symlink_to(run_target)
    return project


def ask(folder: Path, queries: dict[str, list[str]]) -> dict[str, list[dict[str, str]]]:
    """The rows that `mf query` gives for each list of arguments, on the build in `folder`."""
    from support.places import PUBLISHED, own_places
    from support.waiting import TIMEOUT

    answers = folder / ANSWERS
    answers.mkdir(exist_ok=True)
    calls = [["query", "--quiet", "--csv", str(answers / f"{name}.csv"), *query] for name, query in queries.items()]
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(calls),
        cwd=project_folder(folder),
        env=own_places(folder) | PUBLISHED,
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: _rows(answers / f"{name}.csv") for name in queries}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _main() -> None:
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration
    from dbt_metricflow.cli.main import cli

    configuration = CLIConfiguration()
    for arguments in json.load(sys.stdin):
        cli(arguments, standalone_mode=False, obj=configuration)


if __name__ == "__main__":
    _main()
