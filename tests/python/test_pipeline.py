"""What a run does around its publication: the page is drawn before, and what cannot be written is said."""

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from adventure_works import pipeline
from adventure_works.build.results import BuildResult, Problem
from adventure_works.cli.report import command
from adventure_works.cli.run import failure_message
from adventure_works.errors import AdventureError
from adventure_works.settings import DEFAULTS, Settings
from adventure_works.warehouse.duckdb_access import asking
from adventure_works.warehouse.record import State


class FakeWarehouse:
    """Notes what is done to it."""

    lake = "lake"

    def __init__(self) -> None:
        self.done: list[str] = []
        self.is_overtaken = False

    @contextlib.contextmanager
    def locked(self) -> Iterator[object]:
        yield self.check_lock

    def check_lock(self) -> None:
        if self.is_overtaken and "published" in self.done:
            raise AdventureError("Run 1 no longer has the lease")

    def asking_candidate(self) -> str:
        return "candidate"

    def publish(self) -> None:
        self.done.append("published")

    def keep_history(self) -> None:
        self.done.append("history kept")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(DEFAULTS, report=tmp_path / "report" / "index.html")


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> FakeWarehouse:
    """The warehouse of a run whose load and build do nothing."""
    fake = FakeWarehouse()
    monkeypatch.setattr(pipeline, "open_warehouse", lambda *arguments, **options: fake)
    monkeypatch.setattr(pipeline, "load", lambda *arguments: fake.done.append("loaded"))
    monkeypatch.setattr(pipeline, "build_candidate", lambda *arguments: None)
    return fake


def run(settings: Settings) -> None:
    nothing = lambda *arguments: None  # noqa: E731
    view = SimpleNamespace(
        announce=print, progress=lambda: contextlib.nullcontext(nothing), built=nothing, published=nothing
    )
    pipeline.run("published", settings, object(), view)


def test_the_page_is_drawn_before_anything_is_published(
    warehouse: FakeWarehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pipeline, "draw", lambda of, asking: warehouse.done.append(f"drawn from the {asking}") or "page"
    )
    run(settings)
    assert warehouse.done == ["loaded", "drawn from the candidate", "published", "history kept"]
    assert settings.report.read_text() == "page"

    def fail(*arguments: object) -> str:
        raise AdventureError("No report is written, because its figures cannot be relied upon")

    monkeypatch.setattr(pipeline, "draw", fail)
    warehouse.done.clear()
    with pytest.raises(AdventureError, match="cannot be relied upon"):
        run(settings)
    assert warehouse.done == ["loaded"]
    assert settings.report.read_text() == "page"


def test_a_report_that_cannot_be_written_is_found_before_anything_is_loaded(
    warehouse: FakeWarehouse, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "report").write_text("in the way")
    with pytest.raises(AdventureError, match=r"cannot be written: .*ADVENTURE_REPORT"):
        run(settings)
    assert warehouse.done == []


def test_a_report_that_cannot_be_written_after_all_does_not_hide_what_is_published(
    warehouse: FakeWarehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "draw", lambda of, asking: "page")
    settings.report.mkdir(parents=True)
    (settings.report / "kept").touch()
    with pytest.raises(AdventureError, match=r"^Everything is published, but for the report\. .*is a folder"):
        run(settings)
    assert warehouse.done == ["loaded", "published", "history kept"]
    assert (settings.report / "kept").exists()


def test_a_run_that_another_has_overtaken_keeps_no_history(
    warehouse: FakeWarehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "draw", lambda of, asking: "page")
    warehouse.is_overtaken = True
    with pytest.raises(AdventureError, match="no longer has the lease"):
        run(settings)
    assert warehouse.done == ["loaded", "published"]


@pytest.mark.parametrize(
    "message",
    [
        "IO Error: Could not write file: No space left on device",
        "FATAL Error: database has been invalidated because of a previous fatal error",
    ],
)
def test_a_full_disk_is_said_first(message: str) -> None:
    counts = Counter[str]()
    result = BuildResult(counts, {}, counts, [Problem("fact_sales", "error", message, None)], [], 1.0)
    warehouse = SimpleNamespace(states=lambda: [State("published", "/w.duckdb")], target="published")
    said = failure_message(result, warehouse, Path("dbt.log"))
    assert said.startswith("The disk is full: ") and "/w.duckdb is as it was" in said


def test_a_candidate_that_somebody_has_removed_is_said(tmp_path: Path) -> None:
    with pytest.raises(AdventureError, match="is gone; somebody has removed it"), asking(tmp_path / "gone.duckdb"):
        pass


@pytest.mark.parametrize("arguments", [["--out", "x.docx"], ["--out", "x.pdf", "--format", "html"], ["--out", "x"]])
def test_the_form_of_a_report_is_that_of_its_name(arguments: list[str]) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2 and "the report is written as .html or .pdf" in done.output
