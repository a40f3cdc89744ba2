"""The Redshift Data API: a query, and a batch that is one transaction, with every way in which they can end.

A batch ends in one of four ways, and the caller always learns which: it was committed (`run_batch` returns), it was
rolled back (`BatchFailed`), it ran out of time and was cancelled (`BatchFailed` too), or nobody here can tell because
the connection was lost (`OutcomeUnknown`). The last is for the caller to settle by asking Redshift.

Source: https://docs.aws.amazon.com/redshift-data/latest/APIReference/
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works.aws import client, explained
from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

MOST_STATEMENTS = 40
QUERY_SECONDS = 300.0
CANCEL_SECONDS = 30.0
RUNNING = ("SUBMITTED", "PICKED", "STARTED")
# What a call may answer when the service failed after taking the request, so that the request may have worked.
SERVER_FAULTS = ("InternalServerException", "InternalFailure", "InternalServerError", "ServiceUnavailable")


@dataclass(frozen=True)
class Statement:
    """A statement of a batch, in a few words what it does, and what a user can do when it fails."""

    purpose: str
    sql: str
    remedy: str = ""


class BatchFailed(AdventureError):
    """A batch that was rolled back; `failed` is the statement at fault, None when it was never begun."""

    def __init__(self, message: str, failed: Statement | None = None) -> None:
        super().__init__(message)
        self.failed = failed


class OutcomeUnknown(AdventureError):
    """A batch of which it is not known whether it was committed, rolled back, or is still under way."""


class DataApi:
    """Statements in one database of one Serverless workgroup, as the IAM identity of the environment."""

    def __init__(self, settings: Settings) -> None:
        self._client = client("redshift-data", settings)
        self._where = {"WorkgroupName": settings.workgroup, "Database": settings.redshift_database}
        self._place = f"workgroup {settings.workgroup}, database {settings.redshift_database}"

    def query(self, sql: str, name: str, timeout: float = QUERY_SECONDS) -> list[dict[str, Any]]:
        """The rows that one statement gives, by column name; numbers with a scale and dates are text.

        Args:
            sql: one statement that changes nothing.
            name: shown as the statement's name in the console and by ListStatements.
            timeout: seconds until it is cancelled.

        Raises:
            AdventureError: it could not be run, with Redshift's own reason.
        """
        try:
            found = self._client.execute_statement(
                **self._where, Sql=sql, StatementName=name, ClientToken=str(uuid.uuid4())
            )
            described = self._ended(found["Id"], time.monotonic() + timeout)
            if described is None:
                self._cancel(found["Id"])
                raise AdventureError(
                    f"Redshift ({self._place}) did not answer '{name}' within {timeout:.0f} seconds. Another "
                    "transaction may hold the table (`select * from svv_transactions` shows which). Run again later."
                )
            if described["Status"] != "FINISHED":
                raise AdventureError(f"Redshift ({self._place}) refused '{name}': {_error(described)}")
            return self._rows(found["Id"]) if described.get("HasResultSet") else []
        except (ClientError, BotoCoreError) as error:
            raise explained(error, f"Redshift ({self._place}) could not be asked") from error

    def run_batch(
        self,
        statements: Sequence[Statement],
        name: str,
        timeout: float,
        progress: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> None:
        """Runs statements as one transaction; returns when it is committed.

        Args:
            statements: at most 40.
            name: unique to this batch, so that it can be found when the answer to its submission is lost.
            timeout: seconds until it is cancelled.
            progress: told what is under way, statements done and statements in all.

        Raises:
            BatchFailed: nothing of it has happened.
            OutcomeUnknown: the connection was lost, so that it may or may not have happened.
        """
        assert len(statements) <= MOST_STATEMENTS
        identifier = self._submit(statements, name)
        deadline = time.monotonic() + timeout
        try:
            described = self._ended(identifier, deadline, lambda found: _tell(found, statements, progress))
            if described is None:
                described = self._stopped(identifier)
                if described.get("Status") != "FINISHED":
                    raise _timed_out(described, statements, timeout)
        except (ClientError, BotoCoreError) as error:
            reason = explained(error, f"Redshift ({self._place}) took the batch {name}, but then could not be asked")
            raise OutcomeUnknown(str(reason)) from error
        except KeyboardInterrupt:
            self._cancel(identifier)
            raise
        if described["Status"] != "FINISHED":
            failed = _failed(described, statements)
            if failed is None:
                # It failed outside its statements, perhaps while it committed.
                raise OutcomeUnknown(f"Redshift ({self._place}) gave up the batch {name}: {_error(described)}")
            raise BatchFailed(f"Redshift ({self._place}) gave up at '{failed.purpose}': {_error(described)}", failed)

    def _submit(self, statements: Sequence[Statement], name: str) -> str:
        sqls = [statement.sql for statement in statements]
        try:
            submitted = self._client.batch_execute_statement(
                **self._where, Sqls=sqls, StatementName=name, ClientToken=str(uuid.uuid4())
            )
            return submitted["Id"]
        except (ClientError, BotoCoreError) as error:
            reason = explained(error, f"The batch {name} could not be handed to Redshift ({self._place})")
            if isinstance(error, ClientError) and error.response["Error"].get("Code") not in SERVER_FAULTS:
                raise BatchFailed(str(reason)) from error
            # The request may have arrived and its answer been lost: Redshift knows it by its name then.
            found = self._find(name)
            if found is None:
                raise OutcomeUnknown(str(reason)) from error
            return found

    def _find(self, name: str) -> str | None:
        try:
            # Every state has to be asked for: without it only finished ones are listed.
            found = self._client.list_statements(StatementName=name, Status="ALL")["Statements"]
        except (ClientError, BotoCoreError):
            return None
        return found[0]["Id"] if found else None

    def _ended(
        self, identifier: str, deadline: float, watch: Callable[[dict], None] = lambda described: None
    ) -> dict | None:
        """The description of a statement that has ended, None when it has not by the deadline."""
        pause = 0.05
        while True:
            described = self._client.describe_statement(Id=identifier)
            watch(described)
            if described["Status"] not in RUNNING:
                return described
            if time.monotonic() > deadline:
                return None
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _stopped(self, identifier: str) -> dict:
        """Cancels a batch and describes how it ended; the cancelling may have come too late to stop it."""
        self._cancel(identifier)
        described = self._ended(identifier, time.monotonic() + CANCEL_SECONDS)
        if described is None:
            raise OutcomeUnknown(
                f"Redshift ({self._place}) was told to cancel the statement {identifier} and has not said that it did."
            )
        return described

    def _cancel(self, identifier: str) -> None:
        try:
            self._client.cancel_statement(Id=identifier)
        except (ClientError, BotoCoreError):
            # It has ended already, or cannot be reached: what comes next finds out which.
            return

    def _rows(self, identifier: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in self._client.get_paginator("get_statement_result").paginate(Id=identifier):
            names = [column["name"] for column in page["ColumnMetadata"]]
            rows += [dict(zip(names, map(_value, record), strict=True)) for record in page["Records"]]
        return rows


def literal(text: str) -> str:
    """The text as a SQL literal. A backslash is doubled, because Redshift reads it as the start of an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _value(field: dict[str, Any]) -> Any:
    if field.get("isNull"):
        return None
    return next(iter(field.values()))


def _error(described: dict) -> str:
    return described.get("Error") or f"it ended as {described['Status']} without a reason"


def _failed(described: dict, statements: Sequence[Statement]) -> Statement | None:
    parts = zip(described.get("SubStatements", []), statements, strict=False)
    return next((statement for part, statement in parts if part["Status"] in ("FAILED", "ABORTED")), None)


def _tell(described: dict, statements: Sequence[Statement], progress: Callable[[str, int, int], None]) -> None:
    done = sum(part["Status"] == "FINISHED" for part in described.get("SubStatements", []))
    at = statements[min(done, len(statements) - 1)]
    progress(f"Redshift: {at.purpose}", done, len(statements))


def _timed_out(described: dict, statements: Sequence[Statement], timeout: float) -> BatchFailed:
    done = sum(part["Status"] == "FINISHED" for part in described.get("SubStatements", []))
    at = statements[min(done, len(statements) - 1)]
    return BatchFailed(
        f"Redshift had not finished after {timeout:.0f} seconds and the batch was cancelled at '{at.purpose}', "
        f"statement {done + 1} of {len(statements)}.",
        at,
    )
