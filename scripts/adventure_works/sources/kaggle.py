"""Fetches the dataset from Kaggle with Kaggle's own client and keeps every version fetched.

The client's own connection waits for ever, tries once and accepts a damaged archive, so this module gives it one with
time-outs, and adds retries and checks.
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from kagglesdk.datasets.services.dataset_api_service import DatasetApiClient
from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest, ApiGetDatasetRequest
from kagglesdk.kaggle_env import KaggleEnv, get_access_token_from_env, get_endpoint, get_env
from kagglesdk.kaggle_http_client import KaggleHttpClient

from adventure_works import disk, retry
from adventure_works.errors import FetchError
from adventure_works.retry import FailedError, failures_in_words
from adventure_works.settings import typed
from adventure_works.sources import archive

OWNER, DATASET = "ukveteran", "adventure-works"
CHUNK_BYTES = 1 << 16
REFUSALS = {401: "the token is not accepted", 403: "access is denied", 404: "there is no such dataset or version"}
# No download lasts this long, so an older staging folder was left by a process that was killed.
LEFTOVER_SECONDS = 24 * 3600

Result = TypeVar("Result")


@dataclass(frozen=True)
class Dataset:
    """One version of the dataset on disk. `fetched` is False when the archive was there already."""

    version: int
    archive: Path
    fetched: bool
    sha256: str


@dataclass(frozen=True)
class Patience(retry.Patience):
    """`download` bounds a download from start to end, as a server that sends a byte now and then never times out."""

    download: float = 1800


PATIENCE = Patience()


def fetch(
    folder: Path, *, announce: Callable[[str], None] = lambda message: None, patience: Patience = PATIENCE
) -> Dataset:
    """Brings the newest version of the dataset to `folder`, unless it is there.

    The archive becomes `<owner>-<dataset>-v<version>.zip`, and a file of the same name with `.json` records its
    version, size, hashes and the CRC-32 of its members. A version whose archive still has its recorded sha256 is not
    fetched again. `announce` gets a line of progress now and then.

    Raises FetchError when Kaggle cannot be reached, refuses, or sends an archive that is damaged or unsafe,
    and AdventureError when `folder` cannot be written. Neither leaves a partial file behind.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
    try:
        with requests.Session() as session:
            session.auth = _credentials()
            # Without compression on the way, the size and md5 announced are those of the bytes received.
            session.headers.update({"User-Agent": "adventure-works-analytics", "Accept-Encoding": "identity"})
            client = DatasetApiClient(_Connection(session, patience))
            announce(f"Asking Kaggle for the newest version of {OWNER}/{DATASET}")
            task = "asking for the newest version"
            version = _tried(task, lambda: _newest_version(client), announce, patience)
            if intact := _intact(folder, version):
                return intact
            task = f"downloading version {version}"
            announce(f"Downloading version {version} of {OWNER}/{DATASET}")
            return _tried(task, lambda: _download(client, folder, version, patience.download), announce, patience)
    except FailedError as error:
        failure = f"{OWNER}/{DATASET} was not fetched from Kaggle: {error}."
        raise FetchError(f"{failure}\n{_advice(folder)}") from None


class _Connection:
    """What DatasetApiClient sends its requests over, in the place of KaggleHttpClient, which has no time-outs."""

    def __init__(self, session: requests.Session, patience: Patience) -> None:
        self._session, self._timeout = session, (patience.connect, patience.read)

    def call(self, service_name: str, request_name: str, request: Any, response_type: Any) -> Any:
        """Sends a request of Kaggle's API; a redirect to the storage is followed, without the token."""
        environment = get_env()
        api = get_endpoint(environment) + ("" if environment == KaggleEnv.PROD else "/api")
        url = f"{api}/v1/{service_name}/{request_name}"
        response = self._session.post(url, json=type(request).to_dict(request), timeout=self._timeout, stream=True)
        response.raise_for_status()
        return response_type.prepare_from(response)


def _credentials() -> Any:
    """What Kaggle's own tools sign in with, where there is any: a token, else the name and key in kaggle.json."""
    file = Path.home() / ".kaggle" / "kaggle.json"
    try:
        token, _ = get_access_token_from_env()
        login = json.loads(file.read_text(encoding="utf-8")) if not token and file.exists() else {}
    except (OSError, ValueError):  # it names the token where it took the token for a path
        raise FailedError("the Kaggle token in KAGGLE_API_TOKEN or ~/.kaggle cannot be read") from None
    if not token and not isinstance(login, dict):
        raise FailedError(
            "~/.kaggle/kaggle.json does not hold a name and a key; get a new one from Kaggle", again=False
        )
    if not token:
        return (login["username"], login["key"]) if {"username", "key"} <= login.keys() else None
    if not (token.isascii() and token.isprintable()):
        raise FailedError("the Kaggle token in KAGGLE_API_TOKEN or ~/.kaggle has characters that no token has")
    return KaggleHttpClient.BearerAuth(token)


def _newest_version(client: DatasetApiClient) -> int:
    request = ApiGetDatasetRequest()
    request.owner_slug, request.dataset_slug = OWNER, DATASET
    with failures_in_words(REFUSALS):
        version = client.get_dataset(request).current_version_number
    if not isinstance(version, int) or version < 1:  # the SDK does not check the reply
        raise FailedError("the reply names no version")
    return version


def _download(client: DatasetApiClient, folder: Path, version: int, seconds: float) -> Dataset:
    """Downloads, checks, records and only then shows the archive under its own name."""
    target = _archive(folder, version)
    with _writing(folder), tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as staging:
        part = Path(staging) / target.name
        received = _receive(client, version, part, time.monotonic() + seconds)
        try:
            members = archive.verify(part)
        except archive.DamagedArchiveError as error:
            raise FailedError(f"the archive is damaged: {error.problem}") from None
        except archive.RefusedArchiveError as error:
            raise FailedError(f"the archive is refused: {error.problem}", again=False) from None
        checksums = {name: f"{crc:08x}" for name, crc in members.items()}
        record = {"owner": OWNER, "dataset": DATASET, "version": version, **received, "crc32": checksums}
        part.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        # The archive first: without its record it is fetched again, with another one's it is too.
        part.replace(target)
        part.with_suffix(".json").replace(target.with_suffix(".json"))
    return Dataset(version, target, True, str(received["sha256"]))


def _receive(client: DatasetApiClient, version: int, part: Path, deadline: float) -> dict[str, str | int]:
    """Streams the archive to `part` and returns its size and hashes, compared with those announced."""
    request = ApiDownloadDatasetRequest()
    # The version is named: one that appears in the meantime changes nothing.
    request.owner_slug, request.dataset_slug, request.dataset_version_number = OWNER, DATASET, version
    size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with failures_in_words(REFUSALS), client.download_dataset(request) as response, part.open("xb") as file:
        # read1 comes back with whatever has arrived, where the other readers wait until a chunk is full.
        # It raises when the connection ends before the announced Content-Length.
        while chunk := response.raw.read1(CHUNK_BYTES):
            size += file.write(chunk)
            md5.update(chunk)
            sha256.update(chunk)
            if time.monotonic() > deadline:
                raise FailedError("the download was too slow to finish in time")
    if "text/html" in response.headers.get("Content-Type", ""):
        raise FailedError("a web page came instead of the archive (a proxy or a sign-in page?)")
    # Google Cloud Storage states the md5 of an object that was uploaded in one piece.
    announced = re.search(r"\bmd5=([^,\s]+)", response.headers.get("x-goog-hash", ""))
    if announced and announced[1] != base64.b64encode(md5.digest()).decode():
        raise FailedError("the download was damaged on the way (its md5 is not the one announced)")
    return {"bytes": size, "md5": md5.hexdigest(), "sha256": sha256.hexdigest()}


def _tried(task: str, action: Callable[[], Result], announce: Callable[[str], None], patience: Patience) -> Result:
    try:
        return retry.tried(action, patience, announce)
    except FailedError as error:
        times = f"{patience.attempts} times, at last because" if error.again else "and would fail again:"
        raise FailedError(f"{task} failed {times} {error}") from None


def _advice(folder: Path) -> str:
    lines = [
        "Check the network (and HTTPS_PROXY, if you use a proxy) and KAGGLE_API_TOKEN: a public dataset "
        "needs no token, but a wrong or expired one is refused.",
        f"Or download https://www.kaggle.com/datasets/{OWNER}/{DATASET} with a browser and run "
        "`adventure load --source DIR` on the folder with the files.",
    ]
    names = [path.stem.rpartition("-v")[2] for path in folder.glob(f"{OWNER}-{DATASET}-v*.json")]
    copies = [_intact(folder, int(name)) for name in names if name.isdecimal()]
    if newest := max(filter(None, copies), key=lambda copy: copy.version, default=None):
        path = typed(newest.archive)
        lines.append(f"Version {newest.version}, fetched before, is intact: `adventure load --source {path}`.")
    return "\n".join(lines)


def _archive(folder: Path, version: int) -> Path:
    return folder / f"{OWNER}-{DATASET}-v{version}.zip"


def _intact(folder: Path, version: int) -> Dataset | None:
    """The archive of a version if it is on disk exactly as it was recorded."""
    path = _archive(folder, version)
    try:
        recorded = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sha256"]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not readable as what it should be
        return None
    return Dataset(version, path, False, found) if found == recorded else None


def _remove_leftovers(folder: Path) -> None:
    for staging in folder.glob(".fetch-*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be removing its own
            if time.time() - staging.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(staging)


def _writing(folder: Path) -> contextlib.AbstractContextManager[None]:
    advice = "The download cannot be kept here: make room, or set ADVENTURE_DOWNLOADS to a folder that you can write."
    return disk.explained(folder, advice)
