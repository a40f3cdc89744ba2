"""What the columns of a query are to Redshift: literals without a type, NULLs with one, constants.

A literal has no type ("unknown") until something beside it gives it one. A column of a sub-query that holds such a
literal never gets one: a comparison, a function, a sort or the other arm of a union then fails with *failed to find
conversion function from "unknown" to ...* (tuva-core issue 1165, dbt-segment 16, dbt-snowplow-attribution 9).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

Place = tuple[exp.Expression, str]


@dataclass(frozen=True)
class Column:
    """A column that a query gives; `*` for those of a table, which is not known here.

    type: "unknown" for a text or NULL without a type, "null" for a NULL with a type other than text, else "typed".
    """

    name: str
    type: str = "typed"
    is_constant: bool = False
    node: exp.Expression | None = None


Sources = dict[str, list[Column]]
_TABLE = [Column("*")]


class Query:
    """The columns of every query of a statement, and the places at which they break a rule."""

    def __init__(self, tree: exp.Expression, is_wrapped: bool = False):
        self.unknown: list[Place] = []
        self.untyped: list[Place] = []
        self.typed_nulls: list[Place] = []
        self.constants: list[Place] = []
        self.is_wrapped = is_wrapped
        if isinstance(tree, exp.Query):
            self._columns(tree, {}, [])
        else:
            self._statement(tree)

    def _statement(self, tree: exp.Expression) -> None:
        """A statement around queries: only what it stores must have a type."""
        ctes = self._ctes(tree, {}, [])
        if isinstance(tree, exp.Update | exp.Delete):
            self._expressions(tree, ctes, [self._sources(tree, ctes, [])])
            return
        stored = tree.args.get("expression") if isinstance(tree, exp.Create | exp.Insert) else None
        for query in _outermost(tree):
            columns = self._columns(query, ctes, [])
            if query is stored or (stored and query is stored.unnest()):
                self.unknown += [(column.node, _untyped(column)) for column in columns if _is_passed_on(column)]

    def _ctes(self, node: exp.Expression, ctes: Sources, outer: list[Sources]) -> Sources:
        ctes = dict(ctes)
        clause = node.args.get("with_")
        for cte in clause.expressions if clause else []:
            if clause.args.get("recursive"):
                ctes[cte.alias] = _TABLE
            ctes[cte.alias] = _renamed(self._columns(cte.this, ctes, outer), cte)
        return ctes

    def _columns(self, query: exp.Expression, ctes: Sources, outer: list[Sources]) -> list[Column]:
        """What a query gives; notes what breaks a rule on the way."""
        ctes = self._ctes(query, ctes, outer)
        if isinstance(query, exp.Subquery):
            return self._columns(query.this, ctes, outer)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, ctes, outer)
        if isinstance(query, exp.Select):
            return self._select(query, ctes, outer)
        return _TABLE

    def _set_operation(self, query: exp.SetOperation, ctes: Sources, outer: list[Sources]) -> list[Column]:
        arms = [self._columns(arm, ctes, outer) for arm in _arms(query)]
        same_length = len({len(arm) for arm in arms}) == 1
        for arm in arms:
            for place, column in enumerate(arm):
                node = column.node
                if node is None:
                    continue
                beside = [other[place].type if place < len(other) else "typed" for other in arms]
                # Literals of all arms in one place have the type text, as dbt's own snapshots rely on.
                are_literals = same_length and set(beside) == {"unknown"}
                if _is_passed_on(column) and not are_literals:
                    self.unknown.append((node, _untyped(column)))
                if column.type == "null":
                    self.typed_nulls.append((node, column.name))
        return [replace(column, type="typed", is_constant=False) for column in arms[0]]

    def _sources(self, node: exp.Expression, ctes: Sources, outer: list[Sources]) -> Sources:
        """The columns of what a query or a command reads, by its name there."""
        sources: Sources = {}
        for relation in _relations(node):
            columns = _TABLE
            if isinstance(relation, exp.Table) and not relation.db:
                columns = ctes.get(relation.name, _TABLE)
            elif isinstance(relation, exp.Subquery):
                columns = self._columns(relation, ctes, outer)
            sources[relation.alias_or_name] = _renamed(columns, relation)
        return sources

    def _select(self, select: exp.Select, ctes: Sources, outer: list[Sources]) -> list[Column]:
        sources = self._sources(select, ctes, outer)
        everything = [column for columns in sources.values() for column in columns]
        for join in select.args.get("joins") or []:
            keys = {key.name for key in join.args.get("using") or []}
            joined = [column for column in everything if column.name in keys or join.method == "NATURAL"]
            self.unknown += [(join, _untyped(column)) for column in joined if column.type == "unknown"]
        places = [sources, *outer]
        self._expressions(select, ctes, places)
        columns = []
        for item in select.expressions:
            columns += self._projected(item, places)
        self._literals(select)
        self._clauses(select, columns, places)
        return columns

    def _projected(self, item: exp.Expression, places: list[Sources]) -> list[Column]:
        node = item.unalias()
        is_star = isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))
        if is_star:
            sources = places[0]
            named = (
                [sources.get(node.table, _TABLE)] if isinstance(node, exp.Column) and node.table else sources.values()
            )
            return [replace(column, node=node) for columns in named for column in columns]
        column = self._column(node, places)
        return [replace(column, name=item.alias_or_name or column.name, node=_unbracketed(node))]

    def _column(self, node: exp.Expression, places: list[Sources]) -> Column:
        """What an expression is, as a column."""
        node = _unbracketed(node)
        if isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string):
            return Column("", "unknown", True, node)
        if isinstance(node, exp.Column):
            return _looked_up(node, places)
        if isinstance(node, exp.Cast) and isinstance(_innermost(node), exp.Null):
            return Column("", "typed" if node.is_type(*exp.DataType.TEXT_TYPES) else "null", True, node)
        return Column("", "typed", _is_constant(node), node)

    def _expressions(self, select: exp.Expression, ctes: Sources, places: list[Sources]) -> None:
        """Columns without a type where one is needed, and constants by which a window is parted or sorted."""
        for node in _own(select):
            if isinstance(node, exp.Query):
                columns = self._columns(node, ctes, places)
                if _needs_type(node) and columns and columns[0].type == "unknown":
                    self.unknown.append((node, "a sub-query gives a literal without a type"))
            elif isinstance(node, exp.Column) and _needs_type(node) and _looked_up(node, places).type == "unknown":
                self.unknown.append((node, f"{node.sql()} is a literal without a type"))
            elif isinstance(node, exp.AggFunc) and not isinstance(node, exp.Count | exp.CountIf):
                if isinstance(_unbracketed(node.this), exp.Null):
                    self.unknown.append((node, f"{node.sql()} of a NULL without a type"))
            elif isinstance(node, exp.Window):
                keys = [*node.args.get("partition_by", [])]
                keys += [ordered.this for ordered in (node.args.get("order") or exp.Order()).expressions]
                self.constants += [(key, key.sql()) for key in keys if self._column(key, places).is_constant]

    def _clauses(self, select: exp.Select, columns: list[Column], places: list[Sources]) -> None:
        """DISTINCT, and GROUP BY and ORDER BY that name a column of the list by its place or its new name."""
        passed = [column for column in columns if _is_passed_on(column)]
        if select.args.get("distinct"):
            self.unknown += [(column.node, _untyped(column)) for column in passed]
        keys = [key for clause in ("group", "order") for key in (select.args.get(clause) or exp.Group()).expressions]
        for key in keys:
            key = key.this if isinstance(key, exp.Ordered) else key
            for place, column in enumerate(columns, 1):
                by_place = isinstance(key, exp.Literal) and not key.is_string and key.name == str(place)
                by_name = isinstance(key, exp.Column) and not key.table and key.name == column.name
                if column in passed and (by_place or by_name):
                    self.unknown.append((key, _untyped(column)))

    def _literals(self, select: exp.Select) -> None:
        if isinstance(select.parent, exp.Exists) or not (self.is_wrapped or _is_below(select)):
            return
        for item in select.expressions:
            node = _unbracketed(item.unalias())
            if isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string):
                self.untyped.append((node, item.sql()))


def _untyped(column: Column) -> str:
    return f"{column.name} is a literal without a type"


def _is_passed_on(column: Column) -> bool:
    """Whether a column is a literal of a query inside, which nothing gives a type any more."""
    return column.type == "unknown" and isinstance(column.node, exp.Column | exp.Star)


def _is_constant(node: exp.Expression) -> bool:
    """Whether an expression is made of literals alone."""
    node = _innermost(node)
    if isinstance(node, exp.Neg | exp.Binary):
        return all(_is_constant(child) for child in node.iter_expressions())
    return isinstance(node, exp.Literal | exp.Boolean | exp.Null)


def _is_below(select: exp.Expression) -> bool:
    """Whether a query is a part of another one: a sub-query, a common table expression, an arm of a set operation."""
    return select.find_ancestor(exp.Query, exp.CTE) is not None


def _unbracketed(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren | exp.Alias):
        node = node.this
    return node


def _innermost(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def _arms(query: exp.Expression) -> Iterator[exp.Expression]:
    """The queries that a set operation puts together."""
    if isinstance(query, exp.SetOperation):
        yield from _arms(query.left)
        yield from _arms(query.right)
    elif isinstance(query, exp.Subquery) and not query.args.get("with_") and isinstance(query.this, exp.SetOperation):
        yield from _arms(query.this)
    else:
        yield query


def _renamed(columns: list[Column], relation: exp.Expression) -> list[Column]:
    """The columns under the names of `as relation (a, b)`."""
    alias = relation.args.get("alias")
    names = [column.name for column in alias.args.get("columns") or []] if isinstance(alias, exp.TableAlias) else []
    return [replace(column, name=name) for column, name in zip(columns, names, strict=False)] + columns[len(names) :]


def _looked_up(node: exp.Column, places: list[Sources]) -> Column:
    """The column of a relation that an expression names, from the innermost query outwards."""
    for sources in places:
        for name, columns in sources.items():
            if not node.table or node.table == name:
                for column in columns:
                    if column.name == node.name:
                        return column
        if node.table in sources:
            break
    return Column(node.name)


def _needs_type(node: exp.Expression) -> bool:
    """Whether a value is used, and not only passed on, counted or compared with NULL."""
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Alias | exp.Subquery):
        node, parent = parent, parent.parent
    if isinstance(parent, exp.Select):
        return node.arg_key != "expressions"
    if isinstance(parent, exp.Is | exp.Count | exp.Exists | exp.From | exp.Join | exp.CTE | exp.Not):
        return node.arg_key == "using" or (isinstance(parent, exp.Join) and node.arg_key == "on")
    return parent is not None and not isinstance(parent, exp.SetOperation)


def _relations(node: exp.Expression) -> list[exp.Expression]:
    """What a query or a command reads."""
    source = node.args.get("from_")
    relations = [source.this] if source else []
    relations += [join.this for join in node.args.get("joins") or []]
    return relations + (node.args.get("using") or [] if isinstance(node, exp.Delete) else [])


def _walk(node: exp.Expression, skipped: Callable[[exp.Expression], bool]) -> Iterator[exp.Expression]:
    for child in node.iter_expressions():
        if not skipped(child):
            yield child
            if not isinstance(child, exp.Query):
                yield from _walk(child, skipped)


def _own(select: exp.Expression) -> Iterator[exp.Expression]:
    """The expressions of a query, with the queries in them but not what is in those; not what it reads."""
    relations = {id(select.args.get("with_")), *map(id, _relations(select))}
    return _walk(select, lambda child: id(child) in relations)


def _outermost(tree: exp.Expression) -> Iterator[exp.Query]:
    """The queries of a statement that are in no other query."""
    with_ = tree.args.get("with_")
    for node in _walk(tree, lambda child: child is with_):
        if isinstance(node, exp.Query):
            yield node
