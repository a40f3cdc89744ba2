"""The rules that every model must keep, checked on dbt's manifest: layers, names, documentation, contracts, tests,
personal data.

python -m tools.manifest_lint target/manifest.json
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from tools import Manifest, Node, evaluator, personal


@dataclass(frozen=True)
class Layer:
    """What holds for the models of one folder: how they are named, what they may read, and who may read them."""

    prefix: str
    reads: frozenset[str]
    has_contract: bool = False
    is_public: bool = False


# Folders of intermediate models that everything above the core may read as well: periods are not business
# entities, so they are not in the core.
_PERIODS = "intermediate/periods"
_STAGING = frozenset({"staging/adventure_works", "staging/redshift", "staging/runs"})
_BELOW_CORE = _STAGING | frozenset({"intermediate", "seeds", "snapshots"})
_ABOVE_CORE = frozenset({"core", "seeds", _PERIODS})
# What marts of several groups share: since when each item could be bought, and the spans of time.
_SHARED = "marts/intermediate"
_FOR_MARTS = _ABOVE_CORE | {_SHARED}

# By folder, of which the longest that fits counts. Data goes one way only: staging, intermediate, core, and from there
# marts, operations or metrics. A mart reads its own group's intermediate models, and nothing but staging the raw lake.
LAYERS = {
    "staging/adventure_works": Layer("stg_adventure_works__", frozenset({"sources"})),
    "staging/redshift": Layer("stg_redshift__", frozenset({"sources"})),
    "staging/runs": Layer("stg_dbt_runs__", frozenset({"sources"})),
    "intermediate": Layer("int_", _BELOW_CORE),
    "core": Layer("dim_|fact_", _BELOW_CORE | {"core"}, has_contract=True, is_public=True),
    _SHARED: Layer("int_", _FOR_MARTS),
    "marts/customers": Layer("mart_", _FOR_MARTS | {"marts/customers/intermediate"}, has_contract=True, is_public=True),
    "marts/customers/intermediate": Layer("int_", _FOR_MARTS | {"marts/customers/intermediate"}),
    "marts/profitability": Layer(
        "mart_", _FOR_MARTS | {"marts/profitability/intermediate"}, has_contract=True, is_public=True
    ),
    # The budget rests on what the public marts about customers expect and advise.
    "marts/profitability/intermediate": Layer(
        "int_", _FOR_MARTS | {"marts/profitability/intermediate", "marts/customers"}
    ),
    # What the report shows beside the marts: figures for each choice of its filter, and sums of marts.
    "marts/report": Layer(
        "rpt_",
        _FOR_MARTS | {"marts/customers", "marts/profitability", "marts/report"},
        has_contract=True,
        is_public=True,
    ),
    # The ledger compares both sides of the core, so that operations read all that is below it.
    "operations": Layer(
        "load_|run_|test_",
        _BELOW_CORE | {"core", "operations", "operations/cost/intermediate", "operations/loads/intermediate"},
        has_contract=True,
    ),
    # What a load changes is measured by the sales that it concerns, by day.
    "operations/loads/intermediate": Layer("int_", _BELOW_CORE | {"core", "operations", _SHARED}),
    "operations/ledger": Layer("ledger_", _BELOW_CORE | {"core"}, has_contract=True, is_public=True),
    "operations/cost/intermediate": Layer("int_", frozenset({"staging/redshift"})),
    "metrics": Layer("metricflow_", frozenset({"core"})),
}

# What may break a rule, and why: by rule, by resource.
EXCEPTIONS = Path(__file__).with_name("lint_exceptions.yml")

# The models that read every raw table, by the macro `raw_tables`.
READERS_OF_RAW_TABLES = ("ledger_files", "load_profiles")

KINDS_OF_TESTS = {"must_hold", "reconcile", "suspicious"}
# PostgreSQL, and Redshift with it, cuts longer names, and then two tests may share a table of failures.
LONGEST_NAME = 63


def problems(manifest: Manifest, exceptions: dict[str, dict[str, str]] | None = None) -> list[str]:
    """Everything in the manifest that breaks a rule, one sentence each that names the resource; empty when all is well.

    Args:
        manifest: The content of dbt's manifest.json (schema v12).
        exceptions: Reasons by rule and resource, instead of those of lint_exceptions.yml.
    """
    if exceptions is None:
        exceptions = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))
    project = manifest["metadata"]["project_name"]
    own = [node for node in _resources(manifest) if node["package_name"] == project]
    models = [node for node in own if node["resource_type"] == "model"]
    found = [
        *_excusable_problems(manifest, models, own, exceptions),
        *_raw_table_problems(models, own),
        *_name_problems(models),
        *_grain_problems(models, own),
        *_description_problems([node for node in own if node["resource_type"] in ("model", "seed")]),
        *_interface_problems(models),
        *_macro_problems([macro for macro in manifest["macros"].values() if macro["package_name"] == project]),
        *_test_problems(own),
        *_exposure_problems(own),
        *personal.problems(manifest),
    ]
    return sorted(found)


def _resources(manifest: Manifest) -> Iterator[Node]:
    for kind in ("nodes", "sources", "exposures", "unit_tests"):
        yield from manifest[kind].values()


def _folder(node: Node) -> str:
    """The folder below models/, or the kind of resource if it is not a model."""
    if node["resource_type"] in ("source", "seed", "snapshot"):
        return f"{node['resource_type']}s"
    return str(PurePosixPath(node["original_file_path"]).parent.relative_to("models"))


def _layer(node: Node) -> str:
    """The layer of a model: the longest of LAYERS that its folder is or lies in; the folder itself where none fits."""
    folder = _folder(node)
    fitting = [layer for layer in LAYERS if f"{folder}/".startswith(f"{layer}/")]
    return max(fitting, key=len, default=folder)


def _excusable_problems(
    manifest: Manifest, models: list[Node], own: list[Node], exceptions: dict[str, dict[str, str]]
) -> Iterator[str]:
    """What breaks a rule of the graph and is not an exception, and the exceptions that no longer break one."""
    needed = set()
    present = {node["name"] for node in own}
    found = [*_layer_problems(models, own), *_unique_problems(own), *evaluator.problems(manifest)]
    for rule, name, complaint in found:
        if name in exceptions.get(rule, {}):
            needed.add((rule, name))
        else:
            yield complaint if rule == "layer" else f"{name}: {complaint}"
    for rule, excused in exceptions.items():
        for name in excused:
            # Models of what Redshift costs, and their sources, are only in a manifest for Redshift.
            if (rule, name) not in needed and re.split(r"[,.]", name)[0] in present:
                yield f"{name}: the exception from {rule} is not needed; remove it from {EXCEPTIONS.name}"


def _layer_problems(models: list[Node], own: list[Node]) -> Iterator[tuple[str, str, str]]:
    """The rule, the resource that must not be read there (or that is in no layer), and the complaint."""
    by_id = {node["unique_id"]: node for node in own}
    for model in models:
        layer = LAYERS.get(_layer(model))
        if layer is None:
            complaint = f"{model['name']}: models/{_layer(model)} is not a layer; add it to LAYERS or move the model"
            yield "layer", model["name"], complaint
            continue
        for read in (by_id[unique_id] for unique_id in model["depends_on"]["nodes"] if unique_id in by_id):
            if not {_layer(read), _folder(read)} & layer.reads:
                complaint = f"{model['name']}: {_layer(model)} may not read {read['name']} ({_folder(read)})"
                yield "layer", read["name"], complaint


def _raw_table_problems(models: list[Node], own: list[Node]) -> Iterator[str]:
    """Raw tables of the contract that the macro `raw_tables` lacks. (What only the macro has, dbt itself refuses.)"""
    tables = [n["name"] for n in own if n["resource_type"] == "source" and n["source_name"] == "adventure_works"]
    for model in (model for model in models if model["name"] in READERS_OF_RAW_TABLES):
        read = {unique_id.rpartition("__")[2] for unique_id in model["depends_on"]["nodes"]}
        for table in tables:
            if table not in read:
                yield f"{model['name']}: does not read the raw table {table}; add it to the macro raw_tables"


def _name_problems(models: list[Node]) -> Iterator[str]:
    for model in models:
        name, path = model["name"], PurePosixPath(model["original_file_path"])
        layer = LAYERS.get(_layer(model))
        if layer and not re.fullmatch(rf"({layer.prefix})[a-z][a-z0-9_]*", name):
            prefixes = layer.prefix.replace("|", " or ")
            yield f"{name}: in {_layer(model)} names start with {prefixes} and are in snake case"
        if path.stem != name:
            yield f"{name}: the file is {path.name}, not {name}.sql"
        if model["patch_path"] != f"{model['package_name']}://{path.with_suffix('.yml')}":
            yield f"{name}: the YAML must be {path.with_suffix('.yml')}"


def _grain_problems(models: list[Node], own: list[Node]) -> Iterator[str]:
    tests = [node for node in own if node["resource_type"] == "test"]
    tested = {test["attached_node"] for test in tests if _tests_grain(test)}
    # Of a step that another model takes row by row into a union, the grain is tested there.
    parts = {
        part
        for model in models
        if model["unique_id"] in tested
        for part in model["depends_on"]["nodes"]
        if _part_of(part, models) == model["name"]
    }
    for model in models:
        if model["unique_id"] not in tested | parts:
            yield f"{model['name']}: no test of the grain (key, unique or unique_combination_of_columns)"


def _part_of(unique_id: str, models: list[Node]) -> str | None:
    return next((model["config"]["meta"].get("part_of") for model in models if model["unique_id"] == unique_id), None)


def _unique_problems(own: list[Node]) -> Iterator[tuple[str, str, str]]:
    """Columns that are tested with `unique`, which passes over NULL, and may be NULL."""
    by_id = {node["unique_id"]: node for node in own}
    # Models that are only on Redshift are not in a manifest of DuckDB, but tests of them may be.
    tests = [node for node in own if node["resource_type"] == "test" and node.get("attached_node") in by_id]
    never_null = {_tested_column(test) for test in tests if _test_name(test) == "not_null"}
    for test in (test for test in tests if _test_name(test) == "key"):
        arguments = test["test_metadata"]["kwargs"]
        columns = arguments.get("not_null") or arguments["columns"]
        never_null |= {(str(test["attached_node"]), column) for column in columns}
    for unique_id, column in {_tested_column(test) for test in tests if _test_name(test) == "unique"} - never_null:
        constraints = by_id[unique_id]["columns"].get(column, {}).get("constraints", [])
        if not any(constraint["type"] == "not_null" for constraint in constraints):
            yield (
                "unique_or_null",
                f"{by_id[unique_id]['name']}.{column}",
                "unique, but not tested for NULL (key or not_null)",
            )


def _test_name(test: Node) -> str | None:
    return (test.get("test_metadata") or {}).get("name")


def _tested_column(test: Node) -> tuple[str, str]:
    return str(test["attached_node"]), str(test["column_name"])


def _tests_grain(test: Node) -> bool:
    bounds = [
        (test.get("test_metadata") or {"kwargs": {}})["kwargs"].get(bound) for bound in ("min_value", "max_value")
    ]
    has_one_row = _test_name(test) == "expect_table_row_count_to_be_between" and bounds == [1, 1]
    arguments = (test.get("test_metadata") or {"kwargs": {}})["kwargs"]
    is_key_of_groups = _test_name(test) == "one_value_per" and "unique_column" in arguments
    return has_one_row or is_key_of_groups or _test_name(test) in ("key", "unique", "unique_combination_of_columns")


def _description_problems(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if not node["description"].startswith("One row per "):
            yield f"{node['name']}: the description must start with 'One row per'"
        if not node["columns"]:
            yield f"{node['name']}: no columns are listed"
        for column in node["columns"].values():
            missing = [word for word in ("description", "data_type") if not (column[word] or "").strip()]
            if missing:
                yield f"{node['name']}.{column['name']}: no {' and no '.join(missing)}"


def _interface_problems(models: Iterable[Node]) -> Iterator[str]:
    for model in models:
        layer = LAYERS.get(_layer(model))
        if layer is None:
            continue
        if layer.has_contract and not model["contract"]["enforced"]:
            yield f"{model['name']}: models in {_layer(model)} need an enforced contract"
        if layer.is_public != (model["access"] == "public"):
            wanted = "public" if layer.is_public else "protected"
            yield f"{model['name']}: access is {model['access']}, not {wanted}"
        if not model["group"]:
            yield f"{model['name']}: belongs to no group, so nobody owns it"


def _macro_problems(macros: list[Node]) -> Iterator[str]:
    """Macros without a description, or whose arguments in YAML are not those of the macro.

    Implementations for one engine are described with the macro that dispatches to them.
    """
    for macro in macros:
        name = macro["name"]
        if name.startswith("test_") or (re.match("(default|duckdb)__", name) and not macro["patch_path"]):
            continue
        signature = re.search(r"macro\s+\w+\s*\((.*?)\)\s*-?%}", macro["macro_sql"], re.DOTALL)
        wanted = [part.split("=")[0].strip() for part in (signature[1] if signature else "").split(",") if part.strip()]
        described = [argument["name"] for argument in macro["arguments"] if argument["description"].strip()]
        if not macro["description"].strip():
            yield f"{name}: the macro has no description"
        if described != wanted:
            yield f"{name}: the YAML describes the arguments {described}, the macro has {wanted}"


def _test_problems(own: list[Node]) -> Iterator[str]:
    for node in own:
        if node["resource_type"] == "unit_test" and not re.match(rf"{node['model']}__[a-z]", node["name"]):
            yield f"{node['name']}: a unit test of {node['model']} is named {node['model']}__<behaviour>"
        if node["resource_type"] == "test":
            if len(node["name"].encode()) > LONGEST_NAME:
                yield f"{node['name']}: longer than {LONGEST_NAME} bytes; give the test a name"
            yield from _kind_problems(node)


def _kind_problems(test: Node) -> Iterator[str]:
    kinds = KINDS_OF_TESTS & set(test["tags"])
    severity = test["config"]["severity"].lower()
    if not kinds:
        yield f"{test['name']}: must have a tag of {', '.join(sorted(KINDS_OF_TESTS))}"
    if "suspicious" in kinds and len(kinds) > 1:
        yield f"{test['name']}: cannot be suspicious and {', '.join(sorted(kinds - {'suspicious'}))}"
    if (severity == "warn") != (kinds == {"suspicious"}):
        yield f"{test['name']}: the severity is {severity}; suspicious tests warn, all others are errors"


def _exposure_problems(own: list[Node]) -> Iterator[str]:
    for node in own:
        if node["resource_type"] == "exposure" and not (node["description"].strip() and node["owner"].get("name")):
            yield f"{node['name']}: an exposure needs a description and the name of its owner"


if __name__ == "__main__":
    found = problems(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.exit("\n".join(found) or 0)
