"""Earlier loads of products and customers, whose rows a lake keeps: history can be made from them at any time.

    <version>/earlier/<table>/<load id>/0000.parquet

The newest rows are where those of every table are. Snapshots keep what changed from load to load; whatever they have
not seen, because they are lost or loads came between two builds, they can be shown again in order.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake.base import LogEntry

EARLIER = "earlier"
# Beside the versions: what warehouses have unloaded (warehouse/kept.py).
HISTORY = "history"


def missed_loads(log: list[LogEntry], since: str) -> dict[str, str]:
    """Ids of the loads after `since` that have changed products or customers, each with the id of the next such load.

    The last one is not among them: it is current.
    """
    ids = sorted({entry.load_id for entry in log if _keeps_versions(entry)})
    return {load_id: following for load_id, following in pairwise(ids) if load_id > since}


def active(log: list[LogEntry], load_id: str) -> dict[str, LogEntry]:
    """The newest entry of products and of customers after a load, by table."""
    return {entry.table_name: entry for entry in log if _keeps_versions(entry) and entry.load_id <= load_id}


def newest(log: list[LogEntry]) -> dict[str, LogEntry]:
    """The entries of the current products and customers, by table."""
    return active(log, max(entry.load_id for entry in log))


def refuse_lost(log: list[LogEntry], missed: Iterable[str], has: Callable[[LogEntry], bool], place: object) -> None:
    """Refuses a lake that has lost the rows of an earlier load, as `has` says: old sales would get new prices."""
    current = newest(log).values()
    for load_id in missed:
        for entry in active(log, load_id).values():
            if entry not in current and not has(entry):
                loads = sum(other.table_name == entry.table_name and other.status == "loaded" for other in log)
                raise AdventureError(
                    f"{place}: the load log shows {loads} loads of {entry.table_name}, and the rows of load "
                    f"{entry.load_id} are neither in the lake nor in the warehouse. Without them, old sales would get "
                    "other prices or customers. Nothing has been published. Put the warehouse's file back, or begin "
                    "with a new history: adventure run --replace --source ..."
                )


def _keeps_versions(entry: LogEntry) -> bool:
    return entry.status == "loaded" and raw_tables()[entry.table_name].keeps_versions
