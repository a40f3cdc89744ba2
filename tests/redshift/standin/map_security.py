"""Roles, masking and row-level-security policies, external schemas, quotas: kept by the stand-in, not enforced.

Views of the catalog show them: svv_roles, svv_masking_policy, svv_attached_masking_policy, svv_rls_policy,
svv_rls_attached_policy, svv_external_schemas, svv_schema_quota_state. Grants to a role hold.
"""

from .mapping import NotMapped, Rewritten, Tokens, after_if_exists, body_of, cut, done, literal, replace, words_of
from .tokens import closing, join


def create_role(tokens: Tokens) -> Rewritten:
    """CREATE ROLE name [EXTERNALID id]. AWS: r_CREATE_ROLE."""
    return _call("create_role", tokens[2].text.strip('"').lower()), "CREATE ROLE"


def drop_role(tokens: Tokens) -> Rewritten:
    """DROP ROLE name [FORCE | RESTRICT]. AWS: r_DROP_ROLE."""
    return _call("drop_role", tokens[2].text.strip('"').lower()), "DROP ROLE"


def create_policy(tokens: Tokens) -> Rewritten:
    """CREATE {MASKING | RLS} POLICY name WITH (columns) USING (expression). AWS: r_CREATE_MASKING_POLICY."""
    body = body_of(tokens)
    start = after_if_exists(body, 3)
    columns = ""
    if body[start + 1].word == "WITH":
        columns = join(body[start + 3 : closing(body, start + 2)]).strip()
    using = next(i for i, token in enumerate(body) if token.word == "USING")
    expression = join(body[using + 2 : closing(body, using + 1)]).strip()
    kind = body[1].word
    call = _call("create_policy", kind, body[start].text.lower(), columns, expression, str(start > 3).lower())
    return call, f"CREATE {kind} POLICY"


def drop_policy(tokens: Tokens) -> Rewritten:
    """DROP {MASKING | RLS} POLICY name [CASCADE]. AWS: r_DROP_MASKING_POLICY."""
    body = body_of(tokens)
    name = body[after_if_exists(body, 3)].text.lower()
    cascade = str(body[-1].word == "CASCADE").lower()
    return _call("drop_policy", body[1].word, name, cascade), f"DROP {body[1].word} POLICY"


def attach(tokens: Tokens) -> Rewritten:
    """{ATTACH | DETACH} {MASKING | RLS} POLICY name ON table [(columns)] {TO | FROM} whom [PRIORITY n].

    AWS: r_ATTACH_MASKING_POLICY, r_ATTACH_RLS_POLICY.
    """
    body = body_of(tokens)
    command, kind = body[0].word, body[1].word
    if body[2].word != "POLICY" or body[4].word != "ON":
        raise NotMapped(f"{command} of a policy in another form")
    after = body[5:] if body[5].word != "TABLE" else body[6:]
    table, _, rest = cut(after, "TO" if command == "ATTACH" else "FROM")
    at = next((i for i, token in enumerate(table) if token.word == "("), len(table))
    name, columns = table[:at], table[at + 1 : closing(table, at)] if at < len(table) else []
    whom, priority = rest[1:], "0"
    if len(whom) > 2 and whom[-2].word == "PRIORITY":
        whom, priority = whom[:-2], whom[-1].text
    grantee = "role" if whom[0].word == "ROLE" else "public" if words_of(whom) == ("PUBLIC",) else "user"
    call = _call(
        command.lower(),
        kind,
        body[3].text.lower(),
        join(name).strip().lower(),
        join(columns).strip().lower(),
        whom[-1].text.strip('"').lower(),
        grantee,
        priority,
    )
    return call, f"{command} {kind} POLICY"


def create_external(tokens: Tokens) -> Rewritten:
    """CREATE EXTERNAL SCHEMA name FROM ...: a schema without tables. AWS: r_CREATE_EXTERNAL_SCHEMA."""
    body = body_of(tokens)
    if body[2].word != "SCHEMA":
        raise NotMapped(f"CREATE EXTERNAL {body[2].word}")
    start = after_if_exists(body, 3)
    options = join(body[start + 1 :]).strip()
    return _call("create_external_schema", body[start].text.strip('"').lower(), options), "CREATE SCHEMA"


def schema(tokens: Tokens) -> Rewritten:
    """ALTER SCHEMA name QUOTA n {MB | GB | TB} | UNLIMITED; else as it is. AWS: r_ALTER_SCHEMA."""
    body = body_of(tokens)
    if len(body) > 3 and body[3].word == "QUOTA":
        return _call("set_quota", body[2].text.strip('"').lower(), join(body[4:]).strip().lower()), "ALTER SCHEMA"
    return tokens, None


def without_quota(tokens: Tokens) -> Tokens:
    """CREATE SCHEMA without its QUOTA."""
    at = next((i for i, token in enumerate(tokens) if token.word == "QUOTA"), 0)
    return replace(tokens, at, at + (2 if tokens[at + 1].word == "UNLIMITED" else 3), "") if at else tokens


def row_level_security(table: Tokens, words: tuple[str, ...]) -> Rewritten:
    """ALTER TABLE name ROW LEVEL SECURITY {ON | OFF}. AWS: r_ALTER_TABLE."""
    return _call("row_level_security", join(table).strip().lower(), words[3].lower()), "ALTER TABLE"


def grant_role(tokens: Tokens) -> Rewritten:
    """GRANT ROLE a TO {ROLE b | user}; REVOKE ROLE a FROM ... AWS: r_GRANT."""
    names = [token.text.strip('"').lower() for token in body_of(tokens)[2:] if token.word not in ("ROLE", "TO", "FROM")]
    if len(names) != 2:
        raise NotMapped(f"{tokens[0].word} of several roles at once")
    return _call("grant_role", tokens[0].word.lower(), *names), tokens[0].word


def _call(procedure: str, *arguments: str) -> Tokens:
    return done(f"call rs.{procedure}({', '.join(map(literal, arguments))})")
