"""Redshift SQL made into PostgreSQL SQL: only what PostgreSQL cannot take, token by token; the rest of the text stays.

A rule is one function. Statement rules are chosen by the first word of a statement; query rules run on every statement
that holds one of their trigger words, so that a text without any is returned as it came. What Redshift takes and no
rule can map exactly raises NotMapped; nothing is passed on in the hope that it means the same.

"AWS" in a docstring is a page of the Database Developer Guide, https://docs.aws.amazon.com/redshift/latest/dg/<page>.html
"""

import re
from collections.abc import Callable
from itertools import pairwise

from .tokens import Token, closing, enclosing, join, split, tokenize, word_set

_UNDER_THEIR_OWN_NAME = word_set(
    """
    add_months charindex convert_timezone dateadd datediff date_trunc getdate is_valid_json json_extract_path_text
    json_parse json_serialize last_day len median months_between sha2 strtol super trunc
    """
)

# What rewritten SQL calls, or relies on to exist under Redshift's own name: compat.sql defines each.
COMPAT = {
    "rs.array": "array(...), a SUPER array",
    "rs.avg": "avg, which is an integer for integers",
    "rs.columns": "information_schema.columns without late-binding views",
    "rs.concat": "concat of two values, null when one is",
    "rs.create_lbv": "procedure(head, name, body): a view that is bound when it is read",
    "rs.pg_attribute": "pg_attribute without late-binding views",
    "rs.regexp_replace": "regexp_replace of every occurrence",
    "rs.show_columns": "SHOW COLUMNS: (database, schema, table)",
    "rs.show_grants": "SHOW GRANTS: (schema, table)",
    "rs.show_schemas": "SHOW SCHEMAS: (database)",
    "rs.show_tables": "SHOW TABLES: (database, schema)",
    "rs.sysdate": "sysdate, the start of the transaction",
    **{f"pg_catalog.{name.lower()}": "under its own name" for name in sorted(_UNDER_THEIR_OWN_NAME)},
}

# https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html
DATE_PARTS = word_set(
    """
    millennium millennia mil mils century centuries c cent cents decade decades dec decs epoch year years y yr yrs
    quarter quarters qtr qtrs month months mon mons week weeks w dayofweek dow dw weekday dayofyear doy dy yearday
    day days d hour hours h hr hrs minute minutes m min mins second seconds s sec secs
    millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon
    microsecond microseconds microsec microsecs usecond useconds us usec usecs
    timezone timezone_hour timezone_minute
    """
)

# Settings of Redshift that change nothing here: https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_ConfigurationRef.html
_SETTINGS = word_set(
    "analyze_threshold_percent auto_analyze enable_result_cache_for_session query_group wlm_query_slot_count"
)
# Settings that change what names mean; only their default is played.
_SETTINGS_OFF = word_set(
    "describe_field_name_in_uppercase downcase_delimited_identifier enable_case_sensitive_identifier"
)

# Redshift takes these; there is no exact counterpart. Words in a row -> AWS page.
_NOT_MAPPED = {
    ("[",): "query-super",
    ("PIVOT", "("): "r_FROM_clause-pivot-unpivot-examples",
    ("UNPIVOT", "("): "r_FROM_clause-pivot-unpivot-examples",
    ("*", "EXCLUDE"): "r_EXCLUDE_list",
    ("GROUP", "BY", "ALL"): "r_GROUP_BY_clause",
    ("TRY_CAST", "("): "r_TRY_CAST",
    ("CONNECT", "BY"): "r_CONNECT_BY_clause",
    ("IGNORE", "NULLS"): "r_WF_first_value",
}

_AFTER_FROM = word_set(
    """
    where group having qualify order limit offset union intersect except minus join inner left right full cross natural
    on using
    """
)
_SET_OPERATIONS = word_set("union intersect except minus")

Tokens = list[Token]
# A statement rule gives the tokens, the command tag to report (None: the engine's own), and whether all is done.
StatementRule = Callable[[Tokens], tuple[Tokens, str | None]]
QueryRule = Callable[[Tokens], Tokens]

_STATEMENT_RULES: dict[str, StatementRule] = {}
_QUERY_RULES: list[tuple[frozenset[str], QueryRule]] = []


class NotMapped(Exception):
    """Redshift may take the statement; this stand-in has no exact counterpart for it."""


def rewrite(sql: str) -> tuple[str, str | None]:
    """PostgreSQL's text for one Redshift statement, and the command tag to report where it is not the engine's own.

    Raises NotMapped for what has no exact counterpart. COPY and UNLOAD do not come here: see s3copy.
    """
    original = tokenize(sql)
    body, _, rest = _cut(original, ";")
    if any(token.word != ";" for token in rest[:-1]):
        raise NotMapped("several statements in one text: send them one by one")
    tokens, tag = original, None
    rule = _STATEMENT_RULES.get(_leading(body))
    try:
        if rule is not None:
            tokens, tag = rule(tokens)
        for triggers, query_rule in _QUERY_RULES:
            # Anew for each rule: what one writes may concern the next.
            if not triggers or any(token.word in triggers for token in tokens):
                tokens = query_rule(tokens)
    except (IndexError, StopIteration):
        raise NotMapped("a statement that stops before its end") from None
    return (sql, tag) if tokens is original else (join(tokens), tag)


def triggers() -> frozenset[str]:
    """Every word that makes a rule look at a statement; a text without any, nor a capital in quotes, stays as it is."""
    return frozenset(_STATEMENT_RULES).union(*(words for words, _ in _QUERY_RULES))


def _statement(*words: str) -> Callable[[StatementRule], StatementRule]:
    """Registers the rule for statements that begin with one of the words."""

    def register(rule: StatementRule) -> StatementRule:
        _STATEMENT_RULES.update(dict.fromkeys(words, rule))
        return rule

    return register


def _query(*words: str) -> Callable[[QueryRule], QueryRule]:
    """Registers a rule for any statement with one of the words in it; without words, for every statement."""

    def register(rule: QueryRule) -> QueryRule:
        _QUERY_RULES.append((frozenset(words), rule))
        return rule

    return register


# --- Statements -------------------------------------------------------------------------------------------------------


@_statement("COPY", "UNLOAD")
def _copy(tokens: Tokens) -> tuple[Tokens, str | None]:
    """They move files, which SQL cannot: s3copy takes them before they come here. AWS: r_COPY, r_UNLOAD."""
    raise NotMapped("COPY and UNLOAD are played by s3copy, in the form of the guide only")


@_statement("SHOW")
def _show(tokens: Tokens) -> tuple[Tokens, str | None]:
    """SHOW SCHEMAS, TABLES, COLUMNS and GRANTS read the catalog; SHOW of one word is a setting.

    AWS: r_SHOW_SCHEMAS, r_SHOW_TABLES, r_SHOW_COLUMNS, r_SHOW_GRANTS, r_SHOW.
    """
    body = _body(tokens)
    what = body[1].word if len(body) > 1 else ""
    if len(body) == 2:
        return tokens, None
    body, like = _show_like(body)
    if what == "SCHEMAS" and _words(body[2:4]) == ("FROM", "DATABASE"):
        (database,) = _name_parts(body[4:], 1)
        return _done(f"select * from rs.show_schemas({_literal(database)})" + like("schema_name")), "SHOW"
    if what == "TABLES" and _words(body[2:4]) == ("FROM", "SCHEMA"):
        database, schema = _name_parts(body[4:], 2)
        call = f"rs.show_tables({_literal(database)}, {_literal(schema)})"
        return _done(f"select * from {call}" + like("table_name")), "SHOW"
    if what == "COLUMNS" and _words(body[2:4]) == ("FROM", "TABLE"):
        place = ", ".join(map(_literal, _name_parts(body[4:], 3)))
        select = f"select * from rs.show_columns({place})"
        return _done(select + like("column_name") + " order by ordinal_position"), "SHOW"
    if what == "GRANTS" and _words(body[2:4]) == ("ON", "TABLE"):
        _, schema, table = _name_parts(body[4:], 3)
        call = f"rs.show_grants({_literal(schema)}, {_literal(table)})"
        return _done(f"select * from {call}" + like("identity_name")), "SHOW"
    raise NotMapped(f"SHOW {what}")


def _show_like(body: Tokens) -> tuple[Tokens, Callable[[str], str]]:
    """A SHOW without its LIKE, and what that makes of the column it filters."""
    if len(body) > 2 and body[-2].word == "LIKE" and body[-1].kind == "string":
        pattern = body[-1].text
        return body[:-2], lambda column: f" where {column} like {pattern}"
    return body, lambda column: ""


@_statement("USE")
def _use(tokens: Tokens) -> tuple[Tokens, str | None]:
    """USE of the database one is connected to; there is no other here. AWS: r_USE_command."""
    (database,) = _name_parts(_body(tokens)[1:], 1)
    check = (
        f"if current_database() <> {_literal(database)} then raise exception 'USE reaches this database only'; end if;"
    )
    return _done(f"do $rs$begin {check} end$rs$"), "USE"


@_statement("SET", "RESET")
def _set(tokens: Tokens) -> tuple[Tokens, str | None]:
    """Redshift's own settings are kept under the prefix `rs.`, PostgreSQL's place for settings it does not know.

    AWS: r_SET, cm_chap_ConfigurationRef.
    """
    body = _body(tokens)
    if _words(body) == ("RESET", "USE"):
        return _done("do $rs$begin end$rs$"), "RESET"
    index = 2 if len(body) > 2 and body[1].word in ("SESSION", "LOCAL") else 1
    name = body[index].word if len(body) > index else ""
    if name in _SETTINGS_OFF:
        if body[0].word == "SET" and body[-1].text.strip("'").lower() not in ("off", "false", "default"):
            raise NotMapped(f"{name.lower()} other than off: names are folded to lower case here, as by default")
    elif name not in _SETTINGS:
        return tokens, None
    return _replace(tokens, index, index + 1, f"rs.{body[index].text}"), None


@_statement("VACUUM")
def _vacuum(tokens: Tokens) -> tuple[Tokens, str | None]:
    """VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table] [TO n PERCENT] [BOOST]: the table only.

    AWS: r_VACUUM_command.
    """
    body = [token for token in _body(tokens)[1:] if token.word != "BOOST"]
    if body and body[0].word in ("FULL", "REINDEX", "RECLUSTER"):
        body = body[1:]
    elif _words(body[:2]) in (("SORT", "ONLY"), ("DELETE", "ONLY")):
        body = body[2:]
    if len(body) > 3 and body[-3].word == "TO" and body[-1].word == "PERCENT":
        body = body[:-3]
    return tokenize("vacuum" + _spaced(body)), "VACUUM"


@_statement("ANALYZE", "ANALYSE")
def _analyze(tokens: Tokens) -> tuple[Tokens, str | None]:
    """ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS]: which columns is left to the engine.

    AWS: r_ANALYZE.
    """
    body = _body(tokens)
    if len(body) > 1 and body[1].word == "COMPRESSION":
        raise NotMapped("ANALYZE COMPRESSION: there are no encodings here")
    if _words(body[-2:]) in (("PREDICATE", "COLUMNS"), ("ALL", "COLUMNS")):
        return tokenize(join(body[:-2])), "ANALYZE"
    return tokens, None


@_statement("GRANT", "REVOKE")
def _grant(tokens: Tokens) -> tuple[Tokens, str | None]:
    """TO ROLE name and FROM ROLE name: a role needs no keyword in PostgreSQL. AWS: r_GRANT, r_REVOKE."""
    if any(_words(tokens[i : i + 3]) == ("FOR", "TABLES", "IN") for i in range(len(tokens))):
        raise NotMapped("scoped permissions (FOR TABLES IN ...)")
    kept: Tokens = []
    for before, token, after in zip([tokens[0], *tokens], tokens, [*tokens[1:], tokens[-1]], strict=False):
        if token.word == "ROLE" and before.word in ("TO", "FROM", ",") and after.kind in ("name", "quoted"):
            continue
        kept.append(token)
    return (kept if len(kept) < len(tokens) else tokens), None


@_statement("CREATE", "DROP")
def _create_or_drop(tokens: Tokens) -> tuple[Tokens, str | None]:
    """CREATE and DROP, by what is created. AWS: r_CREATE_SCHEMA and the pages named at the functions below."""
    modifiers = ("OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL")
    index = next(i for i in range(1, len(tokens)) if tokens[i].word not in modifiers)
    kind = tokens[index].word
    if kind == "SCHEMA":
        return _without_database(tokens, index + 1), None
    if tokens[0].word == "DROP":
        return tokens, None
    if kind == "TABLE":
        return _create_table(tokens, index + 1), None
    if kind == "MATERIALIZED":
        return _create_materialized_view(tokens), None
    if kind == "VIEW":
        return _create_view(tokens, index)
    if kind == "USER":
        return _create_user(tokens), None
    if kind == "FUNCTION":
        return _create_function(tokens), None
    if kind in ("DATABASE", "GROUP", "ROLE"):
        return tokens, None
    raise NotMapped(f"CREATE {kind}")


def _without_database(tokens: Tokens, start: int) -> Tokens:
    """ "database"."schema" of CREATE or DROP SCHEMA: the schema; there is one database. AWS: r_CREATE_SCHEMA."""
    index = _after_if_exists(tokens, start)
    if tokens[index + 1].word == ".":
        return _replace(tokens, index, index + 3, tokens[index + 2].text)
    return tokens


def _create_user(tokens: Tokens) -> Tokens:
    """PASSWORD DISABLE, for users that come by IAM: a user without a password. AWS: r_CREATE_USER."""
    for index, token in enumerate(tokens):
        if token.word == "PASSWORD" and tokens[index + 1].word == "DISABLE":
            return _replace(tokens, index, index + 2, "password null")
    return tokens


def _create_function(tokens: Tokens) -> Tokens:
    """A function in SQL: its body is rewritten as well; Python and Lambda are not played. AWS: r_CREATE_FUNCTION."""
    words = [token.word for token in tokens]
    if "LANGUAGE" not in words or words[words.index("LANGUAGE") + 1] != "SQL":
        raise NotMapped("a function in another language than SQL")
    for index, token in enumerate(tokens):
        if token.kind == "string" and token.text.startswith("$$"):
            return _replace(tokens, index, index + 1, f"$${rewrite(token.text[2:-2])[0]}$$")
    raise NotMapped("a function whose body is not between $$")


def _create_table(tokens: Tokens, start: int) -> Tokens:
    """CREATE TABLE without what stores and distributes it, which goes into a comment for the catalog to keep:
    `/*rs:dist=KEY(a);sort=b,c*/`. Keys are informational, but a primary key's columns are not null.

    AWS: r_CREATE_TABLE_NEW, r_CREATE_TABLE_AS.
    """
    index = _after_if_exists(tokens, start)
    while tokens[index + 1].word == ".":
        index += 2
    head, rest = tokens[: index + 1], tokens[index + 1 :]
    attributes: dict[str, str] = {}
    columns: Tokens = []
    if rest[0].word == "(":
        end = closing(rest, 0)
        columns = _column_definitions(rest[: end + 1], attributes)
        rest = rest[end + 1 :]
    at = next((i for i, token in enumerate(rest) if token.word == "AS"), len(rest))
    options = _without_storage(rest[:at], attributes)
    if attributes.get("diststyle") == "KEY" and "distkey" not in attributes:
        raise NotMapped("DISTSTYLE KEY needs a DISTKEY")
    dist = f"KEY({attributes['distkey']})" if "distkey" in attributes else attributes.get("diststyle", "")
    mark = f"/*rs:dist={dist};sort={attributes.get('sortkey', '')}*/ "
    changed = [*head, *columns, *options, *rest[at:]]
    return [changed[0]._replace(space=changed[0].space + mark), *changed[1:]]


def _without_storage(tokens: Tokens, attributes: dict[str, str]) -> Tokens:
    """Table options without BACKUP, DISTSTYLE, DISTKEY, SORTKEY and ENCODE; what they say goes into `attributes`."""
    kept: Tokens = []
    index = 0
    while index < len(tokens):
        word = tokens[index].word
        following = tokens[index + 1] if index + 1 < len(tokens) else Token("end", "")
        if (word, following.word) in (("BACKUP", "YES"), ("BACKUP", "NO"), ("ENCODE", "AUTO"), ("SORTKEY", "AUTO")):
            index += 2
        elif word == "DISTSTYLE" and following.word in ("AUTO", "EVEN", "KEY", "ALL"):
            attributes["diststyle"] = following.word
            index += 2
        elif word in ("COMPOUND", "INTERLEAVED") and following.word == "SORTKEY":
            index += 1
        elif word in ("DISTKEY", "SORTKEY") and following.word == "(":
            end = closing(tokens, index + 1)
            attributes[word.lower()] = ",".join(_column(part) for part in split(tokens[index + 2 : end]))
            index = end + 1
        else:
            kept.append(tokens[index])
            index += 1
    return kept


def _column_definitions(tokens: Tokens, attributes: dict[str, str]) -> Tokens:
    """The bracket of CREATE TABLE: columns without storage and informational constraints.

    A list of names only (CREATE TABLE ... (a, b) AS) comes back as it is.
    """
    items = split(tokens[1:-1])
    if all(len(item) == 1 for item in items):
        return tokens
    not_null = {
        _column(part)
        for item in items
        for i, token in enumerate(item)
        if token.word == "PRIMARY" and i + 2 < len(item) and item[i + 2].word == "("
        for part in split(item[i + 3 : closing(item, i + 2)])
    }
    kept = []
    for item in items:
        first = item[0].word if item else ""
        if first in ("PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT"):
            continue
        kept.append(item if first in ("LIKE", "CHECK") else _column_definition(item, attributes, not_null))
    return tokenize(tokens[0].space + "(" + ",".join(map(join, kept)) + tokens[-1].space + ")")[:-1]


def _column_definition(item: Tokens, attributes: dict[str, str], not_null: set[str]) -> Tokens:
    """One column: its type as in a table, its identity in PostgreSQL's words, no storage, no informational keys."""
    name = _column(item[:1])
    kept, index = [item[0]], 1
    mapped = _map_type([*item, Token("end", "")], 1, in_table=True)
    if mapped is not None:
        text, index = mapped
        kept += tokenize(item[1].space + text)[:-1]
    while index < len(item):
        word = item[index].word
        following = item[index + 1].word if index + 1 < len(item) else ""
        if word == "ENCODE":
            index += 2
        elif word in ("DISTKEY", "SORTKEY"):
            attributes[word.lower()] = name
            index += 1
        elif word == "PRIMARY" and following == "KEY":
            not_null = not_null | {name}
            index += 2
        elif word == "UNIQUE":
            index += 1
        elif word == "REFERENCES":
            index = _after_reference(item, index + 1)
        elif word == "IDENTITY" and following == "(":
            end = closing(item, index + 1)
            always = "" if kept[-1].word == "AS" else " generated always as"
            seed, _, step = join(item[index + 2 : end]).replace(" ", "").partition(",")
            if not step:
                raise NotMapped("IDENTITY without a seed and a step")
            bound = "maxvalue" if step.startswith("-") else "minvalue"
            options = f"start with {seed} increment by {step} {bound} {seed}"
            kept += tokenize(f"{always} identity ({options})")[:-1]
            index = end + 1
        else:
            kept.append(item[index])
            index += 1
    words = [token.word for token in kept]
    if name in not_null and not any(_words(kept[i : i + 2]) == ("NOT", "NULL") for i in range(len(words))):
        kept += tokenize(" not null")[:-1]
    return kept


def _after_reference(item: Tokens, index: int) -> int:
    """The index behind `table [(columns)]` of REFERENCES."""
    index += 1
    while index < len(item) and item[index].word == ".":
        index += 2
    if index < len(item) and item[index].word == "(":
        index = closing(item, index) + 1
    return index


def _create_materialized_view(tokens: Tokens) -> Tokens:
    """CREATE MATERIALIZED VIEW without BACKUP, DISTSTYLE, DISTKEY, SORTKEY and AUTO REFRESH.

    AWS: materialized-view-create-sql-command.
    """
    at = next((i for i, token in enumerate(tokens) if token.word == "AS"), len(tokens))
    options = _without_storage(tokens[:at], {})
    for index, token in enumerate(options):
        if token.word == "AUTO" and _words(options[index + 1 : index + 2]) == ("REFRESH",):
            options = options[:index] + options[index + 3 :]
            break
    return options + tokens[at:]


def _create_view(tokens: Tokens, index: int) -> tuple[Tokens, str | None]:
    """A view WITH NO SCHEMA BINDING looks up what it reads when it is read: rs.create_lbv. AWS: r_CREATE_VIEW."""
    body = _body(tokens)
    if _words(body[-4:]) != ("WITH", "NO", "SCHEMA", "BINDING"):
        return tokens, None
    at = next(i for i, token in enumerate(body) if token.word == "AS")
    if any(token.word == "(" for token in body[:at]):
        raise NotMapped("a late-binding view with a list of column names")
    head = " ".join(token.text for token in body[: index + 1])
    name = join(body[index + 1 : at]).strip().lower()
    query = rewrite(join(body[at + 1 : -4]).strip())[0]
    return _done(f"call rs.create_lbv({_literal(head)}, {_literal(name)}, {_literal(query)})"), "CREATE VIEW"


@_statement("ALTER")
def _alter(tokens: Tokens) -> tuple[Tokens, str | None]:
    """ALTER TABLE: APPEND moves rows; distribution, order, encoding and informational keys change nothing here.

    AWS: r_ALTER_TABLE, r_ALTER_TABLE_APPEND.
    """
    body = _body(tokens)
    if len(body) < 4 or body[1].word != "TABLE":
        return tokens, None
    end = 3
    while end < len(body) and body[end].word == ".":
        end += 2
    table, action = body[2:end], body[end:]
    words = _words(action)
    if words[:2] == ("APPEND", "FROM"):
        source = action[2:]
        if any(token.word not in (".", "") and token.kind != "name" for token in source) or _more_than_a_name(source):
            raise NotMapped("ALTER TABLE APPEND with IGNOREEXTRA or FILLTARGET")
        sql = (
            f"with moved as (delete from{_spaced(source)} returning *) insert into{_spaced(table)} select * from moved"
        )
        return tokenize(sql), "ALTER TABLE"
    storage = {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "INTERLEAVED", "ENCODE"}
    if (words[:1] == ("ALTER",) and set(words[1:2]) & storage) or (
        words[:2] == ("ALTER", "COLUMN") and words[3:4] == ("ENCODE",)
    ):
        return _analyzed(table), "ALTER TABLE"
    if words[:1] == ("ADD",) and set(words[1:2]) & {"PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT"}:
        return _analyzed(table), "ALTER TABLE"
    if words[:2] == ("DROP", "CONSTRAINT"):
        return _analyzed(table), "ALTER TABLE"
    if words[:2] == ("ADD", "COLUMN"):
        column = _column_definition(action[2:], {}, set())
        return [*body[:end], *action[:2], *column, tokens[-1]], None
    return tokens, None


def _analyzed(table: Tokens) -> Tokens:
    """A statement that changes nothing, yet fails where the table is not there."""
    return tokenize(f"do $rs$begin perform {_literal(join(table).strip().lower())}::regclass; end$rs$")


def _more_than_a_name(tokens: Tokens) -> bool:
    return any(a.word != "." and b.word != "." for a, b in pairwise(tokens))


@_statement("MERGE")
def _merge(tokens: Tokens) -> tuple[Tokens, str | None]:
    """MERGE ... REMOVE DUPLICATES: the target's matching rows go, the source's rows come, each once. AWS: r_MERGE."""
    body = _body(tokens)
    if _words(body[-2:]) != ("REMOVE", "DUPLICATES"):
        return tokens, None
    using = next((i for i, token in enumerate(body) if token.word == "USING"), None)
    on = next((i for i, token in enumerate(body) if token.word == "ON"), None)
    if using is None or on is None or _words(body[:2]) != ("MERGE", "INTO"):
        raise NotMapped("a MERGE that is not of the guide's form")
    target, source, condition = body[2:using], body[using + 1 : on], body[on + 1 : -2]
    relation = source
    if len(source) > 1 and source[-2].word != ".":
        relation = source[: -2 if source[-2].word == "AS" else -1]
    sql = (
        f"with gone as (delete from{_spaced(target)} using{_spaced(source)} where{_spaced(condition)}) "
        f"insert into{_spaced(target)} select distinct * from{_spaced(relation)}"
    )
    return tokenize(sql), "MERGE"


# --- Queries: in any statement ----------------------------------------------------------------------------------------


@_query(*(words[0] for words in _NOT_MAPPED), "EXCLUDE", "PIVOT")
def _not_mapped(tokens: Tokens) -> Tokens:
    """What Redshift takes and PostgreSQL has no exact counterpart for. AWS: the page beside each in _NOT_MAPPED."""
    for index, token in enumerate(tokens):
        for words, page in _NOT_MAPPED.items():
            if token.word == words[0] and _words(tokens[index : index + len(words)]) == words:
                raise NotMapped(f"{' '.join(words)} (see {page} in the guide)")
    return tokens


@_query()
def _fold_quoted(tokens: Tokens) -> Tokens:
    """Quoted names are folded to lower case like bare ones (ASCII letters). AWS: r_names."""
    if not any(token.kind == "quoted" and re.search("[A-Z]", token.text) for token in tokens):
        return tokens
    return [
        token._replace(text=re.sub("[A-Z]+", lambda m: m[0].lower(), token.text)) if token.kind == "quoted" else token
        for token in tokens
    ]


@_query("INFORMATION_SCHEMA", "PG_ATTRIBUTE")
def _catalog(tokens: Tokens) -> Tokens:
    """The columns of a late-binding view are not in the catalog. AWS: PG_GET_LATE_BINDING_VIEW_COLS."""
    index = 0
    while index < len(tokens) - 1:
        if tokens[index].word == "INFORMATION_SCHEMA" and tokens[index + 1].word == ".":
            if tokens[index + 2].text.strip('"').lower() == "columns":
                tokens = _replace(tokens, index, index + 3, "rs.columns")
        elif tokens[index].word == "PG_ATTRIBUTE" and tokens[index + 1].word != ".":
            qualified = index > 1 and tokens[index - 1].word == "."
            if not qualified:
                tokens = _replace(tokens, index, index + 1, "rs.pg_attribute")
            elif tokens[index - 2].word == "PG_CATALOG":
                tokens = _replace(tokens, index - 2, index + 1, "rs.pg_attribute")
            index += 3
        index += 1
    return tokens


@_query("TOP")
def _top(tokens: Tokens) -> Tokens:
    """SELECT TOP n: LIMIT n at the end of that query. AWS: r_SELECT_list."""
    for index, token in enumerate(tokens):
        if (
            token.word != "TOP"
            or tokens[index - 1].word not in ("SELECT", "DISTINCT")
            or tokens[index + 1].kind != "number"
        ):
            continue
        select = index if tokens[index - 1].word == "SELECT" else index - 1
        end = _end_of_query(tokens, index)
        if _depth_words(tokens[index:end]) & {"LIMIT", "OFFSET", *_SET_OPERATIONS}:
            raise NotMapped("TOP in a query with LIMIT, OFFSET or a set operation")
        if tokens[select - 2].word in _SET_OPERATIONS | {"ALL"}:
            raise NotMapped("TOP in a branch of a set operation")
        limited = _replace(tokens, end, end, f" limit {tokens[index + 1].text}")
        return _top(limited[:index] + limited[index + 2 :])
    return tokens


@_query("QUALIFY")
def _qualify(tokens: Tokens) -> Tokens:
    """QUALIFY p: the query with p as one more column, and the rows where it is true. AWS: r_QUALIFY_clause.

    `*` and `t.*` go through the inner query as whole rows, so that no column has to be known.
    """
    at = next(
        (i for i, token in enumerate(tokens) if token.word == "QUALIFY" and tokens[i - 1].word not in (".", "AS")), None
    )
    if at is None:
        return tokens
    select = _start_of_query(tokens, at)
    start = next((i for i in _at_depth(tokens, select + 1, at) if tokens[i].word == "FROM"), None)
    if start is None:
        raise NotMapped("QUALIFY without a FROM")
    end = next(
        (
            i
            for i in _at_depth(tokens, at + 1, len(tokens))
            if tokens[i].word in {"ORDER", "LIMIT", "OFFSET", ";", *_SET_OPERATIONS}
        ),
        _end_of_query(tokens, at),
    )
    first = select + 1
    distinct = ""
    if tokens[first].word in ("DISTINCT", "ALL"):
        distinct = f" {tokens[first].text}"
        first += 1
    inner, outer = [], []
    relations = _relations(tokens[start + 1 : at])
    for item in split(tokens[first:start]):
        if _words(item) == ("*",):
            if _depth_words(tokens[start:at]) & {"USING", "NATURAL"}:
                raise NotMapped("QUALIFY on * of a join by common columns")
            for number, relation in enumerate(relations):
                inner.append(f"{relation} as rs_row_{number}")
                outer.append(f"(rs_row_{number}).*")
        elif len(item) == 3 and item[1].word == "." and item[2].word == "*":
            row = f"rs_row_of_{item[0].text.strip(chr(34)).lower()}"
            inner.append(f"{item[0].text} as {row}")
            outer.append(f"({row}).*")
        else:
            inner.append(join(item).strip())
            outer.append(_output_name(item))
    inner.append(f"({join(tokens[at + 1 : end]).strip()}) as rs_qualified")
    inner_query = f"select {', '.join(inner)}{join(tokens[start:at])}"
    query = f"select{distinct} {', '.join(outer)} from ({inner_query}) as rs_query where rs_qualified"
    return _qualify(_replace(tokens, select, end, query))


@_query("MINUS")
def _minus(tokens: Tokens) -> Tokens:
    """MINUS between two queries is EXCEPT. AWS: r_UNION."""
    return [
        token._replace(text="except", word="EXCEPT")
        if token.word == "MINUS"
        and tokens[index + 1].word in ("SELECT", "(")
        and tokens[index - 1].word not in (".", "AS")
        else token
        for index, token in enumerate(tokens)
    ]


@_query("APPROXIMATE")
def _approximate(tokens: Tokens) -> Tokens:
    """APPROXIMATE COUNT(DISTINCT x) and PERCENTILE_DISC: the exact ones, which no tolerance forbids. AWS: r_COUNT."""
    kept = [
        token
        for index, token in enumerate(tokens)
        if not (token.word == "APPROXIMATE" and tokens[index + 1].word in ("COUNT", "PERCENTILE_DISC"))
    ]
    return kept if len(kept) < len(tokens) else tokens


@_query("SYSDATE")
def _sysdate(tokens: Tokens) -> Tokens:
    """SYSDATE, a word without brackets: the time at which the transaction began. AWS: r_SYSDATE."""
    index = 0
    while index < len(tokens):
        if (
            tokens[index].word == "SYSDATE"
            and tokens[index - 1].word not in (".", "AS")
            and tokens[index + 1].word not in (".", "(")
        ):
            tokens = _replace(tokens, index, index + 1, "rs.sysdate()")
            index += 4
        index += 1
    return tokens


# Date parts that PostgreSQL knows by another name.
_PART_NAMES = {"dayofweek": "dow", "dw": "dow", "weekday": "dow", "dayofyear": "doy", "dy": "doy", "yearday": "doy"}


@_query("DATEADD", "DATEDIFF", "DATE_PART", "DATE_TRUNC")
def _date_part(tokens: Tokens) -> Tokens:
    """dateadd(month, ...): the part, which may stand bare, as text. AWS: r_Dateparts_for_datetime_functions."""
    tokens = list(tokens)
    for index in _calls(tokens, word_set("dateadd datediff date_part date_trunc")):
        part = tokens[index + 2]
        if tokens[index + 3].word != "," or part.kind not in ("name", "quoted", "string"):
            continue
        name = part.text.strip("\"'").lower()
        if name.upper() not in DATE_PARTS:
            raise NotMapped(f"{name} is not a date part of the guide")
        if part.kind != "string" or name in _PART_NAMES:
            tokens[index + 2] = Token("string", f"'{_PART_NAMES.get(name, name)}'", part.space)
    return tokens


@_query("EXTRACT")
def _extract(tokens: Tokens) -> Tokens:
    """EXTRACT gives an integer, cut off; PostgreSQL a numeric.

    AWS: r_EXTRACT_function. The double precision that a TIMESTAMPTZ gives is not played, nor are milliseconds and
    microseconds, which leave out the seconds there.
    """
    for index in reversed(_calls(tokens, word_set("extract"))):
        part = tokens[index + 2]
        end = closing(tokens, index + 1)
        if tokens[index + 3].word != "FROM":
            continue
        if part.word not in DATE_PARTS or part.word.startswith(("MILLIS", "MICROS", "MS", "US")):
            raise NotMapped(f"EXTRACT of {part.text}")
        call = f"extract({part.space}{_PART_NAMES.get(part.text.lower(), part.text)}{join(tokens[index + 3 : end + 1])}"
        tokens = _replace(tokens, index, end + 1, f"trunc({call})::int")
    return tokens


# Functions whose namesake in PostgreSQL means something else, or that it has under another name.
_FUNCTIONS = {"AVG": "rs.avg", "CONCAT": "rs.concat", "NVL": "coalesce", "REGEXP_REPLACE": "rs.regexp_replace"}


@_query(*_FUNCTIONS, "ARRAY")
def _functions(tokens: Tokens) -> Tokens:
    """avg of integers, concat, nvl, regexp_replace, array(...).

    AWS: r_AVG, r_CONCAT, r_NVL_function, REGEXP_REPLACE, r_array.
    """
    tokens = list(tokens)
    for index in _calls(tokens, frozenset([*_FUNCTIONS, "ARRAY"])):
        if tokens[index].word == "ARRAY" and tokens[index + 2].word in ("SELECT", "WITH"):
            raise NotMapped("ARRAY of a query")
        name = _FUNCTIONS.get(tokens[index].word, "rs.array")
        tokens[index] = tokens[index]._replace(text=name, word="")
    return tokens


@_query("DECODE")
def _decode(tokens: Tokens) -> Tokens:
    """DECODE(x, a, 1, b, 2, 0): a CASE in which null equals null. AWS: r_DECODE_expression."""
    for index in reversed(_calls(tokens, word_set("decode"))):
        end = closing(tokens, index + 1)
        arguments = [join(part).strip() for part in split(tokens[index + 2 : end])]
        if len(arguments) < 3:
            raise NotMapped("DECODE with fewer than three arguments")
        value, *pairs = arguments
        whens = [
            f"when ({value}) is not distinct from ({a}) then {b}" for a, b in zip(pairs[::2], pairs[1::2], strict=False)
        ]
        default = f" else {pairs[-1]}" if len(pairs) % 2 else ""
        tokens = _replace(tokens, index, end + 1, f"(case {' '.join(whens)}{default} end)")
    return tokens


@_query("NVL2")
def _nvl2(tokens: Tokens) -> Tokens:
    """NVL2(x, a, b): a CASE, whose types may differ from that of x. AWS: r_NVL2."""
    for index in reversed(_calls(tokens, word_set("nvl2"))):
        end = closing(tokens, index + 1)
        arguments = [join(part).strip() for part in split(tokens[index + 2 : end])]
        if len(arguments) != 3:
            raise NotMapped("NVL2 without three arguments")
        value, known, missing = arguments
        tokens = _replace(tokens, index, end + 1, f"(case when ({value}) is not null then {known} else {missing} end)")
    return tokens


@_query("LISTAGG")
def _listagg(tokens: Tokens) -> Tokens:
    """LISTAGG(x, ',') WITHIN GROUP (ORDER BY y): string_agg; DISTINCT ones by way of an array, which keeps the order.

    AWS: r_LISTAGG. As a window function it has no counterpart.
    """
    for index in reversed(_calls(tokens, word_set("listagg"))):
        end = closing(tokens, index + 1)
        arguments = split(tokens[index + 2 : end])
        delimiter = join(arguments[1]).strip() if len(arguments) > 1 else "''"
        order = ""
        if _words(tokens[end + 1 : end + 4]) == ("WITHIN", "GROUP", "("):
            last = closing(tokens, end + 3)
            order = " " + join(tokens[end + 4 : last]).strip()
            end = last
        if tokens[end + 1].word == "OVER":
            raise NotMapped("LISTAGG as a window function")
        if arguments[0][0].word == "DISTINCT":
            value = join(arguments[0][1:]).strip()
            call = (
                f"array_to_string(array_agg(distinct {value}{order}) filter (where ({value}) is not null), {delimiter})"
            )
        else:
            call = f"string_agg(({join(arguments[0]).strip()})::text, {delimiter}{order})"
        tokens = _replace(tokens, index, end + 1, call)
    return tokens


@_query("RATIO_TO_REPORT")
def _ratio_to_report(tokens: Tokens) -> Tokens:
    """RATIO_TO_REPORT(x) OVER (...): x divided by its sum over the window, as FLOAT8. AWS: r_WF_RATIO_TO_REPORT."""
    for index in reversed(_calls(tokens, word_set("ratio_to_report"))):
        end = closing(tokens, index + 1)
        if _words(tokens[end + 1 : end + 3]) != ("OVER", "("):
            raise NotMapped("RATIO_TO_REPORT without OVER")
        last = closing(tokens, end + 2)
        value = join(tokens[index + 2 : end]).strip()
        window = join(tokens[end + 1 : last + 1])
        tokens = _replace(tokens, index, last + 1, f"(({value})::float8 / sum({value}){window})")
    return tokens


_TYPES = word_set("bpchar char character datetime decimal nchar numeric nvarchar text varchar")


@_query(*_TYPES)
def _casts(tokens: Tokens) -> Tokens:
    """The type of a cast, where Redshift means another one by the same words: see _map_type."""
    for index in range(len(tokens) - 2, 0, -1):
        if tokens[index].word in _TYPES and _is_cast_to(tokens, index):
            mapped = _map_type(tokens, index, in_table=False)
            if mapped is not None:
                text, end = mapped
                tokens = _replace(tokens, index, end, text)
    return tokens


def _map_type(tokens: Tokens, index: int, in_table: bool) -> tuple[str, int] | None:
    """PostgreSQL's type for the one at `index`, and the index behind it; None where they are the same.

    A length left out means 256 (varchar, text, bpchar) in a table and the expression's own in a cast; MAX means 65535
    bytes (char: 4096); a bare numeric means (18, 0). AWS: r_Character_types, r_Numeric_types201.
    numeric(38, 37) is how rs.columns describes PostgreSQL's numeric without a precision, and means that one.
    """
    word, end = tokens[index].word, index + 1
    if word == "CHARACTER" and tokens[end].word == "VARYING":
        word, end = "VARCHAR", end + 1
    length = ""
    if tokens[end].word == "(":
        last = closing(tokens, end)
        inside = tokens[end + 1 : last]
        if any(token.kind not in ("number", "name") and token.word != "," for token in inside):
            return None
        length = "".join(token.text for token in inside)
        end = last + 1
    names = {"NVARCHAR": "varchar", "NCHAR": "char", "CHARACTER": "char", "DATETIME": "timestamp", "DECIMAL": "numeric"}
    name = names.get(word, word.lower())
    if name == "numeric":
        length = {"": "18,0", "38,37": ""}.get(length, length)
    elif name in ("varchar", "char") and length.upper() == "MAX":
        length = "65535" if name == "varchar" else "4096"
    elif not length and in_table and name in ("varchar", "text", "bpchar"):
        name, length = "char" if name == "bpchar" else "varchar", "256"
    elif not length and not in_table and name == "char":
        name = "bpchar"
    elif name not in ("varchar", "char", "timestamp"):
        return None
    mapped = f"{name}({length})" if length else name
    written = "".join(token.text for token in tokens[index:end])
    return None if mapped == written.lower() else (mapped, end)


# --- What the rules share ---------------------------------------------------------------------------------------------


def _done(sql: str) -> Tokens:
    """Text that no query rule has to look at: one token."""
    return [Token("string", sql), Token("end", "")]


def _replace(tokens: Tokens, start: int, end: int, text: str) -> Tokens:
    """The tokens with those from `start` up to `end` replaced by a text, which takes the space before the first."""
    new = tokenize(text)[:-1]
    if start < end and new:
        new[0] = new[0]._replace(space=tokens[start].space + new[0].space)
    return [*tokens[:start], *new, *tokens[end:]]


def _body(tokens: Tokens) -> Tokens:
    """The statement without its end: no semicolon, no end token."""
    return _cut(tokens, ";")[0]


def _cut(tokens: Tokens, separator: str) -> tuple[Tokens, Tokens, Tokens]:
    """What stands before the first separator, the separator, and the rest; the end token is in the rest."""
    at = next((i for i, token in enumerate(tokens) if token.word == separator), len(tokens) - 1)
    return tokens[:at], tokens[at : at + 1], tokens[at:]


def _leading(tokens: Tokens) -> str:
    return tokens[0].word if tokens else ""


def _words(tokens: Tokens) -> tuple[str, ...]:
    return tuple(token.word for token in tokens)


def _spaced(tokens: Tokens) -> str:
    """The text of tokens after one space; "" for none."""
    return " " + join(tokens).strip() if tokens else ""


def _literal(text: str) -> str:
    """A string literal for an engine in which backslashes escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _name_parts(tokens: Tokens, count: int) -> list[str]:
    """The parts of a dotted name in lower case, without quotes, filled with "" in front up to `count`."""
    parts = [_column([part]) for part in tokens if part.word != "."]
    if len(parts) > count or _more_than_a_name(tokens) or not parts:
        raise NotMapped(f"{join(tokens).strip()} where a name of at most {count} parts belongs")
    return [""] * (count - len(parts)) + parts


def _column(tokens: Tokens) -> str:
    """A column's name in lower case, without quotes."""
    if len(tokens) != 1 or tokens[0].kind not in ("name", "quoted") or "*/" in tokens[0].text:
        raise NotMapped(f"{join(tokens).strip()} where one name belongs")
    return tokens[0].text.strip('"').lower()


def _after_if_exists(tokens: Tokens, index: int) -> int:
    """The index behind IF [NOT] EXISTS, when it stands there."""
    if tokens[index].word == "IF":
        return index + (3 if tokens[index + 1].word == "NOT" else 2)
    return index


def _calls(tokens: Tokens, names: frozenset[str]) -> list[int]:
    """Where one of the functions is called by its bare name."""
    return [
        index
        for index in range(len(tokens) - 1)
        if tokens[index].word in names
        and tokens[index + 1].word == "("
        and (index == 0 or tokens[index - 1].word != ".")
    ]


def _is_cast_to(tokens: Tokens, index: int) -> bool:
    """Whether a type stands at `index`: behind `::`, or behind the AS of a CAST."""
    if tokens[index - 1].word == "::":
        return True
    if tokens[index - 1].word != "AS":
        return False
    bracket = enclosing(tokens, index)
    return bracket > 0 and tokens[bracket - 1].word == "CAST"


def _at_depth(tokens: Tokens, start: int, end: int) -> list[int]:
    """The indices from `start` up to `end` in no bracket opened there, up to one that closes an earlier bracket."""
    found, depth = [], 0
    for index in range(start, end):
        word = tokens[index].word
        if word == ")":
            depth -= 1
            if depth < 0:
                break
        if depth == 0:
            found.append(index)
        if word == "(":
            depth += 1
    return found


def _depth_words(tokens: Tokens) -> set[str]:
    return {tokens[index].word for index in _at_depth(tokens, 0, len(tokens))}


def _start_of_query(tokens: Tokens, index: int) -> int:
    """The SELECT that the clause at `index` belongs to."""
    depth = 0
    for before in range(index - 1, -1, -1):
        word = tokens[before].word
        depth += (word == ")") - (word == "(")
        if depth < 0:
            break
        if depth == 0 and word == "SELECT":
            return before
    raise NotMapped(f"{tokens[index].text} without a SELECT")


def _end_of_query(tokens: Tokens, index: int) -> int:
    """The index behind the query that `index` stands in: of its closing bracket, semicolon or the end."""
    inside = _at_depth(tokens, index, len(tokens) - 1)
    for position in inside:
        if tokens[position].word == ";":
            return position
    depth = 0
    for position in range(index, len(tokens)):
        depth += (tokens[position].word == "(") - (tokens[position].word == ")")
        if depth < 0:
            return position
    return len(tokens) - 1


def _output_name(item: Tokens) -> str:
    """The name of a column of a SELECT list: its alias behind AS, or of a column itself."""
    if len(item) > 2 and item[-2].word == "AS" and item[-1].kind in ("name", "quoted"):
        return item[-1].text
    if (
        all(token.kind in ("name", "quoted") if i % 2 == 0 else token.word == "." for i, token in enumerate(item))
        and len(item) % 2
    ):
        return item[-1].text
    raise NotMapped(f"QUALIFY beside a column without a name: {join(item).strip()} (write AS and a name)")


def _relations(tokens: Tokens) -> list[str]:
    """The names by which the relations of a FROM clause are known."""
    names = []
    index, expected = 0, True
    while index < len(tokens):
        word = tokens[index].word
        if word in ("JOIN", ","):
            expected = True
        elif word in ("WHERE", "GROUP", "HAVING"):
            break
        elif expected and word not in ("INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL"):
            name, index = _relation(tokens, index)
            names.append(name)
            expected = False
            continue
        elif word == "(":
            index = closing(tokens, index)
        index += 1
    return names


def _relation(tokens: Tokens, index: int) -> tuple[str, int]:
    """The alias, or else the own name, of the relation at `index`, and the index behind it."""
    name = ""
    if tokens[index].word == "(":
        index = closing(tokens, index) + 1
    else:
        while index + 1 < len(tokens) and tokens[index + 1].word == ".":
            index += 2
        name = tokens[index].text
        index += 1
    if index < len(tokens) and tokens[index].word == "AS":
        index += 1
    if index < len(tokens) and tokens[index].kind in ("name", "quoted") and tokens[index].word not in _AFTER_FROM:
        return tokens[index].text, index + 1
    if not name:
        raise NotMapped("QUALIFY on * of a sub-query without a name")
    return name, index
