"""`adventure deps` in a project of its own, with a hub played by a web server on this machine."""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from packaging.specifiers import SpecifierSet

from adventure_works import deps, settings
from adventure_works.cli import adventure
from adventure_works.errors import AdventureError
from support.waiting import TIMEOUT

ROOT = settings.PROJECT
# The newest version that fits, and one that is too new.
HUB_LISTS = {"dbt-labs/dbt_utils": ["1.4.30", "9.0.0"], "metaplane/dbt_expectations": ["0.10.90", "9.0.0"]}
LOCK = ROOT / "package-lock.yml"
LOCKED = {one["package"]: one["version"] for one in yaml.safe_load(LOCK.read_text(encoding="utf-8"))["packages"]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with this project's packages.yml and twins, and no package installed."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "offline_packages", folder / "offline_packages")
    shutil.copyfile(ROOT / "packages.yml", folder / "packages.yml")
    monkeypatch.setattr(settings, "PROJECT", folder)
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port of this machine where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", f"http://127.0.0.1:{free.getsockname()[1]}/")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A hub that answers each path with the bytes the test puts there, filled with the packages of `HUB_LISTS`.

    Its packages are our twins with a file `FROM_THE_HUB`; it lists one that dbt must not pick, too new.
    """
    answers: dict[str, bytes] = {}
    with _served(lambda request: _answer(request, answers)) as address:
        answers["/api/v1/index.json"] = json.dumps([*HUB_LISTS, "someone/else"]).encode()
        for package, versions in HUB_LISTS.items():
            offer(answers, address, package, versions)
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", address)
        yield answers


def offer(answers: dict[str, bytes], address: str, package: str, versions: list[str]) -> None:
    """Puts a package into the hub."""
    namespace, name = package.split("/")
    offered = {}
    for version in versions:
        answers[f"/{name}-{version}.tar.gz"] = _archive(name, version)
        downloads = {"tarball": f"{address}{name}-{version}.tar.gz"}
        offered[version] = {"name": name, "version": version, "packages": [], "downloads": downloads}
    metadata = {"name": name, "namespace": namespace, "versions": offered}
    answers[f"/api/v1/{package}.json"] = json.dumps(metadata).encode()


@contextmanager
def _served(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def _answer(request: BaseHTTPRequestHandler, answers: dict[str, bytes]) -> None:
    body = answers.get(request.path)
    request.send_response(404 if body is None else 200)
    request.end_headers()
    request.wfile.write(body or b"")


def _archive(name: str, version: str) -> bytes:
    """The twin as the hub's archives hold packages: in a folder named after package and version.

    A package without a twin has no macros.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        texts = {"FROM_THE_HUB": version}
        if (ROOT / "offline_packages" / name).is_dir():
            archive.add(ROOT / "offline_packages" / name, f"{name}-{version}")
        else:
            texts["dbt_project.yml"] = f"name: {name}\nconfig-version: 2\n"
        for file, text in texts.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{file}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def adventure_deps(*arguments: str) -> str:
    """The one line that the command prints."""
    result = CliRunner().invoke(adventure, ["deps", *arguments], standalone_mode=False)
    if result.exception:
        raise result.exception
    assert result.output.count("\n") == 1
    return result.output.rstrip("\n")


def dbt(project: Path, *arguments: str) -> None:
    (project / "dbt_project.yml").write_text("name: mine\nprofile: mine\n")
    (project / "profiles.yml").write_text("mine: {target: dev, outputs: {dev: {type: duckdb}}}\n")
    run = subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert run.returncode == 0, run.stdout


def installed(project: Path) -> dict[str, bool]:
    """The packages in place, and whether each came from the hub."""
    return {
        folder.name: (folder / "FROM_THE_HUB").exists()
        for folder in sorted((project / "dbt_packages").iterdir())
        if (folder / "dbt_project.yml").exists()
    }


def everything_in(project: Path) -> list[str]:
    return sorted(path.name for path in project.iterdir())


ALL_OFFLINE = {"dbt_expectations": False, "dbt_utils": False}
ALL_FROM_HUB = {"dbt_expectations": True, "dbt_utils": True}


def test_a_hub_that_answers_gives_the_packages_through_dbt_deps(
    project: Path, hub: dict[str, bytes], request: pytest.FixtureRequest
) -> None:
    assert adventure_deps() == "dbt packages: installed from the hub."
    assert installed(project) == ALL_FROM_HUB
    assert everything_in(project) == ["dbt_packages", "offline_packages", "packages.yml"]

    request.getfixturevalue("no_hub")
    assert adventure_deps() == "dbt packages: already installed from the hub."
    assert installed(project) == ALL_FROM_HUB

    assert adventure_deps("--offline") == "dbt packages: installed from offline_packages/ (as asked)."
    assert installed(project) == ALL_OFFLINE


def test_dbt_works_on_the_twins_and_can_change_them_for_the_packages_of_the_hub(
    project: Path, hub: dict[str, bytes]
) -> None:
    adventure_deps("--offline")
    dbt(project, "parse")
    assert not (project / "package-lock.yml").exists()

    dbt(project, "deps")
    assert installed(project) == ALL_FROM_HUB
    assert adventure_deps() == "dbt packages: already installed by `dbt deps`."
    assert installed(project) == ALL_FROM_HUB

    shutil.rmtree(project / "dbt_packages" / "dbt_utils")
    hub.clear()
    assert adventure_deps() == "dbt packages: installed from offline_packages/ (the dbt hub answered 404)."
    assert installed(project) == ALL_OFFLINE


def test_without_a_hub_the_twins_are_installed_once(project: Path, no_hub: None) -> None:
    assert adventure_deps() == "dbt packages: installed from offline_packages/ (the dbt hub cannot be reached)."
    assert installed(project) == ALL_OFFLINE
    assert everything_in(project) == ["dbt_packages", "offline_packages", "packages.yml"]
    before = (project / "dbt_packages").stat().st_ino

    assert adventure_deps() == "dbt packages: already installed from offline_packages/."
    assert adventure_deps("--offline") == "dbt packages: already installed from offline_packages/."
    assert (project / "dbt_packages").stat().st_ino == before


@pytest.mark.slow
def test_the_lock_file_decides_which_versions_come_from_the_hub(project: Path, hub: dict[str, bytes]) -> None:
    """Also for `dbt deps`, which would write a new one if it were not that of packages.yml."""
    shutil.copyfile(LOCK, project / LOCK.name)
    adventure_deps("--offline")
    address = os.environ["DBT_PACKAGE_HUB_URL"]
    for package, version in LOCKED.items():
        offer(hub, address, package, [version, *HUB_LISTS.get(package, [])])
    hub["/api/v1/index.json"] = json.dumps([*LOCKED]).encode()
    for install in (lambda: adventure_deps(), lambda: dbt(project, "deps")):
        shutil.rmtree(project / "dbt_packages")
        install()
        versions = {
            package: (project / "dbt_packages" / package.split("/")[1] / "FROM_THE_HUB").read_text()
            for package in LOCKED
        }
        assert versions == LOCKED
        assert (project / LOCK.name).read_bytes() == LOCK.read_bytes()

    # Another lock file, and the packages are installed again.
    with (project / LOCK.name).open("a") as lock:
        lock.write("# changed\n")
    shutil.rmtree(project / "dbt_packages")
    adventure_deps()
    (project / LOCK.name).write_bytes(LOCK.read_bytes())
    assert adventure_deps() == "dbt packages: installed from the hub."


def test_the_lock_file_has_versions_that_packages_yml_wants() -> None:
    wanted = yaml.safe_load((ROOT / "packages.yml").read_text(encoding="utf-8"))["packages"]
    for entry in wanted:
        assert SpecifierSet(",".join(entry["version"])).contains(LOCKED[entry["package"]])


GIVEN_UP = threading.Event()
"""Set when nobody needs an answer any more."""


def _hang(_: BaseHTTPRequestHandler) -> None:
    GIVEN_UP.wait(TIMEOUT)


def _trickle(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while not GIVEN_UP.wait(0.1):
        request.wfile.write(b"[")


def _fail(request: BaseHTTPRequestHandler) -> None:
    request.send_error(500)


def _babble(request: BaseHTTPRequestHandler) -> None:
    _answer(request, {request.path: b"<html>Please log in to the hotel's network</html>"})


def _number(request: BaseHTTPRequestHandler) -> None:
    _answer(request, {request.path: b"42"})


def _stop_early(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'["dbt-labs/dbt_utils"')


def _list_one(request: BaseHTTPRequestHandler) -> None:
    _answer(request, {request.path: b'["dbt-labs/dbt_utils"]'})


@pytest.mark.parametrize(
    ("answer", "timeout", "reason"),
    [
        # These answer for as long as somebody waits.
        (_hang, 0.5, "the dbt hub did not answer within 0.5 s"),
        (_trickle, 0.5, "the dbt hub did not answer within 0.5 s"),
        (_fail, TIMEOUT, "the dbt hub answered 500"),
        (_babble, TIMEOUT, "the dbt hub gave no index of packages"),
        (_number, TIMEOUT, "the dbt hub gave no index of packages"),
        (_stop_early, TIMEOUT, "the dbt hub gave no index of packages"),
        (_list_one, TIMEOUT, "the dbt hub does not list metaplane/dbt_expectations"),
    ],
)
@pytest.mark.timing
def test_a_hub_that_is_no_use_is_given_up_within_the_time_out(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[BaseHTTPRequestHandler], None],
    timeout: float,
    reason: str,
) -> None:
    GIVEN_UP.clear()
    with _served(answer) as address:
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", address)
        line = adventure_deps("--hub-timeout", str(timeout))
        GIVEN_UP.set()
    assert line == f"dbt packages: installed from offline_packages/ ({reason})."
    assert installed(project) == ALL_OFFLINE


def test_a_hub_without_a_version_that_fits_leaves_no_trace(project: Path, hub: dict[str, bytes]) -> None:
    path = "/api/v1/dbt-labs/dbt_utils.json"
    hub[path] = hub[path].replace(b"1.4.3", b"0.8.0")
    assert adventure_deps() == (
        "dbt packages: installed from offline_packages/ "
        "(the dbt hub answered but `dbt deps` failed: run it to see why)."
    )
    assert installed(project) == ALL_OFFLINE
    assert everything_in(project) == ["dbt_packages", "offline_packages", "packages.yml"]


@pytest.mark.timing
def test_a_download_that_hangs_is_given_up(
    project: Path, hub: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deps, "INSTALL_TIMEOUT", 0.2)
    assert adventure_deps() == (
        "dbt packages: installed from offline_packages/ (`dbt deps` did not finish within 0.2 s)."
    )
    assert installed(project) == ALL_OFFLINE
    assert everything_in(project) == ["dbt_packages", "offline_packages", "packages.yml"]


def _lose_a_package(project: Path) -> None:
    shutil.rmtree(project / "dbt_packages" / "dbt_expectations")


def _lose_a_file(project: Path) -> None:
    (project / "dbt_packages" / "dbt_utils" / "macros" / "accepted_range.sql").unlink()


def _cut_a_file(project: Path) -> None:
    os.truncate(project / "dbt_packages" / "dbt_utils" / "macros" / "accepted_range.sql", 20)


def _cut_the_record(project: Path) -> None:
    os.truncate(project / "dbt_packages" / ".installed.json", 10)


def _change_a_twin(project: Path) -> None:
    (project / "offline_packages" / "dbt_utils" / "macros" / "accepted_range.sql").write_text("")


def _drop_a_twin(project: Path) -> None:
    (project / "offline_packages" / "dbt_utils" / "macros" / "accepted_range.sql").unlink()


def _ask_for_another_version(project: Path) -> None:
    packages = project / "packages.yml"
    packages.write_text(packages.read_text().replace("1.4.0", "1.4.1"))


@pytest.mark.parametrize(
    "change",
    [
        _lose_a_package,
        _lose_a_file,
        _cut_a_file,
        _cut_the_record,
        _change_a_twin,
        _drop_a_twin,
        _ask_for_another_version,
    ],
)
def test_an_install_that_is_broken_or_no_longer_wanted_is_made_anew(
    project: Path, no_hub: None, change: Callable[[Path], None]
) -> None:
    adventure_deps()
    change(project)
    assert adventure_deps() == "dbt packages: installed from offline_packages/ (the dbt hub cannot be reached)."
    assert installed(project) == ALL_OFFLINE
    for name in ALL_OFFLINE:
        twin, copy = project / "offline_packages" / name, project / "dbt_packages" / name
        assert {file.relative_to(twin): file.read_bytes() for file in twin.rglob("*.*")} == {
            file.relative_to(copy): file.read_bytes() for file in copy.rglob("*.*")
        }


def test_an_install_that_fails_leaves_the_old_one(project: Path, no_hub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    adventure_deps()
    _change_a_twin(project)
    monkeypatch.setattr(shutil, "copytree", _disk_full)
    with pytest.raises(OSError, match="No space left"):
        adventure_deps()
    assert installed(project) == ALL_OFFLINE
    assert everything_in(project) == ["dbt_packages", "offline_packages", "packages.yml"]


def _disk_full(*_: object) -> None:
    raise OSError("No space left on device")


def test_a_package_without_a_twin_is_named(project: Path, no_hub: None) -> None:
    (project / "packages.yml").write_text("packages: [{package: someone/else, version: 1.0.0}]\n")
    with pytest.raises(AdventureError, match="someone/else cannot be installed: not from the hub"):
        adventure_deps()
    assert not (project / "dbt_packages").exists()


@pytest.mark.parametrize("text", ["packages: [", "packages: [{git: somewhere}]", "", "- 1"])
def test_a_packages_file_that_cannot_be_read_is_named(project: Path, text: str) -> None:
    (project / "packages.yml").write_text(text)
    with pytest.raises(AdventureError, match=r"packages\.yml: cannot be read"):
        adventure_deps()
