"""What finds the places in the tree of a query, as sqlglot reads it, at which a rule of the deny list is broken."""

from collections.abc import Iterator

from sqlglot import exp

from .statement import Statement

Place = tuple[exp.Expression, str]


def sorted_aggregates(statement: Statement) -> Iterator[Place]:
    """LISTAGG, PERCENTILE_CONT and MEDIAN of one query that sort by different values."""
    orders: dict[int, dict[str, exp.Expression]] = {}
    for node in statement.nodes(exp.WithinGroup, exp.Median):
        if isinstance(node, exp.Median):
            order = exp.Ordered(this=node.this).sql("redshift")
        else:
            order = ", ".join(key.sql("redshift") for key in node.expression.expressions)
        if not isinstance(node.parent, exp.Window):
            orders.setdefault(id(node.parent_select), {})[order] = node
    for by_order in orders.values():
        if len(by_order) > 1:
            yield list(by_order.values())[-1], " and ".join(by_order)


def lag_default(statement: Statement) -> Iterator[Place]:
    return ((node, node.sql_name()) for node in statement.nodes(exp.Lag, exp.Lead) if node.args.get("default"))


def distinct_recursion(statement: Statement) -> Iterator[Place]:
    """A recursive common table expression that is put together otherwise than by UNION ALL."""
    for clause in statement.nodes(exp.With):
        for cte in clause.expressions if clause.args.get("recursive") else []:
            query = cte.this.unnest()
            reads_itself = any(table.name == cte.alias for table in query.find_all(exp.Table))
            is_union_all = isinstance(query, exp.Union) and query.args.get("distinct") is False
            is_sorted = query.args.get("order") or query.args.get("limit")
            if reads_itself and (is_sorted or not is_union_all):
                yield cte, cte.alias


def ordered_aggregate(statement: Statement) -> Iterator[Place]:
    """An aggregate with ORDER BY in its brackets."""
    for order in statement.nodes(exp.Order):
        if isinstance(order.find_ancestor(exp.Func, exp.Window, exp.WithinGroup, exp.Query), exp.AggFunc):
            yield order, order.sql()


def within_group(statement: Statement) -> Iterator[Place]:
    """WITHIN GROUP of another function than the three that take it."""
    taken = (exp.PercentileCont, exp.PercentileDisc, exp.GroupConcat)
    for node in statement.nodes(exp.WithinGroup):
        if not isinstance(node.this, taken) and node.this.name.upper() != "LISTAGG":
            yield node, node.this.sql()


def percentile_disc(statement: Statement) -> Iterator[Place]:
    """PERCENTILE_DISC as an aggregate that is not APPROXIMATE."""
    for node in statement.nodes(exp.WithinGroup):
        is_aggregate = not isinstance(node.parent, exp.Window) and "APPROXIMATE" not in statement.words
        if isinstance(node.this, exp.PercentileDisc) and is_aggregate:
            yield node, node.this.sql()


def tuples(statement: Statement) -> Iterator[Place]:
    """A row as a value: `(a, b)` where no list and no comparison with one stands."""
    around = (exp.Select, exp.Alias, exp.Distinct, exp.AggFunc, exp.Ordered, exp.Window, exp.Cast)
    return ((node, node.sql()) for node in statement.nodes(exp.Tuple) if isinstance(node.parent, around))


def correlations(statement: Statement) -> Iterator[Place]:
    """The patterns of correlated sub-queries that Redshift cannot take apart, as far as columns are qualified."""
    for select in statement.nodes(exp.Select) if statement.has_expression_query else ():
        own = _sources(select)
        outer = list(_outer_selects(select))
        for column in select.find_all(exp.Column):
            if not column.table or column.table in own or column.parent_select is not select:
                continue
            level = next((i for i, query in enumerate(outer) if column.table in _sources(query)), None)
            if level is None:
                continue
            if level > 0:
                yield column, f"{column.sql()} skips a query"
            if select.args.get("limit") is not None:
                yield column, f"{column.sql()} in a sub-query with LIMIT"
            if any(window.parent_select is select for window in select.find_all(exp.Window)):
                yield column, f"{column.sql()} in a sub-query with a window function"
            if select.args.get("group") and _in_predicate(select) and _has_sum(select):
                yield column, f"{column.sql()} in an IN (...) with an aggregate and GROUP BY"
            join = select.find_ancestor(exp.Join, exp.Select)
            if (
                isinstance(join, exp.Join)
                and join.side
                and join.args.get("on") is not None
                and select in join.args["on"].find_all(exp.Select)
            ):
                yield column, f"{column.sql()} in the ON of an outer join"


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
