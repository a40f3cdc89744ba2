"""All parts together, and what a client needs to know of them: environment variables."""

import json
import secrets
import shutil
import ssl
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import redshift_connector
import trustme

from standin.engine import IAM_USER, PASSWORD_USER, Engine
from standin.proxy import Proxy
from standin.s3copy import Store
from standin.serverless import ACCOUNT, Serverless
from standin.services import Services

REGION = "eu-central-1"
WORKGROUP = "adventure-works"
NAMESPACE = "adventure-works"
COPY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/adventure-works-copy"
ACCESS_KEY, SECRET_KEY = "AKIASTANDIN", "stand-in"


@dataclass
class StandIn:
    """Redshift Serverless, S3, Glue, STS and SNS on ports of 127.0.0.1, until `stop`.

    `certificate` is the file of the authority that clients must trust, `password` that of the user PASSWORD_USER,
    `iam_password` one of IAM_USER that does not expire.
    """

    engine: Engine
    proxy: Proxy
    serverless: Serverless
    aws_endpoint: str
    certificate: Path
    password: str
    iam_password: str

    @property
    def log(self) -> Path:
        """The log of statements, an object a line: database, user, application, in_transaction, sql, sent, error."""
        return self.proxy.log

    def environ(self) -> dict[str, str]:
        """What a client of these services finds in its environment, whatever its database and bucket."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.aws_endpoint,
            "AWS_ENDPOINT_URL_GLUE": self.aws_endpoint,
            "AWS_ENDPOINT_URL_STS": self.aws_endpoint,
            "AWS_ENDPOINT_URL_SNS": self.aws_endpoint,
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": f"http://127.0.0.1:{self.serverless.port}",
            "REDSHIFT_WORKGROUP": WORKGROUP,
            "SSL_CERT_FILE": str(self.certificate),
        }

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of one of the services (s3, glue, sts, sns, redshift-serverless)."""
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

    def copy_bucket(self, bucket: str) -> str:
        """A new bucket with the objects of another one; returns its name."""
        client, copy = self.client("s3"), self.create_bucket()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", ()):
                client.copy_object(Bucket=copy, Key=entry["Key"], CopySource={"Bucket": bucket, "Key": entry["Key"]})
        return copy

    def create_warehouse(self, bucket: str, database: str | None = None, like: str | None = None) -> "Warehouse":
        """A fresh database, or a copy of the database `like` that nobody uses, with its lake in `bucket`."""
        database = database or f"warehouse_{uuid.uuid4().hex[:12]}"
        if like:
            self.engine.create_database(database, like)
        else:
            self.engine.create_database(database)
        return Warehouse(self, database, bucket)

    def stop(self) -> None:
        """Stops what this process serves, and removes its files."""
        self.serverless.stop()
        self.proxy.stop()
        shutil.rmtree(self.certificate.parent)


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
            "ADVENTURE_GLUE_DATABASE": f"{self.bucket.replace('-', '_')}_raw",
        }

    @property
    def login_by_password(self) -> dict[str, str]:
        """Variables for a login as the user that an IAM role gets, without TLS and without asking for a password.

        It takes a sixth of the time of a login by IAM.
        """
        return {
            "REDSHIFT_METHOD": "database",
            "REDSHIFT_HOST": "127.0.0.1",
            "REDSHIFT_PORT": str(self.standin.proxy.port),
            "REDSHIFT_USER": IAM_USER,
            "REDSHIFT_PASSWORD": self.standin.iam_password,
            "REDSHIFT_SSLMODE": "disable",
        }

    def connect(self, **options: Any) -> redshift_connector.Connection:
        """A connection through the proxy by the driver, in autocommit, as the user that loads and builds."""
        settings = {
            "host": "127.0.0.1",
            "port": self.standin.proxy.port,
            "database": self.database,
            "user": IAM_USER,
            "password": self.standin.iam_password,
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
        """The log of this database, oldest first; `sent` is None where it is `sql`."""
        lines = self.standin.log.read_text(encoding="utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["database"] == self.database]


def start(services: Services, port: int = 0, serverless_port: int = 0) -> StandIn:
    """Plays Redshift in front of the services, in threads of this process; ports are free ones unless given."""
    folder = Path(tempfile.mkdtemp(prefix="standin-"))
    certificate, tls = _certificate(folder)
    password, iam_password = secrets.token_hex(16), secrets.token_hex(16)
    engine = services.engine
    store = Store(services.aws_endpoint, REGION, engine.transfer, roles={COPY_ROLE}, default_role=COPY_ROLE)
    proxy = Proxy(engine.socket, store, folder / "statements.jsonl", tls, port)
    proxy.logins = {PASSWORD_USER: {password: float("inf")}, IAM_USER: {iam_password: float("inf")}}
    proxy.start()
    serverless = Serverless(
        proxy,
        REGION,
        ACCESS_KEY,
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
        port=serverless_port,
    )
    serverless.start()
    return StandIn(engine, proxy, serverless, services.aws_endpoint, certificate, password, iam_password)


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The file of an authority of our own, and a server's side with a certificate by it."""
    authority = trustme.CA()
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return file, context
