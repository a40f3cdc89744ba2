"""With what a load reads its files, as `load_log` keeps it: a file that was read with something else has changed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from adventure_works.contract import Table
from adventure_works.lake.base import LogEntry
from adventure_works.read.convert import convert
from adventure_works.read.records import Converted

MAX_REJECT_SHARE = 0.01


@dataclass(frozen=True)
class Reading:
    """The options of reading that a user gave; None is one that was left out. See `convert`."""

    date_order: str | None = None
    max_reject_share: float | None = None

    def convert(self, calendar: tuple[date, date] | None) -> Callable[..., Converted]:
        """`convert` with these options."""
        share = MAX_REJECT_SHARE if self.max_reject_share is None else self.max_reject_share
        return partial(convert, calendar=calendar, date_order=self.date_order, max_reject_share=share)

    def of(self, table: Table) -> str:
        """What `load_log` says of a file of the table that is read now: the contract, and the options given."""
        columns = tuple(replace(column, description="") for column in table.file_columns)
        contract = repr(replace(table, columns=columns, description="", file_pattern=""))
        parts = [f"contract {hashlib.sha256(contract.encode()).hexdigest()[:12]}"]
        parts += [f"date_order {self.date_order}"] if self.date_order else []
        parts += [f"max_rejects {self.max_reject_share:g}"] if self.max_reject_share is not None else []
        return "; ".join(parts)

    def is_that_of(self, entry: LogEntry, table: Table) -> bool:
        """Whether a file was read by the same contract, and with all options that are given now."""
        return set(self.of(table).split("; ")) <= set(entry.read_with.split("; "))
