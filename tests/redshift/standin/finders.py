"""What finds the places in a statement at which a rule of the deny list is broken."""

from collections.abc import Callable, Iterable, Iterator

from .statement import Statement
from .tokens import Token, closing, enclosing, opening, word_set
from .trees import Place
from .vocabulary import (
    AGGREGATES_WITH_FRAME,
    DATE_PARTS,
    FUNCTIONS,
    INTEGER_FUNCTIONS,
    INTEGERS,
    LEADER_FUNCTIONS,
    NOT_FUNCTIONS,
    TYPES,
    UNSUPPORTED_FUNCTIONS,
)

# A place is the index of a token, or a node of the tree with what to say of it.
Finder = Callable[[Statement], Iterable[int | Place]]


def row(*words: str) -> Finder:
    """Where the words stand in a row."""
    return lambda statement: statement.find(*words)


def any_of(*finders: Finder) -> Finder:
    """Where one of several finds something."""
    return lambda statement: (index for finder in finders for index in finder(statement))


def call(names: frozenset[str]) -> Finder:
    """Where one of the functions is called, but in queries of the catalog."""
    return lambda statement: [] if statement.reads_catalog else statement.calls(names)


def first(*words: str) -> Finder:
    """The first word, of a statement that begins with the words."""
    return lambda statement: [0] if statement.starts(*words) else []


def in_transaction(finder: Finder) -> Finder:
    """The same, but inside of a transaction only."""
    return lambda statement: finder(statement) if statement.in_transaction else []


def after_select(finder: Finder) -> Finder:
    """Only behind the first SELECT, where column names of a definition cannot be met."""

    def find(statement: Statement) -> Iterable[int]:
        start = next(statement.find("SELECT"), len(statement.words))
        return (index for index in finder(statement) if index > start)

    return find


def unknown_function(statement: Statement) -> Iterable[int]:
    """A name before a bracket, in a query, that is neither a function of the guide nor anything else that takes one."""
    known = FUNCTIONS | NOT_FUNCTIONS | TYPES | LEADER_FUNCTIONS | UNSUPPORTED_FUNCTIONS
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


def leader_function(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog or not statement.touches_tables:
        return []
    return statement.calls(LEADER_FUNCTIONS)


def leader_word(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog or not statement.touches_tables:
        return
    for index, word in enumerate(statement.words):
        names = ("CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP")
        if word in names and statement.at(index - 1) not in (".", "AS") and statement.at(index + 1) != ".":
            yield index


def unknown_type(statement: Statement) -> Iterable[int]:
    if statement.reads_catalog:
        return
    for index in statement.casts():
        word = statement.at(index)
        if word and (word not in TYPES or (word == "DOUBLE" and statement.at(index + 1) != "PRECISION")):
            yield index
        elif word:
            end = closing(statement.tokens, index + 1) if statement.at(index + 1) == "(" else index
            if statement.at(end + 1) in ("[", "ARRAY"):
                yield index
    for index in statement.defined_columns():
        constraint = statement.at(index) in ("PRIMARY", "FOREIGN", "UNIQUE", "CONSTRAINT", "CHECK", "LIKE", "EXCLUDE")
        if not constraint and statement.tokens[index + 1].kind == "name" and statement.at(index + 1) not in TYPES:
            yield index + 1


def values_table(statement: Statement) -> Iterable[int]:
    for index in statement.find("VALUES"):
        if index == 0 or (statement.at(index - 1) in ("(", "FROM", "JOIN") and statement.at(index + 1) == "("):
            yield index


def filtered(statement: Statement) -> Iterable[int]:
    return (index + 1 for index in statement.find(")", "FILTER", "("))


def distinct_from(statement: Statement) -> Iterable[int]:
    return (
        index
        for index in statement.find("DISTINCT", "FROM")
        if statement.at(index - 1) == "IS" or statement.words[index - 2 : index] == ["IS", "NOT"]
    )


def returning(statement: Statement) -> Iterable[int]:
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


def distinct_window(statement: Statement) -> Iterable[int]:
    return (function for function, _, _ in _windows(statement) if statement.at(function + 2) == "DISTINCT")


def frame_missing(statement: Statement) -> Iterable[int]:
    for function, _, window in _windows(statement):
        if statement.at(function) in AGGREGATES_WITH_FRAME and "ORDER" in window and "ROWS" not in window:
            yield function


def other_frame(statement: Statement) -> Iterable[int]:
    for _, over, _ in _windows(statement):
        for index in range(over + 2, closing(statement.tokens, over + 1)):
            if statement.words[index] in ("RANGE", "GROUPS") and statement.at(index + 1) in (
                "BETWEEN",
                "UNBOUNDED",
                "CURRENT",
            ):
                yield index


def named_window(statement: Statement) -> Iterable[int]:
    over = (
        index + 1 for index in statement.find(")", "OVER") if statement.tokens[index + 2].kind in ("name", "quoted")
    )
    clause = (index for index in statement.find("WINDOW") if statement.words[index + 2 : index + 4] == ["AS", "("])
    return [*over, *clause]


def recursive(statement: Statement) -> Iterable[int]:
    """A recursive WITH without its column names, or inside of another query."""
    for index in statement.find("WITH", "RECURSIVE"):
        if statement.at(index + 3) != "(" or statement.at(index - 1) == "(":
            yield index + 1


def file_as_table(statement: Statement) -> Iterable[int]:
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


def interval_number(statement: Statement) -> Iterable[int]:
    for index in statement.find("INTERVAL"):
        following = statement.tokens[index + 1] if index + 1 < len(statement.tokens) else Token("end", "")
        if (following.kind == "number" or following.word == "(") and statement.at(index - 1) not in (".", "AS"):
            yield index


def subscript(statement: Statement) -> Iterable[int]:
    """A list `[1, 2]`; what follows a name or a bracket may be the path of a SUPER value."""
    for index in statement.find("["):
        path = statement.at(index - 1) in ("]", ")") or statement.is_name(index - 1)
        if not path or statement.at(index - 1) == "ARRAY":
            yield index


def date_part(statement: Statement) -> Iterable[int]:
    """A date part that Redshift lacks, such as isodow; one that is not written out is not judged."""
    for index in statement.calls(word_set("dateadd datediff date_part date_trunc extract")):
        part = statement.tokens[index + 2]
        is_first = statement.at(index + 3) in (",", "FROM") and part.kind in ("name", "quoted", "string")
        if is_first and not statement.reads_catalog and part.text.strip("\"'").upper() not in DATE_PARTS:
            yield index + 2


def boolean_sum(statement: Statement) -> Iterable[int]:
    for index in statement.calls(word_set("sum avg")):
        depth, words = 0, set()
        for word in statement.words[index + 2 : closing(statement.tokens, index + 1)]:
            depth += (word in ("(", "CASE")) - (word in (")", "END"))
            if depth == 0:
                words.add(word)
        if words & {"=", "<", ">", "<=", ">=", "<>", "!=", "AND", "OR", "NOT", "LIKE"}:
            yield index


def altered(*words: str) -> Finder:
    """The words in an ALTER TABLE."""
    return lambda statement: statement.find(*words) if statement.starts("ALTER", "TABLE") else []


def merge(finder: Finder) -> Finder:
    """The same, but in a MERGE only."""
    return lambda statement: finder(statement) if statement.starts("MERGE") else []


def qualified_set(statement: Statement) -> Iterable[int]:
    for start in statement.find("UPDATE", "SET"):
        index = start + 2
        while index < len(statement.words) and statement.words[index] != "WHEN":
            if statement.at(index - 1) in ("SET", ",") and statement.at(index + 1) == ".":
                yield index
            index = closing(statement.tokens, index) + 1 if statement.words[index] == "(" else index + 1


def concat(statement: Statement) -> Iterable[int]:
    return statement.calls(word_set("concat"))


def integer_average(statement: Statement) -> Iterable[int]:
    """avg() of what is an integer for certain: a count or a rank, a cast to an integer, a CASE of whole numbers."""
    for index in statement.calls(word_set("avg")):
        inside = statement.tokens[index + 2 : closing(statement.tokens, index + 1)]
        words = [token.word for token in inside]
        if len(words) < 2:
            continue
        call = words[0] in INTEGER_FUNCTIONS and closing(inside, 1) == len(inside) - 1
        cast = words[-2] == "::" and words[-1] in INTEGERS
        cast_call = words[0] == "CAST" and closing(inside, 1) == len(inside) - 1 and words[-2] in INTEGERS
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


def qualify_alias(statement: Statement) -> Iterable[int]:
    """FROM t QUALIFY: nothing between the name and QUALIFY."""
    for index in statement.find("QUALIFY"):
        before = index - 1
        while statement.at(before - 1) == "." and statement.is_name(before):
            before -= 2
        if statement.at(before - 1) in ("FROM", ",") and statement.is_name(before):
            yield index


def backslash(statement: Statement) -> Iterable[int]:
    for index in statement.calls(word_set("regexp_count regexp_instr regexp_replace regexp_substr")):
        arguments = statement.arguments(index)
        if len(arguments) > 1 and any(token.kind == "string" and "\\" in token.text for token in arguments[1]):
            yield index
    for index, word in enumerate(statement.words[:-1]):
        following = statement.tokens[index + 1]
        matches = word == "~" or statement.words[index - 1 : index + 1] == ["SIMILAR", "TO"]
        if matches and following.kind == "string" and "\\" in following.text:
            yield index + 1


def negative(names: frozenset[str]) -> Finder:
    """Where one of the functions has a negative number behind its first argument."""

    def find(statement: Statement) -> Iterable[int]:
        for index in statement.calls(names):
            for argument in statement.arguments(index)[1:]:
                if len(argument) == 2 and argument[0].word == "-" and argument[1].kind == "number":
                    yield index
                    break

    return find


# Of PostgreSQL, and none of Redshift's; `@`, `|/` and `||/` are.
_OPERATORS = (
    "~*",
    "!~*",
    "~~",
    "!~~",
    "^@",
    "@@",
    "#>",
    "#-",
    "#=",
    "?|",
    "?&",
    "&&",
    "&<",
    "&>",
    "-|-",
    "<->",
    "<#>",
    "!!",
    "%%",
    "@?",
    "<^",
    ">^",
)


def operator(statement: Statement) -> Iterable[int]:
    """Operators of PostgreSQL, whose characters are tokens of their own here."""
    for index, token in enumerate(statement.tokens):
        if token.kind == "operator" and (index == 0 or statement.tokens[index - 1].kind != "operator"):
            end = index + 1
            while (
                end < len(statement.tokens)
                and statement.tokens[end].kind == "operator"
                and not statement.tokens[end].space
            ):
                end += 1
            written = "".join(statement.words[index:end])
            if written.startswith(_OPERATORS) or written.startswith("?"):
                yield index


def prefixed_literal(statement: Statement) -> Iterable[int]:
    """B'101', N'...' and U&'...': a letter right before a text."""
    for index, token in enumerate(statement.tokens[:-1]):
        behind = statement.tokens[index + 1]
        if token.word == "U" and behind.word == "&" and not behind.space:
            behind = statement.tokens[min(index + 2, len(statement.tokens) - 1)]
        elif token.word not in ("B", "N"):
            continue
        if behind.kind == "string" and not behind.space:
            yield index


def changing_with(statement: Statement) -> Iterable[int]:
    """WITH ... AS (DELETE ...), and WITH ... INSERT."""
    for word in ("INSERT", "UPDATE", "DELETE", "MERGE"):
        for index in statement.find(word):
            is_behind = word == "INSERT" and statement.starts("WITH") and statement.at(index - 1) == ")"
            if statement.words[index - 2 : index] == ["AS", "("] or (
                is_behind and enclosing(statement.tokens, index) < 0
            ):
                yield index
