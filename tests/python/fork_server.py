"""A process that has imported dbt and the project, and forks one child a call: quick to start, fit to be killed.

with ForkServer() as server:
    call = server.start("adventure_works.cli:main", arguments=["run"], environment={...}, output=path)
    call.kill()                # SIGKILL
    code = call.wait()         # the exit code; -9 when it was killed
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HERE = Path(__file__).resolve().parent


@dataclass
class Call:
    """A child at work."""

    pid: int
    server: subprocess.Popen[str]

    def kill(self) -> None:
        """SIGKILL; nothing happens to a child that is done, whose number the server keeps until `wait`."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """The child's exit code, -9 when it was killed."""
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write("reap\n")
        self.server.stdin.flush()
        return os.waitstatus_to_exitcode(int(self.server.stdout.readline()))


class ForkServer:
    """The server's process, for one child at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def start(self, function: str, arguments: list[str], environment: Mapping[str, str], output: Path) -> Call:
        """Calls `module:function` with the arguments as sys.argv; what it prints goes to the end of `output`."""
        assert self._process.stdin and self._process.stdout
        request = {
            "function": function,
            "arguments": arguments,
            "environment": dict(environment),
            "output": str(output),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Call(int(self._process.stdout.readline()), self._process)


def serve() -> None:
    """Forks a child for each line of stdin, and tells its number and then its status on stdout."""
    import dbt.adapters.duckdb
    import dbt.cli.main  # noqa: F401

    import adventure_works.lake.loader
    import adventure_works.pipeline  # noqa: F401

    sys.path[:0] = [str(HERE), str(HERE.parent)]
    for line in sys.stdin:
        request = json.loads(line)
        module, name = request["function"].split(":")
        function = getattr(importlib.import_module(module), name)
        pid = os.fork()
        if not pid:
            _child(function, request)
        print(pid, flush=True)
        sys.stdin.readline()
        print(os.waitpid(pid, 0)[1], flush=True)


def _child(function: Callable[[], None], request: dict) -> None:
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["adventure", *request["arguments"]]
    code = 1
    try:
        function()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
