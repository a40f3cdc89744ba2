"""A source file whose table is known."""

from dataclasses import dataclass

from adventure_works.contract import Column, Table
from adventure_works.read.scan import Scan

SHEET = ", sheet "
"""Between the name of a workbook of several tables and that of one of its sheets."""


def content_of(sha256: str, name: str) -> tuple[str, str]:
    """What two files of the same content have in common: their digest and, in a workbook, the sheet."""
    return sha256, name.partition(SHEET)[2]


@dataclass(frozen=True)
class SourceFile:
    """What the bytes of a file say, its table, and the table's column at each position of the file.

    A position is None where the table has no column for it. `done` says what was recognised, for a user to read.
    """

    scan: Scan
    table: Table
    positions: tuple[Column | None, ...]
    done: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file as it was delivered."""
        return self.scan.name

    @property
    def columns(self) -> list[Column]:
        """The columns that the file has, in its order."""
        return [column for column in self.positions if column]

    @property
    def date_columns(self) -> dict[str, int]:
        """Position of each date column, by name."""
        return {
            column.name: position for position, column in enumerate(self.positions) if column and column.kind == "date"
        }
