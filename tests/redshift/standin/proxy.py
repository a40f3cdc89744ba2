"""Redshift's side of the wire protocol, before a PostgreSQL that runs what is left once Redshift's dialect is gone.

Each statement goes through `deny` (what Redshift refuses), then through `rewrite` or, for COPY and UNLOAD, `s3copy`.
What is refused or cannot be mapped reaches the engine only as a deliberate error, whose text is replaced on the way
back: the transaction is then in the state that an error leaves, without any bookkeeping here.

The protocol is PostgreSQL's, version 3 (https://www.postgresql.org/docs/8.0/protocol.html).
"""

import asyncio
import contextlib
import hashlib
import json
import re
import secrets
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from standin import deny, rewrite, s3copy
from standin.refusal import Refused
from standin.vocabulary import FUNCTIONS, TYPES

SERVER_VERSION = "8.0.2"
"""What Redshift says it is; the driver counts rows by it."""

IDLE_SECONDS = 3600
"""SESSION TIMEOUT of Serverless by default: https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-billing.html"""

_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST, _PROTOCOL_3 = 80877103, 80877104, 80877102, 196608
_STREAM_LIMIT = 1 << 24

# Start-up parameters that the engine knows. The driver sends others (client_protocol_version, driver_version,
# os_version, plugin_name, ...) that Redshift takes and PostgreSQL refuses.
_PASSED_ON = ("user", "database", "application_name")

# How Redshift reads literals: backslashes escape, as in PostgreSQL 8.0.
_LEXICAL = (
    "-c standard_conforming_strings=off -c backslash_quote=on -c escape_string_warning=off "
    "-c client_min_messages=warning -c bytea_output=hex"
)

# Types that Redshift lacks, as the type that it would give: text, json and uuid are varchar, jsonb (and the domain
# over it) is super. https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
_VARCHAR, _SUPER = 1043, 4000
_TYPES = {25: _VARCHAR, 114: _VARCHAR, 2950: _VARCHAR, 3802: _SUPER}

# An error on purpose, and a prepared statement that is not there.
_NO_STATEMENT = "refused by the stand-in"
_NO_NAME = b"refused-by-the-stand-in"

Hook = Callable[[], Awaitable[None]]

# How Redshift ends a transaction that met another one. https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html
_CONFLICTS = {
    "conflict": Refused("could not complete because of conflict with concurrent transaction"),
    "serialization": Refused(
        "1023",
        detail="Serializable isolation violation on table - 17904, transactions forming the cycle are: 108061, 108058",
    ),
}


@dataclass
class Statement:
    """One statement on its way: what the client sent, what the engine gets, and what to do around it."""

    sql: str
    sent: str
    tag: str | None = None
    before: Hook | None = None
    after: Hook | None = None
    refused: Refused | None = None


@dataclass
class Answer:
    """What the engine said to a question of the proxy's own: columns (name, type oid, type modifier) and rows."""

    columns: list[tuple[str, int, int]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True)
class Fault:
    """What goes wrong once, at the `nth` statement from now on whose text contains `at` ("" for any statement).

    refused: it fails. conflict, serialization: it fails as Redshift ends a transaction that met another one; a COMMIT
    has rolled back. Otherwise the client's connection breaks: before the engine gets the statement, after the engine
    has done it, or during it, which is done when the next client has connected.
    """

    at: str
    what: Literal["refused", "conflict", "serialization", "before", "during", "after"]
    nth: int = 1


@dataclass
class Proxy:
    """Listens on `port` of 127.0.0.1 and hands statements to the engine behind `socket`.

    logins: user -> {password: until when it is valid, in seconds since 1970}; grows by GetCredentials.
    s3: where COPY reads and UNLOAD writes. tls: certificate to offer, or None. log: a JSON object a statement.
    fault: set by a test. idle_seconds: when a session that is idle in a transaction is ended, of sessions that begin
    after it was set.
    """

    socket: Path
    s3: s3copy.Store
    log: Path
    tls: ssl.SSLContext | None = None
    port: int = 0
    logins: dict[str, dict[str, float]] = field(default_factory=dict)
    fault: Fault | None = None
    idle_seconds: float = IDLE_SECONDS

    def start(self) -> None:
        """Serves in a thread of its own until `stop`; `port` holds the port afterwards."""
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening,), name="redshift-proxy", daemon=True)
        self._thread.start()
        if not listening.wait(10):
            raise RuntimeError(f"The proxy could not listen on port {self.port}: is it taken?")

    def stop(self) -> None:
        """Ends every session and stops listening."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _serve(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen(listening))
        self._loop.close()

    async def _listen(self, listening: threading.Event) -> None:
        self._stopping, self.connected = asyncio.Event(), asyncio.Event()
        self._sessions: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=_STREAM_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        with self.log.open("a", encoding="utf-8") as self._log:
            listening.set()
            await self._stopping.wait()
            server.close()
            for session in self._sessions:
                session.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)
        with contextlib.suppress(asyncio.CancelledError):  # by `stop`
            await Session(self, reader, writer).run()

    def admits(self, user: str, answer: bytes, salt: bytes) -> bool:
        """Whether `answer` is the MD5 of a password of `user` that still holds."""
        now = time.time()
        return any(
            answer == b"md5" + hashlib.md5(_md5(password + user).encode() + salt).hexdigest().encode()
            for password, until in self.logins.get(user, {}).items()
            if until > now
        )

    def take_fault(self, sql: str) -> str | None:
        """What goes wrong at this statement."""
        fault = self.fault
        if fault is None or fault.at not in sql:
            return None
        self.fault = replace(fault, nth=fault.nth - 1) if fault.nth > 1 else None
        return None if self.fault else fault.what

    def record(self, entry: dict[str, Any]) -> None:
        """Appends a line to the log."""
        self._log.write(json.dumps(entry) + "\n")
        self._log.flush()


class Session:
    """One client and its connection to the engine."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.from_client, self.to_client = reader, writer
        self.to_engine: asyncio.StreamWriter | None = None
        self.parameters: dict[str, str] = {}
        self.transaction = b"I"  # as in ReadyForQuery: idle, in a transaction, in a failed one
        self.waiting = False  # the engine has answered everything
        self.started = asyncio.Event()  # the engine is ready for a first statement
        self.prepared: dict[bytes, Statement] = {}
        self.current: Statement | None = None
        self.refusal: Refused | None = None
        self.answers: asyncio.Queue[tuple[bytes, bytes]] | None = None  # of a question of our own
        self.breaks_after = False  # the current statement

    async def run(self) -> None:
        """Serves the client until either side hangs up."""
        directions: list[asyncio.Task[None]] = []
        try:
            if await self._start_up():
                directions = [asyncio.create_task(self._forward()), asyncio.create_task(self._back())]
                await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # hung up
        finally:
            for direction in directions:
                direction.cancel()
            for result in await asyncio.gather(*directions, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(
                    result, asyncio.IncompleteReadError | ConnectionError | ssl.SSLError
                ):
                    # A fault of the stand-in itself: the client is cut off, the log says why.
                    self.proxy.record({"database": self.parameters.get("database"), "fault": repr(result)})
            for writer in (self.to_client, self.to_engine):
                if writer:
                    writer.close()

    # Start-up -----------------------------------------------------------------------------------------------------

    async def _start_up(self) -> bool:
        """Encryption, password, and the connection to the engine. False when there is nothing to serve."""
        while True:
            body = await self.from_client.readexactly(await self._length(self.from_client))
            code = struct.unpack("!i", body[:4])[0]
            if code == _SSL_REQUEST and self.proxy.tls:
                self.to_client.write(b"S")
                await self.to_client.drain()
                await self.to_client.start_tls(self.proxy.tls)
            elif code in (_SSL_REQUEST, _GSS_REQUEST):
                self.to_client.write(b"N")
                await self.to_client.drain()
            elif code == _CANCEL_REQUEST:
                await self._cancel(body)
                return False
            else:
                break
        words = [word.decode() for word in body[4:].split(b"\0")]
        self.parameters = dict(zip(words[0::2], words[1::2], strict=False))
        self.parameters.pop("", None)
        if not await self._log_in():
            return False
        self.from_engine, self.to_engine = await asyncio.open_unix_connection(self.proxy.socket, limit=_STREAM_LIMIT)
        parameters = {name: value for name, value in self.parameters.items() if name in _PASSED_ON}
        parameters["options"] = (
            f"{_LEXICAL} -c idle_in_transaction_session_timeout={round(self.proxy.idle_seconds * 1000)}"
        )
        pairs = b"".join(name.encode() + b"\0" + value.encode() + b"\0" for name, value in parameters.items())
        packet = struct.pack("!i", _PROTOCOL_3) + pairs + b"\0"
        self.to_engine.write(struct.pack("!i", len(packet) + 4) + packet)
        self.proxy.connected.set()
        return True

    async def _log_in(self) -> bool:
        """Asks for the password by MD5; a wrong one gets Redshift's error and the end of the connection."""
        user, salt = self.parameters.get("user", ""), secrets.token_bytes(4)
        self.to_client.write(_message(b"R", struct.pack("!i", 5) + salt))
        await self.to_client.drain()
        _, answer = await _read(self.from_client)
        if self.proxy.admits(user, answer.rstrip(b"\0"), salt):
            return True
        self.to_client.write(_error(Refused(f'password authentication failed for user "{user}"', "28000"), "FATAL"))
        await self.to_client.drain()
        return False

    async def _cancel(self, body: bytes) -> None:
        _, engine = await asyncio.open_unix_connection(self.proxy.socket)
        engine.write(struct.pack("!i", len(body) + 4) + body)
        await engine.drain()
        engine.close()

    @staticmethod
    async def _length(reader: asyncio.StreamReader) -> int:
        return struct.unpack("!i", await reader.readexactly(4))[0] - 4

    # From the client to the engine --------------------------------------------------------------------------------

    async def _forward(self) -> None:
        assert self.to_engine
        # The driver sends a Flush behind its password. An engine that refuses the connection has hung up by then, and
        # writing to it would lose what it has said.
        await self.started.wait()
        while True:
            code, body = await _read(self.from_client)
            if code == b"Q":
                self.current = self._translate(body.rstrip(b"\0").decode())
                await self._run_before(self.current)
                body = (_NO_STATEMENT if self.refusal else self.current.sent).encode() + b"\0"
            elif code == b"P":
                name, text, rest = body.split(b"\0", 2)
                self.current = self.prepared[name] = self._translate(text.decode())
                self.refusal = self.current.refused
                body = name + b"\0" + (_NO_STATEMENT if self.refusal else self.current.sent).encode() + b"\0" + rest
            elif code == b"B":
                portal, name, rest = body.split(b"\0", 2)
                self.current = self.prepared.get(name)
                if self.current:
                    await self._run_before(self.current)
                body = portal + b"\0" + (_NO_NAME if self.refusal else name) + b"\0" + rest
            self.waiting = False
            self.to_engine.write(_message(code, body))
            if code in b"SHQX":
                await self.to_engine.drain()
            if code == b"X":
                return

    def _translate(self, sql: str) -> Statement:
        """What the engine is to run for `sql`, or why it is refused."""
        try:
            in_transaction = self.transaction != b"I"
            if refusals := deny.check(sql, in_transaction=in_transaction):
                raise Refused(refusals[0], "0A000")
            command = s3copy.first_word(sql)
            if command in ("COPY", "UNLOAD"):
                job = s3copy.plan(sql, self.proxy.s3)
                return Statement(sql, job.sent, command, before=lambda: job.before(self.ask), after=job.after)
            sent, tag = rewrite.rewrite(sql)
            return Statement(sql, sent, tag, before=self._commit if command == "TRUNCATE" else None)
        except Refused as refusal:
            return Statement(sql, _NO_STATEMENT, refused=refusal)
        except rewrite.NotMapped as reason:
            return Statement(sql, _NO_STATEMENT, refused=Refused(f"stand-in: not played here: {reason}"))

    async def _run_before(self, statement: Statement) -> None:
        """What must happen first; sets `refusal` when it fails. Not in a failed transaction, which refuses all."""
        self.refusal = statement.refused
        fault = self.proxy.take_fault(statement.sql)
        if fault in ("before", "during"):
            await self._break_off(statement if fault == "during" else None)
        self.breaks_after = fault == "after"
        if fault == "refused":
            self.refusal = Refused("stand-in: this statement was set to fail")
        elif fault in _CONFLICTS:
            self.refusal = _CONFLICTS[fault]
            if s3copy.first_word(statement.sql) in ("COMMIT", "END"):
                await self.ask("rollback")
        if statement.before and not self.refusal and self.transaction != b"E":
            try:
                await statement.before()
            except Refused as refusal:
                self.refusal = refusal

    async def _break_off(self, statement: Statement | None) -> None:
        """Breaks the client's connection; what it sent last may still be done, once somebody else has connected."""
        assert self.to_client.transport
        self.to_client.transport.abort()
        if statement:
            self.proxy.connected.clear()
            await self.proxy.connected.wait()
            await self.ask(statement.sent)
        raise ConnectionAbortedError

    async def _commit(self) -> None:
        """TRUNCATE commits the transaction that it runs in."""
        if self.transaction == b"T":
            await self.ask("commit")

    async def ask(self, sql: str) -> Answer:
        """Runs a statement of our own in the client's session, between two of the client's."""
        if not self.waiting:
            raise Refused("stand-in: COPY, UNLOAD and TRUNCATE cannot be sent before the last statement was answered")
        assert self.to_engine
        self.answers, self.waiting = asyncio.Queue(), False
        self.to_engine.write(_message(b"Q", sql.encode() + b"\0"))
        await self.to_engine.drain()
        answer = Answer()
        while True:
            code, body = await self.answers.get()
            if code == b"T":
                answer.columns = [(name.decode(), oid, modifier) for name, oid, modifier, _ in _columns(body)]
            elif code == b"D":
                answer.rows.append(_values(body))
            elif code == b"E":
                answer.error = _fields(body)["M"]
            elif code == b"Z":
                self.answers, self.waiting = None, True
                return answer

    # From the engine to the client --------------------------------------------------------------------------------

    async def _back(self) -> None:
        while True:
            code, body = await _read(self.from_engine)
            if code == b"Z":
                self.transaction = body
                self.started.set()
            if self.answers is not None:
                self.answers.put_nowait((code, body))
                continue
            if code == b"S" and body.startswith(b"server_version\0"):
                body = b"server_version\0" + SERVER_VERSION.encode() + b"\0"
            elif code == b"T":
                body = _described(body)
            elif code in b"CI":
                code, body = await self._completed(code, body)
            elif code == b"E":
                refusal, self.refusal = self.refusal or _not_played(_fields(body)), None
                body = _error(refusal)[5:] if refusal else body
                self._record(_fields(body)["M"])
            elif code == b"Z":
                self.waiting = True
            self.to_client.write(_message(code, body))
            if code in b"ZER":
                await self.to_client.drain()

    async def _completed(self, code: bytes, body: bytes) -> tuple[bytes, bytes]:
        """The end of a statement: uploads what UNLOAD wrote, and names the command that the client sent."""
        statement = self.current
        if statement and statement.after:
            try:
                await statement.after()
            except Refused as refusal:
                self._record(refusal.message)
                return b"E", _error(refusal)[5:]
        self._record(None)
        if self.breaks_after:
            raise ConnectionAbortedError
        if statement and statement.tag:
            return code, statement.tag.encode() + b"\0"
        if body.startswith(b"MERGE "):  # without a count on Redshift
            return code, b"MERGE\0"
        return code, body

    def _record(self, error: str | None) -> None:
        if self.current:
            self.proxy.record(
                {
                    "at": datetime.now(UTC).isoformat(),
                    "database": self.parameters.get("database"),
                    "user": self.parameters.get("user"),
                    "application": self.parameters.get("application_name"),
                    "in_transaction": self.transaction != b"I",
                    "sql": self.current.sql,
                    "sent": None if self.current.sent == self.current.sql else self.current.sent,
                    "error": error,
                }
            )


# Messages -------------------------------------------------------------------------------------------------------------


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    code = await reader.readexactly(1)
    length = struct.unpack("!i", await reader.readexactly(4))[0]
    return code, await reader.readexactly(length - 4)


def _message(code: bytes, body: bytes) -> bytes:
    return code + struct.pack("!i", len(body) + 4) + body


def _error(refusal: Refused, severity: str = "ERROR") -> bytes:
    parts = {"S": severity, "C": refusal.sqlstate, "M": refusal.message, "D": refusal.detail}
    text = "".join(f"{name}{value}\0" for name, value in parts.items() if value)
    return _message(b"E", text.encode() + b"\0")


def _fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse by their letter."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def _not_played(error: dict[str, str]) -> Refused | None:
    """An error of the engine over a function or a type that Redshift has, as what it is: a gap of the stand-in."""
    missing = re.match(r'function (?:pg_catalog\.)?(\w+)\(|type "(\w+)" does not exist', error["M"])
    if not missing or error["C"] not in ("42883", "42704"):
        return None
    name = missing[1] or missing[2]
    return Refused(f"stand-in: not played here: {name}") if name.upper() in FUNCTIONS | TYPES else None


def _columns(body: bytes) -> list[tuple[bytes, int, int, tuple[int, int, int, int]]]:
    """The columns of a RowDescription: name, type oid, type modifier; table oid, attribute, size, format."""
    count, start, columns = struct.unpack("!h", body[:2])[0], 2, []
    for _ in range(count):
        end = body.index(b"\0", start)
        table, attribute, oid, size, modifier, form = struct.unpack("!ihihih", body[end + 1 : end + 19])
        columns.append((body[start:end], oid, modifier, (table, attribute, size, form)))
        start = end + 19
    return columns


def _described(body: bytes) -> bytes:
    """A RowDescription in Redshift's types."""
    parts = [body[:2]]
    for name, oid, modifier, (table, attribute, size, form) in _columns(body):
        parts.append(
            name + b"\0" + struct.pack("!ihihih", table, attribute, _TYPES.get(oid, oid), size, modifier, form)
        )
    return b"".join(parts)


def _values(body: bytes) -> list[str | None]:
    """The values of a DataRow as text."""
    count, start, values = struct.unpack("!h", body[:2])[0], 2, []
    for _ in range(count):
        length = struct.unpack("!i", body[start : start + 4])[0]
        start += 4
        values.append(None if length < 0 else body[start : start + length].decode())
        start += max(length, 0)
    return values


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
