"""The manifests that list the files for COPY. They are in the lake's bucket, apart from its versions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works import aws
from adventure_works.lake.s3_write import Writer
from adventure_works.redshift.plan import Change
from adventure_works.settings import Settings


@contextmanager
def copy_manifests(settings: Settings, folder: str, todo: tuple[Change, ...]) -> Iterator[dict[str, str]]:
    """One manifest for each table that gets files: `s3://` locations by table, for as long as a load needs them.

    They name every file with its exact size, so that COPY refuses one that is missing or of another size. Those of a
    process that was killed are removed by the bucket's life-cycle rule for `copies/`.

    Args:
        settings: the lake, below which `copies/<folder>/<table>.manifest` is written, and how to reach AWS.
        folder: unique to the load.
        todo: the changes.

    Raises:
        AdventureError: the bucket cannot be written.
    """
    lake, client = settings.lake_on_s3, aws.client("s3", settings)
    writer = Writer(lake, client, settings)
    keys = {change: lake.key("copies", folder, f"{change.table}.manifest") for change in todo if change.files}
    try:
        for change, key in keys.items():
            entries = [
                {"url": lake.uri(file.key), "mandatory": True, "meta": {"content_length": file.bytes}}
                for file in change.files
            ]
            writer.put(key, json.dumps({"entries": entries}).encode())
        yield {change.table: lake.uri(key) for change, key in keys.items()}
    finally:
        # They are small, and the life-cycle rule removes what stays.
        with suppress(ClientError, BotoCoreError):
            for key in keys.values():
                client.delete_object(Bucket=lake.bucket, Key=key)
