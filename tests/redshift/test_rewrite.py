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
    "select ratio_to_report(a) from t",
    "select decode(a, 'hex') from t",
    "select dateadd(fortnight, 1, d) from t",
    "select extract(fortnight from d) from t",
    "select extract(ms from d) from t",
    "select nvl2(a, b) from t",
    "select array(select 1)",
    "select top 1 a from t union select a from u",
    "select a from u union all select top 1 a from t",
    "select top 1 a from t limit 5",
    "select count(*) from t qualify row_number() over (order by a) = 1",
    "select a + 1 from t qualify row_number() over (order by a) = 1",
    "select * from t join u using (a) qualify row_number() over (order by a) = 1",
    "select * from (select 1 as a) qualify row_number() over (order by a) = 1",
    "select 1 as a qualify true",
    "select 1; select 2",
    "create table t (a int) diststyle key",
    "create external table t (a int)",
    "create procedure p() as $$ begin end $$ language plpgsql",
    "create function f (a int) returns int stable as $$ return a $$ language plpythonu",
    "create view v (a) as select 1 with no schema binding",
    "create table t (a int identity (1))",
    "create table",
    "alter table t append from u ignoreextra",
    "analyze compression t",
    "analyse compression t",
    "grant select for tables in schema s to role r",
    "set enable_case_sensitive_identifier to true",
    "set downcase_delimited_identifier to on",
    "show databases from account",
    "show tables from schema a.b.c",
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
TRIGGERS = st.sampled_from(
    ["sysdate", "avg(a)", "nvl(a, b)", "a::numeric", "dateadd('day', 1, d)", 'T."A"', "getdate()"]
)


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
