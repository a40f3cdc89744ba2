"""The lake on S3, as it is read: one small object says which version is current, and every read is verified.

    s3://bucket/prefix/current.json                                names the version; the only object ever replaced
    s3://bucket/prefix/versions/<load id>/manifest.json            every file of the version, with its sha256
    s3://bucket/prefix/versions/<load id>/<table>/<source file>/0000.parquet
    s3://bucket/prefix/versions/<load id>/load_log/<load id>.parquet
    s3://bucket/prefix/versions/<load id>/rejected_rows/<source file>.parquet

A version is complete and never changed, so that a reader who has seen `current.json` can take its time.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from adventure_works import aws, disk
from adventure_works.errors import AdventureError
from adventure_works.lake.base import LogEntry, newest_entries, read_log
from adventure_works.settings import S3Place, Settings

FORMAT = 1
READS = 3
BLOCK = 1 << 20
AT_A_TIME = 8
CURRENT, VERSIONS, MANIFEST = "current.json", "versions", "manifest.json"
# What botocore does not try again by itself, since it comes after the answer has begun.
CUT_OFF = (FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
REPLACE = "if it stays so, load all files again with `adventure load --replace`."

Item = TypeVar("Item")


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file of a version: `bytes` is its size, `sha256` the digest of them in hexadecimal.

    The fields are those of its entry in the manifest.
    """

    table: str
    source_file: str
    key: str
    bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class Published:
    """A version of the lake: its files, and all entries of its `load_log`."""

    load_id: str
    files: tuple[LakeFile, ...]
    log: list[LogEntry]

    @property
    def entries(self) -> dict[str, LogEntry]:
        """The newest entry of each source file whose rows the version has, by file name."""
        return newest_entries(self.log)


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says, and the ETag it says it under."""

    load_id: str
    previous: str | None
    manifest_sha256: str
    etag: str


class _DifferentBytesError(Exception):
    """The bytes that came are not the ones that were written."""


def published(lake: S3Place, settings: Settings) -> Published | None:
    """The current version, None for a lake that no load has made yet.

    Raises:
        AdventureError: the lake cannot be reached, or is damaged; the message names the object.
    """
    reader = Reader(lake, settings)
    pointer = reader.pointer()
    if pointer is None:
        return None
    files = reader.files(pointer)
    return Published(pointer.load_id, files, reader.log(files))


class Reader:
    """Reads and verifies the objects of one lake; `client` is safe to use from several threads."""

    def __init__(self, lake: S3Place, settings: Settings) -> None:
        self.lake = lake
        self.client: Any = aws.client("s3", settings)

    def pointer(self) -> Pointer | None:
        """What `current.json` says, None where there is none."""
        key = self.lake.key(CURRENT)
        try:
            data, etag = self._get(key, None)
        except KeyError:
            return None
        try:
            found = json.loads(data)
            _refuse_other_format(found, self.lake.uri(key))
            return Pointer(found["load_id"], found["previous"], found["manifest_sha256"], etag)
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(key) from error

    def files(self, pointer: Pointer) -> tuple[LakeFile, ...]:
        """The files that the manifest of a version lists."""
        key = self.lake.key(VERSIONS, pointer.load_id, MANIFEST)
        try:
            data, _ = self._get(key, pointer.manifest_sha256)
        except KeyError as error:
            raise missing(self.lake.uri(key)) from error
        found = json.loads(data)
        _refuse_other_format(found, self.lake.uri(key))
        return tuple(LakeFile(**entry) for entry in found["files"])

    def log(self, files: Iterable[LakeFile]) -> list[LogEntry]:
        """Every `load_log` entry among the files of a version, oldest first."""
        with tempfile.TemporaryDirectory(prefix="adventure-log-") as name:
            folder = Path(name) / "load_log"
            folder.mkdir()
            logs = [file for file in files if file.table == "load_log"]
            in_parallel(lambda file: self.fetch(file, folder / file.key.rpartition("/")[2]), logs)
            return read_log(folder.parent)

    def fetch(self, file: LakeFile, target: Path) -> None:
        """Writes a file of the lake to `target`, which appears only when it is complete.

        Raises:
            AdventureError: it is missing, or its bytes differ from those that were written.
        """
        try:
            with disk.replaced(target) as new, new.open("wb") as out:
                self._read(file.key, file.sha256, out)
        except KeyError as error:
            raise missing(self.lake.uri(file.key)) from error

    def read(self, key: str) -> bytes:
        """A small object, checked against its own digest; KeyError when it does not exist."""
        return self._get(key, None)[0]

    def _get(self, key: str, sha256: str | None) -> tuple[bytes, str]:
        out = io.BytesIO()
        etag = self._read(key, sha256, out)
        return out.getvalue(), etag

    def _read(self, key: str, sha256: str | None, out: BinaryIO) -> str:
        """Writes an object to `out` and returns its ETag; a cut or altered answer is asked for again.

        The digest is `sha256`, else the one that the object carries itself. KeyError when the object does not exist.
        """
        uri = self.lake.uri(key)
        retried = retry_if_exception_type((*CUT_OFF, _DifferentBytesError))
        try:
            return Retrying(retry=retried, stop=stop_after_attempt(READS), reraise=True)(
                self._read_once, key, sha256, out
            )
        except (_DifferentBytesError, FlexibleChecksumError) as error:
            raise self._damaged(key) from error
        except CUT_OFF as error:
            raise aws.explained(error, f"{uri} broke off {READS} times while it was read") from error
        except (ClientError, BotoCoreError) as error:
            if aws.code(error) in ("NoSuchKey", "404"):
                raise KeyError(key) from error
            raise aws.explained(error, f"{uri} could not be read") from error

    def _read_once(self, key: str, sha256: str | None, out: BinaryIO) -> str:
        out.seek(0)
        out.truncate()
        digest = hashlib.sha256()
        answer = self.client.get_object(Bucket=self.lake.bucket, Key=key)
        for block in answer["Body"].iter_chunks(BLOCK):
            digest.update(block)
            out.write(block)
        if digest.hexdigest() != (sha256 or answer["Metadata"].get("sha256")):
            raise _DifferentBytesError(key)
        return str(answer["ETag"])

    def _damaged(self, key: str) -> AdventureError:
        uri = self.lake.uri(key)
        if key == self.lake.key(CURRENT):
            return damaged(uri, f"if it stays so, remove it (aws s3 rm {uri}) and load all files again.")
        return damaged(uri)


def damaged(uri: str, remedy: str = REPLACE) -> AdventureError:
    """The error that an object is not the one that was written."""
    return AdventureError(f"{uri}: is damaged, its bytes are not those that were written. Run again; {remedy}")


def missing(uri: str) -> AdventureError:
    """The error that an object of the current version is not there."""
    return AdventureError(f"{uri}: is missing, though the current version of the lake names it. Run again; {REPLACE}")


def _refuse_other_format(found: dict[str, Any], uri: str) -> None:
    if found["format"] != FORMAT:
        raise AdventureError(
            f"{uri}: is written in format {found['format']}, and this version of the project reads {FORMAT}. Use the "
            "version of the project that wrote it."
        )


def in_parallel(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Does the work on every item, several at a time; after a failure no more is begun."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        # What comes out of `map` cancels the rest when one fails.
        for _ in pool.map(work, items):
            pass
