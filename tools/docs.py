"""Writes the documents made from dbt's manifest, so that they cannot drift from the models, and the docs site."""

import json
import os
import re
import shutil
from pathlib import Path

from adventure_works import settings
from adventure_works.settings import PROJECT, shown, variables
from tools import Manifest, Node

# A metric's filter wraps each name in Jinja: {{ Dimension('order__is_first_order') }}.
WRAPPED_NAME = re.compile(r"\{\{\s*\w+\('(\w+)'\)\s*\}\}")


CONFIGURATION = """\
# Configuration

<!-- Made by `make docs` from settings.py. Change the settings there, not this file. -->

Every setting is an environment variable; one that is empty counts as not set. `adventure config` prints the value of
each and where it comes from. A path that you set is relative to the current folder; a default is in the project.
AWS credentials come from AWS's own variables and files (`AWS_PROFILE`, or the role of the machine).

| Variable | Default | Meaning |
|---|---|---|
{rows}
"""


def documents(manifest: Manifest) -> dict[str, str]:
    """The content of every generated document, by its path in the project.

    Args:
        manifest: The content of dbt's manifest.json (schema v12).
    """
    return {
        "docs/configuration.md": configuration(),
        "docs/erd.md": entity_diagram(manifest),
        "docs/glossary.md": glossary(manifest),
    }


def configuration() -> str:
    """A table of the environment variables."""
    rows = []
    for one in variables():
        default = f"`{one.default}`" if one.default else ""
        rows.append(f"| `{one.name}` | {default} | {one.help}{' A secret.' if one.secret else ''} |")
    return CONFIGURATION.format(rows="\n".join(rows))


def entity_diagram(manifest: Manifest) -> str:
    """The star schema as a Mermaid diagram: columns and keys from the YAML, lines from the relationships tests."""
    tables = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["original_file_path"].startswith("models/core/")
    }
    references = sorted(_references(manifest, tables))
    unique = {unique_id: _unique_columns(manifest, unique_id) for unique_id in tables}
    lines = ["erDiagram"]
    lines += [f"    {parent} ||--o{{ {child} : {column}" for parent, column, child in references]
    for unique_id, table in sorted(tables.items(), key=lambda item: item[1]["name"]):
        primary, *others = unique[unique_id]
        keys = {"PK": primary, "FK": {column for _, column, child in references if child == table["name"]}}
        keys["UK"] = set().union(*others)
        lines.append(f"    {table['name']} {{")
        for column in table["columns"].values():
            marks = ", ".join(mark for mark, columns in keys.items() if column["name"] in columns)
            # Mermaid has no place for the precision of a type.
            lines.append(f"        {column['data_type'].partition('(')[0]} {column['name']} {marks}".rstrip())
        lines.append("    }")
    return _page(
        "The star schema",
        "One line per relationship that a dbt test checks. The columns marked PK are unique together, those marked UK "
        "on their own; FK refers to another table.",
        ["```mermaid", *lines, "```"],
    )


def _unique_columns(manifest: Manifest, unique_id: str) -> list[set[str]]:
    """The sets of columns that a test finds unique, in the order of the columns; the first is the key."""
    found = []
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata") or {}
        if test.get("attached_node") != unique_id:
            continue
        if metadata["name"] == "unique":
            found.append({test["column_name"]})
        if metadata["name"] == "unique_combination_of_columns":
            found.append(set(metadata["kwargs"]["combination_of_columns"]))
        if metadata["name"] == "key":
            found.append(set(metadata["kwargs"]["columns"]))
        if metadata["name"] == "one_value_per":
            found.append({metadata["kwargs"]["group_column"], metadata["kwargs"]["unique_column"]})
    order = list(manifest["nodes"][unique_id]["columns"])
    return sorted(found, key=lambda columns: min(order.index(column) for column in columns))


def _references(manifest: Manifest, tables: dict[str, Node]) -> set[tuple[str, str, str]]:
    """Parent table, column of the child, and child table of each tested foreign key between two of the tables."""
    found = set()
    names = {table["name"] for table in tables.values()}
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata") or {}
        child = test.get("attached_node")
        if metadata.get("name") not in ("relationships", "rows_are_sound") or child not in tables:
            continue
        arguments = metadata["kwargs"]
        for column, other in (arguments.get("keys") or {test["column_name"]: arguments}).items():
            parent = re.sub(r"ref\('(\w+)'\)", r"\1", other["to"])
            if parent in names:
                found.add((parent, column, tables[child]["name"]))
    return found


def glossary(manifest: Manifest) -> str:
    """The measures of the business and the dimensions to break them down by, from the metrics and semantic models."""
    metrics = sorted(manifest["metrics"].values(), key=lambda metric: metric["name"])
    models = sorted(manifest["semantic_models"].values(), key=lambda model: model["name"])
    measures = {measure["name"]: (measure, model) for model in models for measure in model["measures"]}
    lines = [
        "| Measure | Name | Meaning | Calculation |",
        "|---|---|---|---|",
        *(
            _table_row(metric["label"], f"`{metric['name']}`", metric["description"], _formula(metric, measures))
            for metric in metrics
        ),
        "",
        "## Dimensions to break the measures down by",
        "",
        "| Dimension | Name | Meaning |",
        "|---|---|---|",
    ]
    for model in models:
        entity = next((entity["name"] for entity in model["entities"] if entity["type"] == "primary"), None)
        lines += [
            _table_row(dimension["label"], f"`{entity}__{dimension['name']}`", dimension["description"])
            for dimension in model["dimensions"]
            if entity
        ]
    return _page(
        "Glossary of measures",
        "Every measure is defined once, as a metric in `models/metrics`; the marts use the same names and give the "
        "same figures. Time is `metric_time`, by day, week, month, quarter or year: the order date, and for returns "
        "the return date.",
        lines,
    )


def _formula(metric: Node, measures: dict[str, tuple[Node, Node]]) -> str:
    parts = metric["type_params"]
    if metric["type"] == "ratio":
        return f"`{_part(parts['numerator'])} / {_part(parts['denominator'])}`"
    if metric["type"] == "derived":
        return f"`{parts['expr']}`"
    measure, model = measures[parts["measure"]["name"]]
    column = measure["expr"] or measure["name"]
    formula = f"count(distinct {column})" if measure["agg"] == "count_distinct" else f"{measure['agg']}({column})"
    formula += f" from {model['node_relation']['alias']}"
    return "`" + " where ".join([formula, *_filters(metric)]) + "`"


def _part(metric: Node) -> str:
    """A metric as the part of a ratio, in brackets with the filter of its own."""
    filtered = " where ".join([metric["name"], *_filters(metric)])
    return f"({filtered})" if _filters(metric) else filtered


def _filters(metric: Node) -> list[str]:
    filters = (metric["filter"] or {"where_filters": []})["where_filters"]
    return [WRAPPED_NAME.sub(r"\1", part["where_sql_template"]) for part in filters]


def _table_row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"


def _page(title: str, introduction: str, lines: list[str]) -> str:
    note = "<!-- Made by `make docs` from dbt's manifest. Change the YAML of the models, not this file. -->"
    return "\n".join([f"# {title}", "", note, "", introduction, "", *lines, ""])


def place_site(target: Path, report: Path) -> Path:
    """Copies the docs site from dbt's target folder to its place next to the report, and returns that place."""
    site = report.parent / "docs" / "index.html"
    site.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target / "static_index.html", site)
    return site


def main() -> None:
    """Writes every document and puts the docs site next to the report, from the output of `dbt docs generate`."""
    found = settings.read_settings(os.environ)
    manifest = json.loads((found.target / "manifest.json").read_text(encoding="utf-8"))
    for name, content in documents(manifest).items():
        path = PROJECT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    print(f"The docs site: {shown(place_site(found.target, found.report))}")


if __name__ == "__main__":
    main()
