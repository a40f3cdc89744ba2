"""Every question has an answer: the analyses run on the marts, and README.md shows what they say of the sample."""

import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from support.commands import run_dbt
from support.places import PROJECT, PUBLISHED, needs_kaggle_files
from tools.readme import BLOCK, COMPILED, PAGES, answer_as_table, with_answers

ANALYSES = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))


def compiled_analyses(folder: Path) -> Path:
    """The target folder with the compiled analyses, for the warehouse of the build in `folder`."""
    target = folder / "analyses"
    if not (target / COMPILED).exists():
        wanted = ["--quiet", "--select", "path:analyses", "--target-path", str(target)]
        done = run_dbt(folder, "compile", *wanted, **PUBLISHED)
        assert done.returncode == 0, done.stdout
    return target


@needs_kaggle_files
@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_finds_an_answer(analysis: str, built: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    sql = (compiled_analyses(built[0]) / COMPILED / f"{analysis}.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(built[0] / "warehouse" / "test.duckdb"), read_only=True) as connection:
        assert connection.execute(sql).fetchall()


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_asks_one_mart(analysis: str, manifest: dict) -> None:
    node = manifest["nodes"][f"analysis.adventure_works.{analysis}"]
    assert node["description"]
    models = [name.split(".")[2] for name in node["depends_on"]["nodes"] if name.startswith("model.")]
    assert [name.startswith("mart_") for name in models] == [True]


def test_every_question_is_an_exposure(manifest: dict) -> None:
    described = " ".join(exposure["description"] for exposure in manifest["exposures"].values())
    assert not [name for name in ANALYSES if not re.search(rf"\b{name}\b", described)]


def test_every_mart_is_in_the_report(manifest: dict) -> None:
    report = manifest["exposures"]["exposure.adventure_works.report"]["depends_on"]["nodes"]
    assert set(report) >= {name for name in manifest["nodes"] if name.startswith("model.adventure_works.mart_")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_up_to_date(page: Path, built_sample: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    target, database = compiled_analyses(built_sample[0]), built_sample[0] / "warehouse" / "test.duckdb"
    text = page.read_text(encoding="utf-8")
    assert BLOCK.search(text), f"{page.name} shows the answer of no analysis"
    fresh = with_answers(text, lambda analysis: answer_as_table(analysis, target, database))
    assert text == fresh, f"{page.name} is out of date: run make readme"


def test_every_example_has_its_term_and_a_value(
    built_sample: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The glossary names each term that an example is for, and none is without a value."""
    target, database = compiled_analyses(built_sample[0]), built_sample[0] / "warehouse" / "test.duckdb"
    glossary = (PROJECT / "docs" / "terms.md").read_text(encoding="utf-8").lower()
    rows = answer_as_table("glossary_examples", target, database).splitlines()[2:]
    assert len(rows) >= 15
    for row in rows:
        term, _, value = (cell.strip() for cell in row.strip("|").split("|"))
        assert term.lower() in glossary
        assert value, term


def test_blocks_are_filled_and_the_rest_is_kept() -> None:
    text = "a\n<!-- begin: analysis one -->\nold\n<!-- end: analysis one -->\nb\n"
    filled = with_answers(text, lambda name: f"answer to {name}\n")
    assert filled == "a\n<!-- begin: analysis one -->\nanswer to one\n<!-- end: analysis one -->\nb\n"
    assert with_answers(filled, lambda name: f"answer to {name}\n") == filled


@pytest.mark.parametrize("end", ["", "<!-- end: analysis two -->\n"])
def test_a_lone_marker_is_an_error(end: str) -> None:
    with pytest.raises(AdventureError, match="markers of analyses but 0 complete blocks"):
        with_answers(f"<!-- begin: analysis one -->\n{end}", str)


def test_answers_are_tables(tmp_path: Path) -> None:
    (tmp_path / COMPILED).mkdir(parents=True)
    database = tmp_path / "some.duckdb"
    duckdb.connect(str(database)).close()
    (tmp_path / COMPILED / "some.sql").write_text(
        "select 'Boats' as name, 1234567.80::numeric(18, 2) as profit, true as is_sold, null::integer as rank "
        "union all select 'Gear', -0.5, false, 3 order by name",
        encoding="utf-8",
    )
    assert answer_as_table("some", tmp_path, database) == (
        "| name | profit | is_sold | rank |\n"
        "| --- | ---: | --- | ---: |\n"
        "| Boats | 1,234,567.80 | True |  |\n"
        "| Gear | -0.50 | False | 3 |\n"
    )


def test_an_unknown_analysis_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AdventureError, match="no analysis nonsense"):
        answer_as_table("nonsense", tmp_path, tmp_path / "some.duckdb")
