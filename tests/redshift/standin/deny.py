"""What PostgreSQL or DuckDB take and Amazon Redshift refuses, found in the text of a statement.

The stand-in asks `check` before a statement goes to its engine; `make lint` runs the command on what dbt compiled:

    python -m standin.deny target/prod            # folders, .sql files, and dbt's manifest.json for names
    python -m standin.deny --list                 # every rule with its source

A rule is data: what it is called, what it says, the page of the guide that it stands on, and what finds it. Rules of
kind "refused" are errors of Redshift; rules of kind "portable" are what both engines take and answer differently.
"""

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp

from . import finders as find
from . import forms, trees
from .finders import Finder
from .statement import Statement
from .tokens import Token, join, line_of, tokenize, word_set
from .vocabulary import UNSUPPORTED_FUNCTIONS

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Rule:
    """One thing that Redshift refuses (or answers differently): `find` gives the tokens at which it stands.

    `{0}` in the message is the token's text, in lower case. The source is a page of the guide.
    """

    name: str
    message: str
    source: str
    find: Finder
    kind: str = "refused"

    @property
    def page(self) -> str:
        return f"{GUIDE}{self.source}.html"


@dataclass(frozen=True)
class Finding:
    """A rule that a statement breaks, and the line, from 1, on which it does."""

    line: int
    rule: str
    message: str
    page: str
    kind: str


_FUNCTION_PAGE = "c_unsupported-postgresql-functions"
_FEATURE_PAGE = "c_unsupported-postgresql-features"
_TYPE_PAGE = "c_unsupported-postgresql-datatypes"

# Words in a row behind SELECT, by the page of the guide that does not have them.
_PHRASES = {
    _FEATURE_PAGE: "OVERLAPS ( | WITH ORDINALITY | ROW ( | ON CONFLICT",
    "c_Supported_data_types": "{",
    "json-functions": "-> | ->> | @> | <@",
    "r_FROM_clause30": "LATERAL ( | TABLESAMPLE | USING SAMPLE | ASOF JOIN | SEMI JOIN | ANTI JOIN | POSITIONAL JOIN"
    " | ROWS FROM ( | FROM ONLY | JOIN ONLY",
    "r_GROUP_BY_clause": "GROUP BY DISTINCT",
    "r_OPERATOR_SYMBOLS": "//",
    "r_ORDER_BY_clause": "FETCH FIRST | FETCH NEXT | WITH TIES",
    "r_SELECT_list": "DISTINCT ON ( | * REPLACE ( | * RENAME ( | * ::",
    "r_SELECT_synopsis": "FOR UPDATE | FOR SHARE | FOR NO KEY | FOR KEY SHARE | SKIP LOCKED",
    "r_UNION": "INTERSECT ALL | EXCEPT ALL | MINUS ALL | UNION BY NAME | ALL BY NAME",
    "r_WITH_clause": "AS MATERIALIZED ( | NOT MATERIALIZED ( | SEARCH DEPTH | SEARCH BREADTH",
    "r_Window_function_synopsis": "EXCLUDE CURRENT | EXCLUDE TIES | EXCLUDE GROUP | EXCLUDE NO OTHERS",
    "r_comparison_condition": "= =",
    "r_range_condition": "BETWEEN SYMMETRIC",
}


RULES: tuple[Rule, ...] = (
    Rule(
        "unsupported-function",
        "function {0}() is not supported",
        _FUNCTION_PAGE,
        find.call(UNSUPPORTED_FUNCTIONS),
    ),
    Rule("unknown-function", "function {0}() is not one of Redshift's", "c_SQL_functions", find.unknown_function),
    Rule(
        "leader-function",
        "function {0}() runs on the leader node only, not on tables",
        "c_SQL_functions_leader_node_only",
        find.leader_function,
    ),
    Rule(
        "leader-word",
        "{0} runs on the leader node only, not on tables: use getdate() or sysdate",
        "c_SQL_functions_leader_node_only",
        find.leader_word,
    ),
    Rule("type", "type {0} is not supported", _TYPE_PAGE, find.unknown_type),
    Rule("array", "arrays and lists in square brackets are not supported", _FEATURE_PAGE, find.subscript),
    Rule(
        "filter",
        "FILTER (WHERE ...) of an aggregate is not supported: use CASE",
        "c_Aggregate_Functions",
        find.filtered,
    ),
    Rule("boolean-sum", "{0}() of a condition: there is no sum of booleans, use CASE", "r_SUM", find.boolean_sum),
    Rule("values", "VALUES as a constant table is not supported", _FEATURE_PAGE, find.values_table),
    Rule("file", "a file cannot be read as a table: COPY it first", "r_FROM_clause30", find.file_as_table),
    Rule("distinct-from", "IS [NOT] DISTINCT FROM is not supported", _FUNCTION_PAGE, find.distinct_from),
    Rule(
        "recursive",
        "a recursive WITH needs a list of column names, and to stand outside of sub-queries",
        "r_WITH_clause",
        find.recursive,
    ),
    Rule("interval", "INTERVAL needs its quantity in quotes", "r_interval_literals", find.interval_number),
    Rule(
        "collation",
        "collations by name are not supported",
        "c_collation_sequences",
        find.after_select(find.row("COLLATE", "")),
    ),
    Rule(
        "window-distinct",
        "DISTINCT inside of a window function is not supported",
        "c_Window_functions",
        find.distinct_window,
    ),
    Rule(
        "window-frame",
        "aggregate window function {0} with an ORDER BY needs a frame: ROWS BETWEEN ...",
        "c_Window_functions",
        find.frame_missing,
    ),
    Rule(
        "window-rows",
        "a frame of {0} is not supported: the guide knows ROWS only",
        "r_Window_function_synopsis",
        find.other_frame,
    ),
    Rule(
        "window-name",
        "a window with a name (WINDOW clause) is not supported",
        "r_Window_function_synopsis",
        find.named_window,
    ),
    Rule("returning", "RETURNING is not supported", "r_INSERT_30", find.returning),
    Rule("merge-set", "a column that MERGE sets takes no table name", "r_MERGE", find.merge(find.qualified_set)),
    Rule(
        "vacuum-transaction",
        "VACUUM cannot run inside a transaction block",
        "r_VACUUM_command",
        find.in_transaction(find.first("VACUUM")),
    ),
    Rule(
        "database-transaction",
        "{0} of a database or an external table cannot run inside a transaction block",
        "r_CREATE_DATABASE",
        find.in_transaction(
            find.any_of(
                find.first("CREATE", "DATABASE"),
                find.first("DROP", "DATABASE"),
                find.first("CREATE", "EXTERNAL", "TABLE"),
            )
        ),
    ),
    Rule(
        "append-transaction",
        "ALTER TABLE APPEND cannot run inside a transaction block",
        "r_ALTER_TABLE_APPEND",
        find.in_transaction(find.altered("APPEND", "FROM")),
    ),
    Rule(
        "type-transaction",
        "ALTER COLUMN TYPE cannot run inside a transaction block",
        "r_ALTER_TABLE",
        find.in_transaction(lambda s: (i for i in find.altered("TYPE")(s) if "ALTER" in s.words[2:i])),
    ),
    Rule(
        "unknown-type",
        "{0}: failed to find conversion function from unknown: cast the literal where it is written",
        "c_Supported_data_types",
        lambda statement: statement.columns.unknown,
    ),
    Rule(
        "window-constant",
        "{0} is a constant: constant expressions are not supported in PARTITION BY and ORDER BY of a window",
        "r_Window_function_synopsis",
        lambda statement: statement.columns.constants,
    ),
    Rule(
        "sorted-aggregates",
        "LISTAGG, PERCENTILE_CONT and MEDIAN of one query must all use the same ORDER BY, not {0}",
        "r_PERCENTILE_CONT",
        trees.sorted_aggregates,
    ),
    Rule(
        "percentile-disc",
        "{0} is an aggregate only as APPROXIMATE PERCENTILE_DISC",
        "r_APPROXIMATE_PERCENTILE_DISC",
        trees.percentile_disc,
    ),
    Rule("within-group", "WITHIN GROUP of {0} is not supported", "c_Aggregate_Functions", trees.within_group),
    Rule(
        "ordered-aggregate",
        "{0} in the brackets of an aggregate is not supported",
        "c_Aggregate_Functions",
        trees.ordered_aggregate,
    ),
    Rule("lag-default", "{0} takes no default value", "r_WF_LAG", trees.lag_default),
    Rule("tuple", "a row such as {0} is no value", _FEATURE_PAGE, trees.tuples),
    Rule(
        "correlation",
        "this type of correlated subquery pattern is not supported: {0}",
        "r_correlated_subqueries",
        trees.correlations,
    ),
    Rule(
        "recursive-union",
        "the recursive {0} must be two queries put together by UNION ALL, without ORDER BY and LIMIT",
        "r_WITH_clause",
        trees.distinct_recursion,
    ),
    Rule("operator", "operator {0} ... is not supported", "r_OPERATOR_SYMBOLS", find.operator),
    Rule("date-part", "{0} is no date part of the guide", "r_Dateparts_for_datetime_functions", find.date_part),
    Rule("positions", "{0}() counts from 1", "SPLIT_PART", find.negative(word_set("split_part"))),
    Rule("literal-form", "{0}'...' is no literal of Redshift", "c_Supported_data_types", find.prefixed_literal),
    Rule(
        "changing-with",
        "a WITH may hold queries only, and stands behind INSERT INTO",
        "r_WITH_clause",
        find.changing_with,
    ),
    Rule(
        "untyped-literal",
        "{0} has no type below the top level: cast it",
        "c_Supported_data_types",
        lambda statement: statement.columns.untyped,
        "portable",
    ),
    Rule(
        "typed-null",
        "{0} is cast(null as ...) in an arm of a set operation, which the check of a contract can take for text: "
        "take it from a column or an aggregate",
        "r_UNION",
        lambda statement: statement.columns.typed_nulls if statement.model == "contract" else [],
        "portable",
    ),
    Rule(
        "unread",
        "sqlglot cannot read this query, so that it was checked in part only",
        "c_SQL_commands",
        lambda statement: [0] if statement.model and statement.tree is None else [],
        "portable",
    ),
    Rule(
        "qualify-alias", "QUALIFY right behind FROM wants an alias", "r_QUALIFY_clause", find.qualify_alias, "portable"
    ),
    Rule(
        "concat", "concat() of a null is null on Redshift, text on DuckDB: use ||", "r_CONCAT", find.concat, "portable"
    ),
    Rule(
        "integer-average",
        "avg() of integers is an integer on Redshift: cast its argument",
        "r_AVG",
        find.integer_average,
        "portable",
    ),
    Rule(
        "regex-backslash",
        "a backslash in a pattern is eaten by Redshift's strings: use [0-9], [[:space:]], [.]",
        "pattern-matching-conditions-posix",
        find.backslash,
        "portable",
    ),
    Rule(
        "negative-position",
        "{0}() with a negative number counts from the end on DuckDB only",
        "r_SUBSTRING",
        find.negative(word_set("substring substr left right")),
        "portable",
    ),
)


_NAME = Rule(
    "name-length",
    "{0} is longer than 63 bytes, where the stand-in and some clients cut names off",
    "r_names",
    lambda statement: [],
    "portable",
)


# Each place has a page of its own.
_FORM = Rule("form", "{0}", "c_SQL_commands", lambda statement: [])
_PHRASE = Rule("phrase", "{0} is not supported", "c_SQL_commands", lambda statement: [])


ALL_RULES = (*RULES, _FORM, _PHRASE, _NAME)


def check(sql: str, in_transaction: bool = False) -> list[str]:
    """What Redshift would refuse in a text, in words; [] when it would take all of it."""
    return [finding.message for finding in findings(sql, in_transaction) if finding.kind == "refused"]


def findings(sql: str, in_transaction: bool = False, model: str = "") -> list[Finding]:
    """Every rule that the statements of a text break, with its line; model: see Statement."""
    tokens = tokenize(sql)
    found: list[Finding] = []
    start = 0
    for index, token in enumerate(tokens):
        if token.word == ";" or token.kind == "end":
            if index > start:
                found += _of_statement(Statement(tokens[start:index], in_transaction, model), tokens, start)
            start = index + 1
    return found


def _of_statement(statement: Statement, tokens: list[Token], offset: int) -> Iterator[Finding]:
    lines_before = join(tokens[:offset]).count("\n")
    for rule in RULES:
        places = set()
        for place in rule.find(statement):
            if isinstance(place, int):
                places.add((line_of(tokens, offset + place), statement.tokens[place].text))
            else:
                places.add((lines_before + _line(place[0]), place[1]))
        for line, text in sorted(places):
            yield _finding(rule, line, text)
    start = 0 if statement.words[0] in ("INSERT", "WITH") else next(statement.find("SELECT"), len(statement.words))
    for page, phrases in _PHRASES.items():
        for phrase in phrases.split(" | "):
            for index in statement.find(*phrase.split()):
                if index >= start:
                    yield replace(
                        _finding(_PHRASE, line_of(tokens, offset + index), phrase), page=f"{GUIDE}{page}.html"
                    )
    if not statement.model:
        for page, message in forms.wrong_form(statement.tokens):
            yield Finding(line_of(tokens, offset), _FORM.name, message, f"{GUIDE}{page}.html", _FORM.kind)


def _line(node: exp.Expression) -> int:
    """The line of a node, or of the first part of it that has one."""
    return next((part.meta["line"] for part in node.walk() if "line" in part.meta), 1)


def _finding(rule: Rule, line: int, text: str) -> Finding:
    return Finding(line, rule.name, rule.message.replace("{0}", text.lower()), rule.page, rule.kind)


def main(arguments: list[str]) -> int:
    """Checks files and folders; 1 when something is found, 2 when there is nothing to check."""
    if arguments == ["--list"]:
        for rule in ALL_RULES:
            print(f"{rule.name} ({rule.kind}): {rule.message.replace('{0}', '...')} ({rule.page})")
        return 0
    files = sorted(path for argument in arguments for path in _files(Path(argument)))
    if not files:
        print(
            f"standin.deny: no .sql files and no manifest.json in {' '.join(arguments) or 'nothing'}.", file=sys.stderr
        )
        return 2
    contracts = {path for manifest in files if manifest.name == "manifest.json" for path in _contracts(manifest)}
    broken = 0
    for path in files:
        text = path.read_text(encoding="utf-8")
        if path.name == "manifest.json":
            found = _names(json.loads(text))
        else:
            found = findings(text, model="contract" if path in contracts else "query")
        for finding in found:
            print(f"{path}:{finding.line}: {finding.rule}: {finding.message} ({finding.page})")
        broken += bool(found)
    if broken:
        print(f"{broken} of {len(files)} files hold what Redshift refuses or answers differently.", file=sys.stderr)
    return 1 if broken else 0


def _files(path: Path) -> list[Path]:
    """The files to check below a path: .sql files, and the manifest of a target folder."""
    if path.is_dir():
        return [*path.rglob("*.sql"), *path.glob("manifest.json")]
    return [path] if path.exists() else []


def _contracts(manifest: Path) -> Iterator[Path]:
    """What dbt compiled of models whose contract it checks, beside a manifest."""
    for node in json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values():
        if node.get("config", {}).get("contract", {}).get("enforced") and node["resource_type"] == "model":
            yield manifest.parent / "compiled" / node["package_name"] / node["original_file_path"]


def _names(manifest: dict) -> list[Finding]:
    """Relations, tests among them, with names over 63 bytes."""
    relations = (
        node for node in manifest["nodes"].values() if node.get("relation_name") or node["resource_type"] == "test"
    )
    names = sorted({node["alias"] for node in relations if len(node["alias"].encode()) > 63})
    return [_finding(_NAME, 1, name) for name in names]


if __name__ == "__main__":
    # A reader may have seen enough, as `head` has.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
