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
from dataclasses import dataclass
from pathlib import Path

from . import finders as find
from .correlation import correlations
from .finders import Finder
from .statement import Statement
from .tokens import Token, join, line_of, tokenize
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
    Rule("struct", "values in curly brackets are not supported", "c_Supported_data_types", find.row("{")),
    Rule("row-constructor", "ROW(...) is not supported", _FEATURE_PAGE, find.after_select(find.row("ROW", "("))),
    Rule(
        "json-operator",
        "operator {0} is not supported: use json_extract_path_text",
        "json-functions",
        find.any_of(find.row("->"), find.row("->>"), find.row("@>"), find.row("<@")),
    ),
    Rule("integer-division", "operator // is not supported", "r_OPERATOR_SYMBOLS", find.row("//")),
    Rule("double-equals", "operator == is not supported", "r_comparison_condition", find.row("=", "=")),
    Rule(
        "filter",
        "FILTER (WHERE ...) of an aggregate is not supported: use CASE",
        "c_Aggregate_Functions",
        find.filtered,
    ),
    Rule("boolean-sum", "{0}() of a condition: there is no sum of booleans, use CASE", "r_SUM", find.boolean_sum),
    Rule("distinct-on", "SELECT DISTINCT ON is not supported", "r_SELECT_list", find.row("DISTINCT", "ON", "(")),
    Rule(
        "star-replace",
        "* {0} is not supported",
        "r_SELECT_list",
        find.any_of(find.row("*", "REPLACE", "("), find.row("*", "RENAME", "(")),
    ),
    Rule("lateral", "LATERAL is not supported", "r_FROM_clause30", find.row("LATERAL", "(")),
    Rule("values", "VALUES as a constant table is not supported", _FEATURE_PAGE, find.values_table),
    Rule("file", "a file cannot be read as a table: COPY it first", "r_FROM_clause30", find.file_as_table),
    Rule("ordinality", "WITH ORDINALITY is not supported", _FEATURE_PAGE, find.row("WITH", "ORDINALITY")),
    Rule(
        "tablesample",
        "{0} is not supported",
        "r_FROM_clause30",
        find.any_of(find.row("TABLESAMPLE"), find.row("USING", "SAMPLE")),
    ),
    Rule(
        "join",
        "a join of kind {0} is not supported",
        "r_Join_examples",
        find.any_of(
            find.row("ASOF", "JOIN"), find.row("SEMI", "JOIN"), find.row("ANTI", "JOIN"), find.row("POSITIONAL", "JOIN")
        ),
    ),
    Rule("distinct-from", "IS [NOT] DISTINCT FROM is not supported", _FUNCTION_PAGE, find.distinct_from),
    Rule(
        "set-operation-all",
        "{0} ALL is not supported",
        "r_UNION",
        find.any_of(find.row("INTERSECT", "ALL"), find.row("EXCEPT", "ALL"), find.row("MINUS", "ALL")),
    ),
    Rule(
        "by-name",
        "UNION BY NAME is not supported",
        "r_UNION",
        find.any_of(find.row("UNION", "BY", "NAME"), find.row("ALL", "BY", "NAME")),
    ),
    Rule(
        "fetch-first",
        "FETCH FIRST is not supported: use LIMIT",
        "r_ORDER_BY_clause",
        find.any_of(find.row("FETCH", "FIRST"), find.after_select(find.row("FETCH", "NEXT"))),
    ),
    Rule(
        "for-update", "FOR UPDATE is not supported", "r_SELECT_synopsis", find.after_select(find.row("FOR", "UPDATE"))
    ),
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
    Rule("on-conflict", "ON CONFLICT is not supported: use MERGE", "r_INSERT_30", find.row("ON", "CONFLICT")),
    Rule(
        "insert-or", "INSERT OR {0} is not supported", "r_INSERT_30", lambda s: [2] if s.starts("INSERT", "OR") else []
    ),
    Rule("merge-alias", "the target of MERGE takes no alias", "r_MERGE", find.merge(find.merge_target_alias)),
    Rule(
        "merge-source",
        "the source of MERGE must be a table, not a query",
        "r_MERGE",
        find.merge(find.row("USING", "(")),
    ),
    Rule(
        "merge-condition",
        "WHEN [NOT] MATCHED takes no further condition",
        "r_MERGE",
        find.merge(find.row("MATCHED", "AND")),
    ),
    Rule("merge-nothing", "DO NOTHING is not supported in MERGE", "r_MERGE", find.merge(find.row("DO", "NOTHING"))),
    Rule("merge-by", "WHEN NOT MATCHED BY is not supported", "r_MERGE", find.merge(find.row("MATCHED", "BY"))),
    Rule("merge-set", "a column that MERGE sets takes no table name", "r_MERGE", find.merge(find.qualified_set)),
    Rule(
        "create",
        "CREATE {0} is not supported",
        _FEATURE_PAGE,
        find.created(
            "INDEX",
            "TRIGGER",
            "RULE",
            "SEQUENCE",
            "DOMAIN",
            "TYPE",
            "EXTENSION",
            "AGGREGATE",
            "OPERATOR",
            "TABLESPACE",
            "MACRO",
        ),
    ),
    Rule(
        "create-or-replace",
        "CREATE OR REPLACE TABLE is not supported",
        "r_CREATE_TABLE_NEW",
        find.first("CREATE", "OR", "REPLACE", "TABLE"),
    ),
    Rule(
        "temporary-view",
        "a temporary view is not supported",
        "r_CREATE_VIEW",
        find.any_of(find.row("TEMP", "VIEW"), find.row("TEMPORARY", "VIEW")),
    ),
    Rule("unlogged", "UNLOGGED tables are not supported", "r_CREATE_TABLE_NEW", find.first("CREATE", "UNLOGGED")),
    Rule("check", "CHECK constraints are not supported", _FEATURE_PAGE, find.check_constraint),
    Rule(
        "partition",
        "PARTITION BY of a table is not supported",
        _FEATURE_PAGE,
        find.after_table_definition("PARTITION", "BY"),
    ),
    Rule("inherits", "INHERITS is not supported", _FEATURE_PAGE, find.after_table_definition("INHERITS")),
    Rule("alter-several", "ALTER TABLE takes one action at a time", "r_ALTER_TABLE", find.several_actions),
    Rule(
        "alter-if-exists",
        "ALTER TABLE IF EXISTS is not supported",
        "r_ALTER_TABLE",
        find.altered("TABLE", "IF", "EXISTS"),
    ),
    Rule(
        "alter-column-if",
        "{0} COLUMN IF [NOT] EXISTS is not supported",
        "r_ALTER_TABLE",
        find.any_of(find.altered("ADD", "COLUMN", "IF"), find.altered("DROP", "COLUMN", "IF")),
    ),
    Rule(
        "alter-type",
        "only the length of a VARCHAR column can be changed, not to {0}",
        "r_ALTER_TABLE",
        find.type_change,
    ),
    Rule(
        "alter-default",
        "SET of a column is not supported",
        "r_ALTER_TABLE",
        find.any_of(
            find.altered("SET", "NOT", "NULL"),
            find.altered("SET", "DEFAULT"),
            find.altered("DROP", "NOT", "NULL"),
            find.altered("DROP", "DEFAULT"),
        ),
    ),
    Rule("truncate", "TRUNCATE takes one table and nothing else", "r_TRUNCATE", find.truncate_more),
    Rule(
        "savepoint",
        "SAVEPOINT is not supported",
        _FUNCTION_PAGE,
        find.any_of(find.first("SAVEPOINT"), find.first("RELEASE"), find.first("ROLLBACK", "TO")),
    ),
    Rule(
        "vacuum-transaction",
        "VACUUM cannot run inside a transaction block",
        "r_VACUUM_command",
        find.in_transaction(find.first("VACUUM")),
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
        find.negative_position,
        "portable",
    ),
)


# Not found by tokens: sqlglot tells which query a column belongs to.
_CORRELATION = Rule(
    "correlation",
    "this type of correlated subquery pattern is not supported: {0}",
    "r_correlated_subqueries",
    lambda statement: [],
)


_NAME = Rule(
    "name-length",
    "{0} is longer than 63 bytes, where the stand-in and some clients cut names off",
    "r_names",
    lambda statement: [],
    "portable",
)


ALL_RULES = (*RULES, _CORRELATION, _NAME)


def check(sql: str, in_transaction: bool = False) -> list[str]:
    """What Redshift would refuse in a text, in words; [] when it would take all of it."""
    return [finding.message for finding in findings(sql, in_transaction) if finding.kind == "refused"]


def findings(sql: str, in_transaction: bool = False) -> list[Finding]:
    """Every rule that the statements of a text break, with its line."""
    tokens = tokenize(sql)
    found, start = [], 0
    for index, token in enumerate(tokens):
        if token.word == ";" or token.kind == "end":
            if index > start:
                found += _of_statement(Statement(tokens[start:index], in_transaction), tokens, start)
            start = index + 1
    return found


def _of_statement(statement: Statement, tokens: list[Token], offset: int) -> Iterator[Finding]:
    for rule in RULES:
        for index in sorted(set(rule.find(statement))):
            yield _finding(rule, line_of(tokens, offset + index), statement.tokens[index].text)
    if statement.has_expression_query and not statement.reads_catalog:
        for reason in correlations(join(statement.tokens)):
            yield _finding(_CORRELATION, line_of(tokens, offset), reason)


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
    broken = 0
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = _names(json.loads(text)) if path.name == "manifest.json" else findings(text)
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
