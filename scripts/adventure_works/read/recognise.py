"""Which raw table a file belongs to: its headings and its name decide together."""

import re
from collections.abc import Sequence

from adventure_works.contract import Column, Table
from adventure_works.errors import RefusedFileError
from adventure_works.read.headings import columns_of, in_other_words
from adventure_works.read.records import records
from adventure_works.read.scan import Scan, pieces
from adventure_works.read.source_file import SHEET, SourceFile

# What a file without a header has in its first line: a day or a number.
_VALUE = re.compile(r"\$?\d[\d.,/: -]*")
MOST_NAMED = 6


class NoTableError(RefusedFileError):
    """A file of which no table is known.

    `is_meant` says that it was to be of one all the same; `says` is the table that its name says, if it could be of
    that. `reason` is the message without what to do.
    """

    def __init__(self, message: str, advice: str = "", *, is_meant: bool, says: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.reason, self.is_meant, self.says = message, is_meant, says


def recognise(scan: Scan, tables: Sequence[Table], *, strict: bool = False) -> SourceFile:
    """The table of a file. Its columns may be in any order, and one that is not required may be missing.

    A column that the contract does not know is left out, or refused if the reading is `strict` and it holds values.

    Raises:
        NoTableError: no table fits.
        RefusedFileError: a heading is there twice, a column is unknown, or there are no records in a file that needs
            some.
    """
    table = table_of(scan.name, scan.header, scan.header_line, tables)
    positions = columns_of(scan.header, table)
    if twice := {column.header for column in positions if column and positions.count(column) > 1}:
        raise RefusedFileError(
            f"{scan.name}: the heading {', '.join(sorted(map(str, twice)))} is there twice. Remove one of the columns."
        )
    if scan.records < 1 and not table.may_be_empty:
        raise RefusedFileError(f"{scan.name}: a header and no records. Fetch or export the file again.")
    done = [*scan.done, in_other_words(scan.header, positions)]
    says = named(scan.name, tables)
    if says and says is not table:
        done.append(f"read as {table.name} by its columns, though its name says {says.name}")
    file = SourceFile(scan, table, positions, tuple(filter(None, done)))
    return _without_unknown(file, strict)


def table_of(name: str, headings: Sequence[str], line: int, tables: Sequence[Table]) -> Table:
    """The table that the headings, in that line of a file, and its name fit best.

    Raises:
        NoTableError: they fit none.
    """
    says = named(name, tables)
    fitting = [table for table in tables if _fits(headings, table, says)]
    if not fitting:
        raise _no_table(name, headings, line, tables, says)
    return max(fitting, key=lambda table: (table is says, _known(headings, table)))


def named(name: str, tables: Sequence[Table]) -> Table | None:
    """The table that the name of a file, or of a sheet, says: the last that it has a word of (`Sales_Territories`)."""
    found: list[tuple[int, int, Table]] = []
    stem = (name.partition(SHEET)[2] or name).lower()
    for table in tables:
        word = table.file_pattern.lower().removesuffix(".csv").strip("*")
        if word and (place := stem.rfind(word)) >= 0:
            found.append((place + len(word), len(word), table))
    return max(found, key=lambda entry: entry[:2])[2] if found else None


def _fits(headings: Sequence[str], table: Table, says: Table | None) -> bool:
    """Whether a file has all that a table needs; a single column needs the name, or a file of little else, as well."""
    if _missing(headings, table):
        return False
    if _known(headings, table) > 1 or says is table:
        return True
    return says is None and len([heading for heading in headings if heading]) < 2


def _needed(table: Table) -> list[Column]:
    return [column for column in table.file_columns if column.required]


def _known(headings: Sequence[str], table: Table) -> int:
    return len({column.name for column in columns_of(headings, table) if column})


def _missing(headings: Sequence[str], table: Table) -> list[str]:
    found = {column.name for column in columns_of(headings, table) if column}
    return [str(column.header) for column in _needed(table) if column.name not in found]


def _no_table(
    name: str, headings: Sequence[str], line: int, tables: Sequence[Table], says: Table | None
) -> NoTableError:
    # Of the files that bear the name of a table of many, those of too few columns are something else.
    could_be = says.name if says and (says.files != "many" or len(headings) >= len(_needed(says))) else ""
    if sum(bool(_VALUE.fullmatch(heading)) for heading in headings) > 1 or _VALUE.fullmatch("".join(headings)):
        return NoTableError(
            f"{name}: the header is missing, since line {line} holds values.",
            "Put the headings into the first line, as they are in the Kaggle files.",
            is_meant=len(headings) in {len(table.file_columns) for table in tables if len(table.file_columns) > 1},
            says=could_be,
        )

    def likeness(table: Table) -> tuple[int, bool, float]:
        known = _known(headings, table)
        return known, table is says, known / len(table.file_columns)

    table = max(tables, key=likeness)
    missing = _missing(headings, table)
    if 2 * len(missing) <= len(_needed(table)) and _known(headings, table) > 1:
        unknown = _unknown(headings, table)
        return NoTableError(
            f"{name}: looks like {table.name}, but lacks the column {_listed(missing)}"
            + (f" (and has {_listed(unknown)}, which {table.name} does not know)." if unknown else "."),
            "Give the columns the names they have in the Kaggle files.",
            is_meant=True,
        )
    return NoTableError(
        f"{name}: the header ({_listed(headings)}) fits none of the tables that are loaded here"
        + (f", though the name says {says.name}." if says else "."),
        "Give the columns the names they have in the Kaggle files, or move the file out of the folder.",
        is_meant=False,
        says=could_be,
    )


def _unknown(headings: Sequence[str], table: Table) -> list[str]:
    columns = columns_of(headings, table)
    return [heading for heading, column in zip(headings, columns, strict=True) if heading and not column]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(name[:64] for name in names[:MOST_NAMED]) + more


def _without_unknown(file: SourceFile, strict: bool) -> SourceFile:
    """The file, with a word on the columns that are left out; their values may be of persons, and are not shown."""
    line, names = _filled(file)
    if not names:
        return file
    listed = f"the column{'s' * (len(names) > 1)} {_listed(names)}"
    if strict:
        raise RefusedFileError(
            f"{file.name}, line {line}: {listed} {'are' if len(names) > 1 else 'is'} unknown to {file.table.name} and "
            "holds values. Remove it, add it to the contract in "
            "models/staging/adventure_works/_adventure_works__sources.yml, or load without --strict."
        )
    return SourceFile(
        file.scan,
        file.table,
        file.positions,
        (*file.done, f"left out: {listed}, which {file.table.name} does not have"),
    )


def _filled(file: SourceFile) -> tuple[int, list[str]]:
    """The first line in which a column that the table does not have holds a value, and the names of such columns."""
    unknown = {position for position, column in enumerate(file.positions) if column is None}
    first, filled = 0, set[int]()
    # Without any, the file need not be read for it.
    for piece in pieces(file.scan) if unknown else ():
        for record in records(file.scan, piece):
            found = {at for at in unknown if at < len(record.values) and record.values[at].strip()}
            first = first or (record.line if found else 0)
            filled |= found
            unknown -= found
            if not unknown:
                break
        if not unknown:
            break
    return first, [file.scan.header[at] or f"without a name (number {at + 1})" for at in sorted(filled)]
