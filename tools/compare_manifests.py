"""Compares two manifests of dbt: what a refactoring has changed for those who read or run the project.

    python -m tools.compare_manifests OLD/manifest.json NEW/manifest.json
    python -m tools.compare_manifests OLD NEW --renamed value_segments=value_groups

Compared are the nodes of the project, and of each its relation, configuration, tags, access, group, grants, contract,
columns with their types, and parents. Paths and descriptions are not. Ends with exit code 1 when something differs.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# What dbt derives from a node's place or text, and what identifies a run.
IGNORED = {"docs", "meta", "packages", "post-hook", "pre-hook", "quoting", "unrendered_config"}
FACTS = ("resource_type", "schema", "alias", "access", "group", "latest_version", "version")


def facts(manifest: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What counts of each node of the project, by its unique id.

    Args:
        manifest: the content of a manifest.json (schema v12).
        renamed: new names by old ones, of nodes and columns, and of tests whose names begin with them.
    """
    project = manifest["metadata"]["project_name"]
    nodes = {**manifest["nodes"], **manifest["sources"], **manifest["exposures"], **manifest["unit_tests"]}
    return {
        _new(_identity(node), renamed): _facts(node, nodes, renamed)
        for node in nodes.values()
        if node["package_name"] == project
    }


def differences(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Each difference as one line, in the order of the nodes."""
    for identity in sorted(old.keys() | new.keys()):
        if identity not in new:
            yield f"{identity}: is gone"
        elif identity not in old:
            yield f"{identity}: is new"
        else:
            for name in sorted(old[identity].keys() | new[identity].keys()):
                before, after = old[identity].get(name), new[identity].get(name)
                if before != after:
                    yield f"{identity}: {name} was {before!r}, is {after!r}"


def _identity(node: Mapping[str, Any]) -> str:
    test = node.get("test_metadata")
    if test and node["name"].startswith((f"{test['name']}_", f"{test['namespace']}_")):
        # dbt made the name of the test, from those of its model and column.
        return f"test.{test['name']} of {node['attached_node']}.{node.get('column_name')}"
    # The id of a generic test ends in a hash of its arguments, which say where its model is read from.
    return re.sub(r"\.[0-9a-f]{10}$", "", str(node["unique_id"]))


def _facts(node: Mapping[str, Any], nodes: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    config = {f"config.{name}": value for name, value in node["config"].items() if name not in IGNORED}
    columns = {
        f"column {name}": [column.get("data_type"), sorted(map(str, column.get("constraints", [])))]
        for name, column in node.get("columns", {}).items()
    }
    parents = node.get("depends_on", {}).get("nodes", [])
    facts = {name: node.get(name) for name in FACTS} | config | columns
    if node.get("test_metadata"):
        del facts["alias"], facts["config.alias"]
    facts["tags"] = sorted(node.get("tags", []))
    facts["parents"] = sorted({_new(_identity(nodes[parent]), renamed) for parent in parents if parent in nodes})
    with_new_names: dict[str, Any] = json.loads(_new(json.dumps(facts), renamed))
    return with_new_names


def _new(text: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        text = re.sub(rf"(?<![a-z0-9_]){re.escape(old)}(?![a-z0-9]|_(?!_))", new, text)
    return text


def main() -> None:
    """Prints the differences, and how many nodes were compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="manifest.json before, or its folder")
    parser.add_argument("new", type=Path, help="manifest.json after, or its folder")
    parser.add_argument("--renamed", action="append", default=[], metavar="OLD=NEW", help="of a node or column")
    arguments = parser.parse_args()
    renamed = dict(pair.split("=", 1) for pair in arguments.renamed)
    old, new = (
        facts(json.loads((path / "manifest.json" if path.is_dir() else path).read_text(encoding="utf-8")), names)
        for path, names in ((arguments.old, renamed), (arguments.new, {}))
    )
    found = list(differences(old, new))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(old)} nodes before, {len(new)} after, {len(found)} differences.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
