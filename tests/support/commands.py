"""The commands of the virtual environment, as a user runs them, each in places of a test's own."""

import subprocess
import sys
from pathlib import Path

from support.places import PROJECT, own_places

# Seconds after which a command or server counts as stuck: many times what any takes, so that a busy machine fails none.
TIMEOUT = 1800


def run_adventure(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `adventure` with every place of the project moved into `folder`."""
    return run_tool("adventure", folder, *arguments, **environment)


def run_dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs dbt on the project with every place moved into `folder`."""
    return run_tool("dbt", folder, *arguments)


def run_tool(
    name: str, folder: Path, *arguments: str | Path, cwd: Path = PROJECT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the virtual environment with every place of the project moved into `folder`."""
    return subprocess.run(
        [Path(sys.executable).with_name(name), *map(str, arguments)],
        cwd=cwd,
        env=own_places(folder) | environment,
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
