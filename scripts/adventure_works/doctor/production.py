"""Checks of production: credentials, bucket, Glue, workgroup, role, login, privileges, raw schema and COPY."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import ClientError

from adventure_works import aws
from adventure_works.contract import raw_tables
from adventure_works.doctor.checks import Check
from adventure_works.doctor.history import history
from adventure_works.errors import AdventureError
from adventure_works.lake import s3_read
from adventure_works.lake.s3_write import encryption
from adventure_works.redshift.ddl import differences, found_columns
from adventure_works.redshift.session import copy_role, literal, session
from adventure_works.settings import Settings
from adventure_works.sql import quoted
from adventure_works.warehouse.redshift import RedshiftWarehouse

DOCUMENT = "docs/production.md"
COPY_MILLISECONDS = 120_000


def checks(settings: Settings) -> list[Check]:
    """Everything that production needs, in the order in which one thing rests on another."""
    works = "bucket: write, read, delete"

    def check(name: str, look: Callable[[Settings], str], *needs: str) -> Check:
        return Check(name, partial(look, settings), needs)

    return [
        check("environment", _environment),
        check("region", _region),
        check("credentials", _credentials, "region"),
        check("bucket", _bucket, "environment", "credentials"),
        check(works, _bucket_works, "bucket"),
        check("bucket: conditional writes", _bucket_guards, works),
        check("bucket: encryption", _bucket_encrypts, works),
        check("lake", _lake, works),
        check("Glue Data Catalog", _glue, "credentials"),
        check("workgroup", _workgroup, "environment", "credentials"),
        check("COPY role", _copy_role, "workgroup"),
        check("TLS", _tls),
        check("login", _login, "workgroup"),
        check("privileges", _privileges, "login"),
        check("raw schema", _raw_schema, "login"),
        check("history", _history, "login"),
        check("COPY reads the bucket", _copy_works, "login", "COPY role", works),
    ]


def _environment(settings: Settings) -> str:
    settings.check_workgroup()
    return (
        f"lake {settings.lake_on_s3}; workgroup {settings.workgroup}, database {settings.redshift_database}, "
        f"schemas {settings.schema}_*"
    )


def _region(settings: Settings) -> str:
    region = aws.region(settings)
    if not region:
        raise AdventureError("no region is set. Set AWS_REGION to the region of the workgroup and the bucket.")
    both = {settings.region, settings.default_region} - {""}
    if len(both) > 1:
        raise AdventureError(
            f"AWS_REGION and AWS_DEFAULT_REGION differ ({' and '.join(sorted(both))}), and not every tool reads "
            "the same one. Set both to the region of the workgroup and the bucket."
        )
    return region


def _credentials(settings: Settings) -> str:
    return str(aws.client("sts", settings).get_caller_identity()["Arn"])


def _bucket(settings: Settings) -> str:
    lake, region = settings.lake_on_s3, aws.region(settings)
    try:
        found = aws.client("s3", settings).head_bucket(Bucket=lake.bucket)
    except ClientError as error:
        # A HEAD answers with a status and no more.
        if aws.code(error) in ("404", "NoSuchBucket"):
            raise AdventureError(
                f"the bucket {lake.bucket} does not exist. Create it ({DOCUMENT} has the command), or "
                "correct ADVENTURE_LAKE."
            ) from error
        raise
    where = found.get("BucketRegion") or region
    if where != region:
        raise AdventureError(
            f"{lake.bucket} is in {where} and the region is {region}. COPY of Parquet reads buckets of the workgroup's "
            "own region only: use a bucket there."
        )
    return f"{lake.bucket} in {where}"


def _bucket_works(settings: Settings) -> str:
    with _trial(settings) as (client, place):
        client.put_object(**place, Body=b"doctor", **encryption(settings))
        if client.get_object(**place)["Body"].read() != b"doctor":
            raise AdventureError(
                f"{settings.lake}: an object reads back otherwise than it was written. Look for a proxy."
            )
    return f"works below {settings.lake}"


def _bucket_guards(settings: Settings) -> str:
    """A load is published by a write that must fail when another load came first; not every store of S3's kind does."""
    with _trial(settings) as (client, place):
        client.put_object(**place, Body=b"first", IfNoneMatch="*", **encryption(settings))
        try:
            client.put_object(**place, Body=b"second", IfNoneMatch="*", **encryption(settings))
        except ClientError as error:
            if aws.code(error) in ("PreconditionFailed", "412"):
                return "a second writer is turned away"
            raise
    raise AdventureError(
        "a conditional write replaced what was there, so that two loads at once could undo each other. Use a bucket "
        "of Amazon S3."
    )


def _bucket_encrypts(settings: Settings) -> str:
    with _trial(settings) as (client, place):
        written = client.put_object(**place, Body=b"doctor", **encryption(settings))
    found = written.get("ServerSideEncryption")
    if not found:
        raise AdventureError(
            f"what is written to {settings.lake} is not encrypted. `aws s3api put-bucket-encryption` on the bucket "
            f"corrects that ({DOCUMENT})."
        )
    return f"{found}{' with ' + written['SSEKMSKeyId'] if written.get('SSEKMSKeyId') else ''}"


def _lake(settings: Settings) -> str:
    lake = settings.lake_on_s3
    published = s3_read.published(lake, settings)
    return f"holds load {published.load_id}, {len(published.entries)} files" if published else "is empty yet"


def _glue(settings: Settings) -> str:
    name = settings.glue_database
    client = aws.client("glue", settings)
    try:
        client.get_database(Name=name)
    except client.exceptions.EntityNotFoundException:
        return f"{name} is not there yet; the first load makes it"
    found = set(client.get_paginator("get_tables").paginate(DatabaseName=name).search("TableList[].Name"))
    missing = sorted(raw_tables().keys() - found)
    return f"{name}, {len(found)} tables" if not missing else f"{name}; the next load adds {', '.join(missing)}"


def _workgroup(settings: Settings) -> str:
    found = _described_workgroup(settings)
    if found["status"] not in ("AVAILABLE", "MODIFYING"):
        raise AdventureError(
            f"{found['workgroupName']} is {found['status']}. Wait until it is AVAILABLE (`aws redshift-serverless "
            f"get-workgroup --workgroup-name {found['workgroupName']}`)."
        )
    endpoint = found.get("endpoint", {})
    return f"{found['workgroupName']} is {found['status']} at {endpoint.get('address')}:{endpoint.get('port')}"


def _copy_role(settings: Settings) -> str:
    wanted = settings.copy_role
    client, name = aws.client("redshift-serverless", settings), _described_workgroup(settings)["namespaceName"]
    namespace = client.get_namespace(namespaceName=name)["namespace"]
    default, attached = namespace.get("defaultIamRoleArn"), namespace.get("iamRoles", [])
    attach = f"`aws redshift-serverless update-namespace --namespace-name {name}"
    if wanted == "default":
        if not default:
            raise AdventureError(
                f"the namespace {name} has no default role for COPY. {attach} "
                "--default-iam-role-arn ARN --iam-roles ARN` gives it one, or set REDSHIFT_COPY_ROLE to an attached "
                "one."
            )
        return f"{default} (the namespace's default)"
    # An entry is the ARN, or a text that holds it beside the state of its attachment.
    if not any(wanted in entry for entry in attached):
        raise AdventureError(
            f"{wanted} is not attached to the namespace {name}. {attach} --iam-roles {wanted}` "
            "attaches it (list those that are to stay attached as well)."
        )
    return f"{wanted} is attached"


def _login(settings: Settings) -> str:
    """The one login that loads, builds and publishes."""
    try:
        with session("doctor") as redshift:
            (found,) = redshift.ask("select current_user as login")
    except AdventureError as error:
        raise AdventureError(
            f"{error}\nWhen the workgroup is AVAILABLE and this fails, the network is the usual cause: this machine "
            "must reach the workgroup's endpoint and port."
        ) from error
    return f"logs in as {found['login']}"


def _privileges(settings: Settings) -> str:
    database = settings.redshift_database
    with session("doctor") as redshift:
        (found,) = redshift.ask("select has_database_privilege(current_user, ?, 'create') as can_create", (database,))
    if not found["can_create"]:
        raise AdventureError(
            f"this login may not make schemas in {database}. As an administrator: `grant create on "
            f'database {database} to "LOGIN"`, with the login of the line above.'
        )
    return f"may make schemas in {database}"


def _raw_schema(settings: Settings) -> str:
    with session("doctor") as redshift:
        found = found_columns(redshift, settings.raw_schema)
    problems = differences(found, settings.raw_schema)
    if problems:
        raise AdventureError("\n".join(problems))
    missing = raw_tables().keys() - found.keys()
    if missing:
        return f"{settings.raw_schema}: the first load makes {len(missing)} of {len(raw_tables())} tables"
    return f"{settings.raw_schema} is as the contract has it, {len(raw_tables())} tables"


def _history(settings: Settings) -> str:
    warehouse = RedshiftWarehouse(settings, lambda message: None)
    return history(warehouse, warehouse.asking_previous)


def _copy_works(settings: Settings) -> str:
    """Copies one row from the bucket into a temporary table: role, policy and key are tried as a load uses them."""
    role = copy_role(settings)
    try:
        with _trial(settings) as (client, place), session("doctor") as redshift:
            client.put_object(**place, Body=_one_row(), **encryption(settings))
            redshift.ask(f"set statement_timeout to {COPY_MILLISECONDS}")
            redshift.ask("create temp table adventure_doctor (note varchar(64))")
            uri = literal(settings.lake_on_s3.uri(place["Key"]))
            redshift.ask(f"copy adventure_doctor from {uri} iam_role {role} format as parquet")
    except AdventureError as error:
        raise AdventureError(
            f"{error}\nThe COPY role must be allowed to read {settings.lake} (and to decrypt with its key): {DOCUMENT} "
            "has the policy."
        ) from error
    return "works"


def _one_row() -> bytes:
    """A Parquet file of one row with one column."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder, "row.parquet")
        connection.execute(f"copy (select 'doctor' as note) to {quoted(path)} (format parquet)")
        return path.read_bytes()


def _tls(settings: Settings) -> str:
    if settings.sslmode != "verify-full":
        raise AdventureError(
            f"REDSHIFT_SSLMODE is {settings.sslmode}, so that dbt does not make sure whom it talks to. Unset it, or "
            "set it to verify-full."
        )
    return settings.sslmode


@contextmanager
def _trial(settings: Settings) -> Iterator[tuple[Any, dict[str, str]]]:
    """An S3 client, and bucket and key of an object that is removed afterwards."""
    client, lake = aws.client("s3", settings), settings.lake_on_s3
    place = {"Bucket": lake.bucket, "Key": lake.key("doctor", uuid.uuid4().hex)}
    try:
        yield client, place
    finally:
        client.delete_object(**place)


def _described_workgroup(settings: Settings) -> dict[str, Any]:
    client, name = aws.client("redshift-serverless", settings), settings.workgroup
    try:
        found: dict[str, Any] = client.get_workgroup(workgroupName=name)["workgroup"]
        return found
    except client.exceptions.ResourceNotFoundException as error:
        raise AdventureError(
            f"the workgroup {name} does not exist in {aws.region(settings)}. Correct REDSHIFT_WORKGROUP or AWS_REGION, "
            f"or create it ({DOCUMENT} has the command)."
        ) from error
