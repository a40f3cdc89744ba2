"""The dataset is fetched over real connections from a server that plays Kaggle and fails in every way."""

import base64
import dataclasses
import hashlib
import io
import itertools
import json
import logging
import os
import random
import re
import resource
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from kagglesdk import KaggleClient
from kagglesdk.datasets.types.dataset_api_service import ApiGetDatasetRequest

from adventure_works.errors import AdventureError, FetchError
from adventure_works.sources import kaggle
from kaggle_server import SIGNATURE, TOKEN, Failure, KaggleServer, body, cut_after, drip, hang, reset, status
from support.waiting import TIMEOUT

PATIENT = kaggle.Patience(
    connect=TIMEOUT, read=TIMEOUT, download=TIMEOUT, attempts=3, first_wait=0.01, longest_wait=0.05
)
HASTY = dataclasses.replace(PATIENT, read=0.1, download=0.2, attempts=2)


def packed(**contents: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in contents.items():
            file.writestr(f"AdventureWorks_{name}.csv", content)
    return buffer.getvalue()


def archive_of(name: str) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        file.writestr(name, b"x")
    return buffer.getvalue()


NOISE = random.Random(4).randbytes(200_000)  # does not compress, so that a byte in the middle is data
THIRD = packed(Sales=NOISE, Returns=b"third")
FOURTH = packed(Sales=NOISE, Returns=b"fourth")
DAMAGED = THIRD[:100_000] + bytes([THIRD[100_000] ^ 1]) + THIRD[100_001:]
SHA256 = {3: hashlib.sha256(THIRD).hexdigest(), 4: hashlib.sha256(FOURTH).hexdigest()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KaggleServer]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # no ~/.kaggle of whoever runs the tests
    with KaggleServer({3: THIRD}) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What `announce` was told. No secret may appear there or in any log, however talkative."""
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    yield lines
    logged = [record.getMessage() for record in caplog.get_records("call")]
    keeps_secrets("\n".join(lines + logged))


def keeps_secrets(text: str) -> None:
    assert TOKEN not in text
    assert SIGNATURE not in text


def fetched(folder: Path, said: list[str], patience: kaggle.Patience = PATIENT, **options) -> kaggle.Dataset:
    return kaggle.fetch(folder, announce=said.append, patience=patience, **options)


def failure(folder: Path, said: list[str], *words: str, patience: kaggle.Patience = PATIENT, **options) -> str:
    """The fetch fails, says `words` and what to do, tells no secret and leaves the folder as it was."""
    before = contents(folder)
    with pytest.raises(FetchError) as caught:
        fetched(folder, said, patience, **options)
    message = str(caught.value)
    for word in (*words, "KAGGLE_API_TOKEN", "adventure load --source DIR"):
        assert word in message
    keeps_secrets(message)
    assert caught.value.__suppress_context__, "a traceback would print what the network libraries say"
    assert contents(folder) == before
    return message


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_third(dataset: kaggle.Dataset, folder: Path, *, new: bool) -> bool:
    path = folder / "ukveteran-adventure-works-v3.zip"
    assert sorted(contents(folder)) == [path.with_suffix(".json").name, path.name]
    assert path.read_bytes() == THIRD
    return dataset == kaggle.Dataset(version=3, archive=path, fetched=new, sha256=SHA256[3])


# What works


def test_the_newest_version_is_fetched_and_recorded(server: KaggleServer, folder: Path, said: list[str]) -> None:
    assert is_third(fetched(folder, said), folder, new=True)
    assert server.steps() == ["version", "download", "storage"]
    assert [line.split()[0] for line in said] == ["Asking", "Downloading"]
    assert json.loads((folder / "ukveteran-adventure-works-v3.json").read_text()) == {
        "owner": "ukveteran",
        "dataset": "adventure-works",
        "version": 3,
        "bytes": len(THIRD),
        "md5": hashlib.md5(THIRD).hexdigest(),
        "sha256": SHA256[3],
        "crc32": {
            "AdventureWorks_Sales.csv": f"{zlib.crc32(NOISE):08x}",
            "AdventureWorks_Returns.csv": f"{zlib.crc32(b'third'):08x}",
        },
    }


def test_the_token_goes_to_kaggle_and_not_to_its_storage(server: KaggleServer, folder: Path, said: list[str]) -> None:
    fetched(folder, said)
    authorization = [request.headers.get("Authorization") for request in server.requests]
    assert authorization == [f"Bearer {TOKEN}", f"Bearer {TOKEN}", None]


def test_no_token_is_needed(
    server: KaggleServer, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    assert is_third(fetched(folder, said), folder, new=True)
    assert all("Authorization" not in request.headers for request in server.requests)


def test_an_unchanged_version_is_not_fetched_again(server: KaggleServer, folder: Path, said: list[str]) -> None:
    fetched(folder, said)
    server.requests.clear()
    assert is_third(fetched(folder, said), folder, new=False)
    assert server.steps() == ["version"]


def test_a_new_version_is_fetched_beside_the_old_one(server: KaggleServer, folder: Path, said: list[str]) -> None:
    fetched(folder, said)
    server.versions[4] = FOURTH
    dataset = fetched(folder, said)
    assert (dataset.version, dataset.fetched, dataset.sha256) == (4, True, SHA256[4])
    assert dataset.archive.read_bytes() == FOURTH
    assert (folder / "ukveteran-adventure-works-v3.zip").read_bytes() == THIRD


def test_the_version_asked_about_is_the_one_downloaded(server: KaggleServer, folder: Path, said: list[str]) -> None:
    def publish_meanwhile(line: str) -> None:
        if line.startswith("Downloading"):
            server.versions[4] = FOURTH

    assert is_third(kaggle.fetch(folder, announce=publish_meanwhile, patience=PATIENT), folder, new=True)
    assert server.requests[1].body["datasetVersionNumber"] == 3


@pytest.mark.parametrize("name", ["ukveteran-adventure-works-v3.zip", "ukveteran-adventure-works-v3.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b'{"sha256": 5}', b"\xff"])
def test_a_copy_that_is_not_as_recorded_is_fetched_anew(
    server: KaggleServer, folder: Path, said: list[str], name: str, content: bytes | None
) -> None:
    fetched(folder, said)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    assert is_third(fetched(folder, said), folder, new=True)


@pytest.mark.timing
def test_whoever_reads_the_old_copy_meanwhile_is_not_disturbed(
    server: KaggleServer, folder: Path, said: list[str]
) -> None:
    path = fetched(folder, said).archive
    path.write_bytes(DAMAGED)
    with path.open("rb") as reader:
        assert is_third(fetched(folder, said), folder, new=True)
        assert reader.read() == DAMAGED, "the new archive takes the name by a rename, not byte by byte"


def test_the_bytes_are_asked_for_as_they_are_stored(server: KaggleServer, folder: Path, said: list[str]) -> None:
    fetched(folder, said)
    assert server.requests[2].headers["Accept-Encoding"] == "identity"


def test_an_archive_of_unknown_length_and_hash_is_taken(server: KaggleServer, folder: Path, said: list[str]) -> None:
    server.failures["storage"].append(body(THIRD, length=False))
    assert is_third(fetched(folder, said), folder, new=True)


def test_the_real_files_arrive_whole(server: KaggleServer, folder: Path, said: list[str]) -> None:
    real = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "kaggle"
    if not real.is_dir():
        pytest.skip("../shared/data/kaggle is not on this machine")
    files = {path.stem.removeprefix("AdventureWorks_"): path.read_bytes() for path in real.glob("*.csv")}
    server.versions[5] = packed(**files)
    dataset = fetched(folder, said)
    with zipfile.ZipFile(dataset.archive) as file:
        assert {name: file.read(name) for name in file.namelist()} == {
            path.name: path.read_bytes() for path in real.glob("*.csv")
        }


# What passes


@pytest.mark.parametrize(
    ("step", "fault", "cause"),
    [
        ("version", status(503), "status 503"),
        ("version", status(429), "status 429"),
        ("version", reset(), "the connection failed"),
        ("version", body(b"<html>Sign in</html>", "text/html"), "not one that can be read"),
        ("version", body(b"{", "application/json"), "not one that can be read"),
        ("version", body(b"{}", "application/json"), "names no version"),
        ("version", body(b'{"currentVersionNumber": "3"}', "application/json"), "names no version"),
        ("download", status(500), "status 500"),
        ("download", reset(), "the connection failed"),
        ("storage", status(503), "status 503"),
        ("storage", reset(), "the connection failed"),
        ("storage", cut_after(50_000), "the connection failed or was cut off"),
        ("storage", cut_after(0), "the connection failed or was cut off"),
        ("storage", body(THIRD[:50_000]), "not a complete zip"),
        ("storage", body(THIRD[:50_000], length=False), "not a complete zip"),
        ("storage", body(DAMAGED, md5=True), "its md5 is not the one announced"),
        ("storage", body(DAMAGED), "'AdventureWorks_Sales.csv' is damaged"),
        ("storage", body(b"<html>Sign in</html>", "text/html"), "a web page came"),
    ],
)
def test_a_passing_failure_is_survived_and_a_lasting_one_reported(
    server: KaggleServer, folder: Path, said: list[str], step: str, fault: Failure, cause: str
) -> None:
    server.failures[step].extend([fault] * PATIENT.attempts)
    failure(folder, said, cause, f"failed {PATIENT.attempts} times")
    assert server.steps().count(step) == PATIENT.attempts
    assert contents(folder) == {}

    server.failures[step].append(fault)
    said.clear()
    assert is_third(fetched(folder, said), folder, new=True)
    assert any("Attempt 1 of 3" in line and cause in line for line in said)


@pytest.mark.parametrize(
    ("step", "fault", "cause"),
    [
        ("version", hang(), "no answer came in time"),
        ("download", hang(), "no answer came in time"),
        ("storage", hang(), "no answer came in time"),
        ("storage", drip(0.02), "too slow"),
    ],
)
@pytest.mark.timing
def test_a_server_that_does_not_answer_is_left(
    server: KaggleServer, folder: Path, said: list[str], step: str, fault: Failure, cause: str
) -> None:
    server.failures[step].extend([fault] * HASTY.attempts)
    # The fault lasts until the server ends.
    failure(folder, said, cause, f"failed {HASTY.attempts} times", patience=HASTY)
    server.failures[step].append(fault)
    # More attempts, since on a busy machine a good answer too may take longer than this little patience.
    less_hasty = dataclasses.replace(HASTY, read=0.5, download=1, attempts=50)
    assert is_third(fetched(folder, said, less_hasty), folder, new=True)


ROUNDED = 0.05


def waits(said: list[str]) -> list[float]:
    """The waits that were announced; the pauses that were seen are longer on a busy machine."""
    return [float(found[1]) for line in said if (found := re.search(r"trying again in ([\d.]+) s", line))]


@pytest.mark.parametrize(
    ("retry_after", "longest_wait", "least", "most"),
    [
        ("1", 60, 1.0, 1.0),
        ("8", 0.3, 0.3, 0.3),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 0.3, 0.3, 0.3),
        ("soon", 0.3, 0.0, 0.01),
    ],
)
@pytest.mark.timing
def test_the_wait_that_kaggle_asks_for_is_kept_within_reason(
    server: KaggleServer,
    folder: Path,
    said: list[str],
    retry_after: str,
    longest_wait: float,
    least: float,
    most: float,
) -> None:
    patience = kaggle.Patience(attempts=2, first_wait=0.01, longest_wait=longest_wait)
    server.failures["version"].append(status(429, Retry_After=retry_after))
    fetched(folder, said, patience)
    first, second = [request.at for request in server.requests if request.step == "version"]
    assert second - first >= least
    (wait,) = waits(said)
    assert wait <= most + ROUNDED


@pytest.mark.timing
def test_waits_grow_from_attempt_to_attempt(server: KaggleServer, folder: Path, said: list[str]) -> None:
    patience = kaggle.Patience(attempts=4, first_wait=0.05, longest_wait=60)
    server.failures["version"].extend([status(503)] * 3)
    fetched(folder, said, patience)
    times = [request.at for request in server.requests if request.step == "version"]
    pauses = [after - before for before, after in itertools.pairwise(times)]
    for pause, wait, longest in zip(pauses, waits(said), (0.05, 0.1, 0.2), strict=True):
        assert pause >= longest / 2
        assert wait <= longest + ROUNDED


# What does not pass


@pytest.mark.parametrize("step", ["version", "download", "storage"])
@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (400, "the request is refused"),
        (401, "the token is not accepted"),
        (403, "access is denied"),
        (404, "there is no such dataset or version"),
    ],
)
def test_a_refusal_is_not_asked_for_twice(
    server: KaggleServer, folder: Path, said: list[str], step: str, code: int, cause: str
) -> None:
    server.failures[step].append(status(code))
    failure(folder, said, cause, f"status {code}", "would fail again")
    assert server.steps().count(step) == 1


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv"])
def test_a_hostile_archive_is_refused_at_once(server: KaggleServer, folder: Path, said: list[str], name: str) -> None:
    server.versions[3] = archive_of(name)
    message = failure(folder, said, "the archive is refused", repr(name))
    assert ".fetch-" not in message, "the staging folder is gone when the message is read"
    assert server.steps().count("storage") == 1


def test_an_archive_without_csv_files_is_refused(server: KaggleServer, folder: Path, said: list[str]) -> None:
    server.versions[3] = archive_of("readme.txt")
    failure(folder, said, "no CSV file inside")


def test_without_a_network_the_intact_copy_is_offered_and_not_used(
    server: KaggleServer, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(folder, said)
    monkeypatch.chdir(folder.parent)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens on the discard port
    copy = "adventure load --source downloads/ukveteran-adventure-works-v3.zip"
    failure(folder, said, "asking for the newest version failed 3 times", "Version 3", copy)

    (folder / "ukveteran-adventure-works-v3.zip").write_bytes(DAMAGED)
    assert copy not in failure(folder, said, "failed 3 times")


def test_a_proxy_address_that_cannot_be_one_is_reported(
    server: KaggleServer, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://:8080")
    failure(folder, said, "the address of the proxy is not valid")


# From Python 3.14 on no file of an impossible name exists, so such a token is one that Kaggle refuses.
TOO_LONG = pytest.param("x" * 300, marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14"))


@pytest.mark.parametrize("token", [TOO_LONG, "fake\ntoken", "fake\u2013token", "Bearer na\u00efve"])
def test_a_token_that_cannot_be_one_is_not_repeated(
    server: KaggleServer, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", token)
    assert token not in failure(folder, said, "Kaggle token")


# The disk


def test_a_full_disk_leaves_nothing(server: KaggleServer, folder: Path, said: list[str]) -> None:
    server.versions[3] = packed(Sales=random.Random(5).randbytes(3_000_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))  # the write fails part of the way
    try:
        with pytest.raises(AdventureError, match=r"large.*cannot be kept here") as caught:
            fetched(folder, said)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not isinstance(caught.value, FetchError)
    assert str(folder) in str(caught.value)
    assert list(folder.iterdir()) == []
    assert server.steps().count("storage") == 1, "another download would not fit either"


def test_a_folder_that_cannot_be_made_is_named(server: KaggleServer, tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AdventureError, match=r"file/downloads: .*cannot be kept here"):
        fetched(tmp_path / "file" / "downloads", said)
    assert server.requests == []


def test_what_a_killed_fetch_left_is_removed_later(server: KaggleServer, folder: Path, said: list[str]) -> None:
    for name in (".fetch-old", ".fetch-running"):
        (folder / name).mkdir(parents=True)
        (folder / name / "part.zip").write_bytes(b"part")
    yesterday = time.time() - kaggle.LEFTOVER_SECONDS - 1
    os.utime(folder / ".fetch-old", (yesterday, yesterday))
    fetched(folder, said)
    assert [path.name for path in folder.glob(".fetch-*")] == [".fetch-running"]


# The SDK


def test_what_is_asked_is_what_kaggles_own_client_asks(server: KaggleServer, folder: Path, said: list[str]) -> None:
    fetched(folder, said)
    with KaggleClient() as client:
        request = ApiGetDatasetRequest()
        request.owner_slug, request.dataset_slug = kaggle.OWNER, kaggle.DATASET
        client.datasets.dataset_api_client.get_dataset(request)
    ours, theirs = server.requests[0], server.requests[-1]
    assert (ours.path, ours.body) == (theirs.path, theirs.body)
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]


def test_the_real_address_is_that_of_kaggles_own_client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "PROD")
    asked = []

    def note(adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **_: object) -> None:
        asked.append(request.url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", note)
    with KaggleClient() as client, pytest.raises(requests.ConnectionError):
        client.datasets.dataset_api_client.get_dataset()
    with pytest.raises(FetchError):
        kaggle.fetch(folder, patience=dataclasses.replace(PATIENT, attempts=1))
    ours, theirs = asked[1], asked[0]
    assert ours == theirs and ours.startswith("https://api.kaggle.com/")


def test_a_login_that_is_no_login_is_said(server: KaggleServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    (Path.home() / ".kaggle").mkdir(parents=True)
    (Path.home() / ".kaggle" / "kaggle.json").write_text(json.dumps(["somebody", TOKEN]))
    with pytest.raises(FetchError, match=r"kaggle\.json does not hold a name and a key") as refusal:
        kaggle.fetch(folder)
    assert TOKEN not in str(refusal.value)


def test_the_older_file_with_name_and_key_is_used(
    server: KaggleServer, folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    (Path.home() / ".kaggle").mkdir(parents=True)
    (Path.home() / ".kaggle" / "kaggle.json").write_text(json.dumps({"username": "somebody", "key": TOKEN}))
    assert is_third(fetched(folder, said), folder, new=True)
    login = base64.b64encode(f"somebody:{TOKEN}".encode()).decode()
    assert server.requests[0].headers["Authorization"] == f"Basic {login}"
    assert "Authorization" not in server.requests[2].headers
