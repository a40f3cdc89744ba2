"""COPY from S3 and UNLOAD to S3, in the client's transaction, by way of a folder that the engine reads and writes.

Rules and messages are those of the AWS guide (https://docs.aws.amazon.com/redshift/latest/dg/: r_COPY.html,
r_UNLOAD.html, copy-usage_notes-copy-from-columnar.html, loading-data-files-using-manifest.html); what is from memory
or from reports of others is marked in semantics.md. An option that is not listed here is refused, not ignored.
"""

import asyncio
import json
import re
import shutil
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from standin import formats, rewrite
from standin.formats import Column
from standin.refusal import Refused


class Answered(Protocol):
    """What the engine said (see proxy.Answer)."""

    columns: list[tuple[str, int, int]]
    rows: list[list[str | None]]
    error: str | None


Ask = Callable[[str], Awaitable[Answered]]


@dataclass
class Store:
    """Where COPY and UNLOAD find S3, and the roles that the namespace may use for it (`default_role` for `default`)."""

    endpoint: str
    region: str
    transfer: Path
    roles: set[str] = field(default_factory=set)
    default_role: str | None = None

    @cached_property
    def client(self) -> Any:
        """A boto3 client of S3, for every thread."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id="redshift",
            aws_secret_access_key="redshift",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


class Job(Protocol):
    """A COPY or an UNLOAD: the engine's statement, what comes before it, and what after it."""

    sent: str
    after: Callable[[], Awaitable[None]] | None

    async def before(self, ask: Ask) -> None:
        """Everything that can be refused; may ask the engine."""


_COMMENT_OR_TEXT = re.compile(r"('(?:[^'\\]|\\.|'')*'|\"[^\"]*\")|--[^\n]*|/\*.*?\*/", re.S)
_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|\$\$.*?\$\$|\w+|[(),]|\S", re.S)
_NAME = r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?'
_COPY = re.compile(rf"(?is)copy\s+({_NAME})\s*(\([^)]*\))?\s+from\s+('(?:[^']|'')*')\s*(.*?)\s*;?\s*$")
_UNLOAD = re.compile(
    r"(?is)unload\s*\(\s*('(?:[^'\\]|\\.|'')*'|\$\$.*?\$\$)\s*\)\s*to\s+('(?:[^']|'')*')\s*(.*?)\s*;?\s*$"
)


def first_word(sql: str) -> str:
    """The command of a statement in capitals, after its comments."""
    match = re.match(r"\s*(\w+)", _without_comments(sql))
    return match.group(1).upper() if match else ""


def plan(sql: str, store: Store) -> Job:
    """Reads a COPY or UNLOAD. Raises Refused for a form or an option that is not supported."""
    text = _without_comments(sql).strip()
    if match := _COPY.match(text):
        table, columns, url, options = match.groups()
        return _Copy(store, table.lower(), (columns or "").lower(), _url(url), _options(options, _COPY_OPTIONS, "COPY"))
    if match := _UNLOAD.match(text):
        query, url, options = match.groups()
        return _Unload(store, _literal(query), _url(url), _options(options, _UNLOAD_OPTIONS, "UNLOAD"))
    raise Refused("stand-in: not played here: this form of COPY or UNLOAD; only from and to s3://", "42601")


# COPY -----------------------------------------------------------------------------------------------------------------

# Option -> what follows it: nothing, a value, or one of these words. `FORMAT AS` is left out before they are looked up.
_ON_OFF = ("ON", "OFF", "TRUE", "FALSE")
_NOT_PLAYED = ("AVRO", "CSV", "FIXEDWIDTH", "JSON", "ORC", "SHAPEFILE")
_COPY_OPTIONS: dict[str, str | tuple[str, ...]] = {
    "IAM_ROLE": "value",
    "PARQUET": "",
    "MANIFEST": "",
    "REGION": "value",
    "COMPUPDATE": (*_ON_OFF, "PRESET"),
    "STATUPDATE": _ON_OFF,
    "MAXERROR": "value",
}

# "Only the following COPY parameters are supported", copy-usage_notes-copy-from-columnar.html
_COLUMNAR_OPTIONS = {"PARQUET", "IAM_ROLE", "MANIFEST", "STATUPDATE"}


class _Copy:
    after = None

    def __init__(self, store: Store, table: str, columns: str, url: str, options: dict[str, str]) -> None:
        self.store, self.table, self.columns, self.url, self.options = store, table, columns, url, options
        _check_role(store, options)
        for option in options.keys() - _COLUMNAR_OPTIONS:
            raise Refused(f"{option} argument is not supported for PARQUET based COPY", "0A000")
        self.file = store.transfer / f"{uuid.uuid4().hex}.csv"
        self.sent = f"COPY {table} {columns} FROM '{self.file}' WITH (FORMAT csv, NULL '\\\\N')"

    async def before(self, ask: Ask) -> None:
        """Fetches and checks the files, and writes them where the engine reads them."""
        columns = await self._target(ask)
        await asyncio.to_thread(self._fetch, columns)

    async def _target(self, ask: Ask) -> list[Column]:
        answer = await ask(
            "select attname, format_type(atttypid, null), format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
            f" where attrelid = '{self.table}'::regclass and attnum > 0 and not attisdropped order by attnum"
        )
        if answer.error:
            raise Refused(f"Cannot COPY into nonexistent table {self.table}", "42P01")
        columns = [
            Column(str(name), str(kind), tuple(int(number) for number in re.findall(r"\d+", str(full))))
            for name, kind, full in answer.rows
        ]
        if not self.columns:
            return columns
        by_name = {column.name: column for column in columns}
        wanted = [name.strip().strip('"') for name in self.columns.strip("()").split(",")]
        if missing := [name for name in wanted if name not in by_name]:
            raise Refused(f'column "{missing[0]}" of relation "{self.table}" does not exist', "42703")
        return [by_name[name] for name in wanted]

    def _fetch(self, columns: list[Column]) -> None:
        folder = self.store.transfer / uuid.uuid4().hex
        folder.mkdir()
        try:
            with self.file.open("wb") as whole:
                for number, (bucket, key) in enumerate(self._objects()):
                    source, rows = folder / f"{number}.in", folder / f"{number}.csv"
                    try:
                        self.store.client.download_file(bucket, key, str(source))
                    except (ClientError, BotoCoreError) as error:
                        raise _s3_error(error) from error
                    formats.convert_parquet(source, f"s3://{bucket}/{key}", self.table, columns, rows)
                    with rows.open("rb") as part:
                        shutil.copyfileobj(part, whole)
        finally:
            shutil.rmtree(folder)

    def _objects(self) -> list[tuple[str, str]]:
        """The objects to read: those that the manifest names, or all under the prefix."""
        bucket, key = _split(self.url)
        if "MANIFEST" in self.options:
            found = [target for target in self._manifest(bucket, key) if target]
        else:
            try:
                pages = self.store.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
                found = [(bucket, item["Key"]) for page in pages for item in page.get("Contents", [])]
            except (ClientError, BotoCoreError) as error:
                raise _s3_error(error) from error
        if not found:
            raise Refused(f"The specified S3 prefix '{key}' does not exist")
        return found

    def _manifest(self, bucket: str, key: str) -> Iterator[tuple[str, str] | None]:
        """Its entries; None for one that is not there and need not be."""
        s3 = self.store.client
        try:
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise _s3_error(error, f"Problem reading manifest file - s3://{bucket}/{key}: ") from error
        try:
            entries = json.loads(text)["entries"]
            urls = [entry["url"] for entry in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"Manifest file s3://{bucket}/{key} is not in correct json format") from error
        for entry, url in zip(entries, urls, strict=True):
            target = _split(_s3_url(url))
            length = entry.get("meta", {}).get("content_length")
            if not isinstance(length, int):
                raise Refused(
                    f"Manifest file s3://{bucket}/{key} does not have content_length in the meta of {url}", "XX000"
                )
            try:
                actual = s3.head_object(Bucket=target[0], Key=target[1])["ContentLength"]
            except (ClientError, BotoCoreError) as error:
                if _status(error) != 404:
                    raise _s3_error(error) from error
                if entry.get("mandatory", False):
                    raise Refused(
                        f"The specified S3 object does not exist: {url} is mandatory in the manifest"
                    ) from error
                yield None
                continue
            if length != actual:
                raise formats.scan_error(
                    f"File {url} has {actual} bytes, the content_length of the manifest says {length}",
                    code=15001,
                )
            yield target


# UNLOAD ---------------------------------------------------------------------------------------------------------------

_UNLOAD_OPTIONS: dict[str, str | tuple[str, ...]] = {
    "IAM_ROLE": "value",
    "PARQUET": "",
    "ALLOWOVERWRITE": "",
    "PARALLEL": _ON_OFF,
    # With which key S3 encrypts is not played.
    "KMS_KEY_ID": "value",
    "ENCRYPTED": "",
}


class _Unload:
    def __init__(self, store: Store, query: str, url: str, options: dict[str, str]) -> None:
        self.store, self.url, self.options = store, url, options
        _check_role(store, options)
        if re.search(r"(?i)\blimit\s+\d+\s*$", query):
            raise Refused("Limit clause is not supported", "0A000")
        if not re.fullmatch("[A-Za-z0-9-]*", key := options.get("KMS_KEY_ID", "").strip("'")):
            raise Refused(f"The KMS key ID {key} is not valid")
        self.query = rewrite.rewrite(query)[0]
        self.file = store.transfer / f"{uuid.uuid4().hex}.csv"
        self.sent = f"COPY ({self.query}) TO '{self.file}' WITH (FORMAT csv, HEADER true, NULL '\\\\N', FORCE_QUOTE *)"
        self.types: list[tuple[str, str]] = []

    async def before(self, ask: Ask) -> None:
        """Checks the destination, and asks for the types of the columns."""
        await asyncio.to_thread(self._check_destination)
        shape = await ask(f"select * from ({self.query}) as unloaded limit 0")
        if shape.error:
            return  # and the statement itself fails with it
        types = ", ".join(f"format_type({oid}, {modifier})" for _, oid, modifier in shape.columns)
        kinds = (await ask(f"select {types}")).rows[0]
        self.types = [(name, str(kind)) for (name, _, _), kind in zip(shape.columns, kinds, strict=True)]

    async def after(self) -> None:
        """Uploads what the engine wrote."""
        await asyncio.to_thread(self._upload)

    def _check_destination(self) -> None:
        bucket, key = _split(self.url)
        try:
            there = self.store.client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount", 0)
        except (ClientError, BotoCoreError) as error:
            raise _s3_error(error) from error
        if there and "ALLOWOVERWRITE" not in self.options:
            raise Refused(
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
                "removing the target files in S3, or using the ALLOWOVERWRITE option."
            )

    def _upload(self) -> None:
        bucket, key = _split(self.url)
        whole = self.options.get("PARALLEL", "ON") in ("OFF", "FALSE")
        name = f"{key}{'000' if whole else '0000_part_00'}.parquet"
        target = self.file.with_suffix(".out")
        formats.write(self.file, self.types, target)
        try:
            self.store.client.upload_file(str(target), bucket, name)
        except (S3UploadFailedError, ClientError, BotoCoreError) as error:
            raise _s3_error(error) from error


# Both -----------------------------------------------------------------------------------------------------------------


def _options(text: str, known: dict[str, str | tuple[str, ...]], command: str) -> dict[str, str]:
    """The options by name, with their value as it was written. Raises Refused for one that is not known."""
    tokens = _TOKEN.findall(re.sub(r"(?i)\bformat(\s+as)?\s+(?=parquet|csv|json)", "", text))
    words = {token.upper() for token in tokens}
    if "PARQUET" not in words:
        form = ", ".join(sorted(words & set(_NOT_PLAYED))) or "files of text"
        raise Refused(f"stand-in: not played here: {command} of {form}", "0A000")
    options: dict[str, str] = {}
    while tokens:
        name = tokens.pop(0).upper()
        if name not in known:
            raise Refused(f"stand-in: not played here: {command} option {name}", "42601")
        takes = known[name]
        if takes and tokens and tokens[0].upper() == "AS":
            tokens.pop(0)
        if takes == "value":
            if not tokens:
                raise Refused(f"syntax error at end of input: {name} needs a value", "42601")
            options[name] = tokens.pop(0)
        elif tokens and isinstance(takes, tuple) and tokens[0].upper() in takes:
            options[name] = tokens.pop(0).upper()
        else:
            options[name] = "ON"
    return options


def _check_role(store: Store, options: dict[str, str]) -> None:
    """The role must be one that the namespace may use."""
    if "IAM_ROLE" not in options:
        raise Refused("Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or IAM_ROLE", "42601")
    written = options["IAM_ROLE"]
    if written.lower() == "default":
        if not store.default_role:
            raise Refused(
                "There is no default IAM role associated with this cluster. Set one, or name a role in IAM_ROLE"
            )
        return
    role = _literal(written)
    if role not in store.roles:
        raise Refused(f"UnauthorizedException: The requested role {role} is not associated to cluster")


def _without_comments(sql: str) -> str:
    return _COMMENT_OR_TEXT.sub(lambda match: match.group(1) or " ", sql)


def _literal(text: str) -> str:
    """The text of a literal: '...' with doubled quotes and backslashes, or $$...$$."""
    if text.startswith("$$"):
        return text[2:-2]
    if not text.startswith("'"):
        raise Refused(f"syntax error at or near {text}: a literal in quotes was expected", "42601")
    return re.sub(r"\\(.)|''", lambda match: match.group(1) or "'", text[1:-1], flags=re.S)


def _url(text: str) -> str:
    return _s3_url(_literal(text))


def _s3_url(url: str) -> str:
    if not url.startswith("s3://"):
        raise Refused(f"stand-in: not played here: {url}; only s3:// is", "0A000")
    return url


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _status(error: Exception) -> int | None:
    return error.response["ResponseMetadata"].get("HTTPStatusCode") if isinstance(error, ClientError) else None


def _s3_error(error: Exception, where: str = "") -> Refused:
    if not isinstance(error, ClientError):
        return Refused(f"{where}S3CurlException: {error}")
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    return Refused(f"{where}S3ServiceException:{message},Status {_status(error)},Error {code},Rid STANDIN,CanRetry 1")
