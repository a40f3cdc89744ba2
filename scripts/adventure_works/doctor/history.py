"""The check of history: what snapshots keep from build to build."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from adventure_works.errors import AdventureError
from adventure_works.warehouse.base import Ask, Warehouse

REPAIR = """\
Go back to the build before, and run again: adventure publish --rollback{target}"""
LAST_RESORT = """\
No earlier build without such rows is kept. Remove what is published ({place}) and the lake's folder `history`, and \
run again: the lake keeps every load of products and customers, from which history is made again."""


def history(warehouse: Warehouse, previous: Callable[[], AbstractContextManager[Ask]]) -> str:
    """Looks for states without a first day, which a build of no rows by an earlier version has left."""
    places = {state.role: state.place for state in warehouse.states() if not state.trouble}
    if "published" not in places:
        return "nothing is published yet"
    with warehouse.asking_published() as ask:
        damaged = damaged_rows(ask)
    if not damaged:
        return "every state in the snapshots has its first day"
    can_go_back = False
    if "previous" in places:
        with previous() as ask:
            can_go_back = not damaged_rows(ask)
    rows = ", ".join(f"{count:,} of {name}" for name, count in damaged.items())
    target = " --target prod" * (warehouse.target == "prod")
    raise AdventureError(
        f"rows have no first day ({rows}): a build of no rows has marked everything as deleted, and every run copies "
        f"that. {(REPAIR if can_go_back else LAST_RESORT).format(target=target, place=places['published'])}"
    )


def damaged_rows(ask: Ask) -> dict[str, int]:
    """Snapshots with states without a first day, and how many."""
    found = ask(
        """
        select table_name from information_schema."columns"
        where table_schema = '{intermediate}' and column_name = 'dbt_valid_from' order by table_name
        """
    )
    counts = {}
    for name in (row["table_name"] for row in found):
        (row,) = ask(f"select count(*) as damaged from {{intermediate}}.{name} where dbt_valid_from is null")
        counts[name] = row["damaged"]
    return {name: count for name, count in counts.items() if count}
