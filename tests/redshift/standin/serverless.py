"""What clients ask of the control plane of Redshift Serverless, over HTTP: a login, the workgroup, the namespace.

Operations, members and errors are those of botocore's model (redshift-serverless 2021-04-21). A request must be signed
with the right access key for the right region and service; the signature itself is not verified.
"""

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standin.engine import IAM_USER
from standin.proxy import Proxy

ACCOUNT = "123456789012"


class ApiError(Exception):
    """An error response: the name of the exception, the message, and the HTTP status."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


@dataclass
class Serverless:
    """The server; logins that it gives out are those of IAM_USER at the proxy.

    `workgroup` and `namespace` are what GetWorkgroup and GetNamespace return; tests may change them. While `expired`
    is true, every request is refused with ExpiredTokenException; `throttle` is how many are with ThrottlingException.
    """

    proxy: Proxy
    region: str
    access_key: str
    workgroup: dict[str, Any]
    namespace: dict[str, Any]
    port: int = 0
    expired: bool = False
    throttle: int = 0

    def start(self) -> None:
        """Serves in threads of its own until `stop`; `port` holds the port afterwards."""
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
        threading.Thread(target=self._server.serve_forever, name="redshift-serverless", daemon=True).start()

    def stop(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one HTTP request."""
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        service, _, operation = request.headers.get("X-Amz-Target", "").rpartition(".")
        try:
            self._admit(request.headers.get("Authorization", ""))
            answer = self._operation(service, operation)(json.loads(body or b"{}"))
            status = 200
        except ApiError as error:
            answer, status = {"__type": error.name, "message": error.message, "Message": error.message}, error.status
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/x-amz-json-1.1")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _admit(self, authorization: str) -> None:
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request", authorization)
        if not signed:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        key, region, name = signed.groups()
        if self.expired:
            raise ApiError("ExpiredTokenException", "The security token included in the request is expired")
        if key != self.access_key:
            raise ApiError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
        if (region, name) != (self.region, "redshift-serverless"):
            raise ApiError(
                "InvalidSignatureException", f"Credential should be scoped to {self.region}/redshift-serverless.", 403
            )
        if self.throttle > 0:
            self.throttle -= 1
            raise ApiError("ThrottlingException", "Rate exceeded")

    def _operation(self, service: str, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        known: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetCredentials": self._credentials,
            "GetWorkgroup": self._get_workgroup,
            "GetNamespace": self._get_namespace,
        }
        if service != "RedshiftServerless" or operation not in known:
            raise ApiError("UnknownOperationException", f"stand-in: {service}.{operation} is not there")
        return known[operation]

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
