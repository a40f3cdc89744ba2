"""The command line itself: it answers quickly, shows examples, and prints names as they are."""

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from adventure_works import cli
from adventure_works.cli import output
from adventure_works.cli.run import Printer
from adventure_works.errors import AdventureError
from adventure_works.lake.base import LogEntry
from adventure_works.lake.loader import LoadResult
from adventure_works.settings import DEFAULTS

SLOW = ("boto3", "dbt", "duckdb", "jinja2", "numpy", "requests")


def test_the_overview_has_every_module_of_a_command() -> None:
    modules = {path.stem for path in Path(cli.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "options", "output"} == set(cli.COMMANDS)
    shown = CliRunner().invoke(cli.adventure, ["--help"])
    assert shown.exit_code == 0
    assert all(f"  {name} " in shown.output for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_help_of_a_command_has_examples(name: str) -> None:
    shown = CliRunner().invoke(cli.adventure, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    _usage, *examples = [line for line in shown.output.splitlines() if f"adventure {name}" in line]
    assert len(examples) >= 2
    assert "--help" in shown.output


def test_help_does_not_wait_for_what_the_work_needs() -> None:
    code = f"""
import sys
from click.testing import CliRunner
from adventure_works import cli
for name in cli.COMMANDS:
    assert CliRunner().invoke(cli.adventure, [name, "--help"]).exit_code == 0
print([name for name in {SLOW!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(cli.adventure, ["lead"]).exit_code == 2


def test_a_message_has_nothing_that_a_terminal_obeys() -> None:
    assert str(AdventureError("a\x1b[31m\x9bb\r\tc\nd")) == "a\ufffd[31m\ufffdb\ufffd\tc\nd"


def test_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are no markup, and colons no emoji."""
    name, origin = "sales[final] :smile:.csv", "/data/Data [2017]"
    entry = LogEntry(
        load_id="1",
        table_name="sales",
        source_file=name,
        status="loaded",
        sha256="",
        bytes=1,
        records=1,
        loaded=1,
        rejected=0,
        blank=0,
        normalised=0,
        encoding="utf-8",
        date_order="",
        read_with="",
        corrects="",
        source="folder",
        dataset_version="",
        loaded_at=datetime(2017, 1, 1),
        as_of_date=date(2017, 1, 1),
    )
    Printer(DEFAULTS).loaded(LoadResult(origin, loaded=(entry,), superseded=(entry,)))
    printed = capsys.readouterr().out
    assert printed.count(name) == 2 and origin in printed


def test_a_log_gets_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    show = output.lines(lambda: now)
    for step in range(36):
        now = step * 0.9
        show("dbt build: model [core]", step, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "dbt build: model [core] (12 of 1,000)",
        "dbt build: model [core] (24 of 1,000)",
    ]


def test_a_reader_that_has_read_enough_changes_no_exit_code() -> None:
    command = [Path(sys.executable).with_name("adventure"), "config"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (0, "")
