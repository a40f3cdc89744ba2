"""Finds words that need a second reading, and says which word to use: word_list.csv, over everything a person reads.

    python -m tools.words                 all files
    python -m tools.words README.md docs  some files or folders

Read are models, seeds, macros, tests of data, analyses, the product's Python and templates, tools, benchmarks and the
documents. A pattern is a regular expression for whole words, in any case. Ends with exit code 1 when one is found.
"""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
READ = (".csv", ".html", ".js", ".md", ".py", ".sql", ".toml", ".yaml", ".yml")
# Tests of Python are read by developers alone; the generated data and the word list itself are not prose.
LEFT_OUT = (
    "tests/python/",
    "tests/redshift/",
    "tests/damage/",
    "scripts/adventure_works/sample/products.csv",
    "tools/word_list.csv",
)


def word_list() -> list[tuple[re.Pattern[str], str]]:
    """Each pattern with the words to use instead."""
    with (PROJECT / "tools" / "word_list.csv").open(encoding="utf-8", newline="") as file:
        return [(re.compile(rf"\b(?:{row['pattern']})\b", re.I), row["instead"]) for row in csv.DictReader(file)]


def findings(text: str, words: list[tuple[re.Pattern[str], str]]) -> Iterator[tuple[int, str, str]]:
    """Line number, the words found there, and what to use instead."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, instead in words:
            for match in pattern.finditer(line):
                yield number, match.group(), instead


def main(chosen: list[str]) -> int:
    """Prints every finding as file:line, and how many there are; the exit code."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *chosen], cwd=PROJECT, capture_output=True, check=True)
    paths = [path for path in listed.stdout.decode().split("\0") if path.endswith(READ)]
    words, count = word_list(), 0
    for path in paths:
        if path.startswith(LEFT_OUT) or not (PROJECT / path).is_file():
            continue
        for number, found, instead in findings((PROJECT / path).read_text(encoding="utf-8"), words):
            print(f'{path}:{number}: "{found}"; write: {instead}')
            count += 1
    if count:
        print(f"{count} words need a second reading. tools/word_list.csv has what to write instead.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
