"""COPY from S3 and UNLOAD to it: what Redshift takes, what it refuses, and values that survive the way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import redshift_connector

from standin.stack import COPY_ROLE, Warehouse

# One of each type, as SQL that both engines read; NULL, quotes, separators, backslashes, line breaks, \N as a text.
TYPES = {
    "a": "smallint",
    "b": "integer",
    "c": "bigint",
    "d": "numeric(18,4)",
    "e": "real",
    "f": "double precision",
    "g": "boolean",
    "h": "varchar(20)",
    "i": "date",
    "j": "timestamp",
}
ROWS = [
    (1, 2, 3, "4.5000", 0.1, 0.1, True, 'a "quoted", text', "2016-02-29", "2016-02-29 12:34:56.789123"),
    (
        -32768,
        -2147483648,
        -(2**63),
        "-99999999999999.9999",
        -1.5e10,
        1e300,
        False,
        "",
        "1900-01-01",
        "1900-01-01 00:00",
    ),
    (0, 0, 0, "0.0000", 0.0, 0.0, None, "it's \\N é\n,", "9999-12-31", "2016-01-01 00:00:00.1"),
    (None,) * 7 + ("\\N", None, None),
    (None,) * 10,
]


@pytest.fixture
def put(warehouse: Warehouse, tmp_path: Path) -> Callable[..., str]:
    """Puts a Parquet file made by a query of DuckDB's on S3; returns its URL."""

    def upload(query: str, key: str, compression: str = "snappy", parameters: list[Any] | None = None) -> str:
        file = tmp_path / "file.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"copy ({query}) to '{file}' (format parquet, compression {compression})", parameters)
        warehouse.standin.client("s3").upload_file(str(file), warehouse.bucket, key)
        return f"s3://{warehouse.bucket}/{key}"

    return upload


def put_text(warehouse: Warehouse, key: str, content: bytes) -> str:
    warehouse.standin.client("s3").put_object(Bucket=warehouse.bucket, Key=key, Body=content)
    return f"s3://{warehouse.bucket}/{key}"


def put_manifest(warehouse: Warehouse, entries: list[dict[str, Any]]) -> str:
    return put_text(warehouse, "a.manifest", json.dumps({"entries": entries}).encode())


def size(warehouse: Warehouse, url: str) -> int:
    key = url.removeprefix(f"s3://{warehouse.bucket}/")
    return warehouse.standin.client("s3").head_object(Bucket=warehouse.bucket, Key=key)["ContentLength"]


def refused(warehouse: Warehouse, sql: str) -> str:
    """The message of the error that a statement gets."""
    with pytest.raises(redshift_connector.Error) as raised:
        warehouse.query(sql)
    return raised.value.args[0]["M"]


# Values -------------------------------------------------------------------------------------------------------------


def row_query() -> str:
    """A query of DuckDB's for a row of TYPES, its values as parameters."""
    columns = ", ".join(
        f"cast(${position} as {kind}) as {name}" for position, (name, kind) in enumerate(TYPES.items(), 1)
    )
    return f"select {columns}"


def test_every_type_survives_the_way_there_and_back(
    warehouse: Warehouse, put: Callable[..., str], tmp_path: Path
) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    warehouse.query(f"create table kinds ({declared})")
    for number, row in enumerate(ROWS):
        put(row_query(), f"kinds/{number}.parquet", parameters=list(row))
    warehouse.query(f"copy kinds from 's3://{warehouse.bucket}/kinds/' iam_role default format as parquet")
    columns = ", ".join(
        f"cast({name} as varchar)" if kind in ("date", "timestamp", "numeric(18,4)") else name
        for name, kind in TYPES.items()
    )
    loaded = warehouse.query(f"select {columns} from kinds")
    with duckdb.connect() as connection:
        expected = [
            connection.execute(f"select {columns} from ({row_query()})", list(row)).fetchall()[0] for row in ROWS
        ]
    # A real is the same number with fewer digits in the text of the wire.
    assert [row[:4] + row[5:] for row in loaded] == [row[:4] + row[5:] for row in expected]
    assert [row[4] for row in loaded] == [row[4] and pytest.approx(row[4], rel=1e-6) for row in expected]

    url = f"s3://{warehouse.bucket}/back/"
    warehouse.query(f"unload ('select * from kinds') to '{url}' iam_role default format parquet")
    warehouse.query(f"create table again ({declared})")
    warehouse.query(f"copy again from '{url}' iam_role '{COPY_ROLE}' parquet")
    assert warehouse.query("select * from again except select * from kinds") == []
    assert warehouse.query("select count(*) from again") == [(5,)]


# Columns ------------------------------------------------------------------------------------------------------------


def test_columns_of_parquet_count_by_position(warehouse: Warehouse, put: Callable[..., str]) -> None:
    """As the guide says: names do not matter, so that two columns of one type change places unnoticed."""
    warehouse.query("create table pairs (a integer, b integer)")
    url = put("select 1 as b, 2 as a", "pairs.parquet")
    warehouse.query(f"copy pairs from '{url}' iam_role default parquet")
    assert warehouse.query("select a, b from pairs") == [(1, 2)]
    warehouse.query(f"copy pairs (b, a) from '{url}' iam_role default parquet")
    assert warehouse.query("select a, b from pairs where a = 2") == [(2, 1)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select 'x' as b, 1 as a", "incompatible Parquet schema for column 'things.a'. Column type: INTEGER"),
        ("select 1::bigint as a, 'x' as b", "Column type: INTEGER, Parquet schema: a INT64"),
        ("select 1::uinteger as a, 'x' as b", "Column type: INTEGER, Parquet schema: a INT32 UINT_32"),
        ("select 1 as a", "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1"),
        ("select 1 as a, 'x' as b, 2 as c", "Table columns: 2, Data columns: 3"),
        ("select 1 as a, 'ééé' as b", "longer than the length defined in the table. Table: 5, Data: 6"),
        ("select 1 as a, ['x'] as b", "Column type: CHARACTER VARYING(5)"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    warehouse: Warehouse, put: Callable[..., str], query: str, message: str
) -> None:
    warehouse.query("create table things (a integer, b varchar(5))")
    url = put(query, "things.parquet")
    assert message in refused(warehouse, f"copy things from '{url}' iam_role default parquet")
    assert warehouse.query("select count(*) from things") == [(0,)]


@pytest.mark.parametrize(
    ("kind", "fits"), [("numeric(18,4)", True), ("numeric(18,2)", False), ("numeric(20,4)", False)]
)
def test_decimals_fit_at_their_own_precision_and_scale(
    warehouse: Warehouse, put: Callable[..., str], kind: str, fits: bool
) -> None:
    warehouse.query(f"create table money (a {kind})")
    url = put("select 1.5::decimal(18,4) as a", "money.parquet")
    copy = f"copy money from '{url}' iam_role default parquet"
    if fits:
        warehouse.query(copy)
    else:
        assert "Parquet schema: a INT64 DECIMAL(18,4)" in refused(warehouse, copy)


@pytest.mark.parametrize(
    ("codec", "fits"), [("zstd", False), ("lz4_raw", False), ("gzip", True), ("uncompressed", True)]
)
def test_codecs(warehouse: Warehouse, put: Callable[..., str], codec: str, fits: bool) -> None:
    warehouse.query("create table packed (a integer)")
    url = put("select 1 as a", "packed.parquet", compression=codec)
    copy = f"copy packed from '{url}' iam_role default parquet"
    if fits:
        warehouse.query(copy)
    else:
        assert "which is not supported" in refused(warehouse, copy)


def test_a_null_in_a_column_that_takes_none_is_refused(warehouse: Warehouse, put: Callable[..., str]) -> None:
    warehouse.query("create table strict (a integer not null)")
    url = put("select 1 as a union all select null", "strict.parquet")
    assert "null value" in refused(warehouse, f"copy strict from '{url}' iam_role default parquet")


# Manifests ----------------------------------------------------------------------------------------------------------


def test_a_manifest_names_the_files(warehouse: Warehouse, put: Callable[..., str]) -> None:
    warehouse.query("create table listed (a integer)")
    urls = [put(f"select {number} as a", f"listed/{number}.parquet") for number in range(3)]
    entries = [{"url": url, "mandatory": True, "meta": {"content_length": size(warehouse, url)}} for url in urls[:2]]
    gone = {"url": f"{urls[0]}.gone", "meta": {"content_length": 1}}
    manifest = put_manifest(warehouse, [*entries, gone])
    warehouse.query(f"copy listed from '{manifest}' iam_role default format as parquet manifest")
    assert warehouse.query("select a from listed order by a") == [(0,), (1,)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"mandatory": True, "meta": {"content_length": +1}}, "the content_length of the manifest says"),
        ({"mandatory": True}, "does not have content_length"),
        ({"url": "s3://{bucket}/gone", "mandatory": True, "meta": {"content_length": 1}}, "does not exist"),
        ({"url": "s3://{bucket}/gone", "mandatory": False, "meta": {"content_length": 1}}, "does not exist"),
    ],
)
def test_a_manifest_that_does_not_fit_the_files_is_refused(
    warehouse: Warehouse, put: Callable[..., str], entry: dict[str, Any], message: str
) -> None:
    warehouse.query("create table guarded (a integer)")
    url = put("select 1 as a", "guarded.parquet")
    entry = {"url": url} | entry
    entry["url"] = entry["url"].format(bucket=warehouse.bucket)
    if entry["url"] == url and "meta" in entry:
        entry["meta"] = {"content_length": size(warehouse, url) + 1}
    manifest = put_manifest(warehouse, [entry])
    assert message in refused(warehouse, f"copy guarded from '{manifest}' iam_role default parquet manifest")
    assert warehouse.query("select count(*) from guarded") == [(0,)]


@pytest.mark.parametrize("content", [b"not json", b'{"files": []}', b'{"entries": ["s3://a/b"]}'])
def test_a_broken_manifest_is_refused(warehouse: Warehouse, content: bytes) -> None:
    warehouse.query("create table broken (a integer)")
    url = put_text(warehouse, "broken.manifest", content)
    assert "not in correct json format" in refused(
        warehouse, f"copy broken from '{url}' iam_role default parquet manifest"
    )


# Statements ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copy", "message"),
    [
        ("copy t from 's3://{bucket}/nothing/' iam_role default parquet", "S3 prefix 'nothing/' does not exist"),
        ("copy t from 's3://no-such-bucket/x' iam_role default parquet", "Status 404,Error NoSuchBucket"),
        ("copy t from '{url}' parquet", "Invalid credentials"),
        ("copy t from '{url}' iam_role 'arn:aws:iam::123456789012:role/other' parquet", "not associated to cluster"),
        ("copy t from '{url}' iam_role default parquet compupdate off", "COMPUPDATE argument is not supported"),
        ("copy t from '{url}' iam_role default parquet maxerror 5", "MAXERROR argument is not supported"),
        ("copy t from '{url}' iam_role default parquet region 'eu-central-1'", "REGION argument is not supported"),
        ("copy t from '{url}' iam_role default parquet fillrecord", "not played here: COPY option FILLRECORD"),
        ("copy t from '{url}' iam_role default", "not played here: COPY of files of text"),
        ("copy t from '{url}' iam_role default csv", "not played here: COPY of CSV"),
        ("copy t from 'dynamodb://table' iam_role default parquet", "only s3://"),
        ("copy gone from '{url}' iam_role default parquet", "Cannot COPY into nonexistent table gone"),
        ("copy t (z) from '{url}' iam_role default parquet", 'column "z"'),
        ("unload ('select a from t limit 5') to 's3://{bucket}/u' iam_role default parquet", "Limit clause"),
        ("unload ('select a from t') to '{url}' iam_role default parquet", "unload destination on S3 is not empty"),
        ("unload ('select z from t') to 's3://{bucket}/u' iam_role default parquet", 'column "z" does not exist'),
    ],
)
def test_what_redshift_or_the_stand_in_refuses(
    warehouse: Warehouse, put: Callable[..., str], copy: str, message: str
) -> None:
    warehouse.query("create table t (a integer)")
    url = put("select 1 as a", "t.parquet")
    assert message in refused(warehouse, copy.format(bucket=warehouse.bucket, url=url))
    assert warehouse.query("select count(*) from t") == [(0,)]


def test_a_file_that_is_not_parquet_is_refused(warehouse: Warehouse) -> None:
    warehouse.query("create table t (a integer)")
    url = put_text(warehouse, "t.parquet", b"a,b\n1,2\n")
    assert "not a valid Parquet file" in refused(warehouse, f"copy t from '{url}' iam_role default parquet")


def test_copy_is_part_of_the_transaction(warehouse: Warehouse, put: Callable[..., str]) -> None:
    warehouse.query("create table t (a integer)")
    url = put("select 1 as a", "t.parquet")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("create table u (a integer)")
        cursor.execute(f"/* loader */ copy u from '{url}' iam_role default parquet")
        cursor.execute(f"copy t from '{url}' iam_role default parquet")
        cursor.execute("select count(*) from t")
        assert cursor.fetchone() == [1]
        cursor.execute("rollback")
    assert warehouse.query("select count(*) from t") == [(0,)]


def test_the_same_copy_twice_in_a_session_reads_the_files_anew(warehouse: Warehouse, put: Callable[..., str]) -> None:
    warehouse.query("create table t (a integer)")
    url = put("select 1 as a", "t.parquet")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        for number in (1, 2):
            put(f"select {number} as a", "t.parquet")
            cursor.execute(f"copy t from '{url}' iam_role default parquet")
    assert warehouse.query("select a from t order by a") == [(1,), (2,)]
