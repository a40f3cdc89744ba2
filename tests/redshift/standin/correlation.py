"""Correlated sub-queries that Redshift cannot take apart: sqlglot tells which query a column belongs to."""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


def correlations(sql: str) -> Iterator[str]:
    """The patterns of correlated sub-queries that Redshift cannot take apart, as far as columns are qualified.

    What sqlglot cannot read is not judged: Redshift's own statements are no queries with sub-queries.
    """
    try:
        tree = sqlglot.parse_one(sql, read="redshift")
    except SqlglotError:
        return
    for select in tree.find_all(exp.Select):
        own = _sources(select)
        outer = list(_outer_selects(select))
        for column in select.find_all(exp.Column):
            if not column.table or column.table in own or column.parent_select is not select:
                continue
            level = next((i for i, query in enumerate(outer) if column.table in _sources(query)), None)
            if level is None:
                continue
            if level > 0:
                yield f"{column.sql()} skips a query"
            if select.args.get("limit") is not None:
                yield f"{column.sql()} in a sub-query with LIMIT"
            if any(window.parent_select is select for window in select.find_all(exp.Window)):
                yield f"{column.sql()} in a sub-query with a window function"
            if select.args.get("group") and _in_predicate(select) and _has_sum(select):
                yield f"{column.sql()} in an IN (...) with an aggregate and GROUP BY"
            join = select.find_ancestor(exp.Join, exp.Select)
            if (
                isinstance(join, exp.Join)
                and join.side
                and join.args.get("on") is not None
                and select in join.args["on"].find_all(exp.Select)
            ):
                yield f"{column.sql()} in the ON of an outer join"


def _in_predicate(select: exp.Select) -> bool:
    return isinstance(select.parent, exp.In) or isinstance(select.parent.parent if select.parent else None, exp.In)


def _has_sum(select: exp.Select) -> bool:
    """Whether a query aggregates by anything but MIN and MAX."""
    return any(not isinstance(call, exp.Min | exp.Max) for call in select.find_all(exp.AggFunc))


def _sources(select: exp.Select) -> set[str]:
    """The names of what a query reads."""
    source = select.args.get("from_") or select.args.get("from")
    relations = [source.this] if source else []
    relations += [join.this for join in select.args.get("joins") or []]
    return {relation.alias_or_name for relation in relations}


def _outer_selects(select: exp.Select) -> Iterator[exp.Select]:
    outer = select.parent_select
    while outer is not None:
        yield outer
        outer = outer.parent_select
