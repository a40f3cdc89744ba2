"""dbt's parse of the project, made once for all tests.

dbt parses everything again whenever the path of the database or of the lake changes, as it does from test to test. So
the parse that it keeps (`partial_parse.msgpack`) is given to a test's target folder with the test's own paths in it. A
file of the project that changed since is parsed as ever, and what dbt cannot use it parses again.
"""

import os
import pprint
from argparse import Namespace
from pathlib import Path

import msgpack

from adventure_works.settings import read_settings
from adventure_works.warehouse.duckdb import DuckDBWarehouse
from support.places import PROJECT

KEPT = "partial_parse.msgpack"


def give(parsed: Path, tool: str) -> None:
    """Puts the parse whose places are below `parsed` where the dbt of a tool looks for it, if nothing is there yet.

    It is a parse for the target `dev`, with the name of the database, which is that of its file.
    """
    target_name = os.environ.get("ADVENTURE_TARGET", "dev")
    names = {"dev": "ADVENTURE_DEV_DATABASE", "published": "ADVENTURE_DATABASE"}
    if target_name not in names or "DBT_TARGET_PATH" not in os.environ:
        return
    database = Path(os.environ.get(names[target_name], "")).stem
    if database not in ("dev_test", "test"):
        return
    plain = Path(os.environ["DBT_TARGET_PATH"])
    run = DuckDBWarehouse(read_settings(os.environ), print).target_folder
    source, target = parsed / "target" / KEPT, (run if tool == "adventure" else plain) / KEPT
    own = plain.parent
    if target.exists():
        return
    kept = _moved(msgpack.unpackb(source.read_bytes(), strict_map_key=False), str(parsed), str(own))
    kept = _moved(kept, "dev_test", database)
    for name, checksum in _checksums_of_the_environment().items():
        kept["state_check"][name]["checksum"] = checksum
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgpack.packb(kept))


def _moved(value: object, old: str, new: str) -> object:
    """The value with one text replaced by another wherever it occurs."""
    if isinstance(value, str):
        return value.replace(old, new) if old in value else value
    if isinstance(value, dict):
        return {key: _moved(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, old, new) for inner in value]
    return value


def _checksums_of_the_environment() -> dict[str, str]:
    """What `ManifestLoader.build_manifest_state_check` of dbt compares to see whether profile or variables changed."""
    from dbt.artifacts.resources import FileHash
    from dbt.config.runtime import load_profile, load_project
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context

    set_invocation_context(os.environ)
    set_from_args(Namespace(PROJECT_DIR=str(PROJECT), PROFILES_DIR=str(PROJECT)), None)
    profile = load_profile(str(PROJECT), {})
    variables = load_project(str(PROJECT), version_check=False, profile=profile).project_env_vars
    texts = {
        "profile_hash": pprint.pformat(sorted(profile.credentials.connection_info())),
        "project_env_vars_hash": "".join(f"{name}:{variables[name]}|" for name in sorted(variables)),
    }
    return {name: FileHash.from_contents(text).checksum for name, text in texts.items()}
