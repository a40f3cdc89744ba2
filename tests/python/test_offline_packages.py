"""The twins in offline_packages/: each does what it should, and they are what the project uses, no more, no less."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from adventure_works.settings import PROJECT

TWINS = PROJECT / "offline_packages"
EXAMPLES = PROJECT / "tests" / "offline_packages"
PACKAGES = ("dbt_utils", "dbt_expectations", "dbt_date")
DBT = Path(sys.executable).with_name("dbt")


# --- Each twin does what it should ----------------------------------------------------------------------------


def run_examples(packages: Path, folder: Path) -> dict[str, tuple[str, int | None]]:
    """Status and number of failures of every test in tests/offline_packages, with the packages of a folder."""
    run = subprocess.run(
        [DBT, "--quiet", "build", "--profiles-dir", ".", "--target-path", folder / "target", "--log-path", folder],
        cwd=EXAMPLES,
        env={**os.environ, "PACKAGES_UNDER_TEST": str(packages)},
        capture_output=True,
        text=True,
    )
    assert (folder / "target" / "run_results.json").exists(), run.stdout
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    tests = example_tests(folder)
    return {
        tests[result["unique_id"]]["name"]: (result["status"], result["failures"])
        for result in results
        if result["unique_id"] in tests
    }


def example_tests(folder: Path) -> dict[str, dict]:
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    return {key: node for key, node in nodes.items() if node["resource_type"] == "test"}


@pytest.fixture(scope="module")
def examples_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offline_packages")


@pytest.fixture(scope="module")
def results(examples_folder: Path) -> dict[str, tuple[str, int | None]]:
    return run_examples(TWINS, examples_folder)


def test_each_example_finds_the_failures_counted_by_hand(
    results: dict[str, tuple[str, int | None]], examples_folder: Path
) -> None:
    counted = {node["name"]: node["config"]["meta"]["failures"] for node in example_tests(examples_folder).values()}
    assert results == {name: ("fail" if count else "pass", count) for name, count in counted.items()}


def test_each_twin_has_an_example_that_passes_and_one_that_fails(
    results: dict[str, tuple[str, int | None]], examples_folder: Path
) -> None:
    statuses = defaultdict(set)
    for node in example_tests(examples_folder).values():
        made_by = node["test_metadata"]
        statuses[made_by["namespace"], made_by["name"]].add(results[node["name"]][0])
    assert statuses == {
        (file.parts[-3], name): {"pass", "fail"}
        for file in TWINS.glob("*/macros/*.sql")
        for name in re.findall(r"{% test (\w+)", file.read_text())
    }


def test_the_packages_of_the_hub_give_the_same_results(
    results: dict[str, tuple[str, int | None]], tmp_path: Path
) -> None:
    folder = os.environ.get("ADVENTURE_REAL_PACKAGES")
    if not folder:
        pytest.skip("ADVENTURE_REAL_PACKAGES names no folder with the packages of the hub")
    assert run_examples(Path(folder).resolve(), tmp_path) == results


# --- They are what the project uses ---------------------------------------------------------------------------


def source_folders() -> list[str]:
    """The folders that dbt reads, from dbt_project.yml."""
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    folders = [folder for key, folders in settings.items() if key.endswith("-paths") for folder in folders]
    return [folder for folder in folders if (PROJECT / folder).is_dir()]


def package_macros_in(text: str) -> list[tuple[int, str, str]]:
    """Line, package and name of each test and macro of a package that SQL or YAML text uses."""
    pattern = re.compile(rf"\b({'|'.join(PACKAGES)})\.(\w+)")
    return [(number, *use) for number, line in enumerate(text.splitlines(), start=1) for use in pattern.findall(line)]


def uses_without_a_twin() -> list[str]:
    twins = {
        (file.parts[-3], name)
        for file in TWINS.glob("*/macros/*.sql")
        for name in re.findall(r"{%-? (?:test|macro) (\w+)", file.read_text())
    }
    return [
        f"{file.relative_to(PROJECT)}:{line} uses {package}.{name}"
        for folder in source_folders()
        for file in sorted((PROJECT / folder).rglob("*"))
        if file.suffix in {".sql", ".yml", ".yaml"}
        for line, package, name in package_macros_in(file.read_text())
        if (package, name) not in twins
    ]


def test_everything_used_of_a_package_has_a_twin() -> None:
    missing = uses_without_a_twin()
    assert not missing, "\n".join(["Write these in offline_packages/ (see its README):", *missing])


def test_uses_of_packages_are_seen_in_sql_and_yaml() -> None:
    assert package_macros_in("a\n- dbt_utils.accepted_range:\n{{ dbt_utils.star(x) }} my_dbt_utils.star") == [
        (2, "dbt_utils", "accepted_range"),
        (3, "dbt_utils", "star"),
    ]


@pytest.mark.slow
def test_every_twin_is_used(tmp_path: Path) -> None:
    manifest = parse_project_with_twins(tmp_path)
    used = macros_needed_by_project(manifest)
    files = defaultdict(set)
    for key, macro in manifest["macros"].items():
        if macro["package_name"] in PACKAGES:
            files[macro["package_name"], macro["path"]].add(key)
    unused = [f"offline_packages/{package}/{path}" for (package, path), keys in files.items() if not keys & used]
    assert not unused, "\n".join(["Nothing uses these; delete them and their examples:", *sorted(unused)])


def parse_project_with_twins(folder: Path) -> dict:
    """The manifest of a copy of the project in which the twins are installed."""
    for source in source_folders():
        shutil.copytree(PROJECT / source, folder / source)
    for settings in PROJECT.glob("*.yml"):
        shutil.copyfile(settings, folder / settings.name)
    shutil.copytree(TWINS, folder / "dbt_packages")
    run = subprocess.run(
        [DBT, "--quiet", "parse", "--target-path", "target"], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, "\n".join(
        ["The project cannot be parsed with the twins.", *uses_without_a_twin(), run.stdout]
    )
    return json.loads((folder / "target" / "manifest.json").read_text())


def macros_needed_by_project(manifest: dict) -> set[str]:
    """Unique ids of the macros that the project's nodes and macros need, themselves or through others.

    What is used without a twin is no macro of the manifest; the test for that names it.
    """
    waiting = [
        macro
        for node in [*manifest["nodes"].values(), *manifest["macros"].values()]
        if node["package_name"] == manifest["metadata"]["project_name"]
        for macro in node["depends_on"]["macros"]
    ]
    needed = set()
    while waiting:
        macro = waiting.pop()
        if macro in manifest["macros"] and macro not in needed:
            needed.add(macro)
            waiting += manifest["macros"][macro]["depends_on"]["macros"]
    return needed
