"""All parts together, and what a client needs to know of them: environment variables."""

import json
import logging
import secrets
import ssl
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import redshift_connector
import trustme
from moto.server import ThreadedMotoServer

from standin import engine as postgres
from standin.dataapi import ACCOUNT, DataApi, Faults
from standin.engine import IAM_USER, PASSWORD_USER, Engine
from standin.proxy import Proxy
from standin.s3copy import Store

REGION = "eu-central-1"
WORKGROUP = "adventure-works"
NAMESPACE = "adventure-works"
COPY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/adventure-works-copy"
ACCESS_KEY, SECRET_KEY = "AKIASTANDIN", "stand-in"


@dataclass
class StandIn:
    """Redshift Serverless, S3, Glue, STS and SNS on ports of 127.0.0.1, until `stop`.

    `certificate` is the file of the authority that clients must trust, `password` that of the user PASSWORD_USER.
    """

    engine: Engine
    proxy: Proxy
    data_api: DataApi
    aws: ThreadedMotoServer
    aws_endpoint: str
    certificate: Path
    password: str

    @property
    def faults(self) -> Faults:
        """What is to go wrong in the Data API."""
        return self.data_api.faults

    @property
    def log(self) -> Path:
        """The log of statements, a JSON object a line: database, user, application, sql, sent, error."""
        return self.proxy.log

    def environ(self) -> dict[str, str]:
        """What a client of these services finds in its environment, whatever its database and bucket."""
        api = f"http://127.0.0.1:{self.data_api.port}"
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.aws_endpoint,
            "AWS_ENDPOINT_URL_GLUE": self.aws_endpoint,
            "AWS_ENDPOINT_URL_STS": self.aws_endpoint,
            "AWS_ENDPOINT_URL_SNS": self.aws_endpoint,
            "AWS_ENDPOINT_URL_REDSHIFT_DATA": api,
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": api,
            "REDSHIFT_WORKGROUP": WORKGROUP,
            "SSL_CERT_FILE": str(self.certificate),
        }

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of one of the services (s3, glue, sts, sns, redshift-data, redshift-serverless)."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.environ()[f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"],
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            **options,
        )

    def create_bucket(self, name: str | None = None) -> str:
        """A new bucket; returns its name."""
        name = name or f"bucket-{uuid.uuid4().hex[:12]}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def create_warehouse(self, bucket: str, database: str | None = None) -> "Warehouse":
        """A fresh database, with its lake in `bucket`."""
        database = database or f"warehouse_{uuid.uuid4().hex[:12]}"
        self.engine.create_database(database)
        return Warehouse(self, database, bucket)

    def stop(self) -> None:
        """Stops everything and removes its files. Safe to call again."""
        self.data_api.stop()
        self.proxy.stop()
        self.aws.stop()
        self.engine.stop()


@dataclass
class Warehouse:
    """A database of its own in the stand-in."""

    standin: StandIn
    database: str
    bucket: str

    @property
    def environ(self) -> dict[str, str]:
        """The variables that production needs, and where the stand-in plays AWS."""
        return self.standin.environ() | {
            "REDSHIFT_DATABASE": self.database,
            "ADVENTURE_LAKE": f"s3://{self.bucket}/lake",
            "ADVENTURE_GLUE_DATABASE": f"{self.database}_raw",
        }

    def connect(self, **options: Any) -> redshift_connector.Connection:
        """A connection through the proxy by the driver, in autocommit, as the user that loads and builds."""
        settings = {
            "host": "127.0.0.1",
            "port": self.standin.proxy.port,
            "database": self.database,
            "user": IAM_USER,
            "password": self.standin.data_api.password,
            "ssl": False,
        }
        connection = redshift_connector.connect(**(settings | options))
        connection.autocommit = True
        return connection

    def query(self, sql: str) -> list[tuple]:
        """Runs a statement as Redshift would; returns its rows."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def administer(self, sql: str) -> list[tuple]:
        """Runs a statement of PostgreSQL's as superuser, past the proxy: to arrange what a test needs."""
        return self.standin.engine.run(sql, self.database)

    def statements(self) -> list[dict[str, Any]]:
        """The log of this database, oldest first: sql, sent (None if unchanged), error, user, application."""
        lines = self.standin.log.read_text(encoding="utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["database"] == self.database]


def start(port: int = 0, data_port: int = 0, aws_port: int = 0) -> StandIn:
    """Starts everything (about three seconds); ports are free ones unless given."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server: not a line a request
    engine = postgres.start()
    folder = engine.folder / "files"  # goes with it
    folder.mkdir()
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=aws_port, verbose=False)
    aws.start()
    host, bound = aws.get_host_and_port()
    aws_endpoint = f"http://{host}:{bound}"
    certificate, tls = _certificate(folder)
    password, iam_password = secrets.token_hex(16), secrets.token_hex(16)
    store = Store(aws_endpoint, REGION, engine.transfer, roles={COPY_ROLE}, default_role=COPY_ROLE)
    proxy = Proxy(engine.socket, store, folder / "statements.jsonl", tls, port)
    proxy.logins = {PASSWORD_USER: {password: float("inf")}, IAM_USER: {iam_password: float("inf")}}
    proxy.start()
    data_api = DataApi(
        proxy,
        REGION,
        ACCESS_KEY,
        iam_password,
        workgroup={
            "workgroupName": WORKGROUP,
            "namespaceName": NAMESPACE,
            "status": "AVAILABLE",
            "workgroupArn": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/{uuid.uuid4()}",
            "endpoint": {"address": "localhost", "port": proxy.port},
            "publiclyAccessible": False,
        },
        namespace={
            "namespaceName": NAMESPACE,
            "status": "AVAILABLE",
            "dbName": "dev",
            "iamRoles": [COPY_ROLE],
            "defaultIamRoleArn": COPY_ROLE,
        },
        cancel_in_engine=lambda pid: engine.run(f"select pg_cancel_backend({pid})") and None,
        port=data_port,
    )
    data_api.start()
    return StandIn(engine, proxy, data_api, aws, aws_endpoint, certificate, password)


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The file of an authority of our own, and a server's side with a certificate by it."""
    authority = trustme.CA()
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return file, context
