"""The wire protocol as the unmodified clients see it: logins, encryption, types, transactions, refusals."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import redshift_connector

from standin.engine import IAM_USER, PASSWORD_USER
from standin.proxy import Fault
from standin.stack import Warehouse
from support.places import PROJECT
from support.waiting import TIMEOUT, wait_until


def said(raised: pytest.ExceptionInfo[redshift_connector.Error]) -> tuple[str, str]:
    """The state and the message of an error."""
    fields = raised.value.args[0]
    return fields["C"], fields["M"]


# Logins -------------------------------------------------------------------------------------------------------------


def test_full_verification_trusts_the_authority_of_ssl_cert_file(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypted = {"host": "localhost", "ssl": True, "sslmode": "verify-full"}
    with pytest.raises(redshift_connector.Error, match=r"(?i)certificate.verify.failed"):
        warehouse.connect(**encrypted)
    monkeypatch.setenv("SSL_CERT_FILE", warehouse.environ["SSL_CERT_FILE"])
    with warehouse.connect(**encrypted) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == [IAM_USER]


def test_login_by_password(warehouse: Warehouse) -> None:
    login = {"user": PASSWORD_USER, "password": warehouse.standin.password}
    with warehouse.connect(**login) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == [PASSWORD_USER]


@pytest.mark.parametrize("user", [PASSWORD_USER, IAM_USER, "nobody"])
def test_a_wrong_password_is_refused(warehouse: Warehouse, user: str) -> None:
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.connect(user=user, password="guess")
    assert said(raised) == ("28000", f'password authentication failed for user "{user}"')


@pytest.mark.timing
def test_credentials_expire(warehouse: Warehouse) -> None:
    logins = warehouse.standin.proxy.logins[IAM_USER]
    logins["of yesterday"] = time.time() - 1
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.connect(user=IAM_USER, password="of yesterday")
    assert said(raised)[0] == "28000"


def test_an_unknown_database_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.connect(database="elsewhere")
    assert said(raised) == ("3D000", 'database "elsewhere" does not exist')


# What the engine is told --------------------------------------------------------------------------------------------


def test_literals_are_read_as_redshift_reads_them(warehouse: Warehouse) -> None:
    assert warehouse.query(r"select 'a\'b', 'c\\d', 'e''f'") == [("a'b", r"c\d", "e'f")]


def test_the_application_is_passed_on_and_the_rest_of_the_drivers_parameters_is_not(warehouse: Warehouse) -> None:
    with warehouse.connect(application_name="loader") as connection, connection.cursor() as cursor:
        cursor.execute("select current_setting('application_name'), current_setting('TimeZone')")
        assert cursor.fetchone() == ["loader", "UTC"]
    assert warehouse.statements()[-1]["application"] == "loader"


def test_it_says_that_it_is_redshift(warehouse: Warehouse) -> None:
    [(version,)] = warehouse.query("select version()")
    assert re.match(r"PostgreSQL 8\.0\.2 .* Redshift 1\.", version)


# Results ------------------------------------------------------------------------------------------------------------


def test_types_and_values(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "create table kinds (a smallint, b integer, c bigint, d numeric(18, 4), e real, f double precision, "
            "g boolean, h char(3), i varchar(5), j date, k timestamp, l timestamptz, m super)"
        )
        cursor.execute(
            "insert into kinds values (1, 2, 3, 4.5, 6.5, 7.5, true, 'x', 'é%', '2016-02-29', "
            "'2016-02-29 12:34:56.789', '2016-02-29 12:00:00+02', '{\"a\": 1}')"
        )
        cursor.execute("select *, i || 'z', count(*) over () from kinds")
        [row] = cursor.fetchall()
        # https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html; numbers as in the driver's oids.
        oids = [21, 23, 20, 1700, 700, 701, 16, 1042, 1043, 1082, 1114, 1184, 4000, 1043, 20]
        assert [column[1] for column in cursor.description] == oids
    assert row[:4] == [1, 2, 3, Decimal("4.5000")]
    assert row[4:10] == [6.5, 7.5, True, "x  ", "é%", date(2016, 2, 29)]
    assert row[10] == datetime(2016, 2, 29, 12, 34, 56, 789000)
    assert row[11].isoformat() == "2016-02-29T10:00:00+00:00"
    assert row[12:] == ['{"a": 1}', "é%z", 1]


def test_rows_are_counted(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table counted (a integer)")
        counts = []
        for sql in (
            "insert into counted select 1 union all select 2 union all select 3",
            "update counted set a = a + 1 where a > 1",
            "delete from counted where a = 1",
            "delete from counted where a = 1",
        ):
            cursor.execute(sql)
            counts.append(cursor.rowcount)
        assert counts == [3, 2, 1, 0]
        cursor.execute("select a from counted order by a")
        assert cursor.fetchall() == ([3], [4])


def test_twenty_thousand_rows_come_whole(warehouse: Warehouse) -> None:
    warehouse.administer("create table public.many as select n, repeat('x', 100) as t from generate_series(1, 20000) n")
    warehouse.administer("grant select on public.many to public")
    rows = warehouse.query("select n, t from public.many order by n")
    assert (len(rows), rows[0][0], rows[-1]) == (20000, 1, (20000, "x" * 100))


# Refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select string_agg(a, ',') from refused", "string_agg"),
        ("select a from refused where a is distinct from 1", "DISTINCT FROM"),
        ("create index i on refused (a)", "INDEX"),
        ("select * from refused pivot (max(a) for a in (1, 2))", "not played here"),
        ("select a.b.c.d[0] from refused a", ""),
    ],
)
def test_what_redshift_refuses_or_the_rewriter_cannot_map_never_reaches_the_engine(
    warehouse: Warehouse, sql: str, message: str
) -> None:
    warehouse.query("create table refused (a integer)")
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.query(sql)
    assert message.lower() in said(raised)[1].lower()
    assert "syntax error" not in said(raised)[1]
    [entry] = [entry for entry in warehouse.statements() if entry["sql"] == sql]
    assert entry["sent"] == "refused by the stand-in"
    assert entry["error"] == said(raised)[1]


@pytest.mark.parametrize("sql", ["select next_day(current_date, 'Tue')", "create table sketches (a hllsketch)"])
def test_what_only_redshift_has_is_named_as_not_played(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(redshift_connector.Error, match=r"stand-in: not played here: (next_day|hllsketch)"):
        warehouse.query(sql)


def test_a_column_of_a_type_that_redshift_lacks_is_refused(warehouse: Warehouse) -> None:
    warehouse.query("create table numbers (a integer)")
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.query("create table made as select row_to_json(n) as a from numbers as n")
    assert said(raised)[0] in ("0A000", "XX000")


@pytest.mark.parametrize(
    "failing", ["select a from no_such_table", "select string_agg('a', ',')", "copy t from 's3://x/y' parquet"]
)
def test_an_error_aborts_the_transaction(warehouse: Warehouse, failing: str) -> None:
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("create table half (a integer)")
        with pytest.raises(redshift_connector.Error):
            cursor.execute(failing)
        with pytest.raises(redshift_connector.Error) as raised:
            cursor.execute("select 1")
        assert said(raised)[0] == "25P02"
        cursor.execute("rollback")
        cursor.execute("select 2")
        assert cursor.fetchone() == [2]
    with pytest.raises(redshift_connector.Error, match="does not exist"):
        warehouse.query("select a from half")


def test_a_refusal_outside_a_transaction_leaves_the_session_usable(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, connection.cursor() as cursor:
        with pytest.raises(redshift_connector.Error):
            cursor.execute("select string_agg('a', ',')")
        cursor.execute("select 1")
        assert cursor.fetchone() == [1]


# Transactions -------------------------------------------------------------------------------------------------------


def test_truncate_commits(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table emptied (a integer)")
        cursor.execute("create table kept (a integer)")
        cursor.execute("insert into emptied select 1")
        cursor.execute("begin")
        cursor.execute("insert into kept select 1")
        cursor.execute("truncate table emptied")
        cursor.execute("rollback")
    assert warehouse.query("select count(*) from kept") == [(1,)]
    assert warehouse.query("select count(*) from emptied") == [(0,)]


def test_a_transaction_sees_one_snapshot(warehouse: Warehouse) -> None:
    warehouse.query("create table shared (a integer)")
    with warehouse.connect() as reader, reader.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("select count(*) from shared")
        assert cursor.fetchone() == [0]
        warehouse.query("insert into shared select 1")
        cursor.execute("select count(*) from shared")
        assert cursor.fetchone() == [0]
        cursor.execute("commit")
        cursor.execute("select count(*) from shared")
        assert cursor.fetchone() == [1]


@pytest.mark.parametrize(
    ("what", "words"), [("conflict", "conflict with concurrent transaction"), ("serialization", "1023")]
)
@pytest.mark.parametrize(("nth", "kept"), [(1, 0), (2, 0), (3, 0), (4, 1)])
def test_the_nth_statement_meets_a_concurrent_transaction(
    warehouse: Warehouse, what: str, words: str, nth: int, kept: int
) -> None:
    warehouse.query("create table met (a integer)")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        warehouse.standin.proxy.fault = Fault("", what, nth)
        with pytest.raises(redshift_connector.Error) as raised:
            for sql in ("begin", "insert into met select 1", "commit", "select a from met"):
                cursor.execute(sql)
        assert words in said(raised)[1]
        assert said(raised)[0] == "XX000"
        cursor.execute("rollback")
        cursor.execute("select count(*) from met")
        assert cursor.fetchone() == [kept]


@pytest.mark.timing
def test_a_session_that_is_idle_in_a_transaction_is_ended(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse.standin.proxy, "idle_seconds", 0.2)
    with warehouse.connect() as idle, idle.cursor() as cursor:
        cursor.execute("create table made (a integer)")
        cursor.execute("begin")
        cursor.execute("insert into made select 1")
        time.sleep(0.5)
        with pytest.raises(redshift_connector.Error):
            cursor.execute("commit")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        time.sleep(0.5)  # outside a transaction
        cursor.execute("select count(*) from made")
        assert cursor.fetchone() == [0]


def test_eight_sessions_at_once(warehouse: Warehouse) -> None:
    def work(number: int) -> int:
        with warehouse.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"create table t{number} (a integer)")
            for value in range(20):
                cursor.execute(f"insert into t{number} select {value + number}")
            with pytest.raises(redshift_connector.Error):
                cursor.execute("select string_agg('a', ',')")
            cursor.execute(f"select sum(a) from t{number}")
            return int(cursor.fetchone()[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [190 + 20 * number for number in range(8)]


# In a process of its own: psycopg2 holds Python's lock while it cancels, and the proxy runs in this process.
_LIBPQ = """
import os, threading, psycopg2
connection = psycopg2.connect(os.environ["DSN"])
connection.autocommit = True
cursor = connection.cursor()
threading.Timer(0.3, connection.cancel).start()
for sql in ("select public.slow()", "select string_agg('a', ',')", "select coalesce(null, 3)"):
    try:
        cursor.execute(sql)
        print(cursor.fetchall())
    except psycopg2.Error as error:
        print(error.pgcode)
"""


@pytest.mark.timing
def test_libpq_cancels_and_sends_statements_without_preparing_them(warehouse: Warehouse) -> None:
    warehouse.administer("create function public.slow() returns int language sql as 'select 1 from pg_sleep(3600)'")
    port, password = warehouse.standin.proxy.port, warehouse.standin.password
    dsn = f"host=127.0.0.1 port={port} dbname={warehouse.database} user={PASSWORD_USER} password={password}"
    done = subprocess.run(
        [sys.executable, "-c", _LIBPQ],
        env=os.environ | {"DSN": f"{dsn} sslmode=require"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.stdout.split("\n")[:3] == ["57014", "0A000", "[(3,)]"], done.stderr


# The end ------------------------------------------------------------------------------------------------------------


_ENGINE = """
from standin import engine
with engine.running() as running:
    print(running.folder, flush=True)
    input()
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.timing
def test_no_engine_outlives_whoever_started_it(tmp_path: Path, ending: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _ENGINE],
        env=os.environ | {"PYTHONPATH": str(PROJECT / "tests" / "redshift"), "TMPDIR": "/tmp"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    folder = Path(child.stdout.readline().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    child.send_signal(ending)
    child.wait()
    wait_until(lambda: not folder.exists() and not Path(f"/proc/{server}").exists())
