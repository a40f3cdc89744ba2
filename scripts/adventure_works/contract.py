"""The contract of the raw tables, read from the one place where it is written: the dbt sources YAML."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from adventure_works.errors import AdventureError
from adventure_works.settings import PROJECT

SOURCES = PROJECT / "models" / "staging" / "adventure_works" / "_adventure_works__sources.yml"
DOC_BLOCK = re.compile(r"\{\{\s*doc\('(\w+)'\)\s*\}\}")


@dataclass(frozen=True)
class Column:
    """One column of a raw table; `header` is its name in the CSV file, None for columns the loader adds.

    `multiline` says that a value may hold line breaks; elsewhere one means that a quote is out of place.
    `description` is what the documentation says, its doc blocks filled in.
    """

    name: str
    data_type: str
    header: str | None = None
    required: bool = False
    multiline: bool = False
    description: str = ""

    @property
    def kind(self) -> str:
        """The type without its size: `date`, `integer`, `bigint`, `numeric`, `varchar` or `timestamp`."""
        return self.data_type.split("(")[0].strip()

    @property
    def size(self) -> int | None:
        """Bytes that a `varchar` may take; None for other types."""
        found = re.fullmatch(r"varchar\((\d+)\)", self.data_type)
        return int(found.group(1)) if found else None

    @property
    def decimals(self) -> tuple[int, int] | None:
        """Precision and scale of a `numeric`; None for other types."""
        found = re.fullmatch(r"numeric\((\d+), *(\d+)\)", self.data_type)
        return (int(found.group(1)), int(found.group(2))) if found else None


@dataclass(frozen=True)
class Table:
    """One raw table and what is known of the files that it comes in.

    `many` says that any number of files may bring rows, `optional` that no file need. `sorted_by`, `within_calendar`
    and `not_after` (date column -> the date column that it is never after) settle the order of ambiguous dates.
    """

    name: str
    columns: tuple[Column, ...]
    file_pattern: str = "*"
    many: bool = False
    optional: bool = False
    sorted_by: str | None = None
    within_calendar: tuple[str, ...] = ()
    not_after: tuple[tuple[str, str], ...] = ()
    description: str = ""

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns that come from the CSV file."""
        return tuple(column for column in self.columns if column.header)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@cache
def raw_tables(path: Path = SOURCES) -> dict[str, Table]:
    """Every table of the contract by name, the loader's own (`load_log`, `rejected_rows`) among them."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {table["name"]: _table(table) for source in document["sources"] for table in source["tables"]}
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise AdventureError(f"{path}: the contract of the raw tables cannot be read: {error!r}") from error


def _table(entry: dict[str, Any]) -> Table:
    meta = entry.get("config", {}).get("meta", {})
    return Table(
        name=entry["name"],
        columns=tuple(_column(column) for column in entry["columns"]),
        file_pattern=meta.get("file_pattern", "*"),
        many=meta.get("files") == "many",
        optional=meta.get("files") == "optional",
        sorted_by=meta.get("sorted_by"),
        within_calendar=tuple(meta.get("within_calendar", ())),
        not_after=tuple(meta.get("not_after", {}).items()),
        description=_described(entry),
    )


def _column(entry: dict[str, Any]) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        header=meta.get("header"),
        required=meta.get("required", False),
        multiline=meta.get("multiline", False),
        description=_described(entry),
    )


def _described(entry: dict[str, Any]) -> str:
    text = str(entry.get("description", "")).strip()
    return DOC_BLOCK.sub(lambda found: _doc_blocks()[found[1]], text)


@cache
def _doc_blocks() -> dict[str, str]:
    """The texts that descriptions share, by name."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "models").rglob("*.md")))
    return dict(re.findall(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", text, re.DOTALL))
