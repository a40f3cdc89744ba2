"""The control plane of Redshift Serverless that the stand-in plays, through boto3 and through dbt."""

import time
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from standin.engine import IAM_USER
from standin.stack import COPY_ROLE, NAMESPACE, WORKGROUP, Warehouse
from support.commands import run_tool
from support.waiting import TIMEOUT


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


def test_the_wrong_key_or_region_is_refused(warehouse: Warehouse) -> None:
    settings = {
        "endpoint_url": warehouse.environ["AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS"],
        "aws_secret_access_key": "x",
        "config": Config(retries={"total_max_attempts": 1}),
    }
    for key, region, says in (
        ("stranger", "eu-central-1", "UnrecognizedClientException"),
        ("AKIASTANDIN", "us-east-1", "InvalidSignatureException"),
    ):
        client = boto3.client("redshift-serverless", region_name=region, aws_access_key_id=key, **settings)
        with pytest.raises(ClientError) as raised:
            client.get_workgroup(workgroupName=WORKGROUP)
        assert code(raised) == says


def test_an_unsigned_request_is_refused(warehouse: Warehouse) -> None:
    answer = requests.post(
        warehouse.environ["AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS"],
        headers={"X-Amz-Target": "RedshiftServerless.GetWorkgroup"},
        json={},
        timeout=TIMEOUT,
    )
    assert (answer.status_code, answer.json()["__type"]) == (403, "MissingAuthenticationTokenException")


def test_credentials_log_in(warehouse: Warehouse) -> None:
    serverless = warehouse.standin.client("redshift-serverless")
    made = serverless.get_credentials(workgroupName=WORKGROUP, dbName=warehouse.database)
    with warehouse.connect(user=made["dbUser"], password=made["dbPassword"]) as connection:
        cursor = connection.cursor()
        cursor.execute("select current_user")
        assert cursor.fetchone() == [IAM_USER]
    assert 0 < made["expiration"].timestamp() - time.time() <= 900
    with pytest.raises(ClientError) as raised:
        serverless.get_credentials(workgroupName="elsewhere", dbName=warehouse.database)
    assert code(raised) == "ResourceNotFoundException"


def test_the_workgroup_and_the_namespace(warehouse: Warehouse) -> None:
    serverless = warehouse.standin.client("redshift-serverless")
    workgroup = serverless.get_workgroup(workgroupName=WORKGROUP)["workgroup"]
    assert workgroup["endpoint"] == {"address": "localhost", "port": warehouse.standin.proxy.port}
    namespace = serverless.get_namespace(namespaceName=workgroup["namespaceName"])["namespace"]
    assert (namespace["namespaceName"], namespace["iamRoles"]) == (NAMESPACE, [COPY_ROLE])
    assert namespace["defaultIamRoleArn"] == COPY_ROLE


def test_dbt_logs_in_by_iam_with_full_verification(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project's own profile, unmodified dbt-redshift: GetCredentials, GetWorkgroup, TLS."""
    for name, value in warehouse.environ.items():
        monkeypatch.setenv(name, value)
    done = run_tool("dbt", tmp_path, "--no-use-colors", "debug", "--target", "prod")
    assert "Connection test: [OK connection ok]" in done.stdout
    assert "verify-full" in done.stdout
    assert {entry["user"] for entry in warehouse.statements()} == {IAM_USER}
