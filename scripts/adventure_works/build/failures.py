"""What a failed test says to whoever reads it: what should be so, and what moved from what to what."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from adventure_works.errors import AdventureError
from adventure_works.warehouse.base import Ask, Row

MOST_ROWS = 3

# By generic test. A test of the project has a description, or a name that says it.
SENTENCES = {
    "unique": "{column} is unique in {model}.",
    "not_null": "{column} is never NULL in {model}.",
    "unique_combination_of_columns": "{model} has one row per {columns}.",
    "relationships": "{column} of {model} is in {to}.",
}
# The columns of a failing row that name its file and column.
PLACES = ("table_name", "source_file", "delivery", "column_name")


def what_should_be_so(test: Any) -> str:
    """The description of a test, or a sentence made of its arguments; empty where there is neither."""
    metadata = getattr(test, "test_metadata", None)
    if test.description or metadata is None or metadata.name not in SENTENCES:
        return " ".join(test.description.split())
    arguments = metadata.kwargs
    return SENTENCES[metadata.name].format(
        column=test.column_name,
        columns=", ".join(arguments.get("combination_of_columns", ())),
        model=(test.attached_node or "").rpartition(".")[2],
        to=arguments.get("to", "").removeprefix("ref('").removesuffix("')"),
    )


def movements(ask: Ask, table: str) -> Iterator[str]:
    """For some rows of the table of a drift test's failures: file and column, and what moved from what to what."""
    with suppress(AdventureError):
        for row in ask(f"select * from {table} limit {MOST_ROWS}"):
            yield f"{', '.join(row[name] for name in PLACES if name in row)}: {', '.join(_facts(row))}"


def _facts(row: Row) -> Iterator[str]:
    for name, value in row.items():
        if name not in PLACES and not name.endswith("_before"):
            before = f"from {_shown(row[f'{name}_before'])} to " if f"{name}_before" in row else ""
            yield f"{name.replace('_', ' ')} {before}{_shown(value)}"


def _shown(value: int | float | Decimal | date | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float | Decimal):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
