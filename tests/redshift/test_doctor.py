"""The doctor: all well, and then each thing broken once."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adventure_works import aws
from adventure_works.doctor import assumptions, machine, production
from adventure_works.doctor.checks import Check, Finding, examine
from adventure_works.errors import AdventureError
from adventure_works.redshift.session import session
from adventure_works.settings import DEFAULTS, PROJECT, Settings, read_settings
from adventure_works.warehouse.redshift_versions import Versions
from standin.engine import IAM_USER
from standin.proxy import Fault
from standin.s3copy import Store
from standin.stack import SECRET_KEY, Warehouse
from support.waiting import TIMEOUT


@pytest.fixture
def well(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    places = {"DBT_LOG_PATH": str(tmp_path / "logs"), "DBT_TARGET_PATH": str(tmp_path / "target"), "COLUMNS": "200"}
    for name, value in (warehouse.environ | places | {"AWS_MAX_ATTEMPTS": "1"}).items():
        monkeypatch.setenv(name, value)
    return warehouse


PLACES = {
    "ADVENTURE_LAKE": "lake",
    "ADVENTURE_DATABASE": "it.duckdb",
    "ADVENTURE_DOWNLOADS": "downloads",
    "ADVENTURE_REPORT": "report/index.html",
    "DBT_TARGET_PATH": "target",
    "DBT_LOG_PATH": "logs",
}


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(production.checks(read_settings(os.environ)))}


def ill(found: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.detail for name, finding in found.items() if finding.verdict == "failed"}


def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("adventure"), "doctor", *arguments],
        cwd=PROJECT,
        env=os.environ,
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
    )


def test_the_command_finds_all_well_and_leaves_nothing_behind(well: Warehouse) -> None:
    done = doctor("--target", "prod")
    assert done.returncode == 0, done.stdout + done.stderr
    settings = read_settings(os.environ)
    assert done.stdout.count("✓") == len(production.checks(settings)) + len(machine.tools(settings))
    assert "All is well." in done.stdout
    assert SECRET_KEY not in done.stdout + done.stderr
    assert aws.client("s3", read_settings(os.environ)).list_objects_v2(Bucket=well.bucket)["KeyCount"] == 0
    assert f"login: logs in as {IAM_USER}" in done.stdout


def test_damaged_history_is_found(well: Warehouse) -> None:
    schema = read_settings(os.environ).schema
    with session("test") as redshift:
        Versions(redshift, read_settings(os.environ)).make_log()
    for number, day in ((2, "null"), (1, "'2017-07-01'")):
        well.query(f"insert into {schema}_runs.publications values ({number}, 'token', {number}, null)")
        well.query(f"create schema {schema}_v{number}_intermediate")
        well.query(f"create table {schema}_v{number}_intermediate.snap_customers (dbt_valid_from date)")
        well.query(f"insert into {schema}_v{number}_intermediate.snap_customers values ({day})")
    found = ill(findings())["history"]
    assert "rows have no first day (1 of snap_customers)" in found
    assert "run again: adventure publish --rollback --target prod" in found
    well.query(f"update {schema}_v1_intermediate.snap_customers set dbt_valid_from = null")
    assert f"Remove what is published ({schema}_v2_*) and the lake's folder `history`" in ill(findings())["history"]


def test_the_command_ends_with_exit_code_1_and_says_what_to_correct(
    well: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDSHIFT_WORKGROUP", "nobodys")
    done = doctor("--target", "prod")
    assert done.returncode == 1
    assert (
        "✗ workgroup: the workgroup nobodys does not exist in eu-central-1. Correct REDSHIFT_WORKGROUP" in done.stdout
    )
    assert "- login: correct first: workgroup" in done.stdout
    assert "1 of these are not well" in done.stderr


@pytest.mark.parametrize(
    ("environment", "check", "says"),
    [
        ({"REDSHIFT_WORKGROUP": ""}, "environment", "REDSHIFT_WORKGROUP is not set"),
        ({"ADVENTURE_LAKE": "lake"}, "environment", "Set ADVENTURE_LAKE to s3://bucket/prefix"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "region", "Set AWS_REGION"),
        ({"AWS_REGION": "eu-west-1"}, "region", "Set both"),
        ({"ADVENTURE_LAKE": "s3://nobodys-bucket/lake"}, "bucket", "the bucket nobodys-bucket does not exist"),
        ({"REDSHIFT_COPY_ROLE": "arn:aws:iam::123456789012:role/x"}, "COPY role", "is not attached"),
        ({"REDSHIFT_DATABASE": "nobodys"}, "login", "nobodys"),
        ({"REDSHIFT_SSLMODE": "prefer"}, "TLS", "Unset it, or set it to verify-full"),
    ],
)
def test_a_variable_that_is_wrong_is_named(
    well: Warehouse, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], check: str, says: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = ill(findings())
    assert list(found) == [check]
    assert says in found[check]


def test_a_workgroup_that_is_not_available(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(well.standin.serverless.workgroup, "status", "CREATING")
    assert "Wait until it is AVAILABLE" in ill(findings())["workgroup"]


def test_a_namespace_without_a_default_role(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(well.standin.serverless.namespace, "defaultIamRoleArn")
    assert "--default-iam-role-arn ARN" in ill(findings())["COPY role"]


def test_credentials_that_have_expired(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(well.standin.serverless, "expired", True)
    assert "have expired" in ill(findings())["workgroup"]


def test_a_login_that_may_not_make_schemas(well: Warehouse) -> None:
    (login,) = well.query("select current_user")[0]
    well.administer(f'revoke create on database "{well.database}" from "{login}"')
    assert "grant create on database" in ill(findings())["privileges"]


def test_a_raw_table_of_another_version(well: Warehouse) -> None:
    well.query("create schema adventure_works_raw")
    well.query("create table adventure_works_raw.calendar (date timestamp)")
    detail = ill(findings())["raw schema"]
    assert "adventure_works_raw.calendar has date timestamp where the contract has date date" in detail
    assert "rename to calendar_before" in detail


def test_a_role_that_may_not_read_the_bucket(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("S3ServiceException:Access Denied,Status 403")

    monkeypatch.setattr(Store, "client", property(lambda self: Refusing()))
    found = ill(findings())
    assert list(found) == ["COPY reads the bucket"]
    assert "The COPY role must be allowed to read s3://" in found["COPY reads the bucket"]


@pytest.fixture
def careless_store(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An S3 that takes every conditional write, and does what a test changes in its answers."""
    changes: dict[str, Any] = {}
    made = aws.client

    def client(service: str, settings: Settings) -> Any:
        found = made(service, settings)
        if service == "s3":
            put, get = found.put_object, found.get_object
            monkeypatch.setattr(
                found,
                "put_object",
                lambda IfNoneMatch=None, **rest: {
                    name: value for name, value in put(**rest).items() if name != changes.get("without")
                },
            )
            monkeypatch.setattr(found, "get_object", lambda **rest: get(**rest) | changes.get("get", {}))
        return found

    monkeypatch.setattr(aws, "client", client)
    yield changes


def test_a_store_without_conditional_writes(careless_store: dict[str, Any]) -> None:
    found = ill(findings())
    assert list(found) == ["bucket: conditional writes"]
    assert "two loads at once could undo each other" in found["bucket: conditional writes"]


def test_a_store_that_does_not_encrypt(careless_store: dict[str, Any]) -> None:
    careless_store["without"] = "ServerSideEncryption"
    assert "put-bucket-encryption" in ill(findings())["bucket: encryption"]


# --- What the project assumes of Redshift ------------------------------------------------------------------------


@pytest.fixture
def asked(well: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """A workgroup to ask, of which a check leaves nothing behind."""
    for name, value in well.login_by_password.items():
        monkeypatch.setenv(name, value)
    yield well
    well.standin.proxy.fault = None
    assert schemas_of_doctor(well) == []


def schemas_of_doctor(warehouse: Warehouse) -> list[tuple]:
    return warehouse.administer("select nspname from pg_namespace where nspname like '%doctor%'")


def settled() -> dict[str, Finding]:
    passed = [Check(name, lambda: "passed") for name in ("login", "privileges")]
    return {finding.name: finding for finding in examine([*passed, *assumptions.checks(read_settings(os.environ))])}


def test_what_the_project_assumes_of_redshift_is_asked(well: Warehouse) -> None:
    """The stand-in plays what is assumed, but for the system views of sessions and the plan of a query."""
    done = doctor("--target", "prod", "--deep")
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "✓ types of literals: 2 ok, 2 for information",
        "✓ trailing blanks: 5 ok",
        "✓ replaced views: 7 ok, 1 for information",
        "ok: replacing the view meanwhile: waits until statement_timeout, as assumed (semantics.md: It waits for",
        "- idle sessions: 2 could not be asked, 1 for information",
        "for information: RPU seconds charged in the last hour: 0 (Management Guide: serverless-billing)",
        "- joins by customer: 3 could not be asked",
        "the plan names no distribution, assumed: DS_DIST_NONE (semantics.md: A join on the",
        "All is well, as far as it could be asked.",
    ):
        assert line in done.stdout
    text = (PROJECT / "tests" / "redshift" / "standin" / "semantics.md").read_text(encoding="utf-8")
    rows = re.findall(r"\(semantics.md: (.*)\)$", done.stdout, re.MULTILINE)
    assert rows and all(f"| {row}" in text for row in rows)
    assert schemas_of_doctor(well) == []


def test_an_assumption_that_does_not_hold_is_an_error(well: Warehouse) -> None:
    for view in (
        f"svv_user_info as select '{IAM_USER}'::name as user_name, 60 as session_timeout",
        f"svv_transactions as select '{IAM_USER}'::name as txn_owner, 7 as xid, timestamp '2026-01-01' as txn_start",
    ):
        well.administer(f"create view pg_catalog.{view}")
        well.administer(f"grant select on pg_catalog.{view.split()[0]} to public")
    done = doctor("--target", "prod", "--deep")
    assert done.returncode == 1
    assert "✗ idle sessions: 2 differs, 1 for information" in done.stdout
    assert "idle, 0 for the workgroup's own: 60, assumed: 0, or 3600 and more (semantics.md" in done.stdout
    assert "differs: its transactions open for an hour: 1, assumed: 0" in done.stdout
    assert "docs/production.md, section 11, says what rests on what differs." in done.stdout
    well.administer(
        "create or replace view pg_catalog.svv_user_info as select user_name, 0 as session_timeout from "
        f"(select '{IAM_USER}'::name as user_name) as users"
    )
    well.administer("revoke select on pg_catalog.svv_relation_privileges from public")
    found = settled()
    assert "1 ok, 1 differs" in found["idle sessions"].detail
    assert "could not be asked: what was granted on the view: Redshift refused" in found["replaced views"].detail
    assert found["replaced views"].verdict == "passed"


@pytest.mark.parametrize(
    ("fault", "check", "says"),
    [
        (Fault("as model_subq)", "refused"), "types of literals", "differs: a union of cast literals is stored: "),
        (Fault("create or replace view", "refused", 2), "replaced views", "differs: replacing the view meanwhile: "),
        (Fault("explain", "before"), "joins by customer", "The connection was lost at `explain"),
    ],
)
def test_what_redshift_refuses_is_shown(asked: Warehouse, fault: Fault, check: str, says: str) -> None:
    asked.standin.proxy.fault = fault
    found = ill(settled())
    assert list(found) == [check]
    assert says in found[check]


def test_a_reader_that_nothing_ends_waiting_for_gives_way(asked: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assumptions, "WAIT_MILLISECONDS", 0)
    monkeypatch.setattr(assumptions, "PATIENCE", 0.2)
    assert "meanwhile: waits for longer than statement_timeout, assumed" in ill(settled())["replaced views"]


def test_an_interrupted_check_leaves_no_schema(asked: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(assumptions, "_while_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        settled()


def test_deep_is_for_redshift() -> None:
    done = doctor("--deep")
    assert (done.returncode, "--deep asks Redshift" in done.stderr) == (2, True)


# --- This machine ---------------------------------------------------------------------------------------------------


def test_this_machine_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVENTURE_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("ADVENTURE_DATABASE", str(tmp_path / "warehouse" / "it.duckdb"))
    found = {finding.name: finding for finding in examine(machine.duckdb(read_settings(os.environ)))}
    assert ill(found) == {}
    assert "`adventure load` fills it" in found["lake"].detail
    assert "`adventure run` builds it" in found["warehouse"].detail


@pytest.mark.parametrize(
    ("check", "spoil", "says"),
    [
        ("lake", lambda folder: (folder / "lake").write_text(""), "cannot be written"),
        ("downloads", lambda folder: (folder / "downloads").write_text(""), "set ADVENTURE_DOWNLOADS to another place"),
        ("target", lambda folder: (folder / "target").write_text(""), "set DBT_TARGET_PATH to another place"),
        ("logs", lambda folder: (folder / "logs").write_text(""), "set DBT_LOG_PATH to another place"),
        ("report", lambda folder: (folder / "report").write_text(""), "set ADVENTURE_REPORT to another place"),
        ("warehouse", lambda folder: (folder / "it.duckdb").write_text("no database" * 100), "cannot be opened"),
    ],
)
def test_what_is_wrong_on_this_machine_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, spoil: Any, says: str
) -> None:
    for variable, place in PLACES.items():
        monkeypatch.setenv(variable, str(tmp_path / place))
    spoil(tmp_path)
    found = ill({finding.name: finding for finding in examine(machine.duckdb(read_settings(os.environ)))})
    assert list(found) == [check]
    assert says in found[check]


def test_packages_of_other_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        machine.metadata, "requires", lambda name: ["duckdb>=99", "no-such-package", 'x; extra == "dev"']
    )
    detail = ill({finding.name: finding for finding in examine(machine.tools(DEFAULTS))})["Python packages"]
    assert "duckdb is" in detail
    assert "no-such-package is missing" in detail
    assert "x is" not in detail


def test_what_rests_on_something_ill_is_not_looked_at() -> None:
    def fail() -> str:
        raise AdventureError("broken")

    found = list(examine([Check("a", fail), Check("b", lambda: "never", ("a",)), Check("c", lambda: "fine")]))
    assert [finding.verdict for finding in found] == ["failed", "skipped", "passed"]
