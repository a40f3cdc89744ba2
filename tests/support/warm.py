"""The commands of the project in a process that has imported them, forked for each call: seconds less a command.

What a command does is the same, but for how Python starts. The whole runs that tests share start as a user's do.
"""

import atexit
import gc
import importlib
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from multiprocessing import forkserver
from pathlib import Path

from support import parse

TOOLS = {"adventure": ("adventure_works.cli", "main"), "dbt": ("dbt.cli.main", "cli")}


def run(
    tool: str, arguments: list[str], cwd: Path, environment: dict[str, str], timeout: float, parsed: Path | None
) -> subprocess.CompletedProcess[str]:
    """Runs a tool in a process of its own, and gives what `subprocess.run` would.

    Args:
        tool: one of TOOLS.
        arguments: of the tool.
        cwd: where it runs.
        environment: all of it.
        timeout: in seconds.
        parsed: the places of dbt's parse of the project, which a target folder that has none is given.
    """
    _start()
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        work = (tool, arguments, cwd, environment, out, err, parsed)
        process = multiprocessing.get_context("forkserver").Process(target=_work, args=work)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired([tool, *arguments], timeout, out.read_text(), err.read_text())
        return subprocess.CompletedProcess([tool, *arguments], process.exitcode, out.read_text(), err.read_text())


def _start() -> None:
    """Starts the process that is forked, once. What it imports looks at the width of the terminal."""
    before = dict(os.environ)
    os.environ |= {"COLUMNS": "200", "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        forkserver.set_forkserver_preload(["support.preload"])
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ |= before


def _work(
    tool: str, arguments: list[str], cwd: Path, environment: dict[str, str], out: Path, err: Path, parsed: Path | None
) -> None:
    """What the forked process does: all that it has of its parent and would not have of a shell is replaced."""
    for path, descriptor in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.environ.clear()
    os.environ |= environment
    os.chdir(cwd)
    time.tzset()
    random.seed()
    sys.argv = [tool, *arguments]
    if parsed:
        parse.give(parsed, tool)
    module, function = TOOLS[tool]
    try:
        sys.exit(getattr(importlib.import_module(module), function)())
    finally:
        # A process of multiprocessing ends without them.
        atexit._run_exitfuncs()
        gc.collect()
