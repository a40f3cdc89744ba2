"""Writing and removing objects of the lake on S3, each with its own sha256 and encrypted."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from adventure_works import aws
from adventure_works.errors import AdventureError
from adventure_works.lake.s3_read import VERSIONS, damaged, missing
from adventure_works.settings import S3Place, Settings

LOAD_ID = re.compile(r"\d{8}T\d{12}")
# Sent in one stream each, several files at a time: the two together bound the memory.
MULTIPART = 8 << 20
TRANSFER = TransferConfig(multipart_threshold=MULTIPART, multipart_chunksize=MULTIPART, use_threads=False)
# S3 says 412 when the condition does not hold, 409 when another conditional write was under way, and 404 when the
# object is gone that was to be replaced.
LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey", "404"}


class LostRaceError(AdventureError):
    """A conditional write that came after somebody else's."""


def encryption(settings: Settings) -> dict[str, str]:
    """The arguments of a write that say how it is encrypted."""
    if settings.kms_key:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": settings.kms_key}
    return {"ServerSideEncryption": "AES256"}


class Writer:
    """Writes below one prefix; safe to use from several threads."""

    def __init__(self, lake: S3Place, client: Any, settings: Settings) -> None:
        self.lake = lake
        self.client = client
        self.encryption = encryption(settings)

    def send(self, path: Path, key: str, sha256: str, sent: Callable[[int], None]) -> None:
        """Uploads a file, in several parts when it is large; `sent` takes the number of bytes after each."""
        arguments = {"Metadata": {"sha256": sha256}, **self.encryption}
        with self._explaining(key, "could not be written"), path.open("rb") as file:
            self.client.upload_fileobj(file, self.lake.bucket, key, ExtraArgs=arguments, Callback=sent, Config=TRANSFER)

    def put(self, key: str, data: bytes, **condition: str) -> str:
        """Writes a small object, under a condition if one is given, and returns its ETag.

        Raises:
            LostRaceError: the condition did not hold.
        """
        with self._explaining(key, "could not be written"):
            try:
                answer = self.client.put_object(
                    Bucket=self.lake.bucket,
                    Key=key,
                    Body=data,
                    ContentType="application/json",
                    Metadata={"sha256": hashlib.sha256(data).hexdigest()},
                    **self.encryption,
                    **condition,
                )
            except ClientError as error:
                if condition and aws.code(error) in LOST:
                    raise LostRaceError(f"{self.lake.uri(key)}: was written by another load.") from error
                raise
        return str(answer["ETag"])

    def copy(self, source: str, key: str, sha256: str) -> None:
        """Copies an object within S3, which works out the digest of what it has copied.

        Raises:
            AdventureError: the object is missing or damaged.
        """
        with self._explaining(source, "could not be copied"):
            try:
                answer = self.client.copy_object(
                    Bucket=self.lake.bucket,
                    Key=key,
                    CopySource={"Bucket": self.lake.bucket, "Key": source},
                    ChecksumAlgorithm="SHA256",
                    **self.encryption,
                )
            except ClientError as error:
                if aws.code(error) not in ("NoSuchKey", "404"):
                    raise
                raise missing(self.lake.uri(source)) from error
        found = answer["CopyObjectResult"].get("ChecksumSHA256")
        if found and base64.b64decode(found).hex() != sha256:
            raise damaged(self.lake.uri(source))

    def versions(self) -> list[str]:
        """The load ids that something is stored under, complete or not."""
        return [name for name in self.folders(VERSIONS) if LOAD_ID.fullmatch(name)]

    def versions_ever(self) -> list[str]:
        """The load ids of all versions, also of those that the bucket keeps although they were removed."""
        prefix = self.lake.key(VERSIONS) + "/"
        with self._explaining(prefix, "could not be listed"):
            pages = self.client.get_paginator("list_object_versions").paginate(
                Bucket=self.lake.bucket, Prefix=prefix, Delimiter="/"
            )
            folders = [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ())]
        names = [folder.removeprefix(prefix).rstrip("/") for folder in folders]
        return [name for name in names if LOAD_ID.fullmatch(name)]

    def keys(self, *below: str) -> list[str]:
        """The keys of all objects in one of the lake's folders."""
        prefix = self.lake.key(*below) + "/"
        with self._explaining(prefix, "could not be listed"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.lake.bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def fetch(self, key: str, path: Path) -> None:
        """Writes an object to a file that somebody else than this project has written, and so without a digest."""
        with self._explaining(key, "could not be read"), path.open("wb") as file:
            for block in self.client.get_object(Bucket=self.lake.bucket, Key=key)["Body"].iter_chunks(1 << 20):
                file.write(block)

    def erase_folder(self, *below: str) -> None:
        """Removes every object in one of the lake's folders with everything that the bucket has kept of it."""
        self._erase(lambda entry: True, *below)

    def erase_earlier(self, *below: str) -> None:
        """Removes what the bucket has kept of objects that were replaced or removed in one of the lake's folders."""
        self._erase(lambda entry: not entry["IsLatest"], *below)

    def _erase(self, is_wanted: Callable[[dict[str, Any]], bool], *below: str) -> None:
        prefix = self.lake.key(*below) + "/"
        with self._explaining(prefix, "could not be erased"):
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.lake.bucket, Prefix=prefix)
            for page in pages:
                entries = filter(is_wanted, [*page.get("Versions", ()), *page.get("DeleteMarkers", ())])
                self._delete([{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries])

    def folders(self, *below: str) -> list[str]:
        """The names of the folders in one of the lake's."""
        prefix = self.lake.key(*below) + "/"
        with self._explaining(prefix, "could not be listed"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.lake.bucket, Prefix=prefix, Delimiter="/"
            )
            folders = [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ())]
        return [folder.removeprefix(prefix).rstrip("/") for folder in folders]

    def remove_version(self, load_id: str) -> None:
        """Removes every object of a version."""
        assert LOAD_ID.fullmatch(load_id)
        self.remove_folder(VERSIONS, load_id)

    def remove_folder(self, *below: str) -> None:
        """Removes every object in one of the lake's folders."""
        prefix = self.lake.key(*below) + "/"
        with self._explaining(prefix, "could not be removed"):
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.lake.bucket, Prefix=prefix):
                self._delete([{"Key": entry["Key"]} for entry in page.get("Contents", ())])

    def _delete(self, objects: list[dict[str, str]]) -> None:
        """Removes up to a thousand objects, or versions of such."""
        if not objects:
            return
        answer = self.client.delete_objects(Bucket=self.lake.bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", ())[:1]:
            raise AdventureError(f"{self.lake.uri(error['Key'])} could not be removed: {error['Message']}")

    def abort_uploads(self, before: str) -> None:
        """Ends the uploads that loads older than `before` have left unfinished, whose parts are paid for."""
        prefix = self.lake.key(VERSIONS) + "/"
        with self._explaining(prefix, "could not be tidied"):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.lake.bucket, Prefix=prefix)
            for upload in [upload for page in pages for upload in page.get("Uploads", ())]:
                if upload["Key"].removeprefix(prefix).partition("/")[0] < before:
                    self.client.abort_multipart_upload(
                        Bucket=self.lake.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    @contextmanager
    def _explaining(self, key: str, what: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError, Boto3Error) as error:
            raise aws.explained(error, f"{self.lake.uri(key)} {what}") from error
