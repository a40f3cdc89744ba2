"""What Redshift refuses is refused, what it takes is not; the command says where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from standin import deny
from support.waiting import TIMEOUT

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "redshift" / "corpus.json"
OWN = yaml.safe_load((HERE / "corpus.yml").read_text(encoding="utf-8"))


def shared(verdict: str) -> list:
    """The statements of the shared corpus with a verdict; one that is skipped, by name, where it is not here."""
    if not SHARED.exists():
        return [pytest.param("", "", marks=pytest.mark.skip(reason="../shared/redshift/corpus.json is not here"))]
    corpus = json.loads(SHARED.read_text(encoding="utf-8"))
    return [pytest.param(name, sql, id=name) for name, sql in corpus[verdict].items()]


@pytest.mark.parametrize(("name", "sql"), shared("refused_by_redshift"))
def test_the_shared_corpus_is_refused(name: str, sql: str):
    assert deny.check(sql), name


@pytest.mark.parametrize(("name", "sql"), shared("accepted_by_redshift"))
def test_the_shared_corpus_raises_no_false_alarm(name: str, sql: str):
    assert deny.check(sql) == []


@pytest.mark.parametrize("case", OWN["refused"], ids=lambda case: case["sql"][:60])
def test_a_statement_of_the_guide_is_refused(case: dict):
    found = deny.findings(case["sql"], in_transaction=case.get("in_transaction", False))

    assert case["by"] in {finding.rule for finding in found if finding.kind == "refused"}
    if case.get("in_transaction"):
        assert deny.check(case["sql"]) == []


@pytest.mark.parametrize("case", OWN["accepted"], ids=lambda case: case["sql"][:60])
def test_a_statement_of_the_guide_raises_no_false_alarm(case: dict):
    assert [finding for finding in deny.findings(case["sql"]) if finding.rule != case.get("lint")] == []


def test_every_rule_has_a_source_and_a_statement_that_breaks_it():
    assert all(rule.page.startswith("https://docs.aws.amazon.com/redshift/") for rule in deny.ALL_RULES)
    names = [rule.name for rule in deny.ALL_RULES]
    assert len(names) == len(set(names))

    broken = {rule for sql in [*BREAKING, *(case["sql"] for case in OWN["refused"])] for rule in rules_of(sql)}
    broken |= {rule for sql in TRANSACTIONAL for rule in rules_of(sql, in_transaction=True)}
    broken |= {rule for sql in COMPILED for rule in rules_of(sql, model="contract")}
    assert set(names) - broken == {"name-length"}  # of the manifest, not of SQL


# One for each rule that no statement of the corpus breaks.
BREAKING = [
    "select a // 2 from sales",
    "select * replace (a + 1 as a) from sales",
    "select x.a from sales cross join lateral (select 1 as a) as x",
    "select a from sales with ordinality",
    "select a from sales tablesample bernoulli (10)",
    "select a from sales union by name select a from returns",
    "merge into sales using news on sales.a = news.a when matched then update set sales.b = news.b "
    "when not matched then insert values (1)",
    "select * from sales qualify row_number() over (order by a) = 1",
    "select extract(isodow from sold_on) from sales",
    "select concat(a, b) from sales",
    "select avg(count(a)) over () from sales",
    "select regexp_replace(a, '\\d', '') from sales",
    "select substring(a, -2) from sales",
]
TRANSACTIONAL = [case["sql"] for case in OWN["refused"] if case.get("in_transaction")]
# Of what dbt compiled, for lint only.
COMPILED = [
    "select 'x' as a from sales",
    "select a from sales union all select cast(null as date) as a",
    "select a from sales where",
]


def rules_of(sql: str, in_transaction: bool = False, model: str = "") -> set[str]:
    return {finding.rule for finding in deny.findings(sql, in_transaction, model)}


@pytest.mark.parametrize(
    ("sql", "rules"),
    [
        ("select 'x' as a from sales", {"untyped-literal"}),
        ("select cast('x' as varchar(8)) as a, 'y' || b as b, coalesce(c, 'z') as c from sales", set()),
        ("with u as (select ('x') as a from sales) select 1 as b from u", {"untyped-literal"}),
        ("select s.b from (select null as a, b from sales) as s", {"untyped-literal"}),
        ("select a from sales union all select 'x'", {"untyped-literal"}),
        ("select a from sales where b in (select 'x' from returns)", {"untyped-literal", "unknown-type"}),
        ("select a from sales where exists (select null from returns)", set()),
        ("select a from sales union all select a from (select 'x' as a) as u", {"untyped-literal", "unknown-type"}),
        ("select a from sales union all select cast(null as integer) as a", {"typed-null"}),
        ("with u as (select cast(null as date) as a) select a from sales union all select * from u", {"typed-null"}),
        ("select a from sales union all select cast(null as varchar(8)) as a", set()),
        ("select a from sales union all select min(nullif(a, a)) as a from sales", set()),
        (
            "select sum(a) over (partition by k) from (select a, cast('x' as varchar(8)) as k from sales) as s",
            {"window-constant"},
        ),
    ],
)
def test_what_dbt_compiled_gives_every_literal_a_type(sql: str, rules: set[str]):
    assert rules_of(sql, model="contract") == rules


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("select avg(quantity) from sales", None),
        ("select avg(cast(quantity as numeric(18, 4))) from sales", None),
        ("select avg(case when a then 1.0 else 0 end) from sales", None),
        ("select avg(case when a then 1 else 0 end) from sales", "integer-average"),
        ("select avg(quantity::int) from sales", "integer-average"),
        ("select avg(cast(quantity as integer)) from sales", "integer-average"),
        ("select a || b, 'concat(' from sales -- concat(a)", None),
        ("select regexp_replace(a, '[.]', '\\\\') from sales", None),
        ("select a from sales where a ~ '\\.csv'", "regex-backslash"),
        ("select substring(a, 2, 3), a - 2 from sales", None),
        ("select right(a, -1) from sales", "negative-position"),
        ("select a from sales as s qualify rank() over (order by a) = 1", None),
    ],
)
def test_what_both_engines_take_and_answer_differently_is_for_lint_only(sql: str, rule: str | None):
    assert rules_of(sql) == ({rule} if rule else set())
    assert deny.check(sql) == []


def test_nothing_inside_of_literals_quotes_and_comments_is_taken_for_sql():
    hidden = (
        "select 'a -> b [1]', \"distinct on (\", $$ returning $$ /* lateral (/* nested */ values (1)) */ from sales"
    )

    assert deny.findings(hidden) == []


def test_the_catalog_may_be_read_with_what_the_leader_node_has():
    assert deny.check("select array_to_string(c.relacl, ',')::text, now() from pg_class as c") == []
    assert deny.check("select array_to_string(a, ',') from sales")


def test_the_command_names_file_and_line(tmp_path: Path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "good.sql").write_text("select 1 as a", encoding="utf-8")
    bad = tmp_path / "models" / "bad.sql"
    bad.write_text("select a\nfrom sales;\n\nselect\n    now() as at\nfrom sales\n", encoding="utf-8")
    model = tmp_path / "compiled" / "shop" / "models" / "all.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select\n    a\nfrom sales\nunion all\nselect\n    null::date\n", encoding="utf-8")
    manifest = {"nodes": {name: node(name) for name in ("short", "n" * 63, "é" * 32)}}
    manifest["nodes"]["all"] = node("all") | {
        "config": {"contract": {"enforced": True}},
        "package_name": "shop",
        "original_file_path": "models/all.sql",
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    done = command(tmp_path)

    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert [line.partition(" (https://docs.aws")[0] for line in said] == [
        f"{model}:6: typed-null: null is cast(null as ...) in an arm of a set operation, which the check of a "
        "contract can take for text: take it from a column or an aggregate",
        f"{tmp_path / 'manifest.json'}:1: name-length: {'é' * 32} is longer than 63 bytes, where the stand-in and some "
        "clients cut names off",
        f"{bad}:5: leader-function: function now() runs on the leader node only, not on tables",
    ]
    assert done.stderr == "3 of 4 files hold what Redshift refuses or answers differently.\n"

    bad.unlink()
    model.unlink()
    (tmp_path / "manifest.json").unlink()
    assert deny.main([str(tmp_path)]) == 0


def node(name: str) -> dict:
    return {"alias": name, "relation_name": name, "resource_type": "model"}


def test_the_command_without_anything_to_check_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert deny.main([str(tmp_path)]) == 2
    assert "no .sql files" in capsys.readouterr().err


def test_the_command_lists_its_rules(capsys: pytest.CaptureFixture[str]):
    assert deny.main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert "distinct-from (refused): IS [NOT] DISTINCT FROM is not supported (https://docs.aws.amazon.com/" in listed
    assert len(listed.splitlines()) == len(deny.ALL_RULES)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "standin.deny", *map(str, arguments)],
        cwd=HERE,
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
