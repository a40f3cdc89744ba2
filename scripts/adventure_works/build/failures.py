"""What a failed test says to whoever reads it: how many records of which file, why, in what share, and what to do.

The sentences are written here and nowhere else; terminal, report, `adventure status` and alerts show them as they are.
A test of the dbt project has a sentence in its `meta`: `finding` for all of its rows, or `findings`, by what its rows
have in their column `finding`. `{records}` in it is that column of a row, `{amount:$}` for dollars and
`{share:%}` for per cent. `to_do` says what to do. Of a test without a sentence, places and keys of its rows are shown.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from adventure_works.errors import AdventureError
from adventure_works.warehouse.base import Ask, Row

MOST_ROWS = 5
# What is read of a test's failing rows, of which those with the most records are shown.
MOST_READ = 200
LONGEST_VALUE = 80

# By generic test. A test of the project has a description, or a name that says it.
SENTENCES = {
    "unique": "{column} is unique in {model}.",
    "not_null": "{column} is never NULL in {model}.",
    "unique_combination_of_columns": "{model} has one row per {columns}.",
    "key": "{model} has one row per {columns}{never_null}.",
    "relationships": "{column} of {model} is in {to}.",
}
# The columns of a failing row that name its file and column.
PLACES = ("table_name", "source_file", "delivery", "column_name")
# How the names of further columns end that are shown of any row. The others may hold what is known of a person.
SHOWN = ("_key", "_number", "_reason")


def what_should_be_so(test: Any) -> str:
    """The description of a test, or a sentence made of its arguments; empty where there is neither."""
    metadata = getattr(test, "test_metadata", None)
    if test.description or metadata is None or metadata.name not in SENTENCES:
        return " ".join(test.description.split())
    arguments = metadata.kwargs
    return SENTENCES[metadata.name].format(
        column=test.column_name,
        columns=", ".join(arguments.get("combination_of_columns") or arguments.get("columns", ())),
        never_null=_never_null(arguments),
        model=(test.attached_node or "").rpartition(".")[2],
        to=arguments.get("to", "").removeprefix("ref('").removesuffix("')"),
    )


def _never_null(arguments: Mapping[str, Any]) -> str:
    """The end of the sentence of the test `key`."""
    columns = arguments.get("not_null") or ()
    if not columns:
        return ", never NULL"
    return f"; {', '.join(columns)} {'is' if len(columns) == 1 else 'are'} never NULL"


def findings(ask: Ask, table: str, meta: Mapping[str, Any], *, all_columns: bool = False) -> list[str]:
    """A sentence for each of the first rows in the table of a test's failures; none where it cannot be asked.

    Args:
        ask: Asks the warehouse that holds the table.
        table: Schema and name of the table.
        meta: The `meta` of the test.
        all_columns: Whether to show every column of a row for which there is no sentence.
    """
    rows: list[Row] = []
    with suppress(AdventureError):
        rows = ask(f"select * from {table} limit {MOST_READ}")
    rows.sort(key=lambda row: -(row.get("records") or 0))
    said = [_sentence(row, meta) or _listed(row, all_columns) for row in rows[:MOST_ROWS]]
    return [sentence for sentence in said if sentence]


def _sentence(row: Row, meta: Mapping[str, Any]) -> str:
    template = meta.get("findings", {}).get(row.get("finding")) or meta.get("finding", "")
    return " ".join(template.format_map({name: _Shown(value) for name, value in row.items()}).split())


def _listed(row: Row, all_columns: bool) -> str:
    places = [_shown(row[name]) for name in PLACES if name in row]
    facts = [*_facts({name: value for name, value in row.items() if all_columns or name.endswith(SHOWN)})]
    return ": ".join(filter(None, [", ".join(places), ", ".join(facts)]))


def _facts(row: Row) -> Iterator[str]:
    for name, value in row.items():
        if name not in PLACES and not name.endswith("_before"):
            before = f"from {_shown(row[f'{name}_before'])} to " if f"{name}_before" in row else ""
            yield f"{name.replace('_', ' ')} {before}{_shown(value)}"


class _Shown:
    """A value as a sentence shows it: `{amount:$}` in dollars, `{share:%}` in per cent."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __format__(self, form: str) -> str:
        if form and self.value is None:
            return "nothing"
        if form == "$":
            return f"${self.value:,.2f}".replace("$-", "-$")
        if form == "%":
            return f"{self.value:.1%}" if self.value >= 0.001 else f"{self.value:.3%}"
        return _shown(self.value)


def _shown(value: str | int | float | Decimal | date | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float | Decimal):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, int):
        return f"{value:,}"
    text = "".join(letter if letter.isprintable() else " " for letter in value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
