"""The evidence for the figures: models with their SQL and tests, how their build went, and how runs before it did.

The first two come from what the warehouse keeps of its build, the last from the recorded runs.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adventure_works.build.results import KINDS
from adventure_works.errors import AdventureError
from adventure_works.monitor.history import Run, last_runs, troubles
from adventure_works.settings import shown
from adventure_works.warehouse.artifacts import MANIFEST, RESULTS
from adventure_works.warehouse.base import Ask, Row
from adventure_works.warehouse.record import NOTHING_SAID, Said

PASSED = ("pass", "success")
# How far back the page looks; some years of nightly runs.
RUNS = 1000


@dataclass(frozen=True)
class Test:
    """A test of the build: its kind (a key of KINDS), status (dbt's word, or "not run"), and failing rows.

    `since` is when the first run after the last one that passed began (UTC); None for a test that passes, and where no
    run is on record. `said` is what its failing rows say, a line each.
    """

    name: str
    description: str
    kind: str
    status: str
    failures: int
    models: tuple[str, ...]
    since: datetime | None = None
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model that a section reads: its description, the SQL that made it, and its tests."""

    name: str
    description: str
    sql: str
    docs: str
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class BuildEvidence:
    """The build that made the figures: when it ended (UTC), its tests, and the models by name.

    `runs` are the recorded runs of the warehouse, the newest first.
    """

    built_at: datetime
    tests: tuple[Test, ...]
    models: dict[str, Model]
    runs: tuple[Run, ...] = ()

    @property
    def warned(self) -> list[Test]:
        """The tests that ended with a warning."""
        return [test for test in self.tests if test.status == "warn"]

    @property
    def by_kind(self) -> dict[str, Counter[str]]:
        """Tests by kind and status."""
        counts = {kind: Counter(test.status for test in self.tests if test.kind == kind) for kind in KINDS}
        return {kind: found for kind, found in counts.items() if found}


def read(folder: Path, history: Ask, names: tuple[str, ...], said: Said = NOTHING_SAID) -> BuildEvidence:
    """The evidence of a build, for the models of these names.

    Args:
        folder: What the warehouse keeps of the build: dbt's manifest and results.
        history: Asks the recorded runs, `{runs}.run_results`.
        names: The models that the page shows.
        said: What the tests say that failed or warned, as the warehouse has kept it.

    Raises:
        AdventureError: The folder or a part of it is gone, or the build did not have one of the models.
    """
    manifest, found = _artifact(folder, MANIFEST), _artifact(folder, RESULTS)
    results = {result["unique_id"]: result for result in found["results"]}
    built_at = datetime.fromisoformat(found["metadata"]["generated_at"])
    since = {trouble.name: trouble.since for trouble in troubles(history)}
    runs = tuple(last_runs(history, RUNS))
    tests = tuple(_tests(manifest, results, since, said))
    models = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in names
    }
    if missing := [name for name in names if name not in models]:
        raise AdventureError(
            f"{shown(folder / MANIFEST)} does not know {', '.join(missing)}. Build again: adventure run"
        )
    return BuildEvidence(built_at, tests, {name: _model(models[name], results, tests) for name in names}, runs)


def check(evidence: BuildEvidence) -> None:
    """Stops a report whose figures have not passed every test of data; a warning is shown in it instead.

    Raises:
        AdventureError: with the tests that have not run in the build, or failed in it.
    """
    waiting = [test.name for test in evidence.tests if test.status == "not run"]
    reasons = [
        f"the test {test.name} ended with {test.status}"
        for test in evidence.tests
        if test.status not in (*PASSED, "warn", "not run")
    ]
    if waiting:
        names = ", ".join(waiting[:3]) + (", ..." if len(waiting) > 3 else "")
        reasons.insert(
            0, f"{len(waiting)} of {len(evidence.tests)} tests have not run in the build of what is published: {names}"
        )
    if reasons:
        listed = "\n".join(f"  {reason}" for reason in reasons[:10])
        more = f"\n  ... and {len(reasons) - 10} more" if len(reasons) > 10 else ""
        raise AdventureError(
            f"No report is written, because its figures cannot be relied upon:\n{listed}{more}\n"
            "Build and test everything again: adventure run"
        )


def _artifact(folder: Path, name: str) -> Row:
    path = folder / name
    try:
        content: Row = json.loads(path.read_text(encoding="utf-8"))
        return content
    except FileNotFoundError:
        reason = "is not there"
    except (OSError, ValueError) as error:
        reason = f"cannot be read ({error})"
    raise AdventureError(
        f"{shown(path)} {reason}: the report shows from it how what is published was tested. Build and test everything "
        "again: adventure run"
    )


def _tests(manifest: Row, results: dict[str, Row], since: dict[str, datetime], said: Said) -> list[Test]:
    # Tests of models that are not for this engine stay in the manifest, switched off.
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"].get("enabled", True)
    ]
    # No data changes what a unit test finds, so a build may leave them out.
    units = [node for node in manifest["unit_tests"].values() if node["unique_id"] in results]
    return [_test(node, results.get(node["unique_id"], {}), since, said) for node in [*nodes, *units]]


def _test(node: Row, result: Row, since: dict[str, datetime], said: Said) -> Test:
    is_unit = node["resource_type"] == "unit_test"
    kind = "unit_test" if is_unit else next((kind for kind in KINDS if kind in node["config"]["tags"]), "must_hold")
    parents = [parent.rpartition(".")[2] for parent in node["depends_on"]["nodes"]]
    status = result.get("status", "not run")
    return Test(
        name=node["name"],
        description=" ".join((node.get("description") or "").split()),
        kind=kind,
        status=status,
        failures=result.get("failures") or 0,
        # A unit test's first parent is its model, the others are inputs that it makes up.
        models=tuple(parents[:1] if is_unit else parents),
        since=None if status in PASSED else since.get(node["name"]),
        said=tuple(said.get(node["name"], ())),
    )


def _model(node: Row, results: dict[str, Row], tests: tuple[Test, ...]) -> Model:
    sql = results.get(node["unique_id"], {}).get("compiled_code") or node.get("compiled_code") or ""
    lines = [line.rstrip() for line in sql.strip().splitlines()]
    return Model(
        name=node["name"],
        description=" ".join(node["description"].split()),
        sql="\n".join(line for line in lines if line),
        docs=f"docs/index.html#!/model/{node['unique_id']}",
        tests=tuple(test for test in tests if node["name"] in test.models),
    )
