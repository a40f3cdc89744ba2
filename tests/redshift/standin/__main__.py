"""Starts the stand-in with one database and one bucket, to play by hand or to run one command against it.

python -m standin                                   prints what to export, and serves until Ctrl-C
python -m standin -- dbt debug --target prod        runs the command with it, and ends with its exit code
"""

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys

from standin import services, stack
from standin.proxy import IDLE_SECONDS


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    own, command = arguments[:place], arguments[place + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m standin", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="of Redshift; a free one by default")
    parser.add_argument("--serverless-port", type=int, default=0, help="of Redshift Serverless")
    parser.add_argument("--aws-port", type=int, default=0, help="of S3, Glue, STS and SNS")
    parser.add_argument("--database", default="adventure_works")
    parser.add_argument("--bucket", default="adventure-works")
    parser.add_argument(
        "--idle-seconds", type=float, default=IDLE_SECONDS, help="until a session idle in a transaction is ended"
    )
    options = parser.parse_args(own)
    # As an exception, so that everything is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with services.running(options.aws_port) as running, contextlib.suppress(KeyboardInterrupt):
        standin = stack.start(running, options.port, options.serverless_port)
        standin.proxy.idle_seconds = options.idle_seconds
        try:
            return _serve(standin, options, command)
        finally:
            standin.stop()
    return 0


def _serve(standin: stack.StandIn, options: argparse.Namespace, command: list[str]) -> int:
    warehouse = standin.create_warehouse(standin.create_bucket(options.bucket), options.database)
    if command:
        return subprocess.run(command, env=os.environ | warehouse.environ).returncode
    for name, value in warehouse.environ.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"# Log of statements: {standin.log}", flush=True)
    print(
        f"# By password: REDSHIFT_METHOD=database REDSHIFT_HOST=localhost REDSHIFT_PORT={standin.proxy.port} "
        f"REDSHIFT_USER={stack.PASSWORD_USER} REDSHIFT_PASSWORD={standin.password}",
        flush=True,
    )
    signal.pause()
    return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
