"""Installs the dbt packages: from the dbt hub when it answers, else the project's own counterparts of them."""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import requests
import yaml

from adventure_works import disk
from adventure_works.errors import AdventureError
from adventure_works.settings import shown

INSTALL_TIMEOUT = 60.0
"""Seconds that `dbt deps` may take once the hub has answered."""

FROM_HUB = "from the hub"
OFFLINE = "from offline_packages/"
BY_DBT = "by `dbt deps`"
LOCK = "package-lock.yml"
"""dbt's own file of the versions to install, for the `packages.yml` of which it has the digest."""
_RECORD = ".installed.json"


def install(project: Path, hub: str, offline: bool, hub_timeout: float) -> str:
    """Installs every package that `packages.yml` names in `dbt_packages/`; returns a line that says how.

    An install that is complete and as `packages.yml` and `offline_packages/` want it is left alone. Otherwise
    the packages come from the hub, whose address is `hub`, if it answers within `hub_timeout` seconds (and `offline`
    is not set), else from `offline_packages/`. From the hub they have the versions of `package-lock.yml`, which
    `dbt deps --lock` writes. A rename puts them in place: half an install is never there.

    Raises `AdventureError` when `packages.yml` cannot be read, or names a package that the hub cannot give
    and that has no offline counterpart.
    """
    wanted = _packages_named_in(project / "packages.yml")
    installed = _what_is_installed(project)
    if installed == OFFLINE or (installed is not None and not offline):
        return f"dbt packages: already installed {installed}."

    reason = "as asked" if offline else _trouble_with_hub(hub, wanted, hub_timeout) or _install_from_hub(project)
    if reason is None:
        return f"dbt packages: installed {FROM_HUB}."
    _install_offline(project, wanted, reason)
    return f"dbt packages: installed {OFFLINE} ({reason})."


def installed(project: Path) -> str:
    """Says in a few words where the packages in `dbt_packages/` came from.

    Raises `AdventureError` when they are not all that `packages.yml` names.
    """
    found = _what_is_installed(project)
    if found is None:
        raise AdventureError("dbt_packages/ lacks packages that packages.yml names. `adventure deps` installs it.")
    return f"installed {found}"


def _packages_named_in(packages_file: Path) -> list[str]:
    """Names of the hub packages, as `namespace/name`; the name is that of the folder as well."""
    try:
        entries = yaml.safe_load(packages_file.read_text(encoding="utf-8"))["packages"]
        return [entry["package"] for entry in entries]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise AdventureError(
            f"{shown(packages_file)}: cannot be read as a list of hub packages ({error!r}).\n"
            "Each entry under `packages:` needs a `package:` and a `version:`; else run `dbt deps` instead."
        ) from error


def _what_is_installed(project: Path) -> str | None:
    """Where the packages in `dbt_packages/` came from; None when they are not all that is now wanted.

    Packages without our record were put there by `dbt deps`, which empties the folder first.
    """
    packages = project / "dbt_packages"
    if not _is_complete(packages, project / "packages.yml"):
        return None
    try:
        record = json.loads((packages / _RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return BY_DBT
    except ValueError:
        return None
    if record.get("wanted") != _wanted(project):
        return None
    if record["source"] == OFFLINE and any(
        _contents(counterpart) != _contents(packages / counterpart.name) for counterpart in _counterparts(project)
    ):
        return None
    return str(record["source"])


def _is_complete(packages: Path, packages_file: Path) -> bool:
    """Whether every package of the file, and every package that those need in turn, is there."""
    if not packages_file.exists():
        return True
    return all(
        (packages / folder / "dbt_project.yml").is_file() and _is_complete(packages, packages / folder / "packages.yml")
        for folder in (Path(package).name for package in _packages_named_in(packages_file))
    )


def _contents(folder: Path) -> dict[Path, bytes]:
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _wanted(project: Path) -> list[str]:
    """What says which packages and versions are wanted, as digests."""
    files = [project / "packages.yml", project / LOCK]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()]


def _trouble_with_hub(hub: str, wanted: list[str], timeout: float) -> str | None:
    """Why the hub that dbt would use cannot give the packages, or None when its index lists them all.

    Asked first, because `dbt deps` gives up on a hub only after some 8 s of retries. Asked in a thread,
    because a time-out of `requests` bounds neither the look-up of the host's name nor a trickling answer.
    """
    trouble: str | None = f"the dbt hub did not answer within {timeout:g} s"

    def ask() -> None:
        nonlocal trouble
        try:
            response = requests.get(f"{hub}api/v1/index.json", timeout=timeout)
            response.raise_for_status()
            missing = sorted(set(wanted) - set(response.json()))
        except requests.Timeout:
            return
        except requests.HTTPError as error:
            trouble = f"the dbt hub answered {error.response.status_code}"
        except requests.ConnectionError:
            trouble = "the dbt hub cannot be reached"
        except (requests.RequestException, ValueError, TypeError):
            trouble = "the dbt hub gave no index of packages"
        else:
            trouble = f"the dbt hub does not list {', '.join(missing)}" if missing else None

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout)
    return trouble


def _install_from_hub(project: Path) -> str | None:
    """Runs `dbt deps` and puts what it fetched in place; returns what went wrong, or None.

    It runs in a project of its own, so that a failure leaves the old packages and the lock file as they are.
    """
    dbt = Path(sys.executable).with_name("dbt")
    try:
        with disk.replaced(project / "dbt_packages") as new:
            (new.parent / "dbt_project.yml").write_text("name: packages_only\nconfig-version: 2\n", encoding="utf-8")
            for name in ("packages.yml", LOCK):
                if (project / name).is_file():
                    shutil.copyfile(project / name, new.parent / name)
            subprocess.run(
                [dbt, "--no-send-anonymous-usage-stats", "deps", "--project-dir", ".", "--log-path", "logs"],
                cwd=new.parent,
                check=True,
                capture_output=True,
                timeout=INSTALL_TIMEOUT,
            )
            _write_record(new, project, FROM_HUB)
    except subprocess.TimeoutExpired:
        return f"`dbt deps` did not finish within {INSTALL_TIMEOUT:g} s"
    except subprocess.CalledProcessError:
        return "the dbt hub answered but `dbt deps` failed: run it to see why"
    return None


def _counterparts(project: Path) -> list[Path]:
    return [file.parent for file in sorted((project / "offline_packages").glob("*/dbt_project.yml"))]


def _install_offline(project: Path, wanted: list[str], reason: str) -> None:
    counterparts = _counterparts(project)
    for package in wanted:
        name = Path(package).name
        if name not in {counterpart.name for counterpart in counterparts}:
            raise AdventureError(
                f"packages.yml: {package} cannot be installed: not from the hub ({reason}), and "
                f"offline_packages/{name} does not exist.\n"
                "Try again where the hub can be reached, or write the counterpart (offline_packages/README.md)."
            )
    with disk.replaced(project / "dbt_packages") as new:
        for counterpart in counterparts:
            shutil.copytree(counterpart, new / counterpart.name)
        _write_record(new, project, OFFLINE)


def _write_record(packages: Path, project: Path, source: str) -> None:
    record = {"source": source, "wanted": _wanted(project)}
    (packages / _RECORD).write_text(json.dumps(record), encoding="utf-8")
