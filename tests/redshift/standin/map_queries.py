"""Rules for the clauses of queries, and for the names in them."""

import re

from .mapping import NotMapped, Tokens, at_depth, depth_words, replace, words_of
from .tokens import closing, join, split, word_set

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
NOT_MAPPED_WORDS = frozenset(words[0] for words in _NOT_MAPPED)

_AFTER_FROM = word_set(
    """
    where group having qualify order limit offset union intersect except minus join inner left right full cross natural
    on using
    """
)


_SET_OPERATIONS = word_set("union intersect except minus")


def not_mapped(tokens: Tokens) -> Tokens:
    """What Redshift takes and PostgreSQL has no exact counterpart for. AWS: the page beside each in _NOT_MAPPED."""
    for index, token in enumerate(tokens):
        for words, page in _NOT_MAPPED.items():
            if token.word == words[0] and words_of(tokens[index : index + len(words)]) == words:
                raise NotMapped(f"{' '.join(words)} (see {page} in the guide)")
    return tokens


def fold_quoted(tokens: Tokens) -> Tokens:
    """Quoted names are folded to lower case like bare ones (ASCII letters). AWS: r_names."""
    if not any(token.kind == "quoted" and re.search("[A-Z]", token.text) for token in tokens):
        return tokens
    return [
        token._replace(text=re.sub("[A-Z]+", lambda m: m[0].lower(), token.text)) if token.kind == "quoted" else token
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


def top(tokens: Tokens) -> Tokens:
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
        if depth_words(tokens[index:end]) & {"LIMIT", "OFFSET", *_SET_OPERATIONS}:
            raise NotMapped("TOP in a query with LIMIT, OFFSET or a set operation")
        if tokens[select - 2].word in _SET_OPERATIONS | {"ALL"}:
            raise NotMapped("TOP in a branch of a set operation")
        limited = replace(tokens, end, end, f" limit {tokens[index + 1].text}")
        return top(limited[:index] + limited[index + 2 :])
    return tokens


def qualify(tokens: Tokens) -> Tokens:
    """QUALIFY p: the query with p as one more column, and the rows where it is true. AWS: r_QUALIFY_clause.

    `*` and `t.*` go through the inner query as whole rows, so that no column has to be known.
    """
    at = next(
        (i for i, token in enumerate(tokens) if token.word == "QUALIFY" and tokens[i - 1].word not in (".", "AS")), None
    )
    if at is None:
        return tokens
    select = _start_of_query(tokens, at)
    start = next((i for i in at_depth(tokens, select + 1, at) if tokens[i].word == "FROM"), None)
    if start is None:
        raise NotMapped("QUALIFY without a FROM")
    end = next(
        (
            i
            for i in at_depth(tokens, at + 1, len(tokens))
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
        if words_of(item) == ("*",):
            if depth_words(tokens[start:at]) & {"USING", "NATURAL"}:
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
    return qualify(replace(tokens, select, end, query))


def minus(tokens: Tokens) -> Tokens:
    """MINUS between two queries is EXCEPT. AWS: r_UNION."""
    return [
        token._replace(text="except", word="EXCEPT")
        if token.word == "MINUS"
        and tokens[index + 1].word in ("SELECT", "(")
        and tokens[index - 1].word not in (".", "AS")
        else token
        for index, token in enumerate(tokens)
    ]


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
    inside = at_depth(tokens, index, len(tokens) - 1)
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
