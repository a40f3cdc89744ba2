"""The manifests that list the files for COPY. They are in the lake's bucket, apart from its versions."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works import aws
from adventure_works.lake.s3_write import Writer
from adventure_works.redshift.plan import Change
from adventure_works.settings import S3Place, Settings


@contextmanager
def copy_manifests(
    lake: S3Place, settings: Settings, folder: str, todo: tuple[Change, ...]
) -> Iterator[dict[str, str]]:
    """One manifest for each table that gets files: `s3://` locations by table, for as long as a load needs them.

    They name every file with its exact size, so that COPY refuses one that is missing or of another size. Those of a
    process that was killed are removed by the bucket's life-cycle rule for `copies/`.

    Args:
        lake: the bucket, and the prefix below which `copies/<folder>/<table>.manifest` is written.
        settings: how to reach AWS.
        folder: unique to the load.
        todo: the changes.

    Raises:
        AdventureError: the bucket cannot be written.
    """
    client = aws.client("s3", settings)
    writer = Writer(lake, client, settings)
    keys = {change: lake.key("copies", folder, f"{change.table}.manifest") for change in todo if change.files}
    try:
        for change, key in keys.items():
            writer.put(key, _manifest(lake, change))
        yield {change.table: lake.uri(key) for change, key in keys.items()}
    finally:
        _remove(client, lake.bucket, keys.values())


def _manifest(lake: S3Place, change: Change) -> bytes:
    entries = [
        {"url": lake.uri(file.key), "mandatory": True, "meta": {"content_length": file.bytes}} for file in change.files
    ]
    return json.dumps({"entries": entries}).encode()


def _remove(client: Any, bucket: str, keys: Iterable[str]) -> None:
    try:
        for key in keys:
            client.delete_object(Bucket=bucket, Key=key)
    except (ClientError, BotoCoreError):
        # They are small, and the life-cycle rule removes what stays.
        return
