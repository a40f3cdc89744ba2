"""The Data API and the control plane of the stand-in through boto3, with faults on the way."""

import time
import uuid
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from standin.engine import IAM_USER
from standin.stack import COPY_ROLE, NAMESPACE, WORKGROUP, Warehouse
from support.commands import run_tool

# Without retries, so that a test sees each fault.
ONCE = Config(retries={"total_max_attempts": 1})


class Api:
    """The Data API for one database."""

    def __init__(self, warehouse: Warehouse, config: Config = ONCE) -> None:
        self.client = warehouse.standin.client("redshift-data", config=config)
        self.place = {"Database": warehouse.database, "WorkgroupName": WORKGROUP}

    def execute(self, sql: str, **options: Any) -> str:
        return self.client.execute_statement(Sql=sql, **self.place, **options)["Id"]

    def batch(self, *sqls: str, **options: Any) -> str:
        return self.client.batch_execute_statement(Sqls=list(sqls), **self.place, **options)["Id"]

    def wait(self, number: str) -> dict[str, Any]:
        """The description once it has ended."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.client.describe_statement(Id=number)
            if found["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                return found
            time.sleep(0.02)
        raise TimeoutError(found)


@pytest.fixture
def api(warehouse: Warehouse) -> Api:
    return Api(warehouse)


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


# Statements ---------------------------------------------------------------------------------------------------------


def test_a_statement_and_its_result(api: Api) -> None:
    number = api.execute(
        "select 1 as a, 'x' as b, cast(1.5 as numeric(18, 4)) as c, true as d, null::integer as e, "
        "cast('2016-02-29' as date) as f, cast('2016-02-29 12:00' as timestamp) as g, 0.5::float8 as h"
    )
    described = api.wait(number)
    assert (described["Status"], described["HasResultSet"], described["ResultRows"]) == ("FINISHED", True, 1)
    assert described["RedshiftPid"] > 0
    result = api.client.get_statement_result(Id=number)
    names = [(column["name"], column["typeName"]) for column in result["ColumnMetadata"]]
    kinds = ["int4", "varchar", "numeric", "bool", "int4", "date", "timestamp", "float8"]
    assert names == list(zip("abcdefgh", kinds, strict=True))
    assert result["Records"] == [
        [
            {"longValue": 1},
            {"stringValue": "x"},
            {"stringValue": "1.5000"},
            {"booleanValue": True},
            {"isNull": True},
            {"stringValue": "2016-02-29"},
            {"stringValue": "2016-02-29 12:00:00"},
            {"doubleValue": 0.5},
        ]
    ]


def test_results_come_in_pages(warehouse: Warehouse, api: Api) -> None:
    warehouse.administer("create table public.many as select n from generate_series(1, 2500) n")
    warehouse.administer("grant select on public.many to public")
    number = api.execute("select n from many order by n")
    api.wait(number)
    pages = list(api.client.get_paginator("get_statement_result").paginate(Id=number))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert [record[0]["longValue"] for page in pages for record in page["Records"]] == list(range(1, 2501))


def test_parameters_are_text_and_not_sql(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table names (a varchar(50))")
    value = "it's :a \\ ; drop table names"
    parameters = [{"name": "a", "value": value}, {"name": "ab", "value": "2"}]
    number = api.execute("insert into names select :a || ':a' where :ab = '2' /* :c */", Parameters=parameters)
    assert api.wait(number)["Status"] == "FINISHED"
    assert warehouse.query("select a from names") == [(f"{value}:a",)]
    for parameters in ([{"name": "z", "value": "1"}], [{"name": "a", "value": "1"}]):
        with pytest.raises(ClientError) as raised:
            api.execute("select :a, :b", Parameters=parameters)
        assert code(raised) == "ValidationException"


def test_what_redshift_refuses_fails_with_its_message(api: Api) -> None:
    described = api.wait(api.execute("select string_agg('a', ',')"))
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith("ERROR: ")
    assert "string_agg" in described["Error"]
    with pytest.raises(ClientError) as raised:
        api.client.get_statement_result(Id=described["Id"])
    assert code(raised) == "ResourceNotFoundException"


def test_an_unknown_statement_is_not_found(api: Api) -> None:
    with pytest.raises(ClientError) as raised:
        api.client.describe_statement(Id=str(uuid.uuid4()))
    assert code(raised) == "ResourceNotFoundException"


# Batches ------------------------------------------------------------------------------------------------------------


def test_a_batch_is_one_transaction(warehouse: Warehouse, api: Api) -> None:
    described = api.wait(api.batch("create table t (a integer)", "insert into t select 1", "select a from t"))
    assert described["Status"] == "FINISHED"
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED"] * 3
    last = described["SubStatements"][2]
    assert api.client.get_statement_result(Id=last["Id"])["Records"] == [[{"longValue": 1}]]

    described = api.wait(api.batch("insert into t select 2", "select 1 / 0", "insert into t select 3"))
    assert (described["Status"], described["Error"]) == ("FAILED", "ERROR: division by zero")
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert warehouse.query("select a from t") == [(1,)]


def test_a_batch_has_at_most_forty_statements(api: Api) -> None:
    assert api.wait(api.batch(*["select 1"] * 40))["Status"] == "FINISHED"
    with pytest.raises(ClientError) as raised:
        api.batch(*["select 1"] * 41)
    assert code(raised) == "ValidationException"


def test_the_same_client_token_runs_once(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table t (a integer)")
    numbers = {api.batch("insert into t select 1", ClientToken="the-token") for _ in range(3)}
    [number] = numbers
    api.wait(number)
    assert warehouse.query("select count(*) from t") == [(1,)]
    with pytest.raises(ClientError) as raised:
        api.batch("insert into t select 2", ClientToken="the-token")
    assert code(raised) == "ValidationException"


def test_statements_are_listed_by_name_and_state(api: Api) -> None:
    name = f"load-{uuid.uuid4().hex}"
    numbers = [api.execute("select 1", StatementName=name), api.execute("select 1 / 0", StatementName=name)]
    for number in numbers:
        api.wait(number)
    listed = api.client.list_statements(StatementName=name, Status="ALL")["Statements"]
    assert [found["Id"] for found in listed] == numbers[::-1]
    listed = api.client.list_statements(StatementName=name, Status="FAILED")["Statements"]
    assert [found["Id"] for found in listed] == numbers[1:]


def test_cancel(warehouse: Warehouse, api: Api) -> None:
    warehouse.administer("create function public.slow() returns int language sql as 'select 1 from pg_sleep(30)'")
    warehouse.query("create table t (a integer)")
    number = api.batch("insert into t select 1", "select public.slow()", "insert into t select 2")
    until = time.monotonic() + 20
    while api.client.describe_statement(Id=number)["SubStatements"][1]["Status"] != "STARTED":
        assert time.monotonic() < until
        time.sleep(0.02)
    assert api.client.cancel_statement(Id=number)["Status"] is True
    described = api.wait(number)
    assert described["Status"] == "ABORTED"
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "ABORTED", "ABORTED"]
    assert warehouse.query("select count(*) from t") == [(0,)]
    with pytest.raises(ClientError) as raised:
        api.client.cancel_statement(Id=number)
    assert code(raised) == "ValidationException"


# Faults -------------------------------------------------------------------------------------------------------------


def test_a_lost_response_leaves_the_work_committed(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table t (a integer)")
    warehouse.standin.faults.lose_response["BatchExecuteStatement"] = 1
    with pytest.raises(ConnectionClosedError):
        api.batch("insert into t select 1", ClientToken="once")
    assert warehouse.query("select count(*) from t") == [(1,)]
    assert api.wait(api.batch("insert into t select 1", ClientToken="once"))["Status"] == "FINISHED"
    assert warehouse.query("select count(*) from t") == [(1,)]


def test_the_client_repeats_a_lost_response_with_its_token(warehouse: Warehouse) -> None:
    """botocore makes a ClientToken of its own, the same for every attempt."""
    warehouse.query("create table t (a integer)")
    warehouse.standin.faults.lose_response["ExecuteStatement"] = 2
    api = Api(warehouse, Config(retries={"mode": "standard", "total_max_attempts": 3}))
    assert api.wait(api.execute("insert into t select 1"))["Status"] == "FINISHED"
    assert warehouse.query("select count(*) from t") == [(1,)]


def test_a_lost_request_does_nothing(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table t (a integer)")
    warehouse.standin.faults.lose_request["ExecuteStatement"] = 1
    with pytest.raises(ConnectionClosedError):
        api.execute("insert into t select 1")
    assert warehouse.query("select count(*) from t") == [(0,)]


def test_a_statement_told_to_fail_rolls_its_batch_back(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table t (a integer)")
    warehouse.standin.faults.fail_statement = 2
    described = api.wait(api.batch("insert into t select 1", "insert into t select 2", "insert into t select 3"))
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert warehouse.query("select count(*) from t") == [(0,)]
    assert api.wait(api.batch("insert into t select 1", "insert into t select 2"))["Status"] == "FINISHED"


def test_throttling_expiry_and_holding(warehouse: Warehouse, api: Api) -> None:
    faults = warehouse.standin.faults
    faults.throttle = 1
    with pytest.raises(ClientError) as raised:
        api.execute("select 1")
    assert code(raised) == "ThrottlingException"
    faults.expired = True
    with pytest.raises(ClientError) as raised:
        api.execute("select 1")
    assert code(raised) == "ExpiredTokenException"
    faults.expired = False
    faults.hold = 0.5
    number = api.execute("select 1")
    assert api.client.describe_statement(Id=number)["Status"] in ("SUBMITTED", "STARTED")
    assert api.wait(number)["Status"] == "FINISHED"


def test_a_lock_makes_a_batch_wait(warehouse: Warehouse, api: Api) -> None:
    warehouse.query("create table t (a integer)")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("lock t")
        number = api.batch("lock t", "insert into t select 1")
        time.sleep(0.3)
        assert api.client.describe_statement(Id=number)["Status"] == "STARTED"
        cursor.execute("commit")
        assert api.wait(number)["Status"] == "FINISHED"


# Who may ask --------------------------------------------------------------------------------------------------------


def test_the_wrong_key_region_workgroup_or_database(warehouse: Warehouse, api: Api) -> None:
    endpoint = warehouse.environ["AWS_ENDPOINT_URL_REDSHIFT_DATA"]
    settings = {"endpoint_url": endpoint, "region_name": "eu-central-1", "aws_secret_access_key": "x", "config": ONCE}
    stranger = boto3.client("redshift-data", aws_access_key_id="stranger", **settings)
    with pytest.raises(ClientError) as raised:
        stranger.list_statements()
    assert code(raised) == "UnrecognizedClientException"
    abroad = boto3.client("redshift-data", aws_access_key_id="AKIASTANDIN", **settings | {"region_name": "us-east-1"})
    with pytest.raises(ClientError) as raised:
        abroad.list_statements()
    assert code(raised) == "InvalidSignatureException"
    with pytest.raises(ClientError) as raised:
        api.client.execute_statement(Sql="select 1", Database=warehouse.database, WorkgroupName="elsewhere")
    assert code(raised) == "ValidationException"
    number = api.client.execute_statement(Sql="select 1", Database="elsewhere", WorkgroupName=WORKGROUP)["Id"]
    assert 'database "elsewhere" does not exist' in api.wait(number)["Error"]


def test_an_unsigned_request_is_refused(warehouse: Warehouse) -> None:
    answer = requests.post(
        warehouse.environ["AWS_ENDPOINT_URL_REDSHIFT_DATA"],
        headers={"X-Amz-Target": "RedshiftData.ListStatements"},
        json={},
        timeout=10,
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
    warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project's own profile, unmodified dbt-redshift: GetCredentials, GetWorkgroup, TLS."""
    for name, value in warehouse.environ.items():
        monkeypatch.setenv(name, value)
    done = run_tool("dbt", tmp_path_factory.mktemp("dbt"), "debug", "--target", "prod")
    assert "Connection test: [OK connection ok]" in done.stdout.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert "verify-full" in done.stdout
    assert {entry["user"] for entry in warehouse.statements()} == {IAM_USER}
