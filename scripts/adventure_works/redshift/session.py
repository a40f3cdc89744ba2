"""A session on Redshift by the login that dbt's profile gives: one login loads, builds and publishes."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from textwrap import shorten
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.core import Connection
from redshift_connector.error import Error
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adventure_works.aws import explained
from adventure_works.errors import AdventureError
from adventure_works.profile import credentials
from adventure_works.settings import Settings
from adventure_works.warehouse.base import Ask, Row, rows, with_schemas

# How often a transaction is tried that Redshift ends because of another one, and the seconds between.
ATTEMPTS = 6
PAUSE = wait_random_exponential(multiplier=0.5, max=20)
# How Redshift says so: code, message, or what it adds to a bare number.
# https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html
CONFLICT = re.compile(
    "conflict with concurrent transaction|serializable isolation violation|deadlock detected|^(1018|1023)$", re.I | re.M
)
CONFLICT_CODES, CANCELLED = ("40001", "40P01"), "57014"

Result = TypeVar("Result")


class ConnectionLostError(AdventureError):
    """The connection broke: a statement that was under way may have taken effect or not."""


class ConflictError(AdventureError):
    """Redshift has ended the transaction because of another one; the same may succeed now."""


class CancelledError(AdventureError):
    """Redshift has cancelled the statement, which took longer than `statement_timeout`."""


class Session:
    """A connection in which each statement is a transaction of its own, unless it is inside `transaction`.

    `step` says in a few words what its statements are for. A comment before each of them names it, as dbt's statements
    name their node, so that Redshift's system views show what each is for (docs/production.md). `described` has the
    columns of the last query as the driver describes them.
    """

    described: Sequence[Sequence[Any]] = ()

    def __init__(self, connection: Connection, step: str) -> None:
        self._connection = connection
        self.step = step
        self._is_in_transaction = False

    def ask(self, sql: str, parameters: Sequence[Any] = (), *, step: str = "") -> list[Row]:
        """The rows of a query, by column name; `parameters` take the place of its `?`.

        `step` is what the statement is for, where that is not the step of the session.

        Raises:
            ConnectionLostError: the connection broke.
            ConflictError: Redshift has ended the transaction because of another one.
            CancelledError: it took too long.
            AdventureError: Redshift refuses the statement.
        """
        before = comment(step or self.step)
        if self._is_in_transaction:
            return self._send(sql, parameters, before)
        return again(lambda: self._send(sql, parameters, before))

    def _send(self, sql: str, parameters: Sequence[Any] = (), before: str = "") -> list[Row]:
        try:
            with self._connection.cursor() as cursor:
                cursor.paramstyle = "qmark"
                cursor.execute(before + sql, tuple(parameters))
                self.described = cursor.description or ()
                return rows(cursor) if cursor.description else []
        except (Error, OSError) as error:
            fields, reason = _fields(error), _reason(error)
            if fields is None:
                raise ConnectionLostError(f"The connection was lost at `{_beginning(sql)}`: {reason}") from error
            if fields.get("C") in CONFLICT_CODES or CONFLICT.search(reason):
                raise ConflictError(
                    f"Redshift ended `{_beginning(sql)}` because of another transaction: {reason}"
                ) from error
            kind = CancelledError if fields.get("C") == CANCELLED else AdventureError
            raise kind(f"Redshift refused `{_beginning(sql)}`: {reason}") from error

    def in_transaction(self, work: Callable[[], Result]) -> Result:
        """What `work` returns: all of its statements, or none; again from its first when Redshift says conflict."""

        def attempt() -> Result:
            with self.transaction():
                return work()

        return again(attempt)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the statements in it, or none."""
        self._is_in_transaction = True
        try:
            self._send("begin")
            yield
            self._send("commit")
        # An interrupted statement has not been answered yet, so that nothing else can be sent; `session` ends it.
        except Exception:
            # A transaction ends with its connection.
            with suppress(AdventureError):
                self._send("rollback")
            raise
        finally:
            self._is_in_transaction = False


def again(work: Callable[[], Result]) -> Result:
    """What `work` returns; after a conflict it is done again, with growing pauses."""
    return Retrying(
        retry=retry_if_exception_type(ConflictError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=PAUSE,
        reraise=True,
    )(work)


@contextmanager
def session(step: str) -> Iterator[Session]:
    """A session by the profile's target `prod`; see `Session` for the step.

    When it is interrupted or its connection breaks, a second connection ends what Redshift is still doing for it.

    Raises:
        AdventureError: the profile lacks something, or Redshift cannot be reached.
    """
    connection = _connect()
    opened = Session(connection, step)
    try:
        (found,) = opened.ask("select pg_backend_pid() as process")
        try:
            yield opened
        except (KeyboardInterrupt, ConnectionLostError):
            with suppress(AdventureError), closing(_connect()) as another:
                Session(another, "cancel").ask(f"select pg_terminate_backend({found['process']})")
            raise
    finally:
        connection.close()


def comment(step: str) -> str:
    """The comment before a statement, as the macro `query_comment` gives it to dbt's."""
    return f"/* {json.dumps({'app': 'adventure_works', 'step': step})} */\n"


def literal(text: str) -> str:
    """The text as a SQL literal. A backslash is doubled, because Redshift reads it as the start of an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def copy_role(settings: Settings) -> str:
    """The role of COPY and UNLOAD, as they take it."""
    return "default" if settings.copy_role == "default" else literal(settings.copy_role)


def _connect() -> Connection:
    """A connection by the profile."""
    from dbt.adapters.redshift.connections import RedshiftCredentials, get_connection_method
    from dbt_common.exceptions import DbtBaseException

    try:
        login = credentials("prod")
        assert isinstance(login, RedshiftCredentials), "the target `prod` of profiles.yml is Redshift"
        connection: Connection = get_connection_method(login)()
        return connection
    except (ClientError, BotoCoreError) as error:
        raise explained(error, "Redshift's login could not be had") from error
    except (DbtBaseException, Error, OSError) as error:
        raise AdventureError(
            f"Redshift cannot be reached: {_reason(error)}. `adventure doctor --target prod` looks for the cause."
        ) from error


@contextmanager
def asking(prefix: str, shared: str) -> Iterator[Ask]:
    """Asks Redshift by the login that built what is asked for.

    Args:
        prefix: what the names of a version's schemas begin with.
        shared: what those begin with of which there is one for all versions.

    Raises:
        AdventureError: Redshift does not answer, with its reason.
    """
    with session("read") as redshift:
        yield lambda sql: redshift.ask(with_schemas(sql, f"{prefix}_", f"{shared}_"))


def _beginning(sql: str) -> str:
    """The first words of a statement."""
    return shorten(sql, 80, placeholder="...")


def _fields(error: Exception) -> dict[str, str] | None:
    """What the server answered, the protocol's fields by letter as the driver gives them; None without an answer."""
    found = error.args[0] if error.args else None
    return found if isinstance(found, dict) else None


def _reason(error: Exception) -> str:
    fields = _fields(error)
    if not fields:
        return str(error).strip()
    # Of a bare number the detail says what it means.
    message = fields.get("M", str(fields)).strip()
    return f"{message}\n{fields['D']}" if message.isdigit() and "D" in fields else message
