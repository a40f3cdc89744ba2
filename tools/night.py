"""Counts what a run asks of Redshift: statements, commits, and scans of a table, by the stand-in's log of statements.

    PYTHONPATH=tests/redshift python -m standin          prints what to export, and where its log is
    adventure run --target prod --source FOLDER          in another terminal, with what is to be exported
    python -m tools.night LOG
    python -m tools.night LOG --relation int_buyers      who reads another table, and how often

Redshift commits one transaction after the other, and each takes up to a second, however little it wrote. A statement
outside of a transaction that writes is a commit of its own. A scan is a table in the text of a statement, also through
views; a query that dbt only sends for its columns reads nothing.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

COMMENT = re.compile(r"/\* (\{.*?\}) \*/\s*")
# What writes nothing, also outside of a transaction.
READS = ("select", "with", "unload", "show", "set", "reset", "begin", "rollback", "use")
# How dbt asks for the columns of a query.
COLUMNS_ONLY = re.compile(r"where\s+false\s+limit\s+0", re.I)
# dbt makes a relation under such a name, and renames it.
WHILE_BUILDING = re.compile(r"__dbt_(tmp|backup|temp)\w*$")


@dataclass(frozen=True)
class Night:
    """What a run asked: its statements by their first word, its commits, and scans by node or step."""

    statements: Counter[str]
    commits: int
    scans: Counter[str]


def count(log: Iterable[Mapping[str, Any]], relation: str) -> Night:
    """What the statements of a log come to.

    Args:
        log: entries of the stand-in's log, with `sql` and `in_transaction`.
        relation: name of the table whose scans are counted, in any schema.
    """
    statements: Counter[str] = Counter()
    scans: Counter[str] = Counter()
    views: dict[str, int] = {}
    commits = 0
    for entry in log:
        sql = entry.get("sql", "").strip()
        text = COMMENT.sub("", sql).strip()
        if not text:
            continue
        word = text.split(maxsplit=1)[0].lower().rstrip(";")
        statements[word] += 1
        commits += word == "commit" or (not entry["in_transaction"] and word not in READS)
        if entry.get("error"):
            continue
        is_view = re.match(r"create\s+(or\s+replace\s+)?view\b", text, re.I)
        if is_view or word in ("select", "with", "insert", "merge", "update", "create", "delete"):
            read = Counter(_tables(text))
            found = read[relation] + sum(views.get(name, 0) * times for name, times in read.items())
            if is_view:
                views[_view(text)] = found
            elif found and not COLUMNS_ONLY.search(text):
                scans[_served(sql)] += found
    return Night(statements, commits, scans)


def _tables(sql: str) -> Iterator[str]:
    """Name of each table that a statement reads, as often as it is there; not the one that it makes or writes."""
    body = re.split(r"\swith\s+no\s+schema\s+binding", sql, flags=re.I)[0]
    if re.match(r"create\b", body, re.I):
        # What comes before the query are Redshift's own words.
        made = re.search(r"\bas\s*\(", body, re.I) or re.search(r"\bas\s+(?=select|with)", body, re.I)
        if made is None:
            return
        body = body[made.end() - 1 if body[made.end() - 1] == "(" else made.end() :].rstrip("; \n")
    if re.match(r"insert\b", body, re.I) and re.search(r"\)\s*values\b", body, re.I):
        return
    tree = sqlglot.parse_one(body, read="redshift")
    written = tree.find(exp.Table) if isinstance(tree, exp.Insert | exp.Merge | exp.Update | exp.Delete) else None
    for table in tree.find_all(exp.Table):
        if table.db and table is not written:
            yield WHILE_BUILDING.sub("", table.name)


def _view(sql: str) -> str:
    """The name of the view that a statement makes."""
    found = re.search(r'\bview\s+((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))*)', sql, re.I)
    assert found, sql
    return WHILE_BUILDING.sub("", found[1].rpartition(".")[2].strip('"'))


def _served(sql: str) -> str:
    """The node or step that the comment names."""
    comment = COMMENT.match(sql)
    words = json.loads(comment[1]) if comment else {}
    return str(words.get("node") or words.get("step") or "(other)")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.night", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path, help="the stand-in's log, a JSON object a line")
    parser.add_argument("--relation", default="fact_sales", help="the table whose scans are counted (%(default)s)")
    options = parser.parse_args()
    lines = options.log.read_text(encoding="utf-8").splitlines()
    night = count(map(json.loads, lines), options.relation)
    print(f"{night.statements.total():,} statements, {night.commits:,} commits")
    print(", ".join(f"{times:,} {word}" for word, times in night.statements.most_common()))
    print(f"{night.scans.total():,} scans of {options.relation}")
    for served, times in sorted(night.scans.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"{times:5} {served}")


if __name__ == "__main__":
    main()
