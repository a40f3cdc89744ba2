"""Settings: checked, printed without secrets, and with the same defaults in Python and in dbt."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from adventure_works.errors import AdventureError
from adventure_works.settings import DEFAULTS, PROJECT, S3Place, read_settings, values, variables
from tools.docs import configuration

READ = re.compile(r"""env_var\(\s*['"](\w+)['"]\s*(?:,\s*['"]([^'"]*)['"])?""")
# What dbt needs a text for although nothing is set: a price only where the cost models are built, which takes one.
ONLY_IN_DBT = {"REDSHIFT_PRICE_PER_RPU_HOUR": "0"}


def read_by_dbt() -> dict[str, set[str]]:
    """The variables that the dbt project reads, each with its defaults."""
    found: dict[str, set[str]] = defaultdict(set)
    folders = ("models", "macros", "snapshots", "seeds", "analyses", "tests/data")
    files = [PROJECT / "profiles.yml", PROJECT / "dbt_project.yml"]
    files += [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.suffix in (".sql", ".yml")]
    for path in files:
        for name, default in READ.findall(path.read_text(encoding="utf-8")):
            found[name].add(default)
    return found


def test_dbt_and_python_have_the_same_defaults() -> None:
    dbt, python = read_by_dbt(), {variable.name: variable.default for variable in variables()}
    assert {"ADVENTURE_LAKE", "ADVENTURE_DATABASE", "REDSHIFT_SCHEMA", "DBT_THREADS"} < set(dbt)
    assert set(dbt) - {"USER"} <= set(python), "a variable that settings.py does not know"
    # Where dbt gives none, or an empty one, the variable is needed there or tested for.
    differing = {
        name: defaults
        for name, found in dbt.items()
        if (defaults := found - {"", ONLY_IN_DBT.get(name)}) and defaults != set(python[name].split(" or "))
    }
    assert differing == {}


def test_the_documentation_has_every_variable_once() -> None:
    names = re.findall(r"^\| `(\w+)` \|", configuration(), re.MULTILINE)
    assert names == [variable.name for variable in variables()]
    assert len(set(names)) == len(names)


# Named in the project, and no settings of it.
NOT_OURS = {
    "AWS_PROFILE": "read by AWS's own client; docs/configuration.md names it above the table",
    "AWS_ENDPOINT_URL": "read by AWS's own client; a message names it as a cause",
    **dict.fromkeys(("DBT_TARGET", "DBT_EMPTY", "DBT_SAMPLE"), "read by dbt; a run unsets it"),
    **dict.fromkeys(("DBT_ENGINE_EMPTY", "DBT_ENGINE_SAMPLE"), "the same, under dbt's newer names"),
}


def test_every_variable_that_the_project_names_is_documented() -> None:
    """In its SQL, its Python, its commands and its documents; tests set more."""
    places = ("*.md", "*.yml", "Makefile", ".ci", "analyses", "macros", "models", "scripts", "seeds", "tools")
    listed = subprocess.run(["git", "ls-files", "-z", *places], cwd=PROJECT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if not name.startswith(("tests/", "offline_"))]
    text = "\n".join((PROJECT / name).read_text(encoding="utf-8") for name in names if (PROJECT / name).is_file())
    named = set(re.findall(r"(?<![A-Z_])(?:ADVENTURE|AWS|DBT|REDSHIFT)(?:_[A-Z0-9]+)+(?![A-Z_*])", text))
    assert named == {variable.name for variable in variables()} | set(NOT_OURS)


def test_no_module_of_the_package_but_the_command_line_reads_the_environment() -> None:
    # dbt wants it set around its build, and given when its profile is read.
    allowed = {"develop.py", "cli/options.py", "cli/config.py", "build/dbt.py", "profile.py"}
    package = PROJECT / "scripts" / "adventure_works"
    reading = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8"))
    }
    assert reading <= allowed


def test_what_is_not_set_or_empty_is_the_default() -> None:
    assert read_settings({}) == DEFAULTS == read_settings({"ADVENTURE_LAKE": "", "REDSHIFT_SCHEMA": ""})
    assert DEFAULTS.lake == PROJECT / "lake"
    assert (DEFAULTS.schema, DEFAULTS.slices, DEFAULTS.max_attempts) == ("adventure_works", 8, 6)


def test_paths_are_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_settings({"ADVENTURE_LAKE": "mine", "DBT_LOG_PATH": "/var/log/dbt"})
    assert (found.lake_folder, found.log) == (tmp_path / "mine", Path("/var/log/dbt/dbt.log"))
    assert read_settings({"ADVENTURE_LAKE": "s3://bucket/a/b/"}).lake == S3Place("bucket", "a/b")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"ADVENTURE_LAKE": "s3://a b/lake"},
            "ADVENTURE_LAKE is s3://a b/lake, which is not of the form s3://bucket/prefix",
        ),
        ({"REDSHIFT_SCHEMA": "My Schema"}, "REDSHIFT_SCHEMA is 'My Schema', which is not a plain name"),
        ({"REDSHIFT_SCHEMA": "a" * 101}, "REDSHIFT_SCHEMA is"),
        ({"REDSHIFT_COPY_ROLE": "nobody"}, "REDSHIFT_COPY_ROLE is 'nobody'. Set it to the ARN of a role"),
        (
            {"ADVENTURE_S3_KMS_KEY": "arn:aws:kms:eu-west-1:123456789012:alias/lake"},
            "alias/lake', which is not the ARN of a key. Set it to one (arn:aws:kms:",
        ),
        ({"ADVENTURE_GLUE_DATABASE": "Raw-Data"}, "ADVENTURE_GLUE_DATABASE is 'Raw-Data'"),
        ({"DBT_LOG_LEVEL_FILE": "loud"}, "DBT_LOG_LEVEL_FILE is 'loud'. Set it to debug, info, warn, error or none."),
        ({"ADVENTURE_SLICES": "0"}, "ADVENTURE_SLICES is 0. Give a whole number from 1"),
        (
            {"ADVENTURE_LAKE": "/a/back\\slash/lake"},
            "cannot use a path with \\ in it: set ADVENTURE_LAKE to another place",
        ),
        (
            {"ADVENTURE_DATABASE": "/a/what?/w.duckdb"},
            "cannot use a path with ? in it: set ADVENTURE_DATABASE to another",
        ),
        ({"ADVENTURE_DATABASE": "/a/#1/w.duckdb"}, "cannot use a path with # in it"),
        ({"ADVENTURE_LAKE": "/a/\x1b/lake"}, "cannot use a path with the character 0x001b in it"),
        ({"ADVENTURE_LAKE": "/a/\udcff/lake"}, "cannot use a path with the character 0xdcff in it"),
        ({"AWS_MAX_ATTEMPTS": "often"}, "AWS_MAX_ATTEMPTS is often"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(AdventureError) as refusal:
        read_settings(environment)
    assert words in str(refusal.value)


def test_redshift_needs_a_workgroup_and_a_lake_on_s3() -> None:
    found = read_settings({"REDSHIFT_WORKGROUP": "w", "ADVENTURE_LAKE": "s3://bucket"})
    found.check_workgroup()
    assert found.lake_on_s3 == S3Place("bucket", "")
    with pytest.raises(AdventureError, match="REDSHIFT_WORKGROUP is not set"):
        DEFAULTS.check_workgroup()
    with pytest.raises(AdventureError, match="Set ADVENTURE_LAKE to s3://bucket/prefix"):
        _ = DEFAULTS.lake_on_s3
    with pytest.raises(AdventureError, match="which DuckDB does not read here"):
        _ = found.lake_folder


def test_secrets_are_not_shown_and_origins_are() -> None:
    found = {name: (value, origin) for name, value, origin in values({"REDSHIFT_PASSWORD": "hush", "DBT_THREADS": "8"})}
    assert found["REDSHIFT_PASSWORD"] == ("(set, not shown)", "environment")
    assert found["DBT_THREADS"] == ("8", "environment")
    assert found["ADVENTURE_MEMORY"] == ("80%", "default")
    assert found["ADVENTURE_ALERT_WEBHOOK"] == ("", "default")


def test_the_command_prints_them(adventure: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = adventure("config", ADVENTURE_ALERT_WEBHOOK="https://hooks.example/hush", ADVENTURE_MEMORY="[8GB]")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["ADVENTURE_LAKE"][-1] == "environment" and lines["REDSHIFT_SCHEMA"] == ["adventure_works", "default"]
    assert lines["ADVENTURE_MEMORY"] == ["[8GB]", "environment"]
    assert "hush" not in done.stdout and set(lines) - {"Variable"} == {variable.name for variable in variables()}
    wrong = adventure("config", REDSHIFT_SCHEMA="My Schema")
    assert wrong.returncode == 1 and wrong.stderr.startswith("Error: REDSHIFT_SCHEMA is 'My Schema'")
