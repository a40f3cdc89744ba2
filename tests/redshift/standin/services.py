"""What the processes of a run of tests share: one PostgreSQL, and one moto in the place of S3, Glue, STS and SNS.

python -m standin.services OWNER FILE      writes into FILE where they are, and serves until the process OWNER has ended
"""

import contextlib
import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standin import engine as postgres
from standin.engine import Engine

_START_SECONDS = 300  # on a machine that has much else to do


@dataclass(frozen=True)
class Services:
    """PostgreSQL, and the address of moto."""

    engine: Engine
    aws_endpoint: str


@contextmanager
def running(aws_port: int = 0) -> Iterator[Services]:
    """The services in this process, until the way out."""
    # Here, since the tests' own processes can do without the second that it takes.
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server: not a line a request
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=aws_port, verbose=False)
    with postgres.running() as engine:
        aws.start()
        host, port = aws.get_host_and_port()
        try:
            yield Services(engine, f"http://{host}:{port}")
        finally:
            aws.stop()


def shared(folder: Path, owner: int) -> Services:
    """Those of a run of tests; the first process that asks starts them, and they end when the process `owner` has."""
    found = once(folder / "services.json", lambda file: _start(file, owner))
    return Services(Engine(Path(found["engine"])), found["aws"])


def once(file: Path, make: Callable[[Path], Any]) -> Any:
    """What `make` returned (of JSON's types) in the first of several processes that call this with the same file."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            made = json.dumps(make(file))
            file.write_text(made, encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8"))


def _start(file: Path, owner: int) -> dict[str, str]:
    ready, log = file.with_suffix(".ready"), file.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "standin.services", str(owner), str(ready)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches the tests, which still need the services to end in good order.
            start_new_session=True,
        )
    until = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"The services of the stand-in did not start: {log.read_text(encoding='utf-8')}")
        time.sleep(0.05)
    return json.loads(ready.read_text(encoding="utf-8"))


def _main(owner: int, ready: Path) -> None:
    with running() as services:
        aside = ready.with_suffix(".aside")
        aside.write_text(json.dumps({"engine": str(services.engine.folder), "aws": services.aws_endpoint}))
        aside.rename(ready)
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(owner, 0)
                time.sleep(1)


if __name__ == "__main__":
    _main(int(sys.argv[1]), Path(sys.argv[2]))
