"""Rules for whole statements, by their first word: SHOW, SET, VACUUM, GRANT, ALTER, MERGE and the like."""

from collections.abc import Callable

from .map_tables import column_definition
from .mapping import (
    NotMapped,
    Rewritten,
    Tokens,
    after_if_exists,
    body_of,
    done,
    literal,
    more_than_a_name,
    name_parts,
    replace,
    spaced,
    words_of,
)
from .tokens import join, tokenize, word_set

# Settings of Redshift that change nothing here: https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_ConfigurationRef.html
_SETTINGS = word_set(
    "analyze_threshold_percent auto_analyze enable_result_cache_for_session query_group wlm_query_slot_count"
)


# Settings that change what names mean; only their default is played.
_SETTINGS_OFF = word_set(
    "describe_field_name_in_uppercase downcase_delimited_identifier enable_case_sensitive_identifier"
)


def copy(tokens: Tokens) -> Rewritten:
    """They move files, which SQL cannot: s3copy takes them before they come here. AWS: r_COPY, r_UNLOAD."""
    raise NotMapped("COPY and UNLOAD are played by s3copy, in the form of the guide only")


def show(tokens: Tokens) -> Rewritten:
    """SHOW SCHEMAS, TABLES, COLUMNS and GRANTS read the catalog; SHOW of one word is a setting.

    AWS: r_SHOW_SCHEMAS, r_SHOW_TABLES, r_SHOW_COLUMNS, r_SHOW_GRANTS, r_SHOW.
    """
    body = body_of(tokens)
    what = body[1].word if len(body) > 1 else ""
    if len(body) == 2:
        return tokens, None
    body, like = _show_like(body)
    if what == "SCHEMAS" and words_of(body[2:4]) == ("FROM", "DATABASE"):
        (database,) = name_parts(body[4:], 1)
        return done(f"select * from rs.show_schemas({literal(database)})" + like("schema_name")), "SHOW"
    if what == "TABLES" and words_of(body[2:4]) == ("FROM", "SCHEMA"):
        database, schema = name_parts(body[4:], 2)
        call = f"rs.show_tables({literal(database)}, {literal(schema)})"
        return done(f"select * from {call}" + like("table_name")), "SHOW"
    if what == "COLUMNS" and words_of(body[2:4]) == ("FROM", "TABLE"):
        place = ", ".join(map(literal, name_parts(body[4:], 3)))
        select = f"select * from rs.show_columns({place})"
        return done(select + like("column_name") + " order by ordinal_position"), "SHOW"
    if what == "GRANTS" and words_of(body[2:4]) == ("ON", "TABLE"):
        _, schema, table = name_parts(body[4:], 3)
        call = f"rs.show_grants({literal(schema)}, {literal(table)})"
        return done(f"select * from {call}" + like("identity_name")), "SHOW"
    raise NotMapped(f"SHOW {what}")


def _show_like(body: Tokens) -> tuple[Tokens, Callable[[str], str]]:
    """A SHOW without its LIKE, and what that makes of the column it filters."""
    if len(body) > 2 and body[-2].word == "LIKE" and body[-1].kind == "string":
        pattern = body[-1].text
        return body[:-2], lambda column: f" where {column} like {pattern}"
    return body, lambda column: ""


def use(tokens: Tokens) -> Rewritten:
    """USE of the database one is connected to; there is no other here. AWS: r_USE_command."""
    (database,) = name_parts(body_of(tokens)[1:], 1)
    check = (
        f"if current_database() <> {literal(database)} then raise exception 'USE reaches this database only'; end if;"
    )
    return done(f"do $rs$begin {check} end$rs$"), "USE"


def set_setting(tokens: Tokens) -> Rewritten:
    """Redshift's own settings are kept under the prefix `rs.`, PostgreSQL's place for settings it does not know.

    AWS: r_SET, cm_chap_ConfigurationRef.
    """
    body = body_of(tokens)
    if words_of(body) == ("RESET", "USE"):
        return done("do $rs$begin end$rs$"), "RESET"
    index = 2 if len(body) > 2 and body[1].word in ("SESSION", "LOCAL") else 1
    name = body[index].word if len(body) > index else ""
    if name in _SETTINGS_OFF:
        if body[0].word == "SET" and body[-1].text.strip("'").lower() not in ("off", "false", "default"):
            raise NotMapped(f"{name.lower()} other than off: names are folded to lower case here, as by default")
    elif name not in _SETTINGS:
        return tokens, None
    return replace(tokens, index, index + 1, f"rs.{body[index].text}"), None


def vacuum(tokens: Tokens) -> Rewritten:
    """VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table] [TO n PERCENT] [BOOST]: the table only.

    AWS: r_VACUUM_command.
    """
    body = [token for token in body_of(tokens)[1:] if token.word != "BOOST"]
    if body and body[0].word in ("FULL", "REINDEX", "RECLUSTER"):
        body = body[1:]
    elif words_of(body[:2]) in (("SORT", "ONLY"), ("DELETE", "ONLY")):
        body = body[2:]
    if len(body) > 3 and body[-3].word == "TO" and body[-1].word == "PERCENT":
        body = body[:-3]
    return tokenize("vacuum" + spaced(body)), "VACUUM"


def analyze(tokens: Tokens) -> Rewritten:
    """ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS]: which columns is left to the engine.

    AWS: r_ANALYZE.
    """
    body = body_of(tokens)
    if len(body) > 1 and body[1].word == "COMPRESSION":
        raise NotMapped("ANALYZE COMPRESSION: there are no encodings here")
    if words_of(body[-2:]) in (("PREDICATE", "COLUMNS"), ("ALL", "COLUMNS")):
        return tokenize(join(body[:-2])), "ANALYZE"
    return tokens, None


def grant(tokens: Tokens) -> Rewritten:
    """TO ROLE name and FROM ROLE name: a role needs no keyword in PostgreSQL. AWS: r_GRANT, r_REVOKE."""
    if any(words_of(tokens[i : i + 3]) == ("FOR", "TABLES", "IN") for i in range(len(tokens))):
        raise NotMapped("scoped permissions (FOR TABLES IN ...)")
    kept: Tokens = []
    for before, token, after in zip([tokens[0], *tokens], tokens, [*tokens[1:], tokens[-1]], strict=False):
        if token.word == "ROLE" and before.word in ("TO", "FROM", ",") and after.kind in ("name", "quoted"):
            continue
        kept.append(token)
    return (kept if len(kept) < len(tokens) else tokens), None


def without_database(tokens: Tokens, start: int) -> Tokens:
    """ "database"."schema" of CREATE or DROP SCHEMA: the schema; there is one database. AWS: r_CREATE_SCHEMA."""
    index = after_if_exists(tokens, start)
    if tokens[index + 1].word == ".":
        return replace(tokens, index, index + 3, tokens[index + 2].text)
    return tokens


def create_user(tokens: Tokens) -> Tokens:
    """PASSWORD DISABLE, for users that come by IAM: a user without a password. AWS: r_CREATE_USER."""
    for index, token in enumerate(tokens):
        if token.word == "PASSWORD" and tokens[index + 1].word == "DISABLE":
            return replace(tokens, index, index + 2, "password null")
    return tokens


def alter(tokens: Tokens) -> Rewritten:
    """ALTER TABLE: APPEND moves rows; distribution, order, encoding and informational keys change nothing here.

    AWS: r_ALTER_TABLE, r_ALTER_TABLE_APPEND.
    """
    body = body_of(tokens)
    if len(body) < 4 or body[1].word != "TABLE":
        return tokens, None
    end = 3
    while end < len(body) and body[end].word == ".":
        end += 2
    table, action = body[2:end], body[end:]
    words = words_of(action)
    if words[:2] == ("APPEND", "FROM"):
        source = action[2:]
        if any(token.word not in (".", "") and token.kind != "name" for token in source) or more_than_a_name(source):
            raise NotMapped("ALTER TABLE APPEND with IGNOREEXTRA or FILLTARGET")
        sql = f"with moved as (delete from{spaced(source)} returning *) insert into{spaced(table)} select * from moved"
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
        column = column_definition(action[2:], {}, set())
        return [*body[:end], *action[:2], *column, tokens[-1]], None
    return tokens, None


def _analyzed(table: Tokens) -> Tokens:
    """A statement that changes nothing, yet fails where the table is not there."""
    return tokenize(f"do $rs$begin perform {literal(join(table).strip().lower())}::regclass; end$rs$")


def merge(tokens: Tokens) -> Rewritten:
    """MERGE ... REMOVE DUPLICATES: the target's matching rows go, the source's rows come, each once. AWS: r_MERGE."""
    body = body_of(tokens)
    if words_of(body[-2:]) != ("REMOVE", "DUPLICATES"):
        return tokens, None
    using = next((i for i, token in enumerate(body) if token.word == "USING"), None)
    on = next((i for i, token in enumerate(body) if token.word == "ON"), None)
    if using is None or on is None or words_of(body[:2]) != ("MERGE", "INTO"):
        raise NotMapped("a MERGE that is not of the guide's form")
    target, source, condition = body[2:using], body[using + 1 : on], body[on + 1 : -2]
    relation = source
    if len(source) > 1 and source[-2].word != ".":
        relation = source[: -2 if source[-2].word == "AS" else -1]
    sql = (
        f"with gone as (delete from{spaced(target)} using{spaced(source)} where{spaced(condition)}) "
        f"insert into{spaced(target)} select distinct * from{spaced(relation)}"
    )
    return tokenize(sql), "MERGE"
