"""Finds links in the Markdown documents that lead to no file or to no heading of the project.

    python -m tools.links                    all documents
    python -m tools.links README.md docs     some files or folders

Links to other sites are not followed. What git ignores counts as missing, so that the answer is the same after a build.
Ends with exit code 1 when a link leads nowhere.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

PROJECT = Path(__file__).resolve().parents[1]
# Read where they are published, beside other files: the first page of the docs site is beside the report.
PUBLISHED_ELSEWHERE = {"models/docs/overview.md"}

_parser = MarkdownIt("commonmark").enable("table")


def problems(project: Path, documents: Iterable[str], files: set[str]) -> Iterator[str]:
    """Each link of the documents that leads nowhere, as `file:line: what is wrong`.

    Args:
        project: The folder that all paths are relative to.
        documents: Markdown files.
        files: All files that a link may lead to.
    """
    places = files | {str(folder) for file in files for folder in Path(file).parents}
    for document in documents:
        for line, link in _links(_tokens(project / document)):
            path, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z][a-z+.-]*:", path) or (path and document in PUBLISHED_ELSEWHERE):
                continue
            place = _relative(project, (project / document).parent / path) if path else document
            if place not in places:
                yield f"{document}:{line}: {link} leads to no file of the project"
            elif anchor and place.endswith(".md") and anchor not in headings(_tokens(project / place)):
                yield f"{document}:{line}: {link} leads to no heading of {place}"


def headings(tokens: list[Token]) -> set[str]:
    """The anchors that GitHub gives the headings: lower case, hyphens for blanks, without punctuation, and numbered."""
    found: set[str] = set()
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(part.content for part in content.children or ())
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            numbered = (f"{anchor}-{number}" for number in range(1, len(tokens)))
            found.add(anchor if anchor not in found else next(one for one in numbered if one not in found))
    return found


def _links(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """Every link and picture, with the line on which its paragraph or row begins."""
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        for part in token.children or ():
            if link := part.attrGet("href") or part.attrGet("src"):
                yield line, str(link)


def _tokens(document: Path) -> list[Token]:
    return _parser.parse(document.read_text(encoding="utf-8"))


def _relative(project: Path, path: Path) -> str:
    try:
        return str(path.resolve().relative_to(project.resolve()))
    except ValueError:
        return str(path)


def main(chosen: list[str]) -> int:
    """Prints every link that leads nowhere; the exit code."""

    def listed(*paths: str) -> set[str]:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)
        return {path for path in done.stdout.decode().split("\0") if path and (PROJECT / path).is_file()}

    documents = sorted(path for path in listed(*chosen) if path.endswith(".md"))
    found = list(problems(PROJECT, documents, listed()))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
