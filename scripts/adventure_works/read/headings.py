"""Which columns of a table the headings of a file name, however they are spelt."""

import unicodedata
from collections.abc import Iterable, Sequence

from adventure_works.contract import Column, Table

# Besides blanks and invisible characters: what spelling a heading in another way adds.
_NO_MATTER = "_-.'\"`[]"


def normal(heading: str) -> str:
    """The heading without what does not tell it from another: case, blanks, underscores, invisible characters."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZC" and sign not in _NO_MATTER)


def columns_of(headings: Sequence[str], table: Table) -> tuple[Column | None, ...]:
    """The table's column at each heading, by its name or another known one; None where the table has none."""
    names = _names(table)
    return tuple(names.get(normal(heading)) for heading in headings)


def most_known(headings: Sequence[str], tables: Iterable[Table]) -> int:
    """How many columns the headings name of the table that they name most of."""
    return max(len({column.name for column in columns_of(headings, table) if column}) for table in tables)


def in_other_words(headings: Sequence[str], positions: Sequence[Column | None]) -> str:
    """The headings that are not spelt as in the contract, and what they were taken for; nothing if there are none."""
    pairs = [
        f"'{_visible(heading)}' as {column.header}"
        for heading, column in zip(headings, positions, strict=True)
        if column and heading != column.header
    ]
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return f"headings read: {', '.join(pairs[:3])}{more}" if pairs else ""


def _names(table: Table) -> dict[str, Column]:
    return {
        normal(name): column for column in table.file_columns for name in (str(column.header), *column.other_headers)
    }


def _visible(heading: str) -> str:
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in heading)
