"""Redshift SQL made into PostgreSQL SQL: only what PostgreSQL cannot take, token by token; the rest of the text stays.

A rule is one function. A rule for statements is chosen by the first word; rules for queries run on every statement that
holds one of their trigger words, so that a text without any is returned as it came. What Redshift takes and is not
played raises NotMapped; nothing is passed on in the hope that it means the same.

"AWS" in a rule's docstring is a page of the Database Developer Guide,
https://docs.aws.amazon.com/redshift/latest/dg/<page>.html
"""

from collections.abc import Callable

from . import map_functions, map_queries, map_security, map_statements
from .map_tables import TYPES, casts, create_table
from .mapping import NotMapped, Rewritten, Tokens, body_of, cut, done, literal, words_of
from .tokens import join, tokenize, word_set

__all__ = ["COMPAT", "NotMapped", "rewrite", "triggers"]

# What rewritten SQL calls, or relies on to exist under Redshift's own name: compat.sql defines each.
COMPAT = {
    "rs.avg": "avg, which is an integer for integers",
    "rs.columns": "information_schema.columns without late-binding views",
    "rs.concat": "concat of two values, null when one is",
    "rs.create_lbv": "procedure(head, name, body): a view that is bound when it is read",
    "rs.pg_attribute": "pg_attribute without late-binding views",
    "rs.regexp_replace": "regexp_replace of every occurrence",
    **{
        f"pg_catalog.{name}": "under its own name"
        for name in ("dateadd", "datediff", "date_trunc", "getdate", "json_extract_path_text", "len", "super", "trunc")
    },
}


def rewrite(sql: str) -> tuple[str, str | None]:
    """PostgreSQL's text for one Redshift statement, and the command tag to report where it is not the engine's own.

    Raises NotMapped for what is not played. COPY and UNLOAD do not come here: see s3copy.
    """
    original = tokenize(sql)
    body, _, rest = cut(original, ";")
    if any(token.word != ";" for token in rest[:-1]):
        raise NotMapped("several statements in one text: send them one by one")
    tokens, tag = original, None
    rule = _STATEMENTS.get(body[0].word if body else "")
    try:
        if rule is not None:
            tokens, tag = rule(tokens)
        for words, query_rule in _QUERIES:
            # Anew for each rule: what one writes may concern the next.
            if not words or any(token.word in words for token in tokens):
                tokens = query_rule(tokens)
    except (IndexError, StopIteration):
        raise NotMapped("a statement that stops before its end") from None
    return (sql, tag) if tokens is original else (join(tokens), tag)


def triggers() -> frozenset[str]:
    """Every word that makes a rule look at a statement; a text without any, nor a capital in quotes, stays as it is."""
    return frozenset(_STATEMENTS).union(*(words for words, _ in _QUERIES))


def _create_or_drop(tokens: Tokens) -> Rewritten:
    """CREATE and DROP, by what is created. AWS: r_CREATE_SCHEMA and the pages named at the functions below."""
    modifiers = ("OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL")
    index = next(i for i in range(1, len(tokens)) if tokens[i].word not in modifiers)
    kind = tokens[index].word
    is_new = tokens[0].word == "CREATE"
    if kind == "SCHEMA":
        tokens = map_security.without_quota(tokens)
        return map_statements.without_database(tokens, index + 1), None
    if kind == "ROLE":
        return map_security.create_role(tokens) if is_new else map_security.drop_role(tokens)
    if kind in ("MASKING", "RLS"):
        return map_security.create_policy(tokens) if is_new else map_security.drop_policy(tokens)
    if kind == "EXTERNAL" and is_new:
        return map_security.create_external(tokens)
    if not is_new:
        return tokens, None
    if kind == "TABLE":
        return create_table(tokens, index + 1), None
    if kind == "VIEW":
        return _create_view(tokens, index)
    if kind == "USER":
        return map_statements.create_user(tokens), None
    if kind in ("DATABASE", "GROUP"):
        return tokens, None
    raise NotMapped(f"CREATE {kind}")


def _create_view(tokens: Tokens, index: int) -> Rewritten:
    """A view WITH NO SCHEMA BINDING looks up what it reads when it is read: rs.create_lbv. AWS: r_CREATE_VIEW."""
    body = body_of(tokens)
    if words_of(body[-4:]) != ("WITH", "NO", "SCHEMA", "BINDING"):
        return tokens, None
    at = next(i for i, token in enumerate(body) if token.word == "AS")
    if any(token.word == "(" for token in body[:at]):
        raise NotMapped("a late-binding view with a list of column names")
    head = " ".join(token.text for token in body[: index + 1])
    name = join(body[index + 1 : at]).strip().lower()
    query = rewrite(join(body[at + 1 : -4]).strip())[0]
    return done(f"call rs.create_lbv({literal(head)}, {literal(name)}, {literal(query)})"), "CREATE VIEW"


_STATEMENTS: dict[str, Callable[[Tokens], Rewritten]] = {
    "ALTER": map_statements.alter,
    "ANALYSE": map_statements.analyze,
    "ANALYZE": map_statements.analyze,
    "ATTACH": map_security.attach,
    "CALL": map_statements.not_played,
    "COPY": map_statements.copy,
    "CREATE": _create_or_drop,
    "DETACH": map_security.attach,
    "DROP": _create_or_drop,
    "GRANT": map_statements.grant,
    "MERGE": map_statements.merge,
    "REFRESH": map_statements.not_played,
    "RESET": map_statements.set_setting,
    "REVOKE": map_statements.grant,
    "SET": map_statements.set_setting,
    "SHOW": map_statements.show,
    "UNLOAD": map_statements.copy,
    "USE": map_statements.not_played,
    "VACUUM": map_statements.vacuum,
}

# In this order; the words that make a rule run, none for every statement.
_QUERIES: tuple[tuple[frozenset[str], Callable[[Tokens], Tokens]], ...] = (
    (frozenset(), map_queries.not_played),
    (frozenset(), map_queries.fold_quoted),
    (word_set("information_schema pg_attribute"), map_queries.catalog),
    (map_functions.WITH_DATE_PART, map_functions.date_part),
    (word_set("extract"), map_functions.extract),
    (map_functions.NAMESAKES, map_functions.namesakes),
    (TYPES, casts),
)
