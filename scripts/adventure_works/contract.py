"""The contract of the raw tables, read from the one place where it is written: the dbt sources YAML."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from adventure_works.errors import AdventureError
from adventure_works.settings import PROJECT

SOURCES = PROJECT / "models" / "staging" / "adventure_works" / "_adventure_works__sources.yml"
DOC_BLOCK = re.compile(r"\{\{\s*doc\('(\w+)'\)\s*\}\}")


@dataclass(frozen=True)
class Column:
    """One column of a raw table; `header` is its name in the CSV file, None for columns the loader adds.

    `other_headers` are further names that it is known by.
    The heading of a `required` column must be in the file, and each record needs a value there unless the column is
    `nullable`. `multiline` says that a value may hold line breaks; elsewhere one means that a quote is out of place.
    `description` is what the documentation says, its doc blocks filled in. What values can be: an `identifier` is one
    thing however it is written, `codes` has the other spellings of each code, `minimum` is the least whole number,
    `plausible` the least and greatest amount that settle what a separator means, `earliest` the first day that is not
    a slip, `ages` are those of a birth date at the end of the calendar. A `personal` one says who somebody is.
    """

    name: str
    data_type: str
    header: str | None = None
    required: bool = False
    nullable: bool = False
    multiline: bool = False
    other_headers: tuple[str, ...] | list[str] = ()
    description: str = ""
    identifier: bool = False
    codes: dict[str, list[str]] = field(default_factory=dict)
    minimum: int | None = None
    plausible: list[int] = field(default_factory=list)
    earliest: str | None = None
    ages: list[int] = field(default_factory=list)
    # Not a part of how files are read, so that a file is the same whether or not a column is marked.
    personal: bool = field(default=False, repr=False)

    @property
    def needs_value(self) -> bool:
        """Whether a record without a value is rejected."""
        return self.required and not self.nullable

    @property
    def kind(self) -> str:
        """The type without its size: `date`, `integer`, `bigint`, `numeric`, `varchar` or `timestamp`."""
        return self.data_type.split("(")[0].strip()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes that a `varchar` may take; precision and scale of a `numeric`; nothing for other types."""
        return tuple(map(int, re.findall(r"\d+", self.data_type)))


@dataclass(frozen=True)
class Table:
    """One raw table and what is known of the files that it comes in.

    `files` says how many files bring rows: `one`, `many`, or `optional` for one that need not be there. A file of a
    table that `may_be_empty` can have a header only, as for a shop without returns. Of a table that `keeps_versions`,
    the lake has what each load contained: history is made from it. The values of
    one that `holds_persons` are shown in no message. `sorted_by`, `within_calendar` and
    `not_after` (date column -> the date column that it is never after) settle the order of
    ambiguous dates. `missing_words` mean that a value is missing, such as NULL.
    """

    name: str
    columns: tuple[Column, ...]
    description: str = ""
    file_pattern: str = "*"
    files: str = "one"
    may_be_empty: bool = False
    keeps_versions: bool = False
    holds_persons: bool = False
    sorted_by: str | None = None
    within_calendar: list[str] = field(default_factory=list)
    not_after: dict[str, str] = field(default_factory=dict)
    missing_words: tuple[str, ...] = ()

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns that come from the CSV file."""
        return tuple(column for column in self.columns if column.header)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@cache
def raw_tables() -> dict[str, Table]:
    """Every table of the contract by name, the loader's own (`load_log`, `rejected_rows`) among them."""
    try:
        document = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
        return {
            table["name"]: _table(table, _meta(source)) for source in document["sources"] for table in source["tables"]
        }
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise AdventureError(f"{SOURCES}: the contract of the raw tables cannot be read: {error!r}") from error


def _table(entry: dict[str, Any], shared: dict[str, Any]) -> Table:
    columns = [
        Column(column["name"], column["data_type"], description=_described(column), **_meta(column))
        for column in entry["columns"]
    ]
    missing_words = tuple(shared.get("missing_words", ()))
    return Table(entry["name"], tuple(columns), _described(entry), missing_words=missing_words, **_meta(entry))


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    """What dbt keeps for the loader, whose names are those of the fields above."""
    meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
    return meta


def _described(entry: dict[str, Any]) -> str:
    text = str(entry.get("description", "")).strip()
    return DOC_BLOCK.sub(lambda found: _doc_blocks()[found[1]], text)


@cache
def _doc_blocks() -> dict[str, str]:
    """The texts that descriptions share, by name."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "models").rglob("*.md")))
    return dict(re.findall(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", text, re.DOTALL))
