"""How a build went, from dbt's results."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adventure_works.build.failures import findings, what_should_be_so
from adventure_works.warehouse.artifacts import MANIFEST
from adventure_works.warehouse.base import Ask

# Tag or resource type of a test, and what the summary calls it. A test with two of the tags counts as the first.
KINDS = {
    "reconcile": "reconcile",
    "suspicious": "suspicious",
    "must_hold": "must hold",
    "unit_test": "unit tests",
}

# Where the tests are that compare a file with what came before, or with what is usual.
DRIFT = "tests/data/drift/"


@dataclass(frozen=True)
class Problem:
    """A node of the build that did not pass: what should be so, or dbt's message, and for a test the failing rows.

    `failures` is the table that they are in, with its database; `is_drift` is true when --accept-drift lets them pass.
    `meta` is that of the test, `found` what its rows say, a sentence each (`with_findings`).
    """

    name: str
    status: str
    message: str
    failures: str | None
    rows: int = 0
    is_drift: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[str, ...] = ()

    @property
    def said(self) -> list[str]:
        """What it says, a line each: what was found, or what should be so and where it is not, and what to do."""
        more = self.rows - len(self.found)
        return [
            *([] if self.found and {"finding", "findings"} & self.meta.keys() else [self.message]),
            *self.found,
            *([f"... and {more:,} more"] if self.found and more > 0 else []),
            *([self.meta["to_do"]] if "to_do" in self.meta else []),
        ]

    @property
    def table(self) -> str:
        """Schema and name of the table of failing rows; empty where there is none."""
        return (self.failures or "").replace('"', "").partition(".")[2]


@dataclass(frozen=True)
class BuildResult:
    """How a build went: nodes by resource type, tests by kind and status, and what did not pass.

    `work` is the time by resource type or kind of test, in seconds: the sum over the threads.
    """

    nodes: Counter[str]
    tests: dict[str, Counter[str]]
    work: Counter[str]
    errors: list[Problem]
    warnings: list[Problem]
    seconds: float

    @property
    def said(self) -> dict[str, list[str]]:
        """What each problem says, by name; the build's messages and so every line of dbt's stay out."""
        return {problem.name: problem.said for problem in [*self.errors, *self.warnings] if problem.table}

    @property
    def test_count(self) -> int:
        """How many tests ran."""
        return sum(sum(counts.values()) for counts in self.tests.values())


def summarise(results: Iterable[Any], seconds: float, target: Path) -> BuildResult:
    """The summary of dbt's results; tests that the manifest in dbt's target folder has, but did not run, are errors."""
    nodes: Counter[str] = Counter()
    work: Counter[str] = Counter()
    tests: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for result in results:
        node, status = result.node, str(result.status)
        resource = str(node.resource_type)
        kind = next((kind for kind in KINDS if kind in node.tags), resource)
        work[kind] += result.execution_time
        if resource == "test":
            tests.setdefault(kind, Counter())[status] += 1
        else:
            nodes[resource] += 1
        if status in ("error", "fail", "warn", "runtime error"):
            stored = getattr(node, "relation_name", None) if resource == "test" else None
            said = what_should_be_so(node) if status in ("fail", "warn") else ""
            is_drift = node.original_file_path.startswith(DRIFT)
            message = said or (result.message or "").strip()
            meta = node.config.meta if resource == "test" else {}
            problem = Problem(node.name, status, message, stored, result.failures or 0, is_drift, meta)
            (warnings if status == "warn" else errors).append(problem)
    errors += tests_left_out(target, {result.node.unique_id for result in results})
    return BuildResult(nodes, tests, work, errors, warnings, seconds)


def with_findings(result: BuildResult, ask: Ask) -> BuildResult:
    """The same with what the failing rows of its tests say, as the warehouse has them that was built."""

    def found(problem: Problem) -> Problem:
        if not problem.table or not problem.rows:
            return problem
        said = findings(ask, problem.table, problem.meta, all_columns=problem.is_drift)
        return replace(problem, found=tuple(said))

    return replace(result, errors=[*map(found, result.errors)], warnings=[*map(found, result.warnings)])


def tests_left_out(target: Path, ran: set[str]) -> list[Problem]:
    """The tests of data in the manifest that are not among those that ran: without them nothing is audited."""
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    return [
        Problem(node["name"], "left out", "was not run; look for DBT_ variables in the environment", None)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and node["config"].get("enabled", True) and unique_id not in ran
    ]
