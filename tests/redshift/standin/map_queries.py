"""Rules for the clauses of queries, and for the names in them."""

import re

from .mapping import NotMapped, Tokens, calls, replace, words_of
from .tokens import Token, closing, join, word_set

# Redshift takes these, and nothing of this project needs them. Words in a row -> AWS page.
_NOT_PLAYED = {
    ("[",): "query-super",
    ("PIVOT", "("): "r_FROM_clause-pivot-unpivot-examples",
    ("UNPIVOT", "("): "r_FROM_clause-pivot-unpivot-examples",
    ("*", "EXCLUDE"): "r_EXCLUDE_list",
    ("GROUP", "BY", "ALL"): "r_GROUP_BY_clause",
    ("CONNECT", "BY"): "r_CONNECT_BY_clause",
    ("IGNORE", "NULLS"): "r_WF_first_value",
    ("SELECT", "TOP"): "r_SELECT_list",
    ("DISTINCT", "TOP"): "r_SELECT_list",
    ("QUALIFY",): "r_QUALIFY_clause",
    ("MINUS", "SELECT"): "r_UNION",
    ("MINUS", "("): "r_UNION",
    ("APPROXIMATE", "COUNT"): "r_COUNT",
    ("APPROXIMATE", "PERCENTILE_DISC"): "r_APPROXIMATE_PERCENTILE_DISC",
    ("SYSDATE",): "r_SYSDATE",
    ("COLLATE", "CASE_INSENSITIVE"): "r_CREATE_TABLE_NEW",
    ("COLLATE", "CASE_SENSITIVE"): "r_CREATE_TABLE_NEW",
}
# Functions that PostgreSQL lacks or has with another meaning; what else it lacks, the proxy says (`not_played`).
_FUNCTIONS = word_set("array convert decode json_array_length listagg nvl nvl2 object ratio_to_report try_cast crc32")
_UNNESTED = re.compile(r"\b(?:from|join|,)\s+[\w.\"]+\s+(?:as\s+)?(\w+)\s*,\s*\1\.\w+", re.IGNORECASE)


def not_played(tokens: Tokens) -> Tokens:
    """What Redshift takes and this stand-in does not. AWS: the page beside each in _NOT_PLAYED."""
    for index, token in enumerate(tokens):
        for words, page in _NOT_PLAYED.items():
            if (
                token.word == words[0]
                and words_of(tokens[index : index + len(words)]) == words
                and (index == 0 or tokens[index - 1].word not in (".", "AS"))
            ):
                raise NotMapped(f"{' '.join(words)} (see {page} in the guide)")
        is_sorted = words_of(tokens[index : index + 3]) == ("WITHIN", "GROUP", "(")
        if is_sorted and tokens[closing(tokens, index + 2) + 1].word == "OVER":
            raise NotMapped("WITHIN GROUP (...) OVER (...) (see c_Window_functions in the guide)")
    for index in calls(tokens, _FUNCTIONS):
        raise NotMapped(f"function {tokens[index].text}()")
    for index in calls(tokens, word_set("json_extract_path_text")):
        if tokens[closing(tokens, index + 1) - 1].word in ("TRUE", "FALSE"):
            raise NotMapped("json_extract_path_text() with null_if_invalid")
    if _UNNESTED.search(join(tokens)):
        raise NotMapped("a SUPER value in FROM (see query-super in the guide)")
    return tokens


def fold_quoted(tokens: Tokens) -> Tokens:
    """Quoted names are folded to lower case like bare ones (ASCII letters), but for users of IAM. AWS: r_names."""

    def is_folded(token: Token) -> bool:
        return token.kind == "quoted" and not token.text.startswith(('"IAM:', '"IAMR:'))

    if not any(is_folded(token) and re.search("[A-Z]", token.text) for token in tokens):
        return tokens
    return [
        token._replace(text=re.sub("[A-Z]+", lambda m: m[0].lower(), token.text)) if is_folded(token) else token
        for token in tokens
    ]


def catalog(tokens: Tokens) -> Tokens:
    """The columns of a late-binding view are not in the catalog. AWS: PG_GET_LATE_BINDING_VIEW_COLS."""
    index = 0
    while index < len(tokens) - 1:
        if tokens[index].word == "INFORMATION_SCHEMA" and tokens[index + 1].word == ".":
            if tokens[index + 2].text.strip('"').lower() == "columns":
                tokens = replace(tokens, index, index + 3, "rs.columns")
        elif tokens[index].word == "PG_ATTRIBUTE" and tokens[index + 1].word != ".":
            qualified = index > 1 and tokens[index - 1].word == "."
            if not qualified:
                tokens = replace(tokens, index, index + 1, "rs.pg_attribute")
            elif tokens[index - 2].word == "PG_CATALOG":
                tokens = replace(tokens, index - 2, index + 1, "rs.pg_attribute")
            index += 3
        index += 1
    return tokens
