"""Forgetting persons: who they are is erased from lake, warehouse, logs and report; their sales stay, on the key.

The lake's list of the forgotten is written first, so that no load can bring them back, and what was erased is written
there last. Whatever is interrupted is finished by doing the same again.
"""

import html
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adventure_works.disk import explained, replaced
from adventure_works.errors import AdventureError
from adventure_works.lake.loader import lake_at
from adventure_works.settings import Settings, shown
from adventure_works.warehouse.base import Warehouse

# What takes the place of a name or an address in a log.
ERASED = "(erased)"


@dataclass(frozen=True)
class Forgetting:
    """What was erased where, a line each, and what could not be reached, with the reason."""

    erased: tuple[str, ...]
    missed: tuple[str, ...]


def forget(
    warehouse: Warehouse, settings: Settings, keys: Iterable[int], announce: Callable[[str], None]
) -> Forgetting:
    """Erases the persons with these customer keys; safe to do again.

    Raises:
        AdventureError: nobody has one of the keys, and nothing was erased; or a part cannot be reached, and what is
            left is erased by doing the same again.
    """
    wanted = sorted({*keys})
    lake = lake_at(warehouse.lake, settings)
    with warehouse.locked() as check_lock, lake.locked(announce):
        persons = lake.persons(wanted)
        for key, values in _published_persons(warehouse, wanted).items():
            persons.setdefault(key, set()).update(values)
        unknown = [key for key in wanted if key not in persons]
        if unknown:
            raise AdventureError(
                f"No customer has the key {', '.join(map(str, unknown))}, in {lake} or in what is published. Nothing "
                "has been erased. Give the customer_key of the person, as in dim_customers."
            )
        values = set().union(*persons.values())
        forgotten = lake.forgotten().with_persons(wanted, _now())
        lake.remember(forgotten)
        # While the lake still has the names to look for.
        texts = (settings.logs, settings.target, settings.report.parent)
        erased = [line for folder in texts for line in _erase_texts(folder, values)]
        check_lock()
        in_warehouse, missed = warehouse.erase_persons(wanted)
        erased += in_warehouse
        erased += lake.erase(forgotten, values)
        lake.remember(forgotten.finished(wanted, _now(), [*erased, *(f"not reached: {line}" for line in missed)]))
    return Forgetting(tuple(erased), tuple(missed))


def _published_persons(warehouse: Warehouse, keys: Iterable[int]) -> dict[int, set[str]]:
    """Names and addresses of those whom a lake that was replaced no longer has; none where nothing is published."""
    found: dict[int, set[str]] = {}
    with suppress(AdventureError), warehouse.asking_published() as ask:
        for row in ask(
            "select customer_key, full_name, email_address from {persons}.dim_customer_persons "
            f"where customer_key in ({', '.join(map(str, keys))})"
        ):
            values = {row["full_name"], row["email_address"]} - {None, "Unknown"}
            found.setdefault(row["customer_key"], set()).update(values)
    return found


def _erase_texts(folder: Path, values: Iterable[str]) -> list[str]:
    """Puts a mark in the place of these names and addresses in every file of a folder; returns what it changed.

    What dbt has kept of a parse cannot be changed, and is removed: dbt parses again.
    """
    spellings = {way(value) for value in values for way in (str, html.escape, lambda text: json.dumps(text)[1:-1])}
    if not spellings:
        return []
    pattern = re.compile("|".join(re.escape(one) for one in sorted(spellings, key=len, reverse=True)), re.IGNORECASE)
    changed = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        with explained(path, "Not everything is erased yet: correct the permissions, and do the same again."):
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            if pattern.search(text) and path.suffix == ".msgpack":
                path.unlink()
            elif pattern.search(text):
                with replaced(path) as new:
                    new.write_bytes(pattern.sub(ERASED, text).encode("utf-8", "surrogateescape"))
                    new.chmod(path.stat().st_mode)
                changed.append(f"{shown(path)}: names or addresses")
    return changed


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
