"""Fetches the dataset from Kaggle with Kaggle's own client and keeps every version fetched.

The client alone waits for ever, tries once and accepts a damaged archive, so this module adds time-outs,
retries and checks. Its messages are made of words chosen here: what the network libraries and the server say
may hold a token or a signed URL, and is never repeated.
"""

import base64
import contextlib
import email.utils
import hashlib
import json
import logging
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import requests
import urllib3
from kagglesdk import KaggleClient
from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest, ApiGetDatasetRequest
from requests.adapters import HTTPAdapter

from adventure_works import archive
from adventure_works.errors import AdventureError, FetchError
from adventure_works.settings import shown

CHUNK_BYTES = 1 << 16
RETRIED_STATUSES = {408, 429, *range(500, 600)}
# No download lasts this long, so an older staging folder was left by a process that was killed.
LEFTOVER_SECONDS = 24 * 3600

Announce = Callable[[str], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Dataset:
    """One version of the dataset on disk. `fetched` is False when the archive was there already."""

    version: int
    archive: Path
    fetched: bool
    sha256: str


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try each step.

    `download` bounds one download as a whole, which a server that sends a byte now and then would stretch for
    ever; `longest_wait` bounds the pause between two attempts, also where the server asks for a longer one.
    """

    connect: float = 10
    read: float = 60
    download: float = 1800
    attempts: int = 5
    first_wait: float = 1
    longest_wait: float = 60


PATIENCE = Patience()


def fetch(
    folder: Path,
    *,
    owner: str = "ukveteran",
    dataset: str = "adventure-works",
    version: int | None = None,
    announce: Announce = lambda message: None,
    patience: Patience = PATIENCE,
) -> Dataset:
    """Brings one version of a Kaggle dataset, the newest unless `version` is given, to `folder`.

    The archive becomes `<owner>-<dataset>-v<version>.zip`, and a file of the same name with `.json` records
    its version, size, hashes and the CRC-32 of its members. A version whose archive still has its recorded
    sha256 is not fetched again; where `version` is given, Kaggle is not even asked. `announce` gets a line of
    progress now and then.

    Raises FetchError when Kaggle cannot be reached, refuses, or sends an archive that is damaged or unsafe,
    and AdventureError when `folder` cannot be written. Neither leaves a partial file behind.
    """
    reference = _reference(owner, dataset)
    if version is not None and version < 1:
        raise AdventureError(f"Version {version} of {reference} cannot exist: versions count from 1.")
    try:
        with _disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(folder)
        return _fetch(folder, owner, dataset, version, announce, patience)
    except _Stopped as stopped:
        message = f"{reference} was not fetched from Kaggle: {stopped}"
        raise FetchError(f"{message}\n{_advice(folder, owner, dataset)}") from None


def _fetch(
    folder: Path, owner: str, dataset: str, version: int | None, announce: Announce, patience: Patience
) -> Dataset:
    reference = _reference(owner, dataset)
    kept = _kept(folder, owner, dataset, version) if version else None
    if kept:
        return kept
    with _session(patience) as client:
        if version is None:
            announce(f"Asking Kaggle for the newest version of {reference}")
            version = _tried(
                "asking for the newest version",
                lambda: _newest_version(client, owner, dataset),
                announce,
                patience,
            )
            kept = _kept(folder, owner, dataset, version)
            if kept:
                return kept
        announce(f"Downloading version {version} of {reference}")
        # The version is named in the request: one that appears in the meantime changes nothing.
        target = _archive_path(folder, owner, dataset, version)
        request = ApiDownloadDatasetRequest()
        request.owner_slug, request.dataset_slug, request.dataset_version_number = owner, dataset, version
        return _tried(
            f"downloading version {version}",
            lambda: _download(client, request, target, patience),
            announce,
            patience,
        )


# Talking to Kaggle


@contextlib.contextmanager
def _session(patience: Patience) -> Iterator[KaggleClient]:
    """A client with time-outs. It signs in with `KAGGLE_API_TOKEN` or `~/.kaggle` where they exist."""
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(KaggleClient(user_agent="adventure-works-analytics"))
            session = _http_session(client)
            signed = requests.Request("POST", "https://www.kaggle.com", auth=session.auth).prepare()
            authorization = signed.headers.get("Authorization", "")
        except (OSError, UnicodeError):  # it names the token where it took the token for a path
            raise _Stopped("the Kaggle token in KAGGLE_API_TOKEN or ~/.kaggle cannot be read.") from None
        if not (authorization.isascii() and authorization.isprintable()):
            raise _Stopped("the Kaggle token in KAGGLE_API_TOKEN or ~/.kaggle holds impossible characters.")
        for scheme in ("https://", "http://"):
            session.mount(scheme, _TimedAdapter(patience))
        # Without compression on the way, the size and md5 announced are those of the bytes received.
        session.headers["Accept-Encoding"] = "identity"
        stack.enter_context(_urls_kept_out_of_logs())
        yield client


def _http_session(client: KaggleClient) -> requests.Session:
    # Private to the SDK, which offers no other way to set a time-out. A test fails when it moves.
    session = getattr(client.http_client(), "_session", None)
    if not isinstance(session, requests.Session):
        raise _Stopped("the installed kagglesdk is not the one this project knows: run `make setup`.")
    return session


class _TimedAdapter(HTTPAdapter):
    """Gives every request a time-out, since the SDK passes none."""

    def __init__(self, patience: Patience) -> None:
        self._timeout = (patience.connect, patience.read)
        super().__init__()

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        return super().send(request, stream, timeout or self._timeout, verify, cert, proxies)


@contextlib.contextmanager
def _urls_kept_out_of_logs() -> Iterator[None]:
    """urllib3 logs every path with its query, which for a download is a signature, at level DEBUG."""
    logger = logging.getLogger("urllib3.connectionpool")

    def above_debug(record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG

    logger.addFilter(above_debug)
    try:
        yield
    finally:
        logger.removeFilter(above_debug)


def _newest_version(client: KaggleClient, owner: str, dataset: str) -> int:
    request = ApiGetDatasetRequest()
    request.owner_slug, request.dataset_slug = owner, dataset
    with _failures_explained():
        version = client.datasets.dataset_api_client.get_dataset(request).current_version_number
    if not isinstance(version, int) or version < 1:  # the SDK takes over whatever the reply holds
        raise _AttemptError("the reply names no version")
    return version


def _download(client: KaggleClient, request: ApiDownloadDatasetRequest, target: Path, patience: Patience) -> Dataset:
    """Downloads, checks, records and only then shows the archive under its own name."""
    with _disk(target.parent), tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as staging:
        part = Path(staging) / target.name
        sums = _receive(client, request, part, patience)
        record = {
            "owner": request.owner_slug,
            "dataset": request.dataset_slug,
            "version": request.dataset_version_number,
            **sums,
            "crc32": {name: f"{crc:08x}" for name, crc in _checked(part).items()},
        }
        part_of_record = _record_path(part)
        part_of_record.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        # The archive first: without its record it is fetched again, with another one's it is too.
        part.replace(target)
        part_of_record.replace(_record_path(target))
    return Dataset(request.dataset_version_number, target, True, str(sums["sha256"]))


def _receive(
    client: KaggleClient, request: ApiDownloadDatasetRequest, part: Path, patience: Patience
) -> dict[str, str | int]:
    """Streams the archive to `part` and returns its size and hashes, compared with those announced."""
    size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    deadline = time.monotonic() + patience.download
    with _failures_explained():
        response = client.datasets.dataset_api_client.download_dataset(request)
    with contextlib.closing(response), part.open("xb") as file:
        for chunk in _body(response, deadline):
            file.write(chunk)
            size += len(chunk)
            md5.update(chunk)
            sha256.update(chunk)
    if "text/html" in response.headers.get("Content-Type", ""):
        raise _AttemptError("a web page came instead of the archive (a proxy or a sign-in page?)")
    if _announced_md5(response) not in (None, base64.b64encode(md5.digest()).decode()):
        raise _AttemptError("the download was damaged on the way (its md5 is not the one announced)")
    return {"bytes": size, "md5": md5.hexdigest(), "sha256": sha256.hexdigest()}


def _body(response: requests.Response, deadline: float) -> Iterator[bytes]:
    with _failures_explained():
        # read1 comes back with whatever has arrived, where the other readers wait until a chunk is full.
        # It raises when the connection ends before the announced Content-Length.
        while chunk := response.raw.read1(CHUNK_BYTES):
            yield chunk
            if time.monotonic() > deadline:
                raise _AttemptError("the download was too slow to finish in time")


def _announced_md5(response: requests.Response) -> str | None:
    """The base64 md5 that Google Cloud Storage states for an object that was uploaded in one piece."""
    found = re.search(r"\bmd5=([^,\s]+)", response.headers.get("x-goog-hash", ""))
    return found and found[1]


def _checked(part: Path) -> dict[str, int]:
    """The CRC of every member. A damaged archive is worth another attempt, a hostile one is not."""
    try:
        return archive.verify(part)
    except archive.DamagedArchiveError as error:
        raise _AttemptError(f"the archive is damaged: {error.problem}") from None
    except archive.RefusedArchiveError as error:
        raise _AttemptError(f"the archive is refused: {error.problem}", again=False) from None


# Trying again


class _AttemptError(Exception):
    """One attempt failed. `again`: another may succeed. `wait`: the seconds that the server asks for."""

    def __init__(self, cause: str, *, again: bool = True, wait: float = 0) -> None:
        super().__init__(cause)
        self.again = again
        self.wait = wait


class _Stopped(Exception):
    """The fetch cannot succeed. The text completes "... was not fetched from Kaggle: "."""


def _tried(task: str, action: Callable[[], Result], announce: Announce, patience: Patience) -> Result:
    """The result of `action`, attempted until it works, fails for good, or patience ends."""
    started = time.monotonic()
    for attempt in range(1, patience.attempts + 1):
        try:
            return action()
        except _AttemptError as error:
            failure = error
        if not failure.again:
            raise _Stopped(f"{task} failed and would fail again: {failure}.")
        if attempt < patience.attempts:
            # Half of it is chance, so that many clients turned away together do not come back together.
            pause = patience.first_wait * 2 ** (attempt - 1) * random.uniform(0.5, 1)
            pause = min(max(pause, failure.wait), patience.longest_wait)
            announce(f"Attempt {attempt} of {patience.attempts}: {failure}; trying again in {pause:.1f} s")
            time.sleep(pause)
    elapsed = time.monotonic() - started
    raise _Stopped(f"{task} failed {patience.attempts} times in {elapsed:.0f} s, at last because {failure}.")


@contextlib.contextmanager
def _failures_explained() -> Iterator[None]:
    """Turns what the network libraries and the SDK raise into words without URL and token."""
    try:
        yield
    except requests.HTTPError as error:
        raise _refusal(error.response) from None
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        raise _AttemptError("the TLS certificate or connection was not accepted") from None
    except (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError):
        raise _AttemptError("no connection was made in time") from None
    except (requests.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise _AttemptError("no answer came in time") from None
    except (
        requests.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        urllib3.exceptions.HTTPError,
    ):
        raise _AttemptError("the connection failed or was cut off") from None
    except requests.exceptions.InvalidURL:  # Kaggle's own addresses are sound
        raise _AttemptError("the address of the proxy is not valid", again=False) from None
    except (ValueError, TypeError):  # what the SDK raises on a reply that is no JSON, or other JSON
        raise _AttemptError("the reply is not one that Kaggle sends") from None
    except requests.RequestException as error:
        raise _AttemptError(f"the request failed ({type(error).__name__})") from None


def _refusal(response: requests.Response) -> _AttemptError:
    status = response.status_code
    if status in RETRIED_STATUSES:
        return _AttemptError(f"Kaggle answered with status {status}", wait=_retry_after(response))
    meaning = {
        401: "the token is not accepted",
        403: "access is denied",
        404: "there is no such dataset or version",
    }.get(status, "the request is refused")
    return _AttemptError(f"{meaning} (status {status})", again=False)


def _retry_after(response: requests.Response) -> float:
    """Seconds that the server asks to wait, given as a number or as a date; 0 where it does not ask."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def _advice(folder: Path, owner: str, dataset: str) -> str:
    lines = [
        "Check the network (and HTTPS_PROXY, if you use a proxy) and KAGGLE_API_TOKEN: a public dataset "
        "needs no token, but a wrong or expired one is refused.",
        f"Or download https://www.kaggle.com/datasets/{owner}/{dataset} with a browser and run "
        "`adventure load --source DIR` on the folder with the files.",
    ]
    copies = [_kept(folder, owner, dataset, version) for version in _recorded_versions(folder, owner, dataset)]
    newest = max(filter(None, copies), key=lambda copy: copy.version, default=None)
    if newest:
        path = shown(newest.archive)
        lines.append(f"Version {newest.version}, fetched before, is intact: `adventure load --source {path}`.")
    return "\n".join(lines)


# Keeping what was fetched


def _reference(owner: str, dataset: str) -> str:
    """`owner/dataset`, once both are known to be harmless in a file name."""
    for name in (owner, dataset):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            raise AdventureError(f"{name!r} is no name on Kaggle: use letters, digits, - and _ only.")
    return f"{owner}/{dataset}"


def _archive_path(folder: Path, owner: str, dataset: str, version: int) -> Path:
    return folder / f"{owner}-{dataset}-v{version}.zip"


def _record_path(archive_path: Path) -> Path:
    return archive_path.with_suffix(".json")


def _kept(folder: Path, owner: str, dataset: str, version: int) -> Dataset | None:
    """The archive of this version if it is on disk exactly as it was recorded."""
    path = _archive_path(folder, owner, dataset, version)
    try:
        recorded = json.loads(_record_path(path).read_text(encoding="utf-8"))["sha256"]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not readable as what it should be
        return None
    return Dataset(version, path, False, found) if found == recorded else None


def _recorded_versions(folder: Path, owner: str, dataset: str) -> list[int]:
    pattern = re.compile(rf"{re.escape(owner)}-{re.escape(dataset)}-v(\d+)\.json")
    names = [path.name for path in folder.glob("*.json")]
    return [int(found[1]) for name in names if (found := pattern.fullmatch(name))]


def _remove_leftovers(folder: Path) -> None:
    for staging in folder.glob(".fetch-*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be removing its own
            if time.time() - staging.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(staging)


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AdventureError(
            f"{shown(folder)}: the download cannot be kept here ({error.strerror or error}).\n"
            "Check that you may write to the folder and that the disk has room, "
            "or set ADVENTURE_DOWNLOADS to another one."
        ) from error
