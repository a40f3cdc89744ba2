"""Which raw table a file belongs to: its header decides, its name only helps to explain."""

from fnmatch import fnmatch

from adventure_works.contract import Table
from adventure_works.errors import RefusedFileError
from adventure_works.read.records import records
from adventure_works.read.scan import Scan, pieces
from adventure_works.read.source_file import SourceFile


def recognise(scan: Scan, tables: list[Table]) -> SourceFile:
    """The table of a file, by its header.

    Columns may be in any order, and one that the contract does not require may be missing. A column that the
    contract does not know must be empty in every record.

    Raises:
        RefusedFileError: no table fits, a heading is there twice, an unknown column holds values, or there are no
            records in a file that needs some.
    """
    headers = set(scan.header)
    fitting = [table for table in tables if not _missing(table, headers)]
    if not fitting:
        raise RefusedFileError(_unrecognised(scan, tables))
    table = max(fitting, key=lambda table: len(headers & _known(table)))
    twice = {name for name in scan.header if name and scan.header.count(name) > 1}
    if twice:
        raise RefusedFileError(
            f"{scan.path.name}: the heading {', '.join(sorted(twice))} is there twice. Remove one of the columns."
        )
    if scan.records < 1 and not table.may_be_empty:
        raise RefusedFileError(f"{scan.path.name}: a header and no records. Fetch or export the file again.")
    by_header = {column.header: column for column in table.file_columns}
    file = SourceFile(scan, table, tuple(by_header.get(name) for name in scan.header))
    _refuse_unknown_values(file)
    return file


def _known(table: Table) -> set[str]:
    return {str(column.header) for column in table.file_columns}


def _missing(table: Table, headers: set[str]) -> list[str]:
    return [str(one.header) for one in table.file_columns if one.required and one.header not in headers]


def _unrecognised(scan: Scan, tables: list[Table]) -> str:
    file_name, headers = scan.path.name, set(scan.header)

    def likeness(table: Table) -> tuple[float, bool, int]:
        share = len(headers & _known(table)) / len(_known(table))
        return share, fnmatch(file_name.lower(), table.file_pattern), -len(table.file_pattern)

    table = max(tables, key=likeness)
    if not any(likeness(table)[:2]):
        return (
            f"{file_name}: the header ({', '.join(scan.header[:6])}) fits none of the tables that are loaded "
            "here. Move the file out of the folder, or load from a folder that holds only the right files."
        )
    unknown = [name for name in scan.header if name and name not in _known(table)]
    return (
        f"{file_name}: looks like {table.name}, but lacks the column {', '.join(_missing(table, headers))}"
        + (f" (and has {', '.join(unknown)}, which {table.name} does not know)" if unknown else "")
        + ". Give the columns the names they have in the Kaggle files."
    )


def _refuse_unknown_values(file: SourceFile) -> None:
    unknown = [position for position, column in enumerate(file.positions) if column is None]
    # Without any, the file need not be read for it.
    for piece in pieces(file.scan) if unknown else ():
        for record in records(file.scan, piece):
            for position in unknown:
                if position < len(record.values) and record.values[position].strip():
                    name = file.scan.header[position] or f"without a name (number {position + 1})"
                    raise RefusedFileError(
                        f"{file.name}, line {record.line}: the column {name} is unknown to {file.table.name} "
                        f"and holds values ('{record.values[position]}'). Remove the column, or add it to the contract "
                        "in models/staging/adventure_works/_adventure_works__sources.yml."
                    )
