"""What rewritten statements answer, against the guide's own examples and figures worked out by hand."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from redshift_connector import Connection, ProgrammingError

from standin.stack import Warehouse

OWN = yaml.safe_load(Path(__file__).with_name("corpus.yml").read_text(encoding="utf-8"))

# The guide's tables WINSALES (c_Window_functions) and store_sales (r_QUALIFY_clause).
TABLES = """
create table winsales (salesid int, dateid date, sellerid int, buyerid char(10), qty int);
insert into winsales values
    (30001, '2003-08-02', 3, 'b', 10), (10001, '2003-12-24', 1, 'c', 10), (10005, '2003-12-24', 1, 'a', 30),
    (40001, '2004-01-09', 4, 'a', 40), (10006, '2004-01-18', 1, 'c', 10), (20001, '2004-02-12', 2, 'b', 20),
    (40005, '2004-02-12', 4, 'a', 10), (20002, '2004-02-16', 2, 'c', 20), (30003, '2004-04-18', 3, 'b', 15),
    (30004, '2004-04-18', 3, 'b', 20), (30007, '2004-09-07', 3, 'c', 30);
create table store_sales (ss_sold_date date, ss_sold_time time, ss_item text, ss_sales_price float);
insert into store_sales values
    ('2022-01-01', '09:00:00', 'Product 1', 100.0), ('2022-01-01', '11:00:00', 'Product 2', 500.0),
    ('2022-01-01', '15:00:00', 'Product 3', 20.0), ('2022-01-01', '17:00:00', 'Product 4', 1000.0),
    ('2022-01-01', '18:00:00', 'Product 5', 30.0), ('2022-01-02', '10:00:00', 'Product 6', 5000.0),
    ('2022-01-02', '16:00:00', 'Product 7', 5.0);
create table target (id int, name char(10));
insert into target values (30, 'Tony'), (11, 'Alice'), (23, 'Bill');
create table source (id int, name char(10));
insert into source values (23, 'David'), (22, 'Clarence'), (22, 'Clarence');
"""

# (statement, rows, page of the guide or "by hand")
ANSWERS = [
    ("select dateadd(month, 18, '2008-02-28')::varchar", [("2009-08-28 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(m, 30, '2008-02-28')::varchar", [("2008-02-28 00:30:00",)], "r_DATEADD_function"),
    ("select dateadd(month, 1, '2008-04-30')::varchar", [("2008-05-30 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(month, 12, '2016-02-29')::varchar", [("2017-02-28 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(year, 1, '2016-02-29')::varchar", [("2017-03-01 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(year, 4, '2016-02-29')::varchar", [("2020-02-29 00:00:00",)], "by hand"),
    ("select add_months('2008-03-31', 1)::varchar", [("2008-04-30 00:00:00",)], "r_ADD_MONTHS"),
    ("select add_months('2008-04-30 05:07:30', 1)::varchar", [("2008-05-31 05:07:30",)], "r_ADD_MONTHS"),
    ("select json_extract_path_text('{\"a\": 1}', 'b')", [(None,)], "JSON_EXTRACT_PATH_TEXT"),
    ("select datediff(week, '2009-01-01', '2009-12-31')", [(52,)], "r_DATEDIFF_function"),
    ("select datediff(hour, '2023-01-01', '2023-01-03 05:04:03')", [(53,)], "r_DATEDIFF_function"),
    ("select extract(minute from timestamp '2009-09-09 12:08:43')", [(8,)], "r_EXTRACT_function"),
    ("select extract(month from date '2016-11-30') / 4, extract(weekday from date '2016-11-30')", [(2, 3)], "by hand"),
    ("select date_part(dayofyear, date '2016-02-01')", [(32.0,)], "by hand"),
    (
        "select listagg(dateid, '|') within group (order by sellerid desc, salesid) from winsales where buyerid = 'b'",
        [("2003-08-02|2004-04-18|2004-04-18|2004-02-12",)],
        "r_LISTAGG",
    ),
    (
        "select listagg(distinct qty * 5 % 70, ',') within group (order by qty * 5 % 70) from winsales",
        [("5,10,30,50,60",)],
        "by hand",
    ),
    ("select listagg(n, ',') from (select null::int as n)", [(None,)], "by hand"),
    (
        "select * from store_sales ss where ss_sold_time > time '12:00:00' qualify row_number() over "
        "(partition by ss_sold_date order by ss_sales_price desc) <= 2",
        [("Product 4", 1000.0), ("Product 5", 30.0), ("Product 7", 5.0)],
        "r_QUALIFY_clause",
    ),
    (
        "select sellerid, sum(qty) as n from winsales group by 1 qualify rank() over (order by sum(qty) desc) = 1",
        [(3, 75)],
        "by hand",
    ),
    (
        "select salesid, ratio_to_report(qty) over (partition by sellerid) from winsales where sellerid = 2 order by 1",
        [(20001, 0.5), (20002, 0.5)],
        "by hand",
    ),
    (
        "select top 2 sellerid from winsales where qty > 10 group by sellerid order by sellerid desc",
        [(4,), (3,)],
        "by hand",
    ),
    (
        "select sellerid from winsales minus select sellerid from winsales where qty = 20 order by 1",
        [(1,), (4,)],
        "by hand",
    ),
    (
        "select decode(null, null, 0, 1), decode(2, 1, 'one', 2, 'two'), decode(3, 1, 'one')",
        [(0, "two", None)],
        "r_DECODE_expression",
    ),
    ("select nvl2(null::int, 'y', 'n'), nvl(null, null, 3), nvl2(1, '2345', '1')", [("n", 3, "2345")], "r_NVL2"),
    ("select avg(qty), avg(qty::numeric(10, 2)) from winsales where sellerid = 3", [(18, Decimal("18.75"))], "r_AVG"),
    ("select concat('a', null), regexp_replace('a1b2', '[0-9]', '#')", [(None, "a#b#")], "r_CONCAT"),
    ("select 2.5::numeric, 'abc'::char, cast('x' as nvarchar(5))", [(3, "abc", "x")], "r_Numeric_types201"),
    ('select "N" from (select 1 as "n") as "X"', [(1,)], "r_names"),
    ("select approximate count(distinct sellerid) from winsales", [(4,)], "r_COUNT"),
]


@pytest.fixture(scope="module")
def connection(standin) -> Connection:
    """A database with the guide's tables."""
    warehouse = standin.create_warehouse(standin.create_bucket())
    with warehouse.connect() as connection:
        for statement in filter(str.strip, TABLES.split(";")):
            execute(connection, statement)
        yield connection
    standin.engine.drop_database(warehouse.database)


def execute(connection: Connection, sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


@pytest.mark.parametrize(("sql", "rows", "source"), ANSWERS, ids=[sql[:60] for sql, *_ in ANSWERS])
def test_a_query_answers_as_the_guide_says(connection: Connection, sql: str, rows: list, source: str):
    answer = execute(connection, sql)

    # Of `select *`, the columns that the test names: the last ones.
    assert [row[-len(rows[0]) :] for row in answer] == rows


def test_statements_change_what_the_guide_says(connection: Connection):
    def run(sql: str) -> list[tuple]:
        return execute(connection, sql)

    # r_MERGE: matching rows are replaced, equal rows of the source come once.
    run("merge into target using source on target.id = source.id remove duplicates")
    assert run("select id, name from target order by id") == [
        (11, "Alice     "), (22, "Clarence  "), (23, "David     "), (30, "Tony      "),
    ]  # fmt: skip

    # r_ALTER_TABLE_APPEND: the rows move.
    run("alter table target append from source")
    assert run("select count(*) from target union all select count(*) from source") == [(7,), (0,)]

    # r_CREATE_TABLE_NEW: identity counts from its seed, text holds 256 bytes, keys do not keep equal rows out.
    run("create table keyed (n bigint identity(0, 10), k int primary key, t text) distkey (k) sortkey (k, n)")
    run("insert into keyed (k, t) values (1, 'a'), (1, 'b')")
    assert run("select n, k, t from keyed order by n") == [(0, 1, "a"), (10, 1, "b")]
    with pytest.raises(ProgrammingError, match="256"):
        run(f"insert into keyed (k, t) values (2, '{'x' * 257}')")
    with pytest.raises(ProgrammingError, match="null"):
        run("insert into keyed (k) values (null)")
    attributes = "select diststyle, sortkey1, sortkey_num from svv_table_info where \"table\" = 'keyed'"
    assert run(attributes) == [("KEY(k)", "k", 2)]

    # r_CREATE_VIEW: a late-binding view outlives what it reads, and finds it again.
    run(
        "create view late as select k, decode(t, 'a', 'it''s \\\\a', 'other') as what from keyed with no schema binding"
    )
    assert run("select what from late where k = 1 order by what") == [("it's \\a",), ("other",)]
    run("drop table keyed cascade")
    with pytest.raises(ProgrammingError, match="keyed"):
        run("select * from late")
    run("create table keyed (k int, t varchar)")
    assert run("select * from late") == []

    # r_VACUUM_command, r_ANALYZE, r_ALTER_TABLE: a table that is not there is an error.
    for sql in ("vacuum nothing", "analyze nothing", "alter table nothing alter distkey a"):
        with pytest.raises(ProgrammingError, match="nothing"):
            run(sql)


CORPUS_TABLES = """
create table sales (a int, b int, c int, id int, name varchar(20), price numeric(10, 2), sold_on date);
create table news (a int, b int);
create table returns (a int);
create table s (a int, b int);
create table l (a int, n int);
create table e (a int);
create table listing (a int, n int);
create schema core;
create function f_tax(numeric) returns numeric stable as $$ select $1 * 0.2 $$ language sql
"""


def test_the_engine_takes_what_the_guide_takes(warehouse: Warehouse):
    """The statements of the corpus that Redshift takes and the rewriter maps run, one by one, in one database."""
    warehouse.administer("create role reader")
    with warehouse.connect() as connection:
        for statement in CORPUS_TABLES.split(";"):
            execute(connection, statement)
        for case in OWN["accepted"]:
            if not case.get("not_mapped"):
                execute(connection, case["sql"])
