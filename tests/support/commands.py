"""The commands of the project, each in places of a test's own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from support import warm
from support.places import PROJECT, own_places
from support.waiting import TIMEOUT

parsed: Callable[[], Path | None] = lambda: None  # noqa: E731
"""Gives the places of the session's parse of the project; set by `tests/conftest.py`."""


def run_adventure(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `adventure` with every place of the project moved into `folder`."""
    places = own_places(folder) | environment
    parse = None
    if arguments[:1] == ("run",):
        # What the run tells dbt itself: so the parse is given for it.
        parse, places = parsed(), places | {"ADVENTURE_TARGET": "published"}
    return warm.run("adventure", [*map(str, arguments)], PROJECT, places, TIMEOUT, parse)


def run_dbt(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs dbt on the project with every place moved into `folder`."""
    return warm.run("dbt", [*arguments], PROJECT, own_places(folder) | environment, TIMEOUT, parsed())


def run_tool(
    name: str, folder: Path, *arguments: str | Path, cwd: Path = PROJECT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the virtual environment as a user does, with every place of the project in `folder`."""
    return subprocess.run(
        [Path(sys.executable).with_name(name), *map(str, arguments)],
        cwd=cwd,
        env=own_places(folder) | environment,
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
    )


def make(*arguments: str, cwd: Path, environ: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    """Runs make as from a shell, although `make test` may have started these tests."""
    own = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("ARGS", "MAKE", "MFLAGS", "SOURCE", "TARGET"))
    }
    return subprocess.run(["make", *arguments], cwd=cwd, env=own, text=True, capture_output=True)
