"""Rules for whole statements, by their first word: SHOW, SET, VACUUM, GRANT, ALTER, MERGE and the like."""

from . import map_security
from .map_tables import column_definition
from .mapping import (
    NotMapped,
    Rewritten,
    Tokens,
    after_if_exists,
    body_of,
    done,
    replace,
    words_of,
)
from .tokens import join, word_set

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


def not_played(tokens: Tokens) -> Rewritten:
    """Commands that nothing of this project sends."""
    raise NotMapped(" ".join(words_of(tokens[:2])).strip())


def show(tokens: Tokens) -> Rewritten:
    """SHOW of one word is a setting; SHOW TABLES and the like are not played. AWS: r_SHOW."""
    return (tokens, None) if len(body_of(tokens)) == 2 else not_played(tokens)


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


def analyze(tokens: Tokens) -> Rewritten:
    """ANALYZE [table [(columns)]]: as in PostgreSQL; which columns, and encodings, are not played. AWS: r_ANALYZE."""
    body = body_of(tokens)
    if words_of(body[1:2]) == ("COMPRESSION",) or words_of(body[-1:]) == ("COLUMNS",):
        raise NotMapped("ANALYZE COMPRESSION and ANALYZE of PREDICATE COLUMNS or ALL COLUMNS")
    return tokens, None


def vacuum(tokens: Tokens) -> Rewritten:
    """VACUUM DELETE ONLY table TO n PERCENT: takes away what was deleted. AWS: r_VACUUM_command."""
    body = body_of(tokens)
    if words_of(body[1:3]) != ("DELETE", "ONLY") or words_of(body[-1:]) != ("PERCENT",):
        raise NotMapped("VACUUM other than DELETE ONLY table TO n PERCENT")
    return done(f"vacuum {join(body[3:-3])}"), "VACUUM"


def grant(tokens: Tokens) -> Rewritten:
    """TO ROLE name and FROM ROLE name: a role needs no keyword in PostgreSQL. AWS: r_GRANT, r_REVOKE."""
    if tokens[1].word == "ROLE":
        return map_security.grant_role(tokens)
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
    """ALTER TABLE: what stores a table, keys and APPEND are not played. AWS: r_ALTER_TABLE."""
    body = body_of(tokens)
    if words_of(body[1:2]) == ("SCHEMA",):
        return map_security.schema(tokens)
    if len(body) < 4 or body[1].word != "TABLE":
        return tokens, None
    end = 3
    while end < len(body) and body[end].word == ".":
        end += 2
    action = body[end:]
    words = words_of(action)
    if words[:3] == ("ROW", "LEVEL", "SECURITY"):
        return map_security.row_level_security(body[2:end], words)
    storage = {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"}
    keys = {"PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT"}
    is_storage = words[0] == "ALTER" and (set(words[1:2]) & storage or words[3:4] == ("ENCODE",))
    if words[0] == "APPEND" or is_storage or (words[0] in ("ADD", "DROP") and set(words[1:2]) & keys):
        raise NotMapped(f"ALTER TABLE {' '.join(words[:2])}")
    if words[:2] == ("ADD", "COLUMN"):
        column = column_definition(action[2:], {})
        return [*body[:end], *action[:2], *column, tokens[-1]], None
    return tokens, None


def merge(tokens: Tokens) -> Rewritten:
    """MERGE is PostgreSQL's, but for REMOVE DUPLICATES. AWS: r_MERGE."""
    if words_of(body_of(tokens)[-2:]) == ("REMOVE", "DUPLICATES"):
        raise NotMapped("MERGE ... REMOVE DUPLICATES")
    return tokens, None
