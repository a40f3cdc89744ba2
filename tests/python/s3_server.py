"""moto in the place of S3 and Glue, behind a small proxy that plays their failures.

with S3Server() as aws:
    aws.fail(answer(503, "SlowDown"), "PUT", "/sales/", times=2)
    ...                     # run something with aws.environment() in its environment
    aws.requests            # what was asked, in order
    aws.s3.list_objects_v2(Bucket=BUCKET)       # straight at moto, past the proxy
"""

import http.client
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET, REGION = "retail-lake", "eu-west-1"
SECRET = "secret-5c1d"


@dataclass(frozen=True)
class Request:
    """One request as it arrived; of a Glue request `path` ends in the operation."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What moto said to a request."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


# A failure takes the place of one answer; it may ask moto for the answer first.
Failure = Callable[["_Conversation", Callable[[], Answer]], None]


def answer(status: int, code: str, message: str = "Refused.") -> Failure:
    """Answers with an error as S3 and Glue word it."""
    xml = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    json = f'{{"__type": "{code}", "message": "{message}"}}'.encode()

    def fail(conversation: "_Conversation", _ask: Callable[[], Answer]) -> None:
        conversation.say(Answer(status, [], json if "X-Amz-Target" in conversation.headers else xml))

    return fail


def reset(conversation: "_Conversation", _ask: Callable[[], Answer]) -> None:
    """Closes the connection with a TCP reset instead of an answer."""
    conversation.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(conversation.connection.detach())
    conversation.close_connection = True


def lose(conversation: "_Conversation", ask: Callable[[], Answer]) -> None:
    """Lets the request through, and loses the answer."""
    ask()
    reset(conversation, ask)


def truncate(conversation: "_Conversation", ask: Callable[[], Answer]) -> None:
    """Announces the whole body and closes the connection half-way."""
    said = ask()
    conversation.say(said, said.body[: len(said.body) // 2])
    conversation.close_connection = True


def flip(conversation: "_Conversation", ask: Callable[[], Answer]) -> None:
    """Changes one bit in the middle of the body, and keeps quiet of S3's own checksums."""
    said = ask()
    body = bytearray(said.body)
    body[len(body) // 2] ^= 1
    headers = [(name, value) for name, value in said.headers if not name.lower().startswith("x-amz-checksum")]
    conversation.say(Answer(said.status, headers, bytes(body)))


def meanwhile(action: Callable[[], object]) -> Failure:
    """Lets something happen before the request goes on."""

    def fail(conversation: "_Conversation", ask: Callable[[], Answer]) -> None:
        action()
        conversation.say(ask())

    return fail


@dataclass
class _Plan:
    failure: Failure
    method: str
    place: str
    times: float


@dataclass
class S3Server:
    """moto and its proxy; `requests` is what was asked of the proxy."""

    requests: list[Request] = field(default_factory=list)
    _plans: list[_Plan] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.Lock)

    def __enter__(self) -> "S3Server":
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        self.moto = self._moto.get_host_and_port()
        self._proxy = _Proxy(("127.0.0.1", 0), _Conversation)
        self._proxy.behind = self
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        self.s3, self.glue = self._client("s3"), self._client("glue")
        return self

    def __exit__(self, *_error: object) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()
        self._moto.stop()

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=f"http://{self.moto[0]}:{self.moto[1]}",
            aws_access_key_id="test",
            aws_secret_access_key=SECRET,
        )

    def environment(self) -> dict[str, str]:
        """The variables that lead boto3 here."""
        endpoint = f"http://127.0.0.1:{self._proxy.server_port}"
        return {
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ENDPOINT_URL_GLUE": endpoint,
        }

    def fail(self, failure: Failure, method: str, place: str, times: float = 1) -> None:
        """Plans a failure for the next requests of that method whose path contains `place`."""
        with self._lock:
            self._plans.append(_Plan(failure, method, place, times))

    def recover(self) -> None:
        """Drops every plan and forgets the requests."""
        with self._lock:
            self._plans.clear()
            self.requests.clear()

    def still_planned(self) -> int:
        """How many plans have not been used up."""
        return sum(plan.times > 0 for plan in self._plans)

    def planned(self, request: Request) -> Failure | None:
        """The failure for a request, taken off its plan."""
        with self._lock:
            self.requests.append(request)
            for plan in self._plans:
                if plan.times > 0 and plan.method == request.method and plan.place in request.path:
                    plan.times -= 1
                    return plan.failure
        return None

    def objects(self, prefix: str = "") -> dict[str, int]:
        """Size of every object below a prefix, by key."""
        return {entry["Key"]: entry["Size"] for entry in self._listed(prefix)}

    def _listed(self, prefix: str) -> Iterator[dict]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            yield from page.get("Contents", ())


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    behind: S3Server

    def handle_error(self, *_request: object) -> None:
        """A client that has been killed is no error here."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        request = Request(self.command, self.path + operation, dict(self.headers.items()), body)

        def ask() -> Answer:
            moto = http.client.HTTPConnection(*self.server.behind.moto)
            moto.request(self.command, self.path, body, request.headers)
            said = moto.getresponse()
            read = said.read()
            moto.close()
            return Answer(said.status, said.getheaders(), read)

        failure = self.server.behind.planned(request)
        if failure:
            failure(self, ask)
        else:
            self.say(ask())

    do_GET = do_PUT = do_POST = do_DELETE = _handle

    def say(self, said: Answer, body: bytes | None = None) -> None:
        """Sends an answer, with another body than it announces if one is given."""
        self.send_response_only(said.status)
        for name, value in said.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        self.wfile.write(said.body if body is None else body)

    def log_message(self, *_words: object) -> None:
        """Keeps quiet: the tests look at `requests`."""
