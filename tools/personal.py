"""Which columns come from personal data, by the mark in the YAML and by what the compiled SQL makes them from.

A column is personal where it is marked (`meta: {personal: true}`) or made from a personal one. Counts, sums, means and
comparisons do not pass it on; what else makes it harmless is said in the YAML (`meta: {from_personal: why}`).
"""

from collections.abc import Iterator

from sqlglot import exp, parse_one
from sqlglot.optimizer.scope import Scope, traverse_scope

from tools import Manifest, Node

# The custom schemas that no reader is granted, and in which no row stays once a build is over.
APART = ("staging", "intermediate", "persons")
HARMLESS = (exp.Count, exp.Sum, exp.Avg, exp.Predicate)

Columns = dict[str, bool]
"""The columns of a relation or query in order, each with whether it is personal."""


def problems(manifest: Manifest) -> Iterator[str]:
    """Personal columns where they must not be, and those that are personal and not marked; a sentence each.

    Args:
        manifest: of a project that is compiled, or has no node to look into.
    """
    relations = {
        _name(source["relation_name"]): {name: _is(column, "personal") for name, column in source["columns"].items()}
        for source in manifest["sources"].values()
    }
    dialect = manifest["metadata"]["adapter_type"]
    for node in _in_order(manifest):
        found = dict.fromkeys(node["columns"], False)
        if node.get("compiled_code"):
            found = columns_of(parse_one(node["compiled_code"], dialect=dialect), relations)
        described = node["columns"]
        if node["resource_type"] == "test":
            if node["config"]["store_failures"]:
                kept = [name for name, personal in found.items() if personal]
                if kept:
                    yield f"{node['name']}: would keep failing rows with {', '.join(kept)}; set store_failures to false"
            continue
        apart = node["config"]["schema"] in APART
        for name in found:
            marked = _is(described.get(name), "personal")
            if marked or _is(described.get(name), "from_personal"):
                found[name] = marked
            elif found[name] and apart and name in described:
                yield f"{node['name']}.{name}: is made from personal data; mark it (meta: {{personal: true}})"
            if found[name] and not apart:
                schema = node["config"]["schema"]
                yield f"{node['name']}.{name}: is personal, and readers are granted {schema}; see dim_customer_persons"
        if node["relation_name"]:
            relations[_name(node["relation_name"])] = found
    for reader in (*manifest["exposures"].values(), *manifest["semantic_models"].values()):
        for unique_id in reader["depends_on"]["nodes"]:
            read = manifest["nodes"].get(unique_id, {}).get("relation_name")
            if read and any(relations.get(_name(read), {}).values()):
                yield f"{reader['name']}: reads {unique_id.rpartition('.')[2]}, which has personal columns"


def columns_of(query: exp.Expr, relations: dict[str, Columns]) -> Columns:
    """The columns that a query gives, by those of the relations that it reads (`schema.name`)."""
    given: dict[int, Columns] = {}
    for scope in traverse_scope(query):
        if scope.set_operation_scopes:
            left, right = (given[id(arm.expression)] for arm in scope.set_operation_scopes)
            others = [*right.values(), *[False] * len(left)]
            given[id(scope.expression)] = {
                name: personal or other for (name, personal), other in zip(left.items(), others, strict=False)
            }
        else:
            given[id(scope.expression)] = _selected(scope, given, relations)
    return given[id(query)]


def _selected(scope: Scope, given: dict[int, Columns], relations: dict[str, Columns]) -> Columns:
    read = {
        alias: given[id(source.expression)] if isinstance(source, Scope) else relations.get(_name(source.sql()), {})
        for alias, (_, source) in scope.selected_sources.items()
    }
    columns: Columns = {}
    assert isinstance(scope.expression, exp.Query)
    for item in scope.expression.selects:
        if isinstance(item, exp.Star):
            for source in read.values():
                columns |= source
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            columns |= read.get(item.table, {})
        else:
            columns[item.output_name] = any(_passes_on(column, item, read) for column in item.find_all(exp.Column))
            for query in item.find_all(exp.Select):
                columns[item.output_name] |= any(given.get(id(query), {}).values())
    return columns


def _passes_on(column: exp.Column, item: exp.Expr, read: dict[str, Columns]) -> bool:
    """Whether a personal value of the column gets into the item that it is a part of."""
    above = column.parent
    while above is not None and above is not item.parent:
        if isinstance(above, HARMLESS):
            return False
        above = above.parent
    sources = [read[column.table]] if column.table in read else read.values() if not column.table else []
    return any(source.get(column.name, False) for source in sources)


def _in_order(manifest: Manifest) -> Iterator[Node]:
    """Models, seeds, snapshots and tests, each after what it reads."""
    waiting = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "snapshot", "test")
    }
    while waiting:
        ready = [node for node in waiting.values() if not waiting.keys() & set(node["depends_on"].get("nodes", []))]
        if not ready:
            return
        for node in ready:
            yield waiting.pop(node["unique_id"])


def _is(column: Node | None, mark: str) -> bool:
    return bool(column and (column["config"]["meta"] or {}).get(mark))


def _name(relation: str) -> str:
    """Schema and name of a relation, without its database and quotes."""
    return ".".join(relation.partition(" ")[0].replace('"', "").lower().split(".")[-2:])
