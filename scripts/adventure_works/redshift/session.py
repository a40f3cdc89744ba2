"""A session on Redshift by the login that dbt's profile gives: what is published is owned by whoever built it.

The loader goes through the Data API and needs no way into the workgroup's network. What happens around a dbt build can
use the way that dbt itself takes, and needs what the Data API has not: a lock that is held for as long as a run lives.
"""

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redshift_connector

from adventure_works.errors import AdventureError
from adventure_works.settings import PROJECT


class Session:
    """A connection in which each statement is a transaction of its own, unless it stands in `transaction`."""

    def __init__(self, connection: redshift_connector.Connection) -> None:
        self._connection = connection

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, by column name; `parameters` stand in the place of its `?`.

        Raises:
            AdventureError: Redshift refuses it, or the connection is lost.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.paramstyle = "qmark"
                cursor.execute(sql, tuple(parameters))
                if not cursor.description:
                    return []
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (redshift_connector.Error, OSError) as error:
            raise AdventureError(f"Redshift refused `{_beginning(sql)}`: {_reason(error)}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the statements in it, or none."""
        self.ask("begin")
        try:
            yield
            self.ask("commit")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            self.ask("rollback")
        except AdventureError:
            # The connection is gone, and the transaction with it.
            return


@contextmanager
def session() -> Iterator[Session]:
    """A session by the profile's target `prod`.

    Raises:
        AdventureError: the profile lacks something, or Redshift cannot be reached.
    """
    from dbt.adapters.redshift.connections import get_connection_method
    from dbt.config.runtime import load_profile
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context
    from dbt_common.exceptions import DbtBaseException

    set_invocation_context(os.environ)
    set_from_args(Namespace(PROFILES_DIR=str(PROJECT), PROJECT_DIR=str(PROJECT)), {})
    try:
        credentials = load_profile(str(PROJECT), {}, target_override="prod").credentials
        connection = get_connection_method(credentials)()
    except (DbtBaseException, redshift_connector.Error, OSError) as error:
        raise AdventureError(
            f"Redshift cannot be reached: {_reason(error)}. `adventure doctor --target prod` looks for the cause."
        ) from error
    try:
        yield Session(connection)
    finally:
        connection.close()


def _beginning(sql: str) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= 80 else f"{words[:77]}..."


def _reason(error: Exception) -> str:
    """What the server said; the driver's errors hold it as a dictionary of the protocol's fields."""
    fields = error.args[0] if error.args else ""
    return str(fields.get("M", fields) if isinstance(fields, dict) else error).strip()
