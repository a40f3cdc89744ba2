"""A source file whose table is known, and where the columns of that table are in it."""

from dataclasses import dataclass

from adventure_works.contract import Column, Table
from adventure_works.read.scan import Scan


@dataclass(frozen=True)
class Layout:
    """The column of the contract at each position of the file; None where the contract has none."""

    table: Table
    positions: tuple[Column | None, ...]

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


@dataclass(frozen=True)
class SourceFile:
    """A file to be read: what its bytes say, and its layout."""

    scan: Scan
    layout: Layout

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.scan.path.name

    @property
    def table(self) -> Table:
        """The table that its rows go to."""
        return self.layout.table
