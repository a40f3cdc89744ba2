"""What a correction changes: the sales whose product or customer was another one in force, and their money.

A preview from the lake alone, by the same rule as the dbt macro `version_history`: a version is valid from the day
after its load's as-of date, and a correction from the first day of the version that it replaces.
"""

from collections.abc import Iterator
from datetime import timedelta

import duckdb

from adventure_works.contract import raw_tables
from adventure_works.lake.base import LogEntry, NewVersion
from adventure_works.lake.history import EARLIER
from adventure_works.sql import one_row, quoted

MOST_SHOWN = 5


def effect(version: NewVersion, log: list[LogEntry], table: str) -> Iterator[str]:
    """Says in sentences which sales the correction of a table changes, by how much.

    Args:
        version: the version under construction, with everything that it will hold.
        log: all entries, those of this load among them.
        table: `products` or `customers`.
    """
    key = raw_tables()[table].columns[0].name
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        _make_states(connection, version, log, table)
        connection.execute(
            f"""
            create table sales as
            select {key} as item, order_date, order_quantity from read_parquet({version.rows("sales")});
            create table compared as
            select sales.*, before.state as old, after.state as new
            from sales
            asof join versions_before as before on sales.item = before.item and sales.order_date >= before.valid_from
            asof join versions_after as after on sales.item = after.item and sales.order_date >= after.valid_from
            where before.content is distinct from after.content
            """
        )
        lines, items, first = one_row(
            connection, "select count(*), count(distinct item), min(order_date) from compared"
        )
        if not lines:
            yield f"The correction of {table} changes no sale."
        elif table == "customers":
            yield (
                f"The correction changes {items:,} customers who have {lines:,} sales lines since {first}: no amount, "
                "but the answers by age, income and the like."
            )
        else:
            yield from _money(connection, f"{lines:,} sales lines of {items:,} products since {first}")


def _make_states(connection: duckdb.DuckDBPyConnection, version: NewVersion, log: list[LogEntry], table: str) -> None:
    """Makes `versions_before` and `versions_after`: item, first day, content as one value, and the row itself."""
    contract = raw_tables()[table]
    key, *others = [column.name for column in contract.file_columns]
    content = ", ".join(f"{name} := {name}" for name in others)
    connection.execute("create table loads (load_id varchar, valid_from date, is_new boolean, corrects varchar)")
    newest = None
    for entry in sorted(log, key=lambda entry: entry.load_id):
        newest = max(newest or entry.as_of_date, entry.as_of_date)
        if entry.table_name == table and entry.status == "loaded":
            row = (entry.load_id, newest + timedelta(days=1), entry.load_id == version.load_id, entry.corrects)
            connection.execute("insert into loads values (?, ?, ?, ?)", row)
    columns = ", ".join((key, *others))
    connection.execute(
        f"""
        create table states as
        select regexp_extract(filename, '([^/]+)/[^/]+$', 1) as load_id, {key} as item, struct_pack({content}) as state
        from read_parquet({version.rows(f"{EARLIER}/{table}")}, filename = true)
        union all
        select {quoted(version.load_id)}, {key}, struct_pack({content})
        from (select {columns} from read_parquet({version.local_rows(table)}))
        """
    )
    for name, which in (("versions_before", "not is_new"), ("versions_after", "true")):
        connection.execute(
            f"""
            create table {name} as
            with considered as (select * from loads where {which}),
            flagged as (
                select states.*, considered.valid_from as state_from, hash(states.state) as content, exists (
                    select 1 from considered as corrections
                    where corrections.corrects <> '' and states.load_id > corrections.corrects
                        and states.load_id <= corrections.load_id
                ) as is_correction
                from states inner join considered using (load_id)
            ),
            changed as (
                select * from flagged
                qualify coalesce(content <> lag(content) over (partition by item order by load_id), true)
            ),
            together as (
                select *,
                    sum(case when is_correction then 0 else 1 end) over (partition by item order by load_id) as part
                from changed
            ),
            dated as (
                select *, case when min(load_id) over (partition by item) = min(load_id) over (partition by item, part)
                    then date '1900-01-01' else min(state_from) over (partition by item, part) end as valid_from
                from together
            )
            select item, valid_from, content, state from dated
            qualify row_number() over (partition by item, valid_from order by load_id desc) = 1
            """
        )


def _money(connection: duckdb.DuckDBPyConnection, what: str) -> Iterator[str]:
    measures = ", ".join(
        f"coalesce(sum(order_quantity * {side}.product_{of}), 0)" for of in ("price", "cost") for side in ("old", "new")
    )
    revenue, new_revenue, cost, new_cost = one_row(connection, f"select {measures} from compared")
    yield (
        f"The correction changes {what}: revenue {_change(revenue, new_revenue)}, cost {_change(cost, new_cost)}, "
        f"profit {_change(revenue - cost, new_revenue - new_cost)}."
    )
    items = connection.execute(
        f"""
        select item, any_value(new.product_name), min(old.product_price), min(new.product_price), count(*), {measures}
        from compared group by item
        order by abs(sum(order_quantity * (new.product_price - old.product_price))) desc, item
        """
    ).fetchall()
    for item, name, price, new_price, lines, revenue, new_revenue, *_ in items[:MOST_SHOWN]:
        yield (
            f"  {item} {name}: price {price:,.2f} -> {new_price:,.2f}, {lines:,} lines, revenue "
            f"{_change(revenue, new_revenue)}"
        )
    if len(items) > MOST_SHOWN:
        yield f"  ... and {len(items) - MOST_SHOWN:,} more products"


def _change(before: float, after: float) -> str:
    return f"{before:,.2f} -> {after:,.2f} ({after - before:+,.2f})"
