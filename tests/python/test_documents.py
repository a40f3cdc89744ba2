"""What the documents say of the project is so: the tests that decisions name exist, links lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ENTRIES = re.split(r"^### ", (PROJECT / "DECISIONS.md").read_text(encoding="utf-8"), flags=re.M)[1:]


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=PROJECT, capture_output=True, check=True)
    return [PROJECT / name for name in listed.stdout.decode().split("\0") if name and (PROJECT / name).is_file()]


@pytest.fixture(scope="module")
def names_of_tests() -> str:
    """The text of everything that defines a test, and the names of its files."""
    files = tracked("tests", "models", "seeds", "macros", "Makefile", ".ci/run")
    text = [file.read_text(encoding="utf-8") for file in files if file.suffix in ("", ".py", ".sql", ".yml")]
    return "\n".join([*text, *(str(file.relative_to(PROJECT)) for file in files)])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.partition(".")[0])
def test_a_decision_is_complete_and_its_tests_exist(entry: str, names_of_tests: str) -> None:
    title, _, body = entry.partition("\n")
    assert re.fullmatch(r"\d+\. .+ \(20\d\d-\d\d-\d\d\)", title)
    parts = re.findall(r"^\*\*(\w+)\.\*\* (.+?)(?=^\*\*|^#|\Z)", body, flags=re.M | re.S)
    assert [name for name, _ in parts] == ["Context", "Decision", "Consequence", "Test"]
    for name in re.findall(r"`([^`]+)`", parts[-1][1]):
        assert re.search(rf"(?<!\w){re.escape(name.removeprefix('make '))}(?!\w)", names_of_tests), name


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(entry.partition(".")[0]) for entry in ENTRIES] == list(range(1, len(ENTRIES) + 1))


@pytest.mark.parametrize("document", tracked("*.md"), ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_to_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    files = [link for link in links if not re.match(r"[a-z]+:", link)]
    # The docs site is built beside the report, from models/docs/overview.md.
    missing = [link for link in files if not (document.parent / link).exists() and document.name != "overview.md"]
    assert not missing
