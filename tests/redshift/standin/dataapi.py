"""The Redshift Data API, and what clients ask of the control plane of Redshift Serverless, over HTTP.

Operations, members and errors are those of botocore's models (redshift-data 2019-12-20, redshift-serverless
2021-04-21). Statements run through the proxy, as the user that an IAM role becomes. A request must be signed with the
right access key for the right region and service; the signature itself is not verified. `Faults` makes it fail.
"""

import base64
import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import redshift_connector

from standin.engine import IAM_USER
from standin.proxy import Proxy

# https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html, "Considerations when calling the Data API"
MOST_STATEMENTS = 40
LONGEST_STATEMENT = 100 * 1024
TOKEN_LENGTH = 64

ACCOUNT = "123456789012"
_UNSUPPORTED = ("SecretArn", "SessionId", "SessionKeepAliveSeconds", "ResultFormat", "ExecutionMode")


class ApiError(Exception):
    """An error response: the name of the exception, the message, and the HTTP status."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


@dataclass
class Faults:
    """What is to go wrong; a test sets it, each fault is used up as it happens.

    fail_statement: position (from 1) of the statement that fails in the next batch or statement.
    lose_response: operation -> how many responses are lost after the work was done and committed.
    lose_request: operation -> how many requests are lost before anything is done.
    throttle: how many requests are refused with ThrottlingException.
    expired: while true, every request is refused with ExpiredTokenException.
    hold: seconds that the next job stays STARTED before its first statement.
    """

    fail_statement: int | None = None
    lose_response: dict[str, int] = field(default_factory=dict)
    lose_request: dict[str, int] = field(default_factory=dict)
    throttle: int = 0
    expired: bool = False
    hold: float = 0

    def take(self, counts: dict[str, int], operation: str) -> bool:
        """Whether this fault happens to this request; counts it."""
        if counts.get(operation, 0) <= 0:
            return False
        counts[operation] -= 1
        return True


@dataclass
class Statement:
    """One statement of a job, or a whole job: its state as DescribeStatement tells it."""

    id: str
    sql: str
    status: str = "SUBMITTED"
    error: str | None = None
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    duration: int = -1  # nanoseconds
    affected: int = -1
    columns: list[dict[str, Any]] | None = None
    rows: list[list[dict[str, Any]]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """As a member of DescribeStatement."""
        known = {
            "Id": self.id,
            "QueryString": self.sql,
            "Status": self.status,
            "Error": self.error,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Duration": self.duration,
            "HasResultSet": self.columns is not None,
            "ResultRows": self.affected,
            "ResultSize": len(json.dumps(self.rows)) if self.columns is not None else -1,
            "RedshiftQueryId": 0 if self.status in ("FINISHED", "FAILED") else -1,
        }
        return {name: value for name, value in known.items() if value is not None}


@dataclass
class Job:
    """What one ExecuteStatement or BatchExecuteStatement asked for."""

    whole: Statement
    parts: list[Statement]
    batch: bool
    database: str
    workgroup: str
    name: str | None
    parameters: list[dict[str, str]]
    hold: float
    fail_statement: int | None
    pid: int = 0
    cancelled: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def describe(self) -> dict[str, Any]:
        """As DescribeStatement answers."""
        answer = self.whole.describe() | {
            "Database": self.database,
            "WorkgroupName": self.workgroup,
            "RedshiftPid": self.pid,
        }
        if self.parameters:
            answer["QueryParameters"] = self.parameters
        if self.batch:
            answer.pop("QueryString")
            answer["HasResultSet"] = any(part.columns is not None for part in self.parts)
            answer["SubStatements"] = [part.describe() for part in self.parts]
        return answer


@dataclass
class DataApi:
    """The server; `password` is that of IAM_USER, for its own connections.

    `workgroup` and `namespace` are what GetWorkgroup and GetNamespace return; tests may change them.
    """

    proxy: Proxy
    region: str
    access_key: str
    password: str
    workgroup: dict[str, Any]
    namespace: dict[str, Any]
    cancel_in_engine: Callable[[int], None]
    port: int = 0
    page_rows: int = 1000
    faults: Faults = field(default_factory=Faults)

    def start(self) -> None:
        """Serves in threads of its own until `stop`; `port` holds the port afterwards."""
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                api.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="redshift-data", daemon=True).start()

    def stop(self) -> None:
        """Stops listening; jobs that run end with the engine."""
        self._server.shutdown()
        self._server.server_close()

    # Requests -------------------------------------------------------------------------------------------------------

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one HTTP request, or hangs up when a fault says so."""
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        service, _, operation = request.headers.get("X-Amz-Target", "").rpartition(".")
        try:
            if self.faults.take(self.faults.lose_request, operation):
                request.close_connection = True
                return
            self._admit(request.headers.get("Authorization", ""), service)
            answer = self._operation(service, operation)(json.loads(body or b"{}"))
            status = 200
        except ApiError as error:
            answer, status = {"__type": error.name, "message": error.message, "Message": error.message}, error.status
        if status == 200 and self.faults.take(self.faults.lose_response, operation):
            if job := self._jobs.get(answer.get("Id", "")):
                job.finished.wait(60)
            request.close_connection = True
            return
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/x-amz-json-1.1")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _admit(self, authorization: str, service: str) -> None:
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request", authorization)
        if not signed:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        key, region, name = signed.groups()
        if self.faults.expired:
            raise ApiError("ExpiredTokenException", "The security token included in the request is expired")
        if key != self.access_key:
            raise ApiError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
        expected = {"RedshiftData": "redshift-data", "RedshiftServerless": "redshift-serverless"}.get(service)
        if (region, name) != (self.region, expected):
            raise ApiError(
                "InvalidSignatureException", f"Credential should be scoped to {self.region}/{expected}.", 403
            )
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            raise ApiError("ThrottlingException", "Rate exceeded")

    def _operation(self, service: str, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        known: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
            ("RedshiftData", "ExecuteStatement"): lambda query: self._execute(query, [query["Sql"]], batch=False),
            ("RedshiftData", "BatchExecuteStatement"): lambda query: self._execute(query, query["Sqls"], batch=True),
            ("RedshiftData", "DescribeStatement"): self._describe,
            ("RedshiftData", "GetStatementResult"): self._result,
            ("RedshiftData", "CancelStatement"): self._cancel,
            ("RedshiftData", "ListStatements"): self._list,
            ("RedshiftServerless", "GetCredentials"): self._credentials,
            ("RedshiftServerless", "GetWorkgroup"): self._get_workgroup,
            ("RedshiftServerless", "GetNamespace"): self._get_namespace,
            ("RedshiftServerless", "ListTagsForResource"): lambda _: {"tags": []},
        }
        if (service, operation) not in known:
            raise ApiError("UnknownOperationException", f"stand-in: {service}.{operation} is not there")
        return known[service, operation]

    # redshift-serverless --------------------------------------------------------------------------------------------

    def _credentials(self, query: dict[str, Any]) -> dict[str, Any]:
        self._get_workgroup(query)
        seconds = query.get("durationSeconds", 900)
        if not 900 <= seconds <= 3600:
            raise ApiError("ValidationException", "durationSeconds must be between 900 and 3600")
        password, until = secrets.token_hex(16), datetime.now(UTC) + timedelta(seconds=seconds)
        self.proxy.logins[IAM_USER][password] = until.timestamp()
        return {"dbUser": IAM_USER, "dbPassword": password, "expiration": until.timestamp()}

    def _get_workgroup(self, query: dict[str, Any]) -> dict[str, Any]:
        if query.get("workgroupName") != self.workgroup["workgroupName"]:
            raise ApiError("ResourceNotFoundException", f"Workgroup {query.get('workgroupName')} not found.")
        return {"workgroup": self.workgroup}

    def _get_namespace(self, query: dict[str, Any]) -> dict[str, Any]:
        if query.get("namespaceName") != self.namespace["namespaceName"]:
            raise ApiError("ResourceNotFoundException", f"Namespace {query.get('namespaceName')} not found.")
        return {"namespace": self.namespace}

    # redshift-data --------------------------------------------------------------------------------------------------

    def _execute(self, query: dict[str, Any], sqls: list[str], *, batch: bool) -> dict[str, Any]:
        self._validate(query, sqls)
        token = query.get("ClientToken")
        with self._lock:
            if token and token in self._tokens:
                asked, answer = self._tokens[token]
                if asked != query:
                    raise ApiError("ValidationException", f"ClientToken {token} was used with other parameters.")
                return answer
            number = str(uuid.uuid4())
            parts = [Statement(f"{number}:{place}" if batch else number, sql) for place, sql in enumerate(sqls, 1)]
            job = Job(
                whole=Statement(number, "") if batch else parts[0],
                parts=parts,
                batch=batch,
                database=query["Database"],
                workgroup=query["WorkgroupName"],
                name=query.get("StatementName"),
                parameters=query.get("Parameters", []),
                hold=self.faults.hold,
                fail_statement=self.faults.fail_statement,
            )
            self.faults.hold, self.faults.fail_statement = 0, None
            self._jobs[number] = job
            answer = {
                "Id": number,
                "CreatedAt": job.whole.created,
                "Database": job.database,
                "WorkgroupName": job.workgroup,
                "DbUser": IAM_USER,
            }
            if token:
                self._tokens[token] = (query, answer)
        threading.Thread(target=self._run, args=(job,), name=f"job-{number}", daemon=True).start()
        job.finished.wait(query.get("WaitTimeSeconds", 0))
        return answer

    def _validate(self, query: dict[str, Any], sqls: list[str]) -> None:
        if unsupported := [name for name in _UNSUPPORTED if name in query]:
            raise ApiError("ValidationException", f"stand-in: {unsupported[0]} is not supported")
        if not query.get("WorkgroupName"):
            raise ApiError(
                "ValidationException", "Either WorkgroupName or ClusterIdentifier is required; here the first."
            )
        if query["WorkgroupName"] != self.workgroup["workgroupName"]:
            raise ApiError("ValidationException", "Redshift endpoint doesn't exist in this region.")
        if not query.get("Database"):
            raise ApiError("ValidationException", "Database is required.")
        if not 1 <= len(sqls) <= MOST_STATEMENTS:
            raise ApiError("ValidationException", f"A batch has 1 to {MOST_STATEMENTS} statements, not {len(sqls)}.")
        if any(len(sql.encode()) > LONGEST_STATEMENT for sql in sqls):
            raise ApiError("ValidationException", f"A statement has at most {LONGEST_STATEMENT} bytes.")
        if len(query.get("ClientToken", "")) > TOKEN_LENGTH:
            raise ApiError("ValidationException", f"ClientToken has at most {TOKEN_LENGTH} characters.")
        names = {parameter["name"] for parameter in query.get("Parameters", [])}
        used = {name for sql in sqls for name in _placeholders(sql)}
        if unused := sorted(names - used):
            raise ApiError(
                "ValidationException", f"Parameters list contains unused parameters. Unused parameters: {unused}"
            )
        if missing := sorted(used - names) if names else []:
            raise ApiError("ValidationException", f"No value for the parameters {missing}.")

    def _find(self, query: dict[str, Any]) -> tuple[Job, Statement]:
        number, _, place = query["Id"].partition(":")
        job = self._jobs.get(number)
        if not job or (place and not (job.batch and place.isdigit() and 1 <= int(place) <= len(job.parts))):
            raise ApiError("ResourceNotFoundException", "Query does not exist.")
        job.finished.wait(query.get("WaitTimeSeconds", 0))
        return job, job.parts[int(place) - 1] if place else job.whole

    def _describe(self, query: dict[str, Any]) -> dict[str, Any]:
        job, statement = self._find(query)
        return job.describe() if statement is job.whole else statement.describe()

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        _, statement = self._find(query)
        if statement.status != "FINISHED" or statement.columns is None:
            raise ApiError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        start = int(query.get("NextToken", "0"))
        end = start + self.page_rows
        answer = {
            "Records": statement.rows[start:end],
            "ColumnMetadata": statement.columns,
            "TotalNumRows": len(statement.rows),
        }
        return answer | ({"NextToken": str(end)} if end < len(statement.rows) else {})

    def _cancel(self, query: dict[str, Any]) -> dict[str, Any]:
        job, _ = self._find(query)
        if job.finished.is_set():
            raise ApiError(
                "ValidationException", f"Could not cancel a query that is already in {job.whole.status} state."
            )
        job.cancelled = True
        if job.pid:
            self.cancel_in_engine(job.pid)
        return {"Status": True}

    def _list(self, query: dict[str, Any]) -> dict[str, Any]:
        jobs = [
            job
            for job in reversed(self._jobs.values())
            if query.get("Status", "ALL") in ("ALL", job.whole.status)
            and (job.name or "").startswith(query.get("StatementName", ""))
        ]
        start, most = int(query.get("NextToken", "0")), query.get("MaxResults", 100)
        statements = [
            {
                "Id": job.whole.id,
                "Status": job.whole.status,
                "CreatedAt": job.whole.created,
                "UpdatedAt": job.whole.updated,
                "IsBatchStatement": job.batch,
                "QueryStrings": [part.sql for part in job.parts],
            }
            | ({"StatementName": job.name} if job.name else {})
            for job in jobs[start : start + most]
        ]
        return {"Statements": statements} | ({"NextToken": str(start + most)} if start + most < len(jobs) else {})

    # Jobs -----------------------------------------------------------------------------------------------------------

    def _run(self, job: Job) -> None:
        """Runs the statements one after the other; a batch in one transaction."""
        started = time.monotonic()
        _move(job.whole, "STARTED")
        try:
            connection = redshift_connector.connect(
                host="127.0.0.1",
                port=self.proxy.port,
                database=job.database,
                user=IAM_USER,
                password=self.password,
                ssl=False,
                application_name="redshift-data-api",
            )
            try:
                connection.autocommit = True
                cursor = connection.cursor()
                job.pid = _fetch_pid(cursor)
                until = time.monotonic() + job.hold
                while time.monotonic() < until and not job.cancelled:
                    time.sleep(0.01)
                if job.batch:
                    cursor.execute("begin")
                for place, part in enumerate(job.parts, 1):
                    self._run_part(job, part, cursor, fails=place == job.fail_statement)
                if job.batch:
                    cursor.execute("commit")
            finally:
                connection.close()
            _move(job.whole, "FINISHED")
        except Exception as error:  # whatever it was, it is the job's error, not the server's
            self._end_badly(job, error)
        job.whole.duration = int((time.monotonic() - started) * 1e9)
        job.finished.set()

    def _run_part(self, job: Job, part: Statement, cursor: redshift_connector.Cursor, *, fails: bool) -> None:
        if job.cancelled:
            raise RuntimeError("Query cancelled on user's request")
        started = time.monotonic()
        _move(part, "STARTED")
        try:
            if fails:
                raise RuntimeError("stand-in: this statement was told to fail")
            cursor.execute(bind(part.sql, job.parameters))
            part.affected = cursor.rowcount
            if cursor.description:
                part.columns = [_column(name, oid) for name, oid, *_ in cursor.description]
                part.rows = [[_field(value) for value in row] for row in cursor.fetchall()]
                part.affected = len(part.rows)
        finally:
            part.duration = int((time.monotonic() - started) * 1e9)
        _move(part, "FINISHED")

    def _end_badly(self, job: Job, error: Exception) -> None:
        """FAILED with the reason, or ABORTED when it was cancelled; what had not begun is ABORTED."""
        said = error.args[0] if error.args else ""
        reason = said["M"] if isinstance(said, dict) else str(error)
        if isinstance(said, dict) and said.get("D"):
            reason += f"\n  Detail: {said['D']}"
        end = "ABORTED" if job.cancelled else "FAILED"
        for statement in {part.id: part for part in (*job.parts, job.whole)}.values():
            if statement.status == "STARTED":
                statement.error = f"ERROR: {reason}"
                _move(statement, end)
            elif statement.status == "SUBMITTED":
                _move(statement, "ABORTED")


def _move(statement: Statement, status: str) -> None:
    statement.status, statement.updated = status, time.time()


def _fetch_pid(cursor: redshift_connector.Cursor) -> int:
    cursor.execute("select pg_backend_pid()")
    return int(cursor.fetchall()[0][0])


_PLACEHOLDER = re.compile(r"('(?:[^'\\]|\\.|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|::)|:([A-Za-z_]\w*)", re.S)


def _placeholders(sql: str) -> set[str]:
    return {match.group(2) for match in _PLACEHOLDER.finditer(sql) if match.group(2)}


def bind(sql: str, parameters: list[dict[str, str]]) -> str:
    """The statement with each :name outside of text and comments replaced by its value, as text."""
    values = {parameter["name"]: parameter["value"] for parameter in parameters}

    def literal(match: re.Match[str]) -> str:
        name = match.group(2)
        if name not in values:
            return match.group(0)
        return "'" + values[name].replace("\\", "\\\\").replace("'", "''") + "'"

    return _PLACEHOLDER.sub(literal, sql)


# PostgreSQL's own names, which the API gives, by type oid; the numbers among them are signed.
_NUMBERS = {20: "int8", 21: "int2", 23: "int4", 700: "float4", 701: "float8", 1700: "numeric"}
_TYPE_NAMES = _NUMBERS | {
    16: "bool",
    19: "name",
    1042: "bpchar",
    1043: "varchar",
    1082: "date",
    1114: "timestamp",
    1184: "timestamptz",
    4000: "super",
}


def _column(name: str, oid: int) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "typeName": _TYPE_NAMES.get(oid, "unknown"),
        "nullable": 1,
        "length": 0,
        "precision": 0,
        "scale": 0,
        "isCaseSensitive": False,
        "isCurrency": False,
        "isSigned": oid in _NUMBERS,
        "schemaName": "",
        "tableName": "",
    }


def _field(value: object) -> dict[str, Any]:
    """A value as the API gives it: dates, times and decimals are text."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes | bytearray):
        return {"blobValue": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"stringValue": value.isoformat(" ").removesuffix("+00:00")}
    return {"stringValue": str(value)}
