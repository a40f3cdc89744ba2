"""The rules of dbt-project-evaluator for the graph of models, as far as the manifest linter's layers do not imply them.

The layers already refuse: staging or intermediate models on marts, marts on sources, joins to a source outside staging,
models in a wrong folder; the linter's other rules: undocumented models, models without tests, tests in another file.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from tools import Manifest, Node

# As in dbt-project-evaluator: views on views, models that only one query reads, and what one model joins.
MOST_CHAINED_VIEWS = 5
MOST_LEAVES = 3
MOST_PARENTS = 7

_COMMENT = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|--[^\n]*|/\*.*?\*/|\bextract\(\w+ from\b", re.DOTALL)
_RELATION = re.compile(r'\b(?:from|join)\s+("?\w+"?\."?\w+"?)', re.IGNORECASE)
_BUILT = ("model", "seed", "snapshot")


class Graph:
    """Who reads whom in a manifest: ids of the project's models, seeds, snapshots, sources and exposures."""

    def __init__(self, manifest: Manifest) -> None:
        project = manifest["metadata"]["project_name"]
        resources = {**manifest["nodes"], **manifest["sources"], **manifest["exposures"]}
        kinds = (*_BUILT, "source", "exposure")
        self.nodes: dict[str, Node] = {
            unique_id: node
            for unique_id, node in resources.items()
            if node["package_name"] == project and node["resource_type"] in kinds
        }
        self.children: dict[str, list[str]] = defaultdict(list)
        self.parents: dict[str, list[str]] = {}
        for unique_id, node in self.nodes.items():
            read = node.get("depends_on", {}).get("nodes", [])
            self.parents[unique_id] = sorted({parent for parent in read if parent in self.nodes})
            for parent in self.parents[unique_id]:
                self.children[parent].append(unique_id)

    def of_type(self, resource_type: str) -> Iterator[tuple[str, Node]]:
        """The ids and nodes of one resource type."""
        return ((key, node) for key, node in self.nodes.items() if node["resource_type"] == resource_type)

    def name(self, unique_id: str) -> str:
        """The name of a node."""
        return str(self.nodes[unique_id]["name"])

    def names(self, unique_ids: list[str]) -> str:
        """The names of nodes, as a list in words."""
        return ", ".join(sorted(self.name(unique_id) for unique_id in unique_ids))


# Each rule yields the resource and what is wrong with it.
Rule = Callable[[Graph], Iterator[tuple[str, str]]]


def root_model(graph: Graph) -> Iterator[tuple[str, str]]:
    """A model that reads nothing has its rows from nowhere that lineage shows."""
    for unique_id, model in graph.of_type("model"):
        if not graph.parents[unique_id]:
            yield model["name"], "reads no source and no model"


def hard_coded_reference(graph: Graph) -> Iterator[tuple[str, str]]:
    """A relation that is named without ref() or source() is missing in the lineage and in other schemas."""
    for _, model in graph.of_type("model"):
        for relation in _RELATION.findall(_COMMENT.sub("", model["raw_code"])):
            yield model["name"], f"names {relation} itself; use ref() or source()"


def several_sources(graph: Graph) -> Iterator[tuple[str, str]]:
    """A staging model is made from one source."""
    for unique_id, model in graph.of_type("model"):
        sources = [parent for parent in graph.parents[unique_id] if graph.nodes[parent]["resource_type"] == "source"]
        if len(sources) > 1:
            yield model["name"], f"reads several sources: {graph.names(sources)}"


def rejoined_concept(graph: Graph) -> Iterator[tuple[str, str]]:
    """A model that reads a step made for it alone, and again what that step was made from. Seeds are not concepts."""
    for unique_id, model in graph.of_type("model"):
        parents = set(graph.parents[unique_id])
        for step in sorted(parents):
            again = [one for one in graph.parents[step] if one in parents and not one.startswith("seed.")]
            if again and graph.children[step] == [unique_id]:
                yield model["name"], f"reads {graph.names(again)} again beside {graph.name(step)}, which only it reads"


def unused_source(graph: Graph) -> Iterator[tuple[str, str]]:
    """A source that no model reads."""
    for unique_id, source in graph.of_type("source"):
        if not graph.children[unique_id]:
            yield source["name"], "no model reads this source"


def source_fanout(graph: Graph) -> Iterator[tuple[str, str]]:
    """A source is cleaned in one place."""
    for unique_id, source in graph.of_type("source"):
        if len(graph.children[unique_id]) > 1:
            yield source["name"], f"several models read this source: {graph.names(graph.children[unique_id])}"


def duplicate_source(graph: Graph) -> Iterator[tuple[str, str]]:
    """A table is one source."""
    tables: dict[str, list[str]] = defaultdict(list)
    for unique_id, source in graph.of_type("source"):
        tables[source["relation_name"]].append(unique_id)
    for same in tables.values():
        for unique_id in same[1:]:
            yield graph.name(unique_id), f"the same table as the source {graph.name(same[0])}"


def source_without_freshness(graph: Graph) -> Iterator[tuple[str, str]]:
    """Stale data is found by `dbt source freshness`."""
    for _, source in graph.of_type("source"):
        limits = source["freshness"] or {}
        if not any((limits.get(level) or {}).get("count") for level in ("warn_after", "error_after")):
            yield source["name"], "no freshness is set"


def undocumented_source(graph: Graph) -> Iterator[tuple[str, str]]:
    """A source and each of its columns have a description."""
    for _, source in graph.of_type("source"):
        columns = [name for name, column in source["columns"].items() if not column["description"].strip()]
        if not source["description"].strip() or columns or not source["columns"]:
            yield source["name"], f"no description of the source or of a column: {', '.join(columns)}"


def source_directory(graph: Graph) -> Iterator[tuple[str, str]]:
    """The YAML of a source lies beside the staging models that read it."""
    for unique_id, source in graph.of_type("source"):
        folder = PurePosixPath(source["original_file_path"]).parent
        for reader in graph.children[unique_id]:
            if PurePosixPath(graph.nodes[reader]["original_file_path"]).parent != folder:
                yield source["name"], f"described in {folder}, but read by {graph.name(reader)} elsewhere"


def chained_views(graph: Graph) -> Iterator[tuple[str, str]]:
    """A long chain of views is computed again by each of its readers."""
    lengths: dict[str, int] = {}

    def length(unique_id: str) -> int:
        if graph.nodes[unique_id].get("config", {}).get("materialized") not in ("view", "ephemeral"):
            return 0
        if unique_id not in lengths:
            lengths[unique_id] = 1 + max((length(parent) for parent in graph.parents[unique_id]), default=0)
        return lengths[unique_id]

    for unique_id, model in graph.of_type("model"):
        if length(unique_id) > MOST_CHAINED_VIEWS:
            yield model["name"], f"the last of {length(unique_id)} views on each other; make one a table"


def model_fanout(graph: Graph) -> Iterator[tuple[str, str]]:
    """Many leaves on one model are questions that belong to the BI tool."""
    for unique_id, model in graph.of_type("model"):
        leaves = [
            child
            for child in graph.children[unique_id]
            if graph.nodes[child]["resource_type"] == "model"
            and not any(graph.nodes[reader]["resource_type"] in _BUILT for reader in graph.children[child])
        ]
        if len(leaves) > MOST_LEAVES:
            yield model["name"], f"read by more than {MOST_LEAVES} models that no model reads"


def too_many_joins(graph: Graph) -> Iterator[tuple[str, str]]:
    """A model that reads many others has a step within."""
    for unique_id, model in graph.of_type("model"):
        if len(graph.parents[unique_id]) > MOST_PARENTS:
            yield model["name"], f"reads more than {MOST_PARENTS} others"


def exposure_on_private_model(graph: Graph) -> Iterator[tuple[str, str]]:
    """What people use is built on public models."""
    for unique_id, exposure in graph.of_type("exposure"):
        for parent in graph.parents[unique_id]:
            node = graph.nodes[parent]
            if node["resource_type"] == "model" and node["access"] != "public":
                yield f"{exposure['name']}, {node['name']}", "the exposure reads a model that is not public"


def public_without_contract(graph: Graph) -> Iterator[tuple[str, str]]:
    """A public model promises its columns."""
    for _, model in graph.of_type("model"):
        if model["access"] == "public" and not model["contract"]["enforced"]:
            yield model["name"], "public, but no contract is enforced"


RULES: tuple[Rule, ...] = (
    root_model,
    hard_coded_reference,
    several_sources,
    rejoined_concept,
    unused_source,
    source_fanout,
    duplicate_source,
    source_without_freshness,
    undocumented_source,
    source_directory,
    chained_views,
    model_fanout,
    too_many_joins,
    exposure_on_private_model,
    public_without_contract,
)


def problems(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """The rule, the resource and what is wrong with it, for everything that breaks a rule."""
    graph = Graph(manifest)
    for rule in RULES:
        yield from ((rule.__name__, name, what) for name, what in rule(graph))
