"""What the documents say of the project is so: the tests that decisions name exist, links lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from tools import links

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


def test_links_lead_somewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert links.main([]) == 0, capsys.readouterr().out


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.md").write_text("# The `end`, at last!\n\n## Twice\n\n## Twice\n")
    (tmp_path / "a.md").write_text(
        "# Top\n\n[file](docs/b.md) [folder](docs) [heading](docs/b.md#the-end-at-last) [second](docs/b.md#twice-1)\n"
        "[here](#top) [site](https://example.com/x#y) `[code](no.md)`\n\n| a |\n|---|\n| [row](docs/c.md) |\n\n"
        "[heading](docs/b.md#twice-2)\n\n![picture](no%20picture.png) [top](#bottom)\n"
    )
    assert list(links.problems(tmp_path, ["a.md"], {"a.md", "docs/b.md"})) == [
        "a.md:8: docs/c.md leads to no file of the project",
        "a.md:10: docs/b.md#twice-2 leads to no heading of docs/b.md",
        "a.md:12: no%20picture.png leads to no file of the project",
        "a.md:12: #bottom leads to no heading of a.md",
    ]
