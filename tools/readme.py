"""Writes the answers of analyses into README.md and the glossary of terms: `make readme`.

A block between two markers belongs to one analysis, and contains its result on the sample:

    <!-- begin: analysis category_profit -->
    <!-- end: analysis category_profit -->
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb

from adventure_works.errors import AdventureError
from adventure_works.settings import PROJECT

BLOCK = re.compile(r"(<!-- begin: analysis (\w+) -->\n).*?(<!-- end: analysis \2 -->)", re.DOTALL)
PAGES = (PROJECT / "README.md", PROJECT / "docs" / "terms.md")
COMPILED = Path("compiled") / "adventure_works" / "analyses"


def with_answers(text: str, answer: Callable[[str], str]) -> str:
    """The text with every block filled; `answer` gives the content for the name of an analysis.

    Raises:
        AdventureError: A marker has no partner of the same name.
    """
    filled, blocks = BLOCK.subn(lambda block: f"{block[1]}{answer(block[2])}{block[3]}", text)
    markers = len(re.findall(r"<!-- (?:begin|end): analysis", text))
    if markers != 2 * blocks:
        raise AdventureError(
            f"The page has {markers} markers of analyses but {blocks} complete blocks.\n"
            "Each needs `<!-- begin: analysis NAME -->` and `<!-- end: analysis NAME -->` on lines of their own."
        )
    return filled


def answer_as_table(analysis: str, target: Path, database: Path) -> str:
    """The rows of a compiled analysis as a Markdown table.

    Args:
        analysis: Name of the analysis.
        target: dbt's target folder, in which it has been compiled.
        database: The DuckDB warehouse that it was compiled for.
    """
    path = next((target / COMPILED).rglob(f"{analysis}.sql"), None)
    if path is None:
        raise AdventureError(f"There is no analysis {analysis}: name one of the files in analyses/, without .sql.")
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(path.read_text(encoding="utf-8"))
        names = [column[0] for column in found.description]
        rows = found.fetchall()
    are_numbers = [all(value is None or _is_number(value) for value in column) for column in zip(*rows, strict=True)]
    lines = [names, ["---:" if right else "---" for right in are_numbers]]
    lines += [[_shown(value) for value in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if _is_number(value) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _run(*command: str | Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(str(command[0])), *command[1:]],
        cwd=PROJECT,
        env=os.environ | environment,
        text=True,
        capture_output=True,
    )
    if done.returncode:
        raise AdventureError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Runs the sample in a folder of its own, and writes its answers into the pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target, database = folder / "target", folder / "warehouse" / "sample.duckdb"
        environment = {
            "ADVENTURE_LAKE": str(folder / "lake"),
            "ADVENTURE_DATABASE": str(database),
            "ADVENTURE_DOWNLOADS": str(folder / "downloads"),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(folder / "logs"),
            "ADVENTURE_REPORT": str(folder / "report" / "index.html"),
        }
        _run("adventure", "run", environment=environment)
        read = environment | {"ADVENTURE_TARGET": "published"}
        _run("dbt", "compile", "--quiet", "--select", "path:analyses", environment=read)
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            answered = with_answers(text, lambda analysis: answer_as_table(analysis, target, database))
            page.write_text(answered, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except AdventureError as error:
        sys.exit(f"Error: {error}")
