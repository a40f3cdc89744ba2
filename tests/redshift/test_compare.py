"""The comparer finds every kind of difference, and none where there is none."""

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

import compare
from compare import Relation

ORDERS = Relation(
    schema="core",
    name="fact_orders",
    columns=(
        ("order_number", "varchar(64)"),
        ("order_date", "date"),
        ("units", "bigint"),
        ("revenue", "numeric(18, 4)"),
        ("loaded_at", "timestamp"),
    ),
    key=("order_number",),
)
DAY, NIGHT = datetime.date(2016, 7, 1), datetime.datetime(2017, 1, 2, 3, 4, 5)
ROWS = [
    ("SO1", DAY, 2, Decimal("20.5000"), NIGHT),
    ("SO2", DAY, 1, None, NIGHT),
    ("SO3", DAY, 7, Decimal("1.1"), NIGHT),
]


def found(right: list[tuple]) -> list[str]:
    return [str(difference) for difference in compare.compare(ORDERS, ROWS, right)]


def test_equal_rows_are_equal_in_any_order_class_and_number_of_digits() -> None:
    assert found(ROWS[::-1]) == []
    assert found([("SO1", DAY, Decimal(2), 20.5, NIGHT), ROWS[1], ("SO3", DAY, 7, Decimal("1.10004"), NIGHT)]) == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            lambda rows: [rows[0], rows[1], ("SO3", DAY, 7, Decimal("1.1001"), NIGHT)],
            "core.fact_orders (order_number SO3): revenue is 1.1000 in DuckDB, 1.1001 on Redshift",
        ),
        (
            lambda rows: [("SO1", None, 3, Decimal("20.5"), NIGHT), *rows[1:]],
            "core.fact_orders (order_number SO1): order_date is 2016-07-01 in DuckDB, null on Redshift; "
            "units is 2 in DuckDB, 3 on Redshift",
        ),
        (
            lambda rows: [rows[0], ("SO2", DAY, 1, 0, NIGHT), rows[2]],
            "core.fact_orders (order_number SO2): revenue is null in DuckDB, 0.0000 on Redshift",
        ),
        (lambda rows: rows[:2], "core.fact_orders (order_number SO3): 1 rows in DuckDB, 0 on Redshift"),
        (
            lambda rows: [*rows, ("SO4", DAY, 1, 1, NIGHT)],
            "core.fact_orders (order_number SO4): 0 rows in DuckDB, 1 on Redshift",
        ),
        (lambda rows: [*rows, rows[0]], "core.fact_orders (order_number SO1): 1 rows in DuckDB, 2 on Redshift"),
        (
            lambda rows: [(None, *rows[0][1:]), *rows[1:]],
            "core.fact_orders (order_number SO1): 1 rows in DuckDB, 0 on Redshift",
        ),
    ],
    ids=["value", "two columns", "null", "missing", "extra", "twice", "key"],
)
def test_a_planted_difference_is_found_and_named(damage: Callable[[list], list], expected: str) -> None:
    assert found(damage(ROWS))[0] == expected


MANIFEST = {
    "nodes": {
        "model.fact": {
            "resource_type": "model",
            "alias": "fact_orders",
            "config": {"schema": "core"},
            "columns": {name: {"name": name, "data_type": data_type} for name, data_type in ORDERS.columns},
        },
        "model.step": {"resource_type": "model", "alias": "int_steps", "config": {"schema": "intermediate"}},
        "test.combination": {
            "resource_type": "test",
            "attached_node": "model.fact",
            "config": {"schema": "audit"},
            "test_metadata": {
                "name": "unique_combination_of_columns",
                "kwargs": {"combination_of_columns": ["order_number", "order_date"]},
            },
        },
        "test.unique": {
            "resource_type": "test",
            "attached_node": "model.fact",
            "config": {"schema": "audit"},
            "test_metadata": {"name": "key", "kwargs": {"columns": ["order_number"]}},
        },
    }
}


def test_relations_and_their_grain_come_from_the_manifest() -> None:
    assert compare.relations(MANIFEST) == [ORDERS]


def test_a_relation_without_a_grain_is_refused() -> None:
    nodes = {name: node for name, node in MANIFEST["nodes"].items() if node["resource_type"] != "test"}
    with pytest.raises(ValueError, match=r"model\.fact has no unique test"):
        compare.relations({"nodes": nodes})


def test_what_tells_of_runs_is_left_out() -> None:
    nodes = {**MANIFEST["nodes"], "model.fact": {**MANIFEST["nodes"]["model.fact"], "alias": "run_history"}}
    assert "run_history" in compare.LEFT_OUT and compare.relations({"nodes": nodes}) == []
