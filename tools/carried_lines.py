"""How many lines of the models' SQL only carry a column from one step to the next.

A line is a line of a model's file that is neither blank nor a comment. It is carried when it names one column in the
list of a select and does nothing else: `column,`, `alias.column,` or `alias.column as column,`. Lines of `group by`,
`order by` and `partition by` do not count. A CTE is an import if it reads a `ref` or a `source`, else the last one or
in the middle.

    python -m tools.carried_lines
"""

import re
import sys
from collections import Counter
from pathlib import Path

# The highest share of carried lines in the project.
LIMIT = 0.20

_COMMENT = re.compile(r"\{#.*?#\}|^[ \t]*--[^\n]*", re.DOTALL | re.MULTILINE)
_CTE = re.compile(r"^(\w+) as \($", re.MULTILINE)
_COLUMN = re.compile(r"(?:\w+\.)?(\w+)(?: as \1)?,?")
_CLAUSE = re.compile(r"(select|from|where|group by|order by|having|partition by|on|union all)\b")


def count(sql: str) -> Counter[str]:
    """The lines of a model: `lines` in all, and the carried ones by `import`, `middle` and `last` CTE."""
    sql = _COMMENT.sub("", sql)
    starts = [match.start() for match in _CTE.finditer(sql)]
    counts: Counter[str] = Counter()
    for start, end in zip([0, *starts], [*starts, len(sql)], strict=True):
        part = sql[start:end]
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        is_import = re.search(r"\b(from|join) \{\{ (ref|source)\(", part)
        kind = "import" if is_import else "last" if end == len(sql) else "middle"
        counts["lines"] += len(lines)
        counts[kind] += _carried(lines)
    return counts


def _carried(lines: list[str]) -> int:
    carried, in_list = 0, False
    for line in lines:
        if clause := _CLAUSE.match(line):
            in_list = clause[1] == "select"
            line = line.removeprefix("select").strip() if in_list else ""
        if in_list and _COLUMN.fullmatch(line) and not line.isdigit():
            carried += 1
    return carried


def by_folder(models: Path) -> dict[str, Counter[str]]:
    """The counts of the models below a folder, by the folder that they are in."""
    counts: dict[str, Counter[str]] = {}
    for path in sorted(models.rglob("*.sql")):
        folder = str(path.parent.relative_to(models))
        counts.setdefault(folder, Counter()).update(count(path.read_text(encoding="utf-8")))
    return counts


def share(counts: Counter[str]) -> float:
    """Carried lines as a share of all."""
    return (counts["import"] + counts["middle"] + counts["last"]) / counts["lines"]


def main(models: Path) -> str | None:
    """Print the counts by folder and in total; the complaint if the total is over the limit."""
    folders = by_folder(models)
    total = sum(folders.values(), Counter())
    print(f"{'folder':45}{'lines':>7}{'import':>8}{'middle':>8}{'last':>6}{'share':>8}")
    for folder, counts in [*folders.items(), ("total", total)]:
        figures = f"{counts['lines']:7}{counts['import']:8}{counts['middle']:8}{counts['last']:6}"
        print(f"{folder:45}{figures}{share(counts):8.1%}")
    return f"More than {LIMIT:.0%} of the lines only carry a column" if share(total) > LIMIT else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "models")))
