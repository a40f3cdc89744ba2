"""A developer's loop: build a selection in the developer's own place, and compare it with what is published.

The place is that of the targets `dev` (a DuckDB file) and `redshift_dev` (schemas) in profiles.yml.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adventure_works.errors import AdventureError
from adventure_works.profile import credentials
from adventure_works.settings import PROJECT, Settings
from adventure_works.sql import quoted
from adventure_works.warehouse.base import Ask, Row, rows
from adventure_works.warehouse.duckdb_access import connected

# The developer's target beside each published one.
PLACES = {"published": "dev", "prod": "redshift_dev"}
# The first columns of a table tell its rows apart.
KEY_COLUMNS, MOST_COLUMNS = 2, 8

MODIFIED = ["state:modified+"]
FAILED = "The build failed, as dbt says above. What is published is as it was."


@dataclass(frozen=True)
class Comparison:
    """A relation of the developer's beside the published one; `rows_before` is None when that has none.

    `only_published` and `only_own` count the distinct rows that only one of the two has. `before` and `after` are the
    first of them, or of all rows when none differ, in the columns that tell most.
    """

    name: str
    rows_before: int | None
    rows_after: int
    columns_gone: list[str]
    columns_new: list[str]
    only_published: int
    only_own: int
    before: list[Row]
    after: list[Row]


def build(
    target: str, settings: Settings, state: Path, selection: Sequence[str], options: Sequence[str]
) -> tuple[list[str], bool]:
    """Runs `dbt build` on a selection; whatever is not part of it is read from what is published.

    Args:
        target: The published target, a key of PLACES.
        settings: Where dbt leaves its results.
        state: The folder with the manifest of what is published.
        selection: dbt's selection, such as `mart_cross_sell` or `state:modified+`.
        options: More options of `dbt build`.

    Returns:
        The unique ids of the seeds, snapshots and models that were built, and whether all went well.

    Raises:
        AdventureError: nothing was selected, or dbt did not begin, and has said why.
    """
    (settings.target / "run_results.json").unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--defer", "--favor-state"]
    # Not as an option, with which dbt would read the whole project again.
    environ = os.environ | {"ADVENTURE_TARGET": PLACES[target], "DBT_TARGET": ""}
    # Unit tests need views, which these schemas do not have (dbt_project.yml).
    options = ["--exclude-resource-type", "unit_test", *options] if target == "prod" else options
    folders = ["--state", str(state), "--target-path", str(settings.target), "--log-path", str(settings.logs)]
    with subprocess.Popen([*command, *folders, "--select", *selection, *options], cwd=PROJECT, env=environ) as dbt:
        try:
            failed = dbt.wait() != 0
        except KeyboardInterrupt:
            # dbt has got the signal as well, and ends what the warehouse is doing for it.
            dbt.wait()
            raise
    artifact = settings.target / "run_results.json"
    results = json.loads(artifact.read_text(encoding="utf-8"))["results"] if artifact.exists() else []
    built = [
        one["unique_id"]
        for one in results
        if one["status"] == "success" and one["unique_id"].startswith(("model.", "seed.", "snapshot."))
    ]
    if not results and (failed or selection != MODIFIED):
        raise AdventureError(FAILED if failed else f"Nothing is selected by {' '.join(selection)}.")
    return built, not failed


def compare(target: str, settings: Settings, state: Path, built: Sequence[str], limit: int) -> Iterator[Comparison]:
    """Compares each of the nodes with the published one of the same id, `limit` rows of each in full."""
    names_before, names_after = (_relations(folder) for folder in (state, settings.target))
    with _asking(target, settings) as ask:
        for unique_id in built:
            if after := names_after.get(unique_id):
                yield _compare(ask, unique_id.rpartition(".")[2], names_before.get(unique_id), after, limit)


def _compare(ask: Ask, name: str, before: str | None, after: str, limit: int) -> Comparison:
    """Compares two relations by all of the columns that both have; a row that occurs twice counts once."""
    rows_after, columns_after = _size(ask, after), _columns(ask, after)
    if before is None:
        first = _first(ask, f"select * from {after}", columns_after[:MOST_COLUMNS], limit)
        return Comparison(
            name=name,
            rows_before=None,
            rows_after=rows_after,
            columns_gone=[],
            columns_new=columns_after,
            only_published=0,
            only_own=rows_after,
            before=[],
            after=first,
        )
    columns_before = _columns(ask, before)
    both = [column for column in columns_after if column in columns_before]
    listed = ", ".join(f'"{column}"' for column in both)
    only_published = f"select {listed} from {before} except select {listed} from {after}"
    only_own = f"select {listed} from {after} except select {listed} from {before}"
    counts = [_size(ask, f"({rows})") for rows in (only_published, only_own)]
    differing = [
        column for column in both if any(counts) and _differs(ask, [*both[:KEY_COLUMNS], column], before, after)
    ]
    shown = list(dict.fromkeys([*both[:KEY_COLUMNS], *differing, *both]))[:MOST_COLUMNS]
    if not any(counts):
        only_published = only_own = f"select {listed} from {after}"
    return Comparison(
        name=name,
        rows_before=_size(ask, before),
        rows_after=rows_after,
        columns_gone=[column for column in columns_before if column not in both],
        columns_new=[column for column in columns_after if column not in both],
        only_published=counts[0],
        only_own=counts[1],
        before=_first(ask, only_published, shown, limit),
        after=_first(ask, only_own, shown, limit),
    )


def _size(ask: Ask, relation: str) -> int:
    (found,) = ask(f"select count(*) as size from {relation} as counted")
    return int(found["size"])


def _columns(ask: Ask, relation: str) -> list[str]:
    """The names of the columns, also of a relation without rows."""
    (first,) = ask(f"select found.* from (select 1 as one) as line left join {relation} as found on true limit 1")
    return list(first)


def _differs(ask: Ask, columns: list[str], before: str, after: str) -> bool:
    listed = ", ".join(f'"{column}"' for column in columns)
    one, other = f"select {listed} from {before}", f"select {listed} from {after}"
    return bool(ask(f"({one} except {other}) union all ({other} except {one}) limit 1"))


def _first(ask: Ask, query: str, columns: list[str], limit: int) -> list[Row]:
    listed = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(str(place) for place in range(1, len(columns) + 1))
    return ask(f"select {listed} from ({query}) as found order by {order} limit {limit}")


def _relations(folder: Path) -> dict[str, str]:
    """The whole name of each table and view in a manifest, by unique id."""
    nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    return {unique_id: node["relation_name"] for unique_id, node in nodes.items() if node.get("relation_name")}


@contextmanager
def _asking(target: str, settings: Settings) -> Iterator[Ask]:
    """Asks the developer's place, from which what is published can be read as well, by whole names."""
    if target == "prod":
        from adventure_works.redshift.session import session

        with session("dev") as redshift:
            yield redshift.ask
        return
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    own = credentials(PLACES[target])
    assert isinstance(own, DuckDBCredentials), "the target `dev` of profiles.yml is DuckDB"
    with connected(PROJECT / own.path, read_only=True) as connection:
        name = own.path_derived_database_name(settings.database)
        connection.execute(f'attach {quoted(settings.database)} as "{name}" (read_only)')
        yield lambda sql: rows(connection.execute(sql))
