"""Compares every relation of core, marts and operations in a DuckDB file with the same on Redshift, row for row.

python tests/redshift/compare.py --database warehouse/adventure_works.duckdb
python tests/redshift/compare.py --database FILE --relation fact_sales --relation mart_cross_sell

Which relations there are, their columns and types, and the columns that tell their rows apart (their unique tests)
come from dbt's manifest. Redshift is found as the `prod` profile finds it. Both sides must have been built from the
same version of the lake, whose loads and times are compared as well. Ends with exit code 1 when a row differs.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from adventure_works.redshift.session import session

SCHEMAS = ("core", "persons", "marts", "operations")

LEFT_OUT = {
    "run_cost_by_day": "what Redshift costs",
    "run_cost_by_node": "what Redshift costs",
    "run_history": "one row a run: each side has runs of its own",
    "run_times": "how long runs took",
    "test_history": "how runs went",
}
"""Relations that are not compared, and why."""

SHOWN = 5
"""Differences that are shown of a relation."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Relation:
    """A relation of the project: `columns` are (name, data type), `key` the columns that tell its rows apart."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    def query(self, prefix: str = "") -> str:
        """A query of all its rows, in any order."""
        columns = ", ".join(f'"{name}"' for name, _ in self.columns)
        return f'select {columns} from "{prefix}{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class Difference:
    """A row, told by its key, that is not the same on both sides, and in which way."""

    relation: Relation
    key: Row
    what: str

    def __str__(self) -> str:
        key = ", ".join(f"{name} {value}" for name, value in zip(self.relation.key, self.key, strict=True))
        return f"{self.relation.schema}.{self.relation.name} ({key}): {self.what}"


def relations(manifest: dict[str, Any]) -> list[Relation]:
    """Every relation of SCHEMAS in dbt's manifest, but for those that are LEFT_OUT.

    Raises:
        ValueError: a relation has no unique test, so that its rows cannot be told apart, or a column no type.
    """
    keys: dict[str, list[tuple[str, ...]]] = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        arguments = test.get("kwargs", {})
        if test.get("name") == "unique":
            keys.setdefault(node["attached_node"], []).append((arguments["column_name"],))
        elif test.get("name") == "expect_table_row_count_to_be_between" and arguments.get("max_value") == 1:
            keys.setdefault(node["attached_node"], []).append(())
        elif test.get("name") == "unique_combination_of_columns":
            keys.setdefault(node["attached_node"], []).append(tuple(arguments["combination_of_columns"]))
        elif test.get("name") == "key":
            keys.setdefault(node["attached_node"], []).append(tuple(arguments["columns"]))
        elif test.get("name") == "one_value_per" and "unique_column" in arguments:
            key = (arguments["group_column"], arguments["unique_column"])
            keys.setdefault(node["attached_node"], []).append(key)
    found = []
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] not in ("model", "seed") or node["config"]["schema"] not in SCHEMAS:
            continue
        if node["alias"] in LEFT_OUT:
            continue
        if not keys.get(unique_id):
            raise ValueError(f"{unique_id} has no unique test: give it one, so that its rows can be told apart.")
        columns = tuple((column["name"], column["data_type"]) for column in node["columns"].values())
        if untyped := [name for name, data_type in columns if not data_type]:
            raise ValueError(f"{unique_id} gives no data_type for {', '.join(untyped)}.")
        found.append(Relation(node["config"]["schema"], node["alias"], columns, min(keys[unique_id], key=len)))
    return sorted(found, key=lambda relation: (relation.schema, relation.name))


def compare(relation: Relation, left: Iterable[Sequence], right: Iterable[Sequence]) -> list[Difference]:
    """What differs between two sides of a relation, in the order of its key.

    Args:
        relation: what is compared.
        left: the rows of one side (DuckDB), with the columns of the relation, in any order.
        right: those of the other (Redshift).
    """
    sides = [_by_key(relation, rows) for rows in (left, right)]
    found = []
    for key in sorted(sides[0].keys() | sides[1].keys(), key=lambda key: [(value is None, value) for value in key]):
        of_left, of_right = (side.get(key, []) for side in sides)
        if len(of_left) != len(of_right):
            found.append(Difference(relation, key, f"{len(of_left)} rows in DuckDB, {len(of_right)} on Redshift"))
            continue
        for row, other in zip(of_left, of_right, strict=True):
            columns = [
                f"{name} is {_shown(value)} in DuckDB, {_shown(another)} on Redshift"
                for (name, _), value, another in zip(relation.columns, row, other, strict=True)
                if value != another
            ]
            if columns:
                found.append(Difference(relation, key, "; ".join(columns)))
    return found


def _by_key(relation: Relation, rows: Iterable[Sequence]) -> dict[Row, list[Row]]:
    places = [[name for name, _ in relation.columns].index(name) for name in relation.key]
    types = [data_type for _, data_type in relation.columns]
    found: dict[Row, list[Row]] = {}
    for row in rows:
        values = tuple(_exactly(value, data_type) for value, data_type in zip(row, types, strict=True))
        found.setdefault(tuple(values[place] for place in places), []).append(values)
    return found


def _exactly(value: Any, data_type: str) -> Any:
    """A value as its type in the contract holds it: numbers to their scale, whatever class the driver gave them."""
    if value is None:
        return None
    if data_type.startswith("numeric"):
        scale = int(data_type.rstrip(")").split(",")[1])
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if data_type in ("integer", "bigint"):
        return int(value)
    return value


def _shown(value: Any) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)


def compare_all(
    wanted: Iterable[Relation], database: Path, redshift: Callable[[str], Iterable[Sequence]], prefix: str
) -> dict[Relation, tuple[int, list[Difference]]]:
    """How many rows each relation has in DuckDB, and what differs on Redshift.

    Args:
        wanted: what is compared.
        database: the DuckDB file.
        redshift: gives the rows of a query there.
        prefix: what its schemas begin with.
    """
    found = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for relation in wanted:
            left = connection.execute(relation.query()).fetchall()
            found[relation] = (len(left), compare(relation, left, redshift(relation.query(prefix))))
    return found


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", type=Path, required=True, help="the DuckDB file")
    parser.add_argument(
        "--manifest", type=Path, default=Path(os.environ.get("DBT_TARGET_PATH", "target"), "manifest.json")
    )
    parser.add_argument("--relation", action="append", help="only this one (may be given several times)")
    options = parser.parse_args()
    wanted = relations(json.loads(options.manifest.read_text(encoding="utf-8")))
    if options.relation:
        wanted = [relation for relation in wanted if relation.name in options.relation]
    prefix = f"{os.environ.get('REDSHIFT_SCHEMA', 'adventure_works')}_"
    with session("compare") as redshift:
        found = compare_all(
            wanted, options.database, lambda sql: [tuple(row.values()) for row in redshift.ask(sql)], prefix
        )
    for relation, (rows, differences) in found.items():
        verdict = f"{len(differences):,} differ" if differences else "equal"
        print(f"{relation.schema}.{relation.name}: {rows:,} rows, {verdict}")
        for difference in differences[:SHOWN]:
            print(f"  {difference}")
    return int(any(differences for _, differences in found.values()))


if __name__ == "__main__":
    sys.exit(main())
