"""What PostgreSQL or DuckDB take and Amazon Redshift refuses, found in the text of a statement.

The stand-in asks `check` before a statement goes to its engine; `make lint` runs the command on what dbt compiled:

    python -m standin.deny target/prod            # folders, .sql files, and dbt's manifest.json for names
    python -m standin.deny --list                 # every rule with its source

A rule is data: what it is called, what it says, the page of the guide that it stands on, and what finds it. Rules of
kind "refused" are errors of Redshift; rules of kind "portable" are what both engines take and answer differently.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from .tokens import Token, closing, enclosing, join, line_of, opening, split, tokenize, word_set

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


# The functions that the guide documents, https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
_FUNCTIONS = word_set(
    """
    any_value approximate avg count listagg max median min percentile_cont percentile_disc stddev stddev_pop
    stddev_samp sum var_pop var_samp variance bit_and bit_or bool_and bool_or cume_dist dense_rank first_value lag
    last_value lead nth_value ntile percent_rank rank ratio_to_report row_number array array_concat array_contains
    array_distinct array_except array_exclude_null array_flatten array_intersection array_max array_min
    array_position array_positions array_sort array_union arrays_overlap get_array_length split_to_array subarray
    cast coalesce decode greatest least nullif nvl nvl2 case collate convert try_cast add_months convert_timezone
    current_date date_cmp date_cmp_timestamp date_cmp_timestamptz dateadd datediff date_part date_part_year
    date_trunc extract getdate interval_cmp last_day months_between next_day sysdate timeofday timestamp_cmp
    timestamp_cmp_date timestamp_cmp_timestamptz timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp
    timezone to_timestamp trunc to_date to_char to_number text_to_int_alt text_to_numeric_alt checksum
    farmfingerprint64 farm_fingerprint64 fnv_hash func_sha1 md5 murmur3_32_hash sha sha1 sha2 crc32 hll
    hll_cardinality hll_combine hll_combine_sketches hll_create_sketch can_json_parse is_valid_json
    is_valid_json_array json_array_length json_extract_array_element_text json_extract_path_text json_parse
    json_serialize json_serialize_to_varbyte object object_transform lower_attribute_names upper_attribute_names abs
    acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor ln log mod pi power pow
    radians random round sign sin sqrt tan ascii bpcharcmp bttext_pattern_cmp btrim char_length character_length
    charindex chr concat difference initcap left right len length lower lpad rpad ltrim octetindex octet_length
    position quote_ident quote_literal regexp_count regexp_instr regexp_replace regexp_substr repeat replace
    replicate reverse rtrim soundex split_part strpos strtol substring textlen translate trim upper
    decimal_precision decimal_scale is_array is_bigint is_boolean is_char is_decimal is_float is_integer is_object
    is_scalar is_smallint is_varchar json_size json_typeof from_hex from_varbyte getbit to_hex to_varbyte
    current_aws_account current_namespace current_setting current_user current_user_id current_session_arn
    default_iam_role has_assumerole_privilege last_user_query_id session_user slice_num user user_is_member_of
    version explain_model grouping grouping_id pg_backend_pid pg_cancel_backend pg_last_copy_count pg_last_copy_id
    pg_last_query_id pg_last_unload_count pg_terminate_backend reboot_cluster set_config is_member_of geometrytype
    addbbox dropbbox supportsbbox h3_fromlonglat h3_frompoint h3_boundary h3_center
    """
)
# Words before a bracket that call no function.
_NOT_FUNCTIONS = word_set(
    """
    all and any as between by case check conflict distkey else end except exclude exists filter from group having if
    in include intersect into is join key like limit minus not on or order over partition pivot qualify references
    return returning rollup cube sets select set similar some sortkey table then top union unpivot update using
    values view when where with within recursive unload grant to only interval lateral window tablesample offset
    fetch default unnest unique primary foreign identity encode diststyle delete insert merge copy columns distinct
    ilike escape both leading trailing
    """
)
# https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
_TYPES = word_set(
    """
    smallint int2 integer int int4 bigint int8 decimal numeric real float4 double float8 float char character nchar
    bpchar varchar nvarchar text date time timetz timestamp timestamptz datetime interval boolean bool hllsketch
    super varbyte varbinary binary geometry geography
    """
)
# https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-functions.html
_UNSUPPORTED_FUNCTIONS = word_set(
    """
    string_agg array_agg every xml_agg xmlagg corr covar_pop covar_samp regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy clock_timestamp justify_days justify_hours
    justify_interval pg_sleep transaction_timestamp div setseed width_bucket generate_series generate_subscripts
    bit_length overlay convert_from convert_to encode format quote_nullable regexp_matches regexp_split_to_array
    regexp_split_to_table nextval currval setval to_tsvector to_tsquery
    """
)
_AGGREGATES_WITH_FRAME = word_set(
    "avg bool_and bool_or count first_value last_value max min nth_value stddev stddev_pop stddev_samp sum variance "
    "var_pop var_samp"
)
_LEADER_FUNCTIONS = word_set(
    """
    age current_schema current_schemas get_byte has_database_privilege has_schema_privilege has_table_privilege
    isfinite now set_bit set_byte to_ascii substr factorial
    """
)
_CATALOG = re.compile(r"(pg_|information_schema$|svv_|svl_|stv_|stl_|sys_|table_privileges$)", re.IGNORECASE)


class Statement:
    """A statement's tokens, and what several rules ask of them."""

    def __init__(self, tokens: list[Token], in_transaction: bool):
        self.tokens = tokens
        self.words = [token.word for token in tokens]
        self.in_transaction = in_transaction

    def at(self, index: int) -> str:
        """The word at an index, "" outside of the statement."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def starts(self, *words: str) -> bool:
        return self.words[: len(words)] == list(words)

    def is_name(self, index: int) -> bool:
        """Whether a name that is no keyword stands at an index."""
        kind, word = self.tokens[index].kind, self.words[index]
        return kind == "quoted" or (kind == "name" and word not in _NOT_FUNCTIONS)

    def find(self, *words: str) -> Iterator[int]:
        """Where the words stand in a row."""
        for index in range(len(self.words) - len(words) + 1):
            if all(self.words[index + i] == word for i, word in enumerate(words)):
                yield index

    def calls(self, names: frozenset[str]) -> Iterator[int]:
        """Where one of the functions is called by its bare name."""
        for index, word in enumerate(self.words):
            if word in names and self.at(index + 1) == "(" and self.at(index - 1) != ".":
                yield index

    def arguments(self, index: int) -> list[list[Token]]:
        """The arguments of the call at an index."""
        return split(self.tokens[index + 2 : closing(self.tokens, index + 1)])

    def casts(self) -> Iterator[int]:
        """Where the type of a cast stands."""
        for index in range(1, len(self.tokens)):
            in_cast = self.at(index - 1) == "AS" and self.at(enclosing(self.tokens, index) - 1) in ("CAST", "TRY_CAST")
            if in_cast or self.at(index - 1) == "::":
                yield index

    @cached_property
    def reads_catalog(self) -> bool:
        """Whether it reads the catalog, which lives on the leader node, where most of PostgreSQL works."""
        return any(
            token.kind in ("name", "quoted")
            and _CATALOG.match(token.text.strip('"'))
            and (self.at(index + 1) != "(" or token.word.startswith("PG_GET_"))
            for index, token in enumerate(self.tokens)
        )

    @cached_property
    def touches_tables(self) -> bool:
        """Whether the compute nodes have a part in it."""
        if self.words and self.words[0] in ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE"):
            return True
        functions = ("EXTRACT", "TRIM", "SUBSTRING", "OVERLAY", "POSITION")
        return any(self.at(enclosing(self.tokens, index) - 1) not in functions for index in self.find("FROM"))

    @cached_property
    def table_definition(self) -> tuple[int, int]:
        """Where the bracket of CREATE TABLE opens and closes; (0, 0) when there is none."""
        if self.starts("CREATE") and "TABLE" in self.words[1:5]:
            for index in range(2, len(self.words)):
                if self.words[index] == "AS":
                    break
                if self.words[index] == "(":
                    return index, closing(self.tokens, index)
        return 0, 0

    def columns(self) -> Iterator[int]:
        """Where a column, or a constraint, of CREATE TABLE begins."""
        start, end = self.table_definition
        index = start + 1
        for item in split(self.tokens[start + 1 : end]):
            yield index
            index += len(item) + 1


Finder = Callable[[Statement], Iterable[int]]


@dataclass(frozen=True)
class Rule:
    """One thing that Redshift refuses (or answers differently): `find` gives the tokens at which it stands.

    `{0}` in the message is the token's text, in lower case. The source is a page of the guide, or a whole address.
    """

    name: str
    message: str
    source: str
    find: Finder
    kind: str = "refused"

    @property
    def page(self) -> str:
        return self.source if self.source.startswith("http") else f"{GUIDE}{self.source}.html"


@dataclass(frozen=True)
class Finding:
    """A rule that a statement breaks, and the line, from 1, on which it does."""

    line: int
    rule: str
    message: str
    page: str
    kind: str


# --- What finds -------------------------------------------------------------------------------------------------------


def _row(*words: str) -> Finder:
    return lambda statement: statement.find(*words)


def _any(*finders: Finder) -> Finder:
    return lambda statement: (index for finder in finders for index in finder(statement))


def _call(names: frozenset[str]) -> Finder:
    return lambda statement: [] if statement.reads_catalog else statement.calls(names)


def _first(*words: str) -> Finder:
    return lambda statement: [0] if statement.starts(*words) else []


def _created(*kinds: str) -> Finder:
    def find(statement: Statement) -> Iterable[int]:
        modifiers = ("OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL", "CONSTRAINT", "UNIQUE")
        index = next((i for i in range(1, len(statement.words)) if statement.words[i] not in modifiers), 0)
        return [index] if statement.starts("CREATE") and statement.at(index) in kinds else []

    return find


def _in_transaction(finder: Finder) -> Finder:
    return lambda statement: finder(statement) if statement.in_transaction else []


def _after_select(finder: Finder) -> Finder:
    """Only behind the first SELECT, where column names of a definition cannot be met."""

    def find(statement: Statement) -> Iterable[int]:
        start = next(statement.find("SELECT"), len(statement.words))
        return (index for index in finder(statement) if index > start)

    return find


def _unknown_function(statement: Statement) -> Iterable[int]:
    """A name before a bracket, in a query, that is neither a function of the guide nor anything else that takes one."""
    known = _FUNCTIONS | _NOT_FUNCTIONS | _TYPES | _LEADER_FUNCTIONS | _UNSUPPORTED_FUNCTIONS
    start = next(
        (index for index, word in enumerate(statement.words) if word in ("SELECT", "WITH")), len(statement.words)
    )
    if statement.reads_catalog:
        return
    for index in range(start, len(statement.tokens) - 1):
        token, before = statement.tokens[index], statement.at(index - 1)
        if token.kind != "name" or statement.at(index + 1) != "(" or token.word in known:
            continue
        end = closing(statement.tokens, index + 1)
        common_table = before in ("WITH", "RECURSIVE", ",") and statement.words[end + 1 : end + 3] == ["AS", "("]
        # `from t v (a, b)` and `as v (a, b)`: names for the columns of a relation.
        named_columns = before in ("AS", ")") or statement.is_name(index - 1)
        if before != "." and not common_table and not named_columns and not token.word.startswith(("F_", "ST_")):
            yield index


def _leader_function(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog or not statement.touches_tables:
        return []
    return statement.calls(_LEADER_FUNCTIONS)


def _leader_word(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog or not statement.touches_tables:
        return
    for index, word in enumerate(statement.words):
        names = ("CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP")
        if word in names and statement.at(index - 1) not in (".", "AS") and statement.at(index + 1) != ".":
            yield index


def _unknown_type(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog:
        return
    for index in statement.casts():
        word = statement.at(index)
        if word and (word not in _TYPES or (word == "DOUBLE" and statement.at(index + 1) != "PRECISION")):
            yield index
    for index in statement.columns():
        constraint = statement.at(index) in ("PRIMARY", "FOREIGN", "UNIQUE", "CONSTRAINT", "CHECK", "LIKE", "EXCLUDE")
        if not constraint and statement.tokens[index + 1].kind == "name" and statement.at(index + 1) not in _TYPES:
            yield index + 1


def _values_table(statement: Statement) -> Iterable[int]:
    for index in statement.find("VALUES"):
        if index == 0 or (statement.at(index - 1) in ("(", "FROM", "JOIN") and statement.at(index + 1) == "("):
            yield index


def _filter(statement: Statement) -> Iterable[int]:
    return (index + 1 for index in statement.find(")", "FILTER", "("))


def _distinct_from(statement: Statement) -> Iterable[int]:
    return (
        index
        for index in statement.find("DISTINCT", "FROM")
        if statement.at(index - 1) == "IS" or statement.words[index - 2 : index] == ["IS", "NOT"]
    )


def _returning(statement: Statement) -> Iterable[int]:
    dml = statement.words[0] in ("INSERT", "UPDATE", "DELETE", "MERGE")
    return (index for index in statement.find("RETURNING") if dml and statement.at(index - 1) not in (".", "AS", ","))


def _windows(statement: Statement) -> Iterator[tuple[int, int, list[str]]]:
    """Window calls: the index of the function, of OVER, and the words of the window."""
    for index in statement.find(")", "OVER", "("):
        function = opening(statement.tokens, index) - 1
        if statement.at(function) == "GROUP":
            # ... WITHIN GROUP (ORDER BY ...) OVER (...): of the function before.
            function = opening(statement.tokens, function - 2) - 1
        yield function, index + 1, statement.words[index + 3 : closing(statement.tokens, index + 2)]


def _distinct_window(statement: Statement) -> Iterable[int]:
    return (function for function, _, _ in _windows(statement) if statement.at(function + 2) == "DISTINCT")


def _frame_missing(statement: Statement) -> Iterable[int]:
    for function, _, window in _windows(statement):
        if statement.at(function) in _AGGREGATES_WITH_FRAME and "ORDER" in window and "ROWS" not in window:
            yield function


def _other_frame(statement: Statement) -> Iterable[int]:
    for _, over, _ in _windows(statement):
        for index in range(over + 2, closing(statement.tokens, over + 1)):
            if statement.words[index] in ("RANGE", "GROUPS") and statement.at(index + 1) in (
                "BETWEEN",
                "UNBOUNDED",
                "CURRENT",
            ):
                yield index


def _named_window(statement: Statement) -> Iterable[int]:
    over = (
        index + 1 for index in statement.find(")", "OVER") if statement.tokens[index + 2].kind in ("name", "quoted")
    )
    clause = (index for index in statement.find("WINDOW") if statement.words[index + 2 : index + 4] == ["AS", "("])
    return [*over, *clause]


def _recursive(statement: Statement) -> Iterable[int]:
    """A recursive WITH without its column names, or inside of another query."""
    for index in statement.find("WITH", "RECURSIVE"):
        if statement.at(index + 3) != "(" or statement.at(index - 1) == "(":
            yield index + 1


def _file_as_table(statement: Statement) -> Iterable[int]:
    for index, word in enumerate(statement.words):
        if (
            word in ("FROM", "JOIN")
            and index + 1 < len(statement.tokens)
            and statement.tokens[index + 1].kind == "string"
        ):
            inside = statement.at(enclosing(statement.tokens, index) - 1)
            if statement.words[0] not in ("COPY", "CREATE", "ALTER") and inside not in (
                "EXTRACT",
                "TRIM",
                "SUBSTRING",
                "POSITION",
                "BTRIM",
            ):
                yield index + 1


def _interval_number(statement: Statement) -> Iterable[int]:
    for index in statement.find("INTERVAL"):
        following = statement.tokens[index + 1] if index + 1 < len(statement.tokens) else Token("end", "")
        if (following.kind == "number" or following.word == "(") and statement.at(index - 1) not in (".", "AS"):
            yield index


def _subscript(statement: Statement) -> Iterable[int]:
    """A list `[1, 2]`; what follows a name or a bracket may be the path of a SUPER value."""
    for index in statement.find("["):
        path = statement.at(index - 1) in ("]", ")") or statement.is_name(index - 1)
        if not path or statement.at(index - 1) == "ARRAY":
            yield index


def _boolean_sum(statement: Statement) -> Iterable[int]:
    for index in statement.calls(word_set("sum avg")):
        depth, words = 0, set()
        for word in statement.words[index + 2 : closing(statement.tokens, index + 1)]:
            depth += (word in ("(", "CASE")) - (word in (")", "END"))
            if depth == 0:
                words.add(word)
        if words & {"=", "<", ">", "<=", ">=", "<>", "!=", "AND", "OR", "NOT", "LIKE"}:
            yield index


def _check_constraint(statement: Statement) -> Iterable[int]:
    start, end = statement.table_definition
    return (
        index for index in statement.find("CHECK", "(") if start < index < end or statement.starts("ALTER", "TABLE")
    )


def _after_table_definition(*words: str) -> Finder:
    def find(statement: Statement) -> Iterable[int]:
        end = statement.table_definition[1]
        return (
            index for index in statement.find(*words) if end and index > end and "AS" not in statement.words[end:index]
        )

    return find


def _altered(*words: str) -> Finder:
    return lambda statement: statement.find(*words) if statement.starts("ALTER", "TABLE") else []


def _several_actions(statement: Statement) -> Iterable[int]:
    if statement.starts("ALTER", "TABLE"):
        depth = 0
        for index, word in enumerate(statement.words):
            depth += (word == "(") - (word == ")")
            if word == "," and depth == 0 and statement.at(index + 1) in ("ADD", "DROP", "ALTER", "RENAME"):
                yield index + 1


def _type_change(statement: Statement) -> Iterable[int]:
    if statement.starts("ALTER", "TABLE"):
        for index in statement.find("TYPE"):
            if "ALTER" in statement.words[2:index] and statement.at(index + 1) not in (
                "VARCHAR",
                "CHARACTER",
                "NVARCHAR",
            ):
                yield index + 1


def _merge(finder: Finder) -> Finder:
    return lambda statement: finder(statement) if statement.starts("MERGE") else []


def _merge_target_alias(statement: Statement) -> Iterable[int]:
    using = next(statement.find("USING"), 0)
    return [using - 1] if using > 3 and statement.at(using - 2) != "." else []


def _qualified_set(statement: Statement) -> Iterable[int]:
    for start in statement.find("UPDATE", "SET"):
        index = start + 2
        while index < len(statement.words) and statement.words[index] != "WHEN":
            if statement.at(index - 1) in ("SET", ",") and statement.at(index + 1) == ".":
                yield index
            index = closing(statement.tokens, index) + 1 if statement.words[index] == "(" else index + 1


def _truncate_more(statement: Statement) -> Iterable[int]:
    if statement.starts("TRUNCATE"):
        return (i for i, word in enumerate(statement.words) if word in (",", "CASCADE", "RESTART"))
    return []


def _concat(statement: Statement) -> Iterable[int]:
    return statement.calls(word_set("concat"))


def _integer_average(statement: Statement) -> Iterable[int]:
    """avg() of what is an integer for certain: a count or a rank, a cast to an integer, a CASE of whole numbers."""
    for index in statement.calls(word_set("avg")):
        inside = statement.tokens[index + 2 : closing(statement.tokens, index + 1)]
        words = [token.word for token in inside]
        if len(words) < 2:
            continue
        call = words[0] in _INTEGER_FUNCTIONS and closing(inside, 1) == len(inside) - 1
        cast = words[-2] == "::" and words[-1] in _INTEGERS
        cast_call = words[0] == "CAST" and closing(inside, 1) == len(inside) - 1 and words[-2] in _INTEGERS
        if call or cast or cast_call or _is_case_of_integers(inside):
            yield index


def _is_case_of_integers(tokens: list[Token]) -> bool:
    """CASE ... THEN 1 ELSE 0 END, one level deep."""
    if tokens[0].word != "CASE" or tokens[-1].word != "END" or [token.word for token in tokens].count("CASE") > 1:
        return False
    results = [index for index, token in enumerate(tokens) if token.word in ("THEN", "ELSE")]
    return all(
        tokens[index + 1].word == "NULL"
        or (tokens[index + 1].text.isdigit() and tokens[index + 2].word in ("WHEN", "ELSE", "END"))
        for index in results
    )


_INTEGERS = word_set("smallint int2 integer int int4 bigint int8")
_INTEGER_FUNCTIONS = word_set("count row_number rank dense_rank ntile datediff extract length len strpos charindex")


def _qualify_alias(statement: Statement) -> Iterable[int]:
    """FROM t QUALIFY: nothing between the name and QUALIFY."""
    for index in statement.find("QUALIFY"):
        before = index - 1
        while statement.at(before - 1) == "." and statement.is_name(before):
            before -= 2
        if statement.at(before - 1) in ("FROM", ",") and statement.is_name(before):
            yield index


def _backslash(statement: Statement) -> Iterable[int]:
    for index in statement.calls(word_set("regexp_count regexp_instr regexp_replace regexp_substr")):
        arguments = statement.arguments(index)
        if len(arguments) > 1 and any(token.kind == "string" and "\\" in token.text for token in arguments[1]):
            yield index
    for index, word in enumerate(statement.words[:-1]):
        following = statement.tokens[index + 1]
        matches = word == "~" or statement.words[index - 1 : index + 1] == ["SIMILAR", "TO"]
        if matches and following.kind == "string" and "\\" in following.text:
            yield index + 1


def _negative_position(statement: Statement) -> Iterable[int]:
    for index in statement.calls(word_set("substring substr left right")):
        for argument in statement.arguments(index)[1:]:
            if len(argument) == 2 and argument[0].word == "-" and argument[1].kind == "number":
                yield index
                break


# --- The rules --------------------------------------------------------------------------------------------------------

_FUNCTION_PAGE, _FEATURE_PAGE, _TYPE_PAGE = (
    "c_unsupported-postgresql-functions",
    "c_unsupported-postgresql-features",
    "c_unsupported-postgresql-datatypes",
)

RULES: tuple[Rule, ...] = (
    Rule(
        "unsupported-function",
        "function {0}() is not supported",
        _FUNCTION_PAGE,
        _call(_UNSUPPORTED_FUNCTIONS),
    ),
    Rule("unknown-function", "function {0}() is not one of Redshift's", "c_SQL_functions", _unknown_function),
    Rule(
        "leader-function",
        "function {0}() runs on the leader node only, not on tables",
        "c_SQL_functions_leader_node_only",
        _leader_function,
    ),
    Rule(
        "leader-word",
        "{0} runs on the leader node only, not on tables: use getdate() or sysdate",
        "c_SQL_functions_leader_node_only",
        _leader_word,
    ),
    Rule("type", "type {0} is not supported", _TYPE_PAGE, _unknown_type),
    Rule("array", "arrays and lists in square brackets are not supported", _FEATURE_PAGE, _subscript),
    Rule("struct", "values in curly brackets are not supported", "c_Supported_data_types", _row("{")),
    Rule("row-constructor", "ROW(...) is not supported", _FEATURE_PAGE, _after_select(_row("ROW", "("))),
    Rule(
        "json-operator",
        "operator {0} is not supported: use json_extract_path_text",
        "json-functions",
        _any(_row("->"), _row("->>"), _row("@>"), _row("<@")),
    ),
    Rule("integer-division", "operator // is not supported", "r_OPERATOR_SYMBOLS", _row("//")),
    Rule("double-equals", "operator == is not supported", "r_comparison_condition", _row("=", "=")),
    Rule("filter", "FILTER (WHERE ...) of an aggregate is not supported: use CASE", "c_Aggregate_Functions", _filter),
    Rule("boolean-sum", "{0}() of a condition: there is no sum of booleans, use CASE", "r_SUM", _boolean_sum),
    Rule("distinct-on", "SELECT DISTINCT ON is not supported", "r_SELECT_list", _row("DISTINCT", "ON", "(")),
    Rule(
        "star-replace",
        "* {0} is not supported",
        "r_SELECT_list",
        _any(_row("*", "REPLACE", "("), _row("*", "RENAME", "(")),
    ),
    Rule("lateral", "LATERAL is not supported", "r_FROM_clause30", _row("LATERAL", "(")),
    Rule("values", "VALUES as a constant table is not supported", _FEATURE_PAGE, _values_table),
    Rule("file", "a file cannot be read as a table: COPY it first", "r_FROM_clause30", _file_as_table),
    Rule("ordinality", "WITH ORDINALITY is not supported", _FEATURE_PAGE, _row("WITH", "ORDINALITY")),
    Rule(
        "tablesample",
        "{0} is not supported",
        "r_FROM_clause30",
        _any(_row("TABLESAMPLE"), _row("USING", "SAMPLE")),
    ),
    Rule(
        "join",
        "a join of kind {0} is not supported",
        "r_Join_examples",
        _any(_row("ASOF", "JOIN"), _row("SEMI", "JOIN"), _row("ANTI", "JOIN"), _row("POSITIONAL", "JOIN")),
    ),
    Rule("distinct-from", "IS [NOT] DISTINCT FROM is not supported", _FUNCTION_PAGE, _distinct_from),
    Rule(
        "set-operation-all",
        "{0} ALL is not supported",
        "r_UNION",
        _any(_row("INTERSECT", "ALL"), _row("EXCEPT", "ALL"), _row("MINUS", "ALL")),
    ),
    Rule(
        "by-name",
        "UNION BY NAME is not supported",
        "r_UNION",
        _any(_row("UNION", "BY", "NAME"), _row("ALL", "BY", "NAME")),
    ),
    Rule(
        "fetch-first",
        "FETCH FIRST is not supported: use LIMIT",
        "r_ORDER_BY_clause",
        _any(_row("FETCH", "FIRST"), _after_select(_row("FETCH", "NEXT"))),
    ),
    Rule("for-update", "FOR UPDATE is not supported", "r_SELECT_synopsis", _after_select(_row("FOR", "UPDATE"))),
    Rule(
        "recursive",
        "a recursive WITH needs a list of column names, and to stand outside of sub-queries",
        "r_WITH_clause",
        _recursive,
    ),
    Rule("interval", "INTERVAL needs its quantity in quotes", "r_interval_literals", _interval_number),
    Rule(
        "collation", "collations by name are not supported", "c_collation_sequences", _after_select(_row("COLLATE", ""))
    ),
    Rule(
        "window-distinct",
        "DISTINCT inside of a window function is not supported",
        "c_Window_functions",
        _distinct_window,
    ),
    Rule(
        "window-frame",
        "aggregate window function {0} with an ORDER BY needs a frame: ROWS BETWEEN ...",
        "c_Window_functions",
        _frame_missing,
    ),
    Rule(
        "window-rows",
        "a frame of {0} is not supported: the guide knows ROWS only",
        "r_Window_function_synopsis",
        _other_frame,
    ),
    Rule(
        "window-name",
        "a window with a name (WINDOW clause) is not supported",
        "r_Window_function_synopsis",
        _named_window,
    ),
    Rule("returning", "RETURNING is not supported", "r_INSERT_30", _returning),
    Rule("on-conflict", "ON CONFLICT is not supported: use MERGE", "r_INSERT_30", _row("ON", "CONFLICT")),
    Rule(
        "insert-or", "INSERT OR {0} is not supported", "r_INSERT_30", lambda s: [2] if s.starts("INSERT", "OR") else []
    ),
    Rule("merge-alias", "the target of MERGE takes no alias", "r_MERGE", _merge(_merge_target_alias)),
    Rule("merge-source", "the source of MERGE must be a table, not a query", "r_MERGE", _merge(_row("USING", "("))),
    Rule("merge-condition", "WHEN [NOT] MATCHED takes no further condition", "r_MERGE", _merge(_row("MATCHED", "AND"))),
    Rule("merge-nothing", "DO NOTHING is not supported in MERGE", "r_MERGE", _merge(_row("DO", "NOTHING"))),
    Rule("merge-by", "WHEN NOT MATCHED BY is not supported", "r_MERGE", _merge(_row("MATCHED", "BY"))),
    Rule("merge-set", "a column that MERGE sets takes no table name", "r_MERGE", _merge(_qualified_set)),
    Rule(
        "create",
        "CREATE {0} is not supported",
        _FEATURE_PAGE,
        _created(
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
        _first("CREATE", "OR", "REPLACE", "TABLE"),
    ),
    Rule(
        "temporary-view",
        "a temporary view is not supported",
        "r_CREATE_VIEW",
        _any(_row("TEMP", "VIEW"), _row("TEMPORARY", "VIEW")),
    ),
    Rule("unlogged", "UNLOGGED tables are not supported", "r_CREATE_TABLE_NEW", _first("CREATE", "UNLOGGED")),
    Rule("check", "CHECK constraints are not supported", _FEATURE_PAGE, _check_constraint),
    Rule(
        "partition",
        "PARTITION BY of a table is not supported",
        _FEATURE_PAGE,
        _after_table_definition("PARTITION", "BY"),
    ),
    Rule("inherits", "INHERITS is not supported", _FEATURE_PAGE, _after_table_definition("INHERITS")),
    Rule("alter-several", "ALTER TABLE takes one action at a time", "r_ALTER_TABLE", _several_actions),
    Rule(
        "alter-if-exists", "ALTER TABLE IF EXISTS is not supported", "r_ALTER_TABLE", _altered("TABLE", "IF", "EXISTS")
    ),
    Rule(
        "alter-column-if",
        "{0} COLUMN IF [NOT] EXISTS is not supported",
        "r_ALTER_TABLE",
        _any(_altered("ADD", "COLUMN", "IF"), _altered("DROP", "COLUMN", "IF")),
    ),
    Rule("alter-type", "only the length of a VARCHAR column can be changed, not to {0}", "r_ALTER_TABLE", _type_change),
    Rule(
        "alter-default",
        "SET of a column is not supported",
        "r_ALTER_TABLE",
        _any(
            _altered("SET", "NOT", "NULL"),
            _altered("SET", "DEFAULT"),
            _altered("DROP", "NOT", "NULL"),
            _altered("DROP", "DEFAULT"),
        ),
    ),
    Rule("truncate", "TRUNCATE takes one table and nothing else", "r_TRUNCATE", _truncate_more),
    Rule(
        "savepoint",
        "SAVEPOINT is not supported",
        _FUNCTION_PAGE,
        _any(_first("SAVEPOINT"), _first("RELEASE"), _first("ROLLBACK", "TO")),
    ),
    Rule(
        "vacuum-transaction",
        "VACUUM cannot run inside a transaction block",
        "r_VACUUM_command",
        _in_transaction(_first("VACUUM")),
    ),
    Rule(
        "append-transaction",
        "ALTER TABLE APPEND cannot run inside a transaction block",
        "r_ALTER_TABLE_APPEND",
        _in_transaction(_altered("APPEND", "FROM")),
    ),
    Rule(
        "type-transaction",
        "ALTER COLUMN TYPE cannot run inside a transaction block",
        "r_ALTER_TABLE",
        _in_transaction(lambda s: (i for i in _altered("TYPE")(s) if "ALTER" in s.words[2:i])),
    ),
    Rule("qualify-alias", "QUALIFY right behind FROM wants an alias", "r_QUALIFY_clause", _qualify_alias, "portable"),
    Rule("concat", "concat() of a null is null on Redshift, text on DuckDB: use ||", "r_CONCAT", _concat, "portable"),
    Rule(
        "integer-average",
        "avg() of integers is an integer on Redshift: cast its argument",
        "r_AVG",
        _integer_average,
        "portable",
    ),
    Rule(
        "regex-backslash",
        "a backslash in a pattern is eaten by Redshift's strings: use [0-9], [[:space:]], [.]",
        "pattern-matching-conditions-posix",
        _backslash,
        "portable",
    ),
    Rule(
        "negative-position",
        "{0}() with a negative number counts from the end on DuckDB only",
        "r_SUBSTRING",
        _negative_position,
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
    if statement.words.count("SELECT") > 1 and not statement.reads_catalog:
        for reason in _correlations(join(statement.tokens)):
            yield _finding(_CORRELATION, line_of(tokens, offset), reason)


def _finding(rule: Rule, line: int, text: str) -> Finding:
    return Finding(line, rule.name, rule.message.replace("{0}", text.lower()), rule.page, rule.kind)


def _correlations(sql: str) -> Iterator[str]:
    """The patterns of correlated sub-queries that Redshift cannot take apart, as far as columns are qualified.

    What sqlglot cannot read is not judged: Redshift's own statements are no queries with sub-queries.
    """
    try:
        tree = sqlglot.parse_one(sql, read="redshift")
    except SqlglotError:
        return
    for select in tree.find_all(exp.Select):
        own = _sources(select)
        outer = list(_outer_selects(select))
        for column in select.find_all(exp.Column):
            if not column.table or column.table in own or column.parent_select is not select:
                continue
            level = next((i for i, query in enumerate(outer) if column.table in _sources(query)), None)
            if level is None:
                continue
            if level > 0:
                yield f"{column.sql()} skips a query"
            if select.args.get("limit") is not None:
                yield f"{column.sql()} in a sub-query with LIMIT"
            if any(window.parent_select is select for window in select.find_all(exp.Window)):
                yield f"{column.sql()} in a sub-query with a window function"
            if select.args.get("group") and _in_predicate(select) and _has_sum(select):
                yield f"{column.sql()} in an IN (...) with an aggregate and GROUP BY"
            join = select.find_ancestor(exp.Join, exp.Select)
            if (
                isinstance(join, exp.Join)
                and join.side
                and join.args.get("on") is not None
                and select in join.args["on"].find_all(exp.Select)
            ):
                yield f"{column.sql()} in the ON of an outer join"


def _in_predicate(select: exp.Select) -> bool:
    return isinstance(select.parent, exp.In) or isinstance(select.parent.parent if select.parent else None, exp.In)


def _has_sum(select: exp.Select) -> bool:
    """Whether a query aggregates by anything but MIN and MAX."""
    return any(not isinstance(call, exp.Min | exp.Max) for call in select.find_all(exp.AggFunc))


def _sources(select: exp.Select) -> set[str]:
    """The names of what a query reads."""
    source = select.args.get("from_") or select.args.get("from")
    relations = [source.this] if source else []
    relations += [join.this for join in select.args.get("joins") or []]
    return {relation.alias_or_name for relation in relations}


def _outer_selects(select: exp.Select) -> Iterator[exp.Select]:
    outer = select.parent_select
    while outer is not None:
        yield outer
        outer = outer.parent_select


# --- The command ------------------------------------------------------------------------------------------------------


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
    sys.exit(main(sys.argv[1:]))
