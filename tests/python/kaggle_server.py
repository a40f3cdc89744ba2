"""A small server that plays Kaggle, its storage and their failures on a free port of 127.0.0.1.

Kaggle's SDK has one address for tests, http://localhost:7777. So that tests can run side by side, the server
listens on any free port as an HTTP proxy does, and `environment()` leads the unchanged SDK there with the
usual variables: every request, to whichever host, arrives here, and nothing leaves the machine.

    with KaggleServer({3: archive_bytes}) as kaggle:
        kaggle.failures["storage"].append(cut_after(1000))
        ...                     # run something with kaggle.environment() in its environment
        kaggle.requests         # what was asked, in order
"""

import base64
import hashlib
import json
import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from support.waiting import TIMEOUT

TOKEN = "fake-token-3f1c"
SIGNATURE = "fake-signature-9b7e"
STORAGE_HOST = "storage.invalid"
LIFETIME_SECONDS = TIMEOUT
LARGEST_REQUEST_BYTES = 1 << 20


@dataclass
class Request:
    """One request as it arrived. `step` is version (GetDataset), download (DownloadDataset) or storage."""

    step: str
    path: str
    at: float
    body: dict
    headers: dict[str, str]


# A failure takes the place of one answer.
Failure = Callable[["_Conversation"], None]


def status(code: int, **headers: str) -> Failure:
    """Answers with an error as Kaggle words it. Underscores in header names stand for dashes."""

    def fail(conversation: "_Conversation") -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # Careless servers repeat the caller's secrets: whoever prints this message leaks them.
        message = f"refused {conversation.path} {conversation.headers.get('Authorization')}"
        conversation.answer_json({"code": code, "message": message}, code, named)

    return fail


def reset() -> Failure:
    """Closes the connection with a TCP reset instead of an answer."""

    def fail(conversation: "_Conversation") -> None:
        sock = conversation.connection
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(sock.detach())
        conversation.close_connection = True

    return fail


def hang() -> Failure:
    """Accepts the request and stays silent until the server stops."""
    return lambda conversation: conversation.server.stopping.wait(LIFETIME_SECONDS)


def drip(seconds: float) -> Failure:
    """Announces the archive and sends a byte of it after every pause: no single wait is ever long."""

    def fail(conversation: "_Conversation") -> None:
        archive = conversation.archive()
        conversation.start(200, conversation.storage_headers(archive))
        for position in range(len(archive)):
            if conversation.server.stopping.wait(seconds):
                return
            conversation.wfile.write(archive[position : position + 1])

    return fail


def cut_after(size: int) -> Failure:
    """Announces the whole archive, sends `size` bytes and ends the connection."""

    def fail(conversation: "_Conversation") -> None:
        archive = conversation.archive()
        conversation.start(200, conversation.storage_headers(archive))
        conversation.wfile.write(archive[:size])

    return fail


def body(content: bytes, content_type: str = "application/zip", *, md5: bool = False, length: bool = True) -> Failure:
    """Sends `content` in place of the answer; with `md5`, the hash announced is the true archive's."""

    def fail(conversation: "_Conversation") -> None:
        headers = conversation.storage_headers(conversation.archive()) if md5 else {}
        headers |= {"Content-Type": content_type, "Content-Length": str(len(content))}
        if not length:
            del headers["Content-Length"]
        conversation.start(200, headers)
        conversation.wfile.write(content)

    return fail


@dataclass
class KaggleServer:
    """Serves `versions` (number to archive bytes) while its `with` block lasts, and two minutes at most."""

    versions: dict[int, bytes]
    # The answers to the next requests of each step; where one has run out, the true answer follows.
    failures: dict[str, deque[Failure]] = field(
        default_factory=lambda: {"version": deque(), "download": deque(), "storage": deque()}
    )
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> "KaggleServer":
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.kaggle = self
        self._lifetime = threading.Timer(LIFETIME_SECONDS, self._stop)
        self._lifetime.daemon = True
        self._lifetime.start()
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._lifetime.cancel()
        self._stop()

    def _stop(self) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """Variables that lead Kaggle's SDK, in this process or another one, to this server with a token."""
        address = f"http://127.0.0.1:{self._server.server_port}"
        return {
            "KAGGLE_API_ENVIRONMENT": "TEST",
            "KAGGLE_API_TOKEN": TOKEN,
            **dict.fromkeys(("HTTP_PROXY", "http_proxy"), address),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
        }

    def steps(self) -> list[str]:
        """What was asked, in order."""
        return [request.step for request in self.requests]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments) -> None:
        self.stopping = threading.Event()
        super().__init__(*arguments)

    def handle_error(self, request, client_address) -> None:
        """Says nothing: clients that give up are what many tests are about."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = LIFETIME_SECONDS

    def do_POST(self) -> None:
        size = min(int(self.headers.get("Content-Length", 0)), LARGEST_REQUEST_BYTES)
        asked = json.loads(self.rfile.read(size))
        method = urlsplit(self.path).path.rpartition("/")[2]
        step = {"GetDataset": "version", "DownloadDataset": "download"}[method]
        self._serve(step, asked, self._newest if step == "version" else self._redirect)

    def do_GET(self) -> None:
        self._serve("storage", {}, self._archive)

    def _serve(self, step: str, asked: dict, answer: Callable[[dict], None]) -> None:
        kaggle = self.server.kaggle
        kaggle.requests.append(Request(step, self.path, time.monotonic(), asked, dict(self.headers)))
        if kaggle.failures[step]:
            kaggle.failures[step].popleft()(self)
        else:
            answer(asked)

    def _newest(self, asked: dict) -> None:
        if (asked["ownerSlug"], asked["datasetSlug"]) != ("ukveteran", "adventure-works"):
            return status(404)(self)
        self.answer_json({"id": 1, "currentVersionNumber": max(self.server.kaggle.versions)}, 200, {})

    def _redirect(self, asked: dict) -> None:
        versions = self.server.kaggle.versions
        version = asked.get("datasetVersionNumber") or max(versions)
        if version not in versions:
            return status(404)(self)
        location = f"http://{STORAGE_HOST}/{version}/archive.zip?X-Goog-Signature={SIGNATURE}"
        self.start(302, {"Location": location, "Content-Length": "0"})

    def _archive(self, asked: dict) -> None:
        archive = self.archive()
        self.start(200, self.storage_headers(archive))
        self.wfile.write(archive)

    def archive(self) -> bytes:
        """The archive that the path of this request names."""
        return self.server.kaggle.versions[int(urlsplit(self.path).path.split("/")[1])]

    def storage_headers(self, archive: bytes) -> dict[str, str]:
        """What Google Cloud Storage says about an object."""
        md5 = base64.b64encode(hashlib.md5(archive).digest()).decode()
        return {
            "Content-Type": "application/zip",
            "Content-Length": str(len(archive)),
            "x-goog-hash": f"crc32c=AAAAAA==, md5={md5}",
        }

    def start(self, code: int, headers: dict[str, str]) -> None:
        """Sends status and headers. One answer a connection: over a second one TCP would wait 40 ms."""
        self.send_response(code)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def answer_json(self, content: dict, code: int, headers: dict[str, str]) -> None:
        """Sends an answer of Kaggle's API."""
        encoded = json.dumps(content).encode()
        self.start(code, headers | {"Content-Type": "application/json", "Content-Length": str(len(encoded))})
        self.wfile.write(encoded)

    def log_message(self, *_: object) -> None:
        """Keeps the test output quiet."""
