"""Checks of production: credentials, bucket, Glue, workgroup, role, Data API, raw schema and dbt's own connection."""

import os
import uuid

from botocore.exceptions import ClientError

from adventure_works import aws, places
from adventure_works.contract import raw_tables
from adventure_works.doctor.checks import Check
from adventure_works.errors import AdventureError
from adventure_works.load import s3
from adventure_works.load.s3_write import Writer
from adventure_works.places import PROJECT
from adventure_works.redshift.data_api import BatchFailed, DataApi, Statement, literal
from adventure_works.redshift.ddl import differences, found_columns
from adventure_works.redshift.settings import settings

DOCUMENT = "docs/production.md"
COPY_SECONDS = 120.0


def checks() -> list[Check]:
    """Everything that production needs, in the order in which one thing rests on another."""
    return [
        Check("environment", _environment),
        Check("region", _region),
        Check("credentials", _credentials, ("region",)),
        Check("bucket", _bucket, ("environment", "credentials")),
        Check("bucket: write, read, delete", _bucket_works, ("bucket",)),
        Check("bucket: conditional writes", _bucket_guards, ("bucket: write, read, delete",)),
        Check("bucket: encryption", _bucket_encrypts, ("bucket: write, read, delete",)),
        Check("lake", _lake, ("bucket: write, read, delete",)),
        Check("Glue Data Catalog", _glue, ("credentials",)),
        Check("workgroup", _workgroup, ("environment", "credentials")),
        Check("COPY role", _copy_role, ("workgroup",)),
        Check("Data API", _data_api, ("workgroup",)),
        Check("privileges", _privileges, ("Data API",)),
        Check("raw schema", _raw_schema, ("Data API",)),
        Check("COPY reads the bucket", _copy_works, ("Data API", "COPY role", "bucket: write, read, delete")),
        Check("TLS", _tls),
        Check("dbt connection", _dbt, ("workgroup",)),
    ]


def _environment() -> str:
    found, lake = settings(), places.lake_on_s3()
    return f"lake {lake}; workgroup {found.workgroup}, database {found.database}, schemas {found.schema}_*"


def _region() -> str:
    region = aws.region()
    if not region:
        raise AdventureError("no region is set. Set AWS_REGION to the region of the workgroup and the bucket.")
    both = {os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name)}
    if len(both) > 1:
        raise AdventureError(
            f"AWS_REGION and AWS_DEFAULT_REGION differ ({' and '.join(sorted(both))}), and not every tool reads "
            "the same one. Set both to the region of the workgroup and the bucket."
        )
    return region


def _credentials() -> str:
    return aws.client("sts").get_caller_identity()["Arn"]


def _bucket() -> str:
    lake, region = places.lake_on_s3(), aws.region()
    try:
        found = aws.client("s3").head_bucket(Bucket=lake.bucket)
    except ClientError as error:
        # A HEAD answers with a status and no more.
        if aws.code(error) in ("404", "NoSuchBucket"):
            raise AdventureError(
                f"there is no bucket {lake.bucket}. Create it ({DOCUMENT} has the command), or mend ADVENTURE_LAKE."
            ) from error
        raise
    where = found.get("BucketRegion") or region
    if where != region:
        raise AdventureError(
            f"{lake.bucket} is in {where} and the region is {region}. COPY of Parquet reads buckets of the workgroup's "
            "own region only: use a bucket there."
        )
    return f"{lake.bucket} in {where}"


def _bucket_works() -> str:
    client, lake, key = aws.client("s3"), places.lake_on_s3(), _trial_key()
    try:
        client.put_object(Bucket=lake.bucket, Key=key, Body=b"doctor", **_encryption())
        found = client.get_object(Bucket=lake.bucket, Key=key)["Body"].read()
        if found != b"doctor":
            raise AdventureError(
                f"s3://{lake.bucket}/{key} reads back otherwise than it was written. Look for a proxy."
            )
    finally:
        client.delete_object(Bucket=lake.bucket, Key=key)
    return f"works below {lake}"


def _bucket_guards() -> str:
    """A load is published by a write that must fail when another load came first; not every store of S3's kind does."""
    client, lake, key = aws.client("s3"), places.lake_on_s3(), _trial_key()
    try:
        client.put_object(Bucket=lake.bucket, Key=key, Body=b"first", IfNoneMatch="*", **_encryption())
        try:
            client.put_object(Bucket=lake.bucket, Key=key, Body=b"second", IfNoneMatch="*", **_encryption())
        except ClientError as error:
            if aws.code(error) in ("PreconditionFailed", "412"):
                return "a second writer is turned away"
            raise
        raise AdventureError(
            "a conditional write replaced what was there, so that two loads at once could undo each other. Use a "
            "bucket of Amazon S3."
        )
    finally:
        client.delete_object(Bucket=lake.bucket, Key=key)


def _bucket_encrypts() -> str:
    client, lake, key = aws.client("s3"), places.lake_on_s3(), _trial_key()
    try:
        written = client.put_object(Bucket=lake.bucket, Key=key, Body=b"doctor", **_encryption())
    finally:
        client.delete_object(Bucket=lake.bucket, Key=key)
    found = written.get("ServerSideEncryption")
    if not found:
        raise AdventureError(
            f"what is written is not encrypted. `aws s3api put-bucket-encryption` on {lake.bucket} mends it "
            f"({DOCUMENT})."
        )
    return f"{found}{' with ' + written['SSEKMSKeyId'] if written.get('SSEKMSKeyId') else ''}"


def _lake() -> str:
    lake = places.lake_on_s3()
    published = s3.published(lake)
    return f"holds load {published.load_id}, {len(published.entries)} files" if published else "is empty yet"


def _glue() -> str:
    name = os.environ.get("ADVENTURE_GLUE_DATABASE") or "adventure_works_raw"
    client = aws.client("glue")
    try:
        client.get_database(Name=name)
    except client.exceptions.EntityNotFoundException:
        return f"{name} is not there yet; the first load makes it"
    found = {
        table["Name"]
        for page in client.get_paginator("get_tables").paginate(DatabaseName=name)
        for table in page["TableList"]
    }
    missing = sorted(raw_tables().keys() - found)
    return f"{name}, {len(found)} tables" if not missing else f"{name}; the next load adds {', '.join(missing)}"


def _workgroup() -> str:
    found = _described_workgroup()
    if found["status"] not in ("AVAILABLE", "MODIFYING"):
        raise AdventureError(
            f"{found['workgroupName']} is {found['status']}. Wait until it is AVAILABLE (`aws redshift-serverless "
            f"get-workgroup --workgroup-name {found['workgroupName']}`)."
        )
    endpoint = found.get("endpoint", {})
    return f"{found['workgroupName']} is {found['status']} at {endpoint.get('address')}:{endpoint.get('port')}"


def _copy_role() -> str:
    wanted = settings().copy_role
    client, name = aws.client("redshift-serverless"), _described_workgroup()["namespaceName"]
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


def _data_api() -> str:
    found = DataApi(settings()).query("select current_user as login, version() as version", "adventure-doctor")[0]
    return f"answers as {found['login']}"


def _privileges() -> str:
    wanted = settings()
    rows = DataApi(wanted).query(
        f"select has_database_privilege(current_user, {literal(wanted.database)}, 'create') as can_create",
        "adventure-doctor",
    )
    if not rows[0]["can_create"]:
        raise AdventureError(
            f"this login may not make schemas in {wanted.database}. As an administrator: `grant create on database "
            f'{wanted.database} to "LOGIN"`, with the login that the line Data API shows.'
        )
    return f"may make schemas in {wanted.database}"


def _raw_schema() -> str:
    wanted = settings()
    found = found_columns(DataApi(wanted), wanted.raw_schema)
    problems = differences(found, wanted.raw_schema)
    if problems:
        raise AdventureError("\n".join(problems))
    missing = raw_tables().keys() - found.keys()
    if missing:
        return f"{wanted.raw_schema}: the first load makes {len(missing)} of {len(raw_tables())} tables"
    return f"{wanted.raw_schema} is as the contract has it, {len(raw_tables())} tables"


def _copy_works() -> str:
    """Copies one line from the bucket into a temporary table: role, policy and key are tried as a load uses them."""
    client, lake, key, wanted = aws.client("s3"), places.lake_on_s3(), _trial_key(), settings()
    role = "default" if wanted.copy_role == "default" else literal(wanted.copy_role)
    place = literal(f"s3://{lake.bucket}/{key}")
    statements = [
        Statement("make a temporary table", "create temp table adventure_doctor (note varchar(64))"),
        Statement("copy from the bucket", f"copy adventure_doctor from {place} iam_role {role} format as csv"),
    ]
    try:
        client.put_object(Bucket=lake.bucket, Key=key, Body=b"doctor\n", **_encryption())
        DataApi(wanted).run_batch(statements, f"adventure-doctor-{uuid.uuid4().hex[:12]}", COPY_SECONDS)
    except BatchFailed as error:
        raise AdventureError(
            f"{error}\nThe COPY role must be allowed to read {lake} (and to decrypt with its key): {DOCUMENT} has the "
            "policy."
        ) from error
    finally:
        client.delete_object(Bucket=lake.bucket, Key=key)
    return "works"


def _tls() -> str:
    mode = os.environ.get("REDSHIFT_SSLMODE") or "verify-full"
    if mode != "verify-full":
        raise AdventureError(
            f"REDSHIFT_SSLMODE is {mode}, so that dbt does not make sure whom it talks to. Unset it, or set it to "
            "verify-full."
        )
    return mode


def _dbt() -> str:
    from dbt.cli.main import dbtRunner

    from adventure_works.warehouse import dbt_options

    done = dbtRunner().invoke(["debug", "--connection", "--target", "prod", "--no-version-check", *dbt_options()])
    if not done.success:
        reason = f": {done.exception}" if done.exception else ""
        raise AdventureError(
            f"dbt cannot log in{reason}. The reason stands at the end of {places.shown(places.logs() / 'dbt.log')}; "
            f"`dbt debug --target prod` (in {places.shown(PROJECT)}) shows it. Where the Data API works and this does "
            "not, the network is the usual cause: the machine must reach the workgroup's endpoint and port."
        )
    return "logs in"


def _trial_key() -> str:
    return places.lake_on_s3().key("doctor", uuid.uuid4().hex)


def _encryption() -> dict[str, str]:
    """How a load encrypts what it writes."""
    return Writer(places.lake_on_s3(), None).encryption


def _described_workgroup() -> dict:
    client, name = aws.client("redshift-serverless"), settings().workgroup
    try:
        return client.get_workgroup(workgroupName=name)["workgroup"]
    except client.exceptions.ResourceNotFoundException as error:
        raise AdventureError(
            f"there is no workgroup {name} in {aws.region()}. Mend REDSHIFT_WORKGROUP or AWS_REGION, or create it "
            f"({DOCUMENT} has the command)."
        ) from error
