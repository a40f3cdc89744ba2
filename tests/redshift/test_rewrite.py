"""Redshift's SQL in, PostgreSQL's out, for every rule; and what no rule knows stays as it came, or is refused."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from standin import rewrite as rewriter
from standin.rewrite import NotMapped, rewrite
from standin.tokens import closing, enclosing, join, line_of, opening, split, tokenize

CASES = yaml.safe_load((Path(__file__).with_name("rewrites.yml")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_statement_is_rewritten(case: dict):
    assert rewrite(case["redshift"]) == (case["postgres"], case.get("tag"))


def test_every_rule_has_a_case():
    """A rule whose trigger words are in no case above would never run here."""
    words = {token.word for sql in [*(case["redshift"] for case in CASES), *NOT_MAPPED] for token in tokenize(sql)}

    assert [name for name in rewriter.triggers() if name not in words] == []


NOT_MAPPED = [
    "copy t from 's3://b/k' iam_role default format as parquet",
    "unload ('select 1') to 's3://b/k' iam_role default",
    "select * from t pivot (sum(a) for b in (1, 2))",
    "select * from t unpivot (v for k in (a, b))",
    "select * exclude (a) from t",
    "select a, count(*) from t group by all",
    "select try_cast(a as int) from t",
    "select a from t connect by a = prior b",
    "select t.doc[0].name from t",
    "select lag(a) ignore nulls over (order by a) from t",
    "select listagg(a, ',') within group (order by a) over (partition by b) from t",
    "select extract(fortnight from d) from t",
    "select extract(ms from d) from t",
    "select 1; select 2",
    "create table t (a int) diststyle key",
    "create procedure p() as $$ begin end $$ language plpgsql",
    "create function f (a int) returns int stable as $$ return a $$ language plpythonu",
    "create view v (a) as select 1 with no schema binding",
    "create table",
    "analyze compression t",
    "analyse compression t",
    "grant select for tables in schema s to role r",
    "set enable_case_sensitive_identifier to true",
    "set downcase_delimited_identifier to on",
    "show databases from account",
    "select dateadd(fortnight, 1, d) from t",
    "select top 3 a from t",
    "select a from t as u qualify row_number() over (order by a) = 1",
    "select a from t minus select a from u",
    "(select a from t) minus (select a from u)",
    "select approximate count(distinct a) from t",
    "select sysdate",
    "select nvl(a, 0) from t",
    "select array(1, 2)",
    "select decode(a, 1, 2) from t",
    "select convert(varchar(8), a) from t",
    "select md5(a), crc32(a) from t",
    "select object('a', 1)",
    "select json_array_length(a) from t",
    "select json_extract_path_text(a, 'b', true) from t",
    "select percentile_cont(0.5) within group (order by a) over (partition by b) from t",
    "select c.a from t as c, c.items as i",
    "create table t (a int identity(0, 1))",
    "create table t (a int primary key)",
    "create table t (a int, foreign key (a) references u)",
    "create function f (int) returns int stable as $$ select 1 $$ language sql",
    "create table t (a varchar collate case_insensitive)",
    "create materialized view m as select 1 as a",
    "alter table t append from u",
    "alter table t alter distkey a",
    "alter table t alter column a encode zstd",
    "alter table t drop constraint k",
    "merge into t using u on t.a = u.a remove duplicates",
    "vacuum t",
    "use dev",
    "call p(1)",
    "refresh materialized view m",
    "analyze t predicate columns",
    "show schemas from database dev",
    "grant role a, b to c",
    "create external table t (a int)",
    "attach masking policy p in t",
]


@pytest.mark.parametrize("sql", NOT_MAPPED)
def test_what_has_no_counterpart_is_an_error(sql: str):
    with pytest.raises(NotMapped):
        rewrite(sql)


# What a statement of no interest to any rule is made of: literals and comments hold what would trigger them.
PLAIN = st.sampled_from(
    ["select", "a", "from", "t", "where", "b1", "(", ")", ",", "=", "<>", "1.5e3", "||", "::int", '"quoted name"', "$1"]
)
LITERALS = st.one_of(
    st.sampled_from(["'qualify'", "'it''s top 1'", r"'\' sysdate'", "$$ minus $$", "$x$ '$$ copy $x$", '"top"']),
    st.text(alphabet='aM "?/*-;(', max_size=8).map(lambda text: f"'{text}'"),
)
COMMENTS = st.sampled_from(["/* qualify 'x */", "-- avg(a) '\n", "/* a /* top 1 */ minus */", "  ", "\n"])
TRIGGERS = st.sampled_from(["concat(a, b)", "avg(a)", "a::numeric", "dateadd('day', 1, d)", 'T."A"', "getdate()"])


@given(st.lists(st.one_of(PLAIN, LITERALS, COMMENTS), max_size=20))
def test_a_text_without_triggers_is_unchanged(parts: list[str]):
    sql = "select " + " ".join(parts)

    assert rewrite(sql) == (sql, None)


@given(st.lists(st.one_of(PLAIN, LITERALS, COMMENTS, TRIGGERS), max_size=20))
@example(["a::numeric", "(", "/* qualify 'x */"])
@example(["a::numeric", "(", "/* qualify 'x */", ")"])
def test_literals_and_comments_are_never_changed(parts: list[str]):
    sql = "select " + " ".join(parts)

    done = rewrite(sql)[0]

    assert literals(done) == literals(sql)
    assert comments(done) == comments(sql)


def literals(sql: str) -> list[str]:
    return [token.text for token in tokenize(sql) if token.kind == "string"]


def comments(sql: str) -> list[str]:
    return "".join(token.space for token in tokenize(sql)).split()


@given(st.text(alphabet="ab'\"$/*-;()[]:.\\ \n1é", max_size=40))
def test_tokens_put_together_give_the_text(text: str):
    assert join(tokenize(text)) == text


PIECES = [*sorted(rewriter.triggers()), *"(),;a*", "select", "from", "over", "as", "'x'"]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_damaged_statement_is_an_error_of_the_rewriter_or_of_the_engine(parts: list[str]):
    """Whatever comes, there is a text or NotMapped, never another exception."""
    try:
        assert isinstance(rewrite(" ".join(parts))[0], str)
    except NotMapped as refused:
        assert str(refused)


def test_brackets_and_lists_are_found():
    tokens = tokenize("f(a, (b, c))\n;\ng(')')")

    assert closing(tokens, 1) == 9
    assert opening(tokens, 9) == 1
    assert enclosing(tokens, 5) == 4
    assert enclosing(tokens, 0) == -1
    assert [join(part) for part in split(tokens[2:9])] == ["a", " (b, c)"]
    assert [line_of(tokens, index) for index in (0, 10, 11)] == [1, 2, 3]


def test_what_the_rewriter_relies_on_is_in_the_compatibility_layer():
    layer = Path(rewriter.__file__).with_name("compat.sql").read_text(encoding="utf-8").lower()

    missing = [name for name in rewriter.COMPAT if not re.search(rf"\b{re.escape(name)}\b", layer)]

    assert missing == []
