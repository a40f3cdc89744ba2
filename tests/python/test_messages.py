"""What the commands say when something failed: what should be so, what moved, and the way out, ready to be pasted."""

import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from adventure_works.build import dbt
from adventure_works.build.failures import findings, what_should_be_so
from adventure_works.build.headline import headline
from adventure_works.build.results import BuildResult, Problem, with_findings
from adventure_works.cli.run import Printer
from adventure_works.errors import AdventureError
from adventure_works.settings import DEFAULTS, Settings
from adventure_works.warehouse.base import Row
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from adventure_works.warehouse.duckdb_access import asker
from support.places import PROJECT, own_places
from support.waiting import TIMEOUT, wait_until

MOVED = Problem("drift__mean_moved", "fail", "No mean moved.", '"w"."audit"."drift__mean_moved"', 2, is_drift=True)
BROKEN = Problem("mart_x", "error", "Runtime Error\n  in model mart_x", None)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """A warehouse below a folder with a blank in its name, whose candidate holds the failures of a drift test."""
    warehouse = DuckDBWarehouse(Settings(database=tmp_path / "mes données" / "w.duckdb"), print)
    warehouse.candidate.parent.mkdir(parents=True)
    with duckdb.connect(str(warehouse.candidate)) as connection:
        connection.execute("""
            create schema audit;
            create table audit.drift__mean_moved as
            select 'products' as delivery, 'product_price' as column_name, 71444.25::decimal(18, 4) as mean_value,
                714.4425::decimal(18, 4) as mean_value_before;
            insert into audit.drift__mean_moved values ('Sales 2017.csv', 'order_quantity', 12, null)
        """)
    return warehouse


def failure(warehouse: DuckDBWarehouse, *errors: Problem) -> list[str]:
    """The lines that a run with these errors ends with."""
    with warehouse.asking_candidate() as ask:
        result = with_findings(BuildResult(Counter(), {}, Counter(), [*errors], [], 1.0), ask)
    with pytest.raises(AdventureError) as raised:
        Printer(DEFAULTS).built(result, warehouse)
    return str(raised.value).splitlines()


def test_other_columns_name_the_run_that_takes_them(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/adventure", "run", "--source", "my files"])
    text = "Compilation Error in model x The source and target schemas on this incremental model are out of sync! They"
    lines = failure(warehouse, Problem("fact_x", "error", text, None), BROKEN)
    assert lines[-1] == "  adventure run --source 'my files' --full-refresh"


def test_drift_is_shown_with_what_moved_and_the_way_out(
    warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/adventure", "run", "--source", "my files"])
    lines = failure(warehouse, MOVED)
    assert lines[1:4] == [
        "  drift__mean_moved: No mean moved. (2 rows in audit.drift__mean_moved)",
        "    products, product_price: mean value from 714.4425 to 71,444.25",
        "    Sales 2017.csv, order_quantity: mean value from NULL to 12",
    ]
    assert lines[-1] == "  adventure run --source 'my files' --accept-drift"
    # Where more than drift has failed, accepting it would not help.
    assert "--accept-drift" not in "".join(failure(warehouse, MOVED, BROKEN))


QUARANTINE = "quarantine__share_is_small"
META = {
    "findings": {
        "date_outside_calendar": "{records} of {of_records} sales of {source_file} ({share:%}) lie on {days} days "
        "that the calendar does not have, from {first_date} to {last_date}, worth {amount:$}."
    },
    "to_do": "Load another calendar.",
}
ROW = {
    "finding": "date_outside_calendar",
    "source_file": "2017.csv",
    "records": 1215,
    "of_records": 29481,
    "share": Decimal("0.041213"),
    "days": 6,
    "first_date": date(2017, 1, 7),
    "last_date": date(2017, 1, 12),
    "amount": Decimal("-9999.5000"),
    "email_address": "anna@example.com",
}
SENTENCE = (
    "1,215 of 29,481 sales of 2017.csv (4.1%) lie on 6 days that the calendar does not have, from 7 January 2017 to "
    "12 January 2017, worth -$9,999.50."
)


def test_a_test_with_a_sentence_says_how_many_records_of_which_file_and_why_and_what_to_do(
    warehouse: DuckDBWarehouse,
) -> None:
    with duckdb.connect(str(warehouse.candidate)) as connection:
        connection.execute(
            f"create table audit.{QUARANTINE} as select {', '.join(f'? as {name}' for name in ROW)}", [*ROW.values()]
        )
    problem = Problem(QUARANTINE, "fail", "The description.", f'"w"."audit"."{QUARANTINE}"', 1, True, META)
    assert failure(warehouse, problem)[1:3] == [
        f"  {QUARANTINE}: {SENTENCE} (1 row in audit.{QUARANTINE})",
        "    Load another calendar.",
    ]


@pytest.mark.parametrize(
    ("rows", "meta", "all_columns", "said"),
    [
        ([ROW], META, False, [SENTENCE]),
        # Not all rows have a sentence: places and keys are shown, and nothing of a person.
        ([ROW | {"finding": "else", "customer_key": 7}], META, False, ["2017.csv: customer key 7"]),
        ([{"email_address": "anna@example.com"}], {}, False, []),
        ([{"mean": None, "mean_before": 2.5}], {}, True, ["mean from 2.5 to NULL"]),
        # The five with the most records.
        ([{"records": n} for n in range(9)], {"finding": "{records}"}, False, ["8", "7", "6", "5", "4"]),
        # Values are cut, and written without what a terminal would take for a command.
        ([{"name": "a\x1b[1m"}, {"name": "b" * 99}], {"finding": "{name}"}, False, ["a [1m", f"{'b' * 80}..."]),
        ([{"share": Decimal("0.0002"), "none": None}], {"finding": "{share:%}, {none:$}"}, False, ["0.020%, nothing"]),
    ],
    ids=["sentence", "places and keys", "no person", "drift", "five", "cleaned", "small"],
)
def test_what_failing_rows_say(rows: list[Row], meta: dict[str, Any], all_columns: bool, said: list[str]) -> None:
    assert findings(lambda sql: [*rows], "audit.x", meta, all_columns=all_columns) == said


def test_what_cannot_be_asked_is_what_should_be_so() -> None:
    def ask(sql: str) -> list[Row]:
        raise AdventureError("the disk is full")

    problem = replace(MOVED, meta=META)
    result = with_findings(BuildResult(Counter(), {}, Counter(), [problem], [], 1.0), ask)
    assert result.said == {"drift__mean_moved": ["No mean moved.", "Load another calendar."]}


def test_the_headline_counts_returns_up_to_the_last_sale() -> None:
    """As the marts do: a return that is delivered a day before the sales of its day is not there yet."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema core;
            create table core.fact_orders as select 10 as revenue, 4 as cost, 6 as profit, 4 as units,
                1 as order_lines, 1 as customer_key, date '2017-06-30' as order_date;
            create table core.fact_returns as select 1 as return_quantity, date '2017-06-30' as return_date
                union all select 9, date '2017-07-01'
        """)
        assert headline(asker(connection))["return_rate"] == Decimal("0.25")


def test_at_most_ten_failures_are_listed(warehouse: DuckDBWarehouse) -> None:
    lines = failure(warehouse, *(replace(BROKEN, name=f"mart_{number}") for number in range(12)))
    # Each in one line, whatever dbt says of it.
    assert lines[10:12] == ["  mart_9: Runtime Error in model mart_x", "  ... and 2 more"]
    # Without a failing row there is none to show.
    assert "dbt show" not in "".join(lines)


def test_the_command_that_shows_failing_rows_can_be_pasted(
    warehouse: DuckDBWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any folder; a `dbt` that says how it was called stands for the real one, which test_publish.py pastes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dbt").write_text('#!/bin/sh\necho "$PWD|$ADVENTURE_DATABASE|$*"\n')
    (tmp_path / "bin" / "dbt").chmod(0o755)
    command = next(line for line in failure(warehouse, MOVED) if "dbt show" in line)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    done = subprocess.run(["bash", "-c", command], text=True, capture_output=True)
    folder, database, arguments = done.stdout.strip().split("|")
    assert (Path(folder) / "dbt_project.yml").exists() and Path(database) == warehouse.candidate
    assert arguments == "show --target published --inline select * from audit.drift__mean_moved"


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("unique", {}, "product_key is unique in dim_products."),
        ("not_null", {}, "product_key is never NULL in dim_products."),
        ("unique_combination_of_columns", {"combination_of_columns": ["a", "b"]}, "dim_products has one row per a, b."),
        ("key", {"columns": ["a", "b"]}, "dim_products has one row per a, b, never NULL."),
        ("key", {"columns": ["a"], "not_null": ["b"]}, "dim_products has one row per a; b is never NULL."),
        ("relationships", {"to": "ref('fact')", "field": "k"}, "product_key of dim_products is in fact."),
        ("day_by_day", {}, ""),
    ],
)
def test_a_generic_test_says_what_should_be_so(name: str, arguments: dict[str, object], sentence: str) -> None:
    test = SimpleNamespace(
        description="",
        test_metadata=SimpleNamespace(name=name, kwargs=arguments),
        column_name="product_key",
        attached_node="model.adventure_works.dim_products",
    )
    assert what_should_be_so(test) == sentence
    test.description = "Prices\nare positive."
    assert what_should_be_so(test) == "Prices are positive."


@pytest.mark.parametrize(("place", "variable"), [("target", "DBT_TARGET_PATH"), ("logs", "DBT_LOG_PATH")])
def test_a_folder_of_dbt_that_cannot_be_written_is_named(tmp_path: Path, place: str, variable: str) -> None:
    """As for a second user of the same project; root may write anywhere but below a file."""
    (tmp_path / place).write_text("")
    settings = Settings(target=tmp_path / "target", logs=tmp_path / "logs")
    with pytest.raises(AdventureError, match=rf"{place}: .*\. It cannot be written: .* set {variable} to another"):
        dbt.parse(settings, settings.target, {}, [])


def heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.timing
def test_ctrl_c_during_the_build_ends_the_run(built_sample: tuple[Path, object], tmp_path: Path) -> None:
    """No alert, and one line; a second Ctrl-C changes nothing of that."""
    folder = Path(shutil.copytree(built_sample[0], tmp_path / "folder", symlinks=True))
    database, log = folder / "warehouse" / "test.duckdb", folder / "logs" / "dbt.log"
    before = database.read_bytes()
    log.unlink()
    command = [Path(sys.executable).with_name("adventure"), "run", "--source", folder / "downloads" / "sample"]
    # Nobody listens there: an alert would be heard as one that could not be sent.
    environ = own_places(folder) | {"ADVENTURE_ALERT_WEBHOOK": "http://127.0.0.1:9/"}
    # Where the tests run in the background, a child would ignore the signal.
    with subprocess.Popen(
        command, cwd=PROJECT, env=environ, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as running:
        wait_until(lambda: log.exists() and "START sql" in log.read_text(encoding="utf-8"))
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=TIMEOUT)
    lines = [line for line in said.splitlines() if line and not line.startswith(("dbt", "Still stopping"))]
    assert lines == ["Stopped. Nothing that was not finished has been kept."]
    assert running.returncode == 130
    assert database.read_bytes() == before
