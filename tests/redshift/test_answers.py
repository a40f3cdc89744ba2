"""What rewritten statements answer, against the guide's own examples and figures worked out by hand."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from redshift_connector import Connection, ProgrammingError

from standin.stack import Warehouse

OWN = yaml.safe_load(Path(__file__).with_name("corpus.yml").read_text(encoding="utf-8"))

# The guide's table WINSALES (c_Window_functions).
TABLES = """
create table winsales (salesid int, dateid date, sellerid int, buyerid char(10), qty int);
insert into winsales values
    (30001, '2003-08-02', 3, 'b', 10), (10001, '2003-12-24', 1, 'c', 10), (10005, '2003-12-24', 1, 'a', 30),
    (40001, '2004-01-09', 4, 'a', 40), (10006, '2004-01-18', 1, 'c', 10), (20001, '2004-02-12', 2, 'b', 20),
    (40005, '2004-02-12', 4, 'a', 10), (20002, '2004-02-16', 2, 'c', 20), (30003, '2004-04-18', 3, 'b', 15),
    (30004, '2004-04-18', 3, 'b', 20), (30007, '2004-09-07', 3, 'c', 30);
"""

# (statement, rows, page of the guide or "by hand")
ANSWERS = [
    ("select dateadd(month, 18, '2008-02-28')::varchar", [("2009-08-28 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(m, 30, '2008-02-28')::varchar", [("2008-02-28 00:30:00",)], "r_DATEADD_function"),
    ("select dateadd(month, 1, '2008-04-30')::varchar", [("2008-05-30 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(month, 12, '2016-02-29')::varchar", [("2017-02-28 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(year, 1, '2016-02-29')::varchar", [("2017-03-01 00:00:00",)], "r_DATEADD_function"),
    ("select dateadd(year, 4, '2016-02-29')::varchar", [("2020-02-29 00:00:00",)], "by hand"),
    ("select json_extract_path_text('{\"a\": 1}', 'b')", [(None,)], "JSON_EXTRACT_PATH_TEXT"),
    ("select datediff(week, '2009-01-01', '2009-12-31')", [(52,)], "r_DATEDIFF_function"),
    ("select datediff(hour, '2023-01-01', '2023-01-03 05:04:03')", [(53,)], "r_DATEDIFF_function"),
    ("select extract(minute from timestamp '2009-09-09 12:08:43')", [(8,)], "r_EXTRACT_function"),
    ("select extract(month from date '2016-11-30') / 4, extract(weekday from date '2016-11-30')", [(2, 3)], "by hand"),
    ("select date_part(dayofyear, date '2016-02-01')", [(32.0,)], "by hand"),
    ("select avg(qty), avg(qty::numeric(10, 2)) from winsales where sellerid = 3", [(18, Decimal("18.75"))], "r_AVG"),
    ("select concat('a', null), regexp_replace('a1b2', '[0-9]', '#')", [(None, "a#b#")], "r_CONCAT"),
    ("select 2.5::numeric, 'abc'::char, cast('x' as nvarchar(5))", [(3, "abc", "x")], "r_Numeric_types201"),
    ('select "N" from (select 1 as "n") as "X"', [(1,)], "r_names"),
    (
        "select 'a ' = 'a', 'a' < 'a  ', count(distinct n) from (select 'x ' as n union all select 'x') as names",
        [(True, False, 1)],
        "r_Character_types",
    ),
    (
        "select a.n || '|' from (select cast('x ' as varchar(5)) as n) as a "
        "join (select cast('x' as varchar(5)) as n) as b on a.n = b.n",
        [("x |",)],
        "r_Character_types",
    ),
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

    # r_CREATE_TABLE_NEW: text holds 256 bytes.
    run("create table keyed (n bigint, k int not null, t text) distkey (k) sortkey (k, n)")
    run("insert into keyed values (0, 1, 'a'), (10, 1, 'b')")
    assert run("select n, k, t from keyed order by n") == [(0, 1, "a"), (10, 1, "b")]
    with pytest.raises(ProgrammingError, match="256"):
        run(f"insert into keyed (k, t) values (2, '{'x' * 257}')")
    with pytest.raises(ProgrammingError, match="null"):
        run("insert into keyed (k) values (null)")
    attributes = "select diststyle, sortkey1, sortkey_num from svv_table_info where \"table\" = 'keyed'"
    assert run(attributes) == [("KEY(k)", "k", 2)]

    # r_CREATE_VIEW: a late-binding view outlives what it reads, and finds it again.
    run(
        "create view late as select k, case t when 'a' then 'it''s \\\\a' else 'other' end as what from keyed "
        "with no schema binding"
    )
    assert run("select what from late where k = 1 order by what") == [("it's \\a",), ("other",)]
    run("drop table keyed cascade")
    with pytest.raises(ProgrammingError, match="keyed"):
        run("select * from late")
    run("create table keyed (k int, t varchar)")
    assert run("select * from late") == []

    # r_ANALYZE: a table that is not there is an error.
    with pytest.raises(ProgrammingError, match="nothing"):
        run("analyze nothing")


CORPUS_TABLES = """
create table sales (
    a int, b int, c int, id int, name varchar(20), price numeric(10, 2), sold_on date, document varchar(99)
);
create table news (a int, b int);
create table returns (a int, b int);
create table s (a int, b int);
create table l (a int, n int);
create table e (a int);
create table listing (a int, n int);
create table event (eventid int);
create table customers (email varchar(256));
create schema core;
create table core.sales (a int);
create role reader;
grant role reader to adventure;
create masking policy old with (email varchar(256)) using ('***');
attach masking policy old on customers (email) to role reader;
create masking policy hide with (email varchar(256)) using ('***');
create rls policy own_territory with (a int) using (a = 1);
attach rls policy own_territory on returns to role reader
"""


def test_what_redshift_takes_is_taken_or_named_as_not_played(warehouse: Warehouse):
    """The statements of the corpus, each in a transaction of its own but those that run outside of one."""
    wrong = {}
    warehouse.administer("create function public.f_tax(numeric) returns numeric language sql as 'select 0.2 * $1'")
    with warehouse.connect() as connection:
        for statement in CORPUS_TABLES.split(";"):
            execute(connection, statement)
        for case in OWN["accepted"]:
            said, sql = "taken", case["sql"].replace("s3://bucket/", f"s3://{warehouse.bucket}/")
            if "alone" not in case:
                execute(connection, "begin")
            try:
                execute(connection, sql)
            except ProgrammingError as error:
                said = error.args[0]["M"]
            if "alone" not in case:
                execute(connection, "rollback")
            if said.startswith("stand-in: not played here: ") if case.get("not_played") else said == "taken":
                continue
            wrong[case["sql"]] = said

    assert wrong == {}
