"""Redshift SQL cut into tokens, for the rewriter and the deny list; put together again they give the same text."""

import re
from typing import NamedTuple

_SPACE = re.compile(r"(?:\s+|--[^\n]*)*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_TOKEN = re.compile(
    r"""
      (?P<string>'(?:[^'\\]|\\.|'')*' | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*)
    | (?P<operator>::|<=|>=|<>|!=|:=|\|\||->>|->|@>|<@|//|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token, with the white space and comments before it.

    `kind` is string (dollar-quoted ones too), quoted (an identifier), number, name, operator or end. `word` is what
    rules compare: a bare name in capitals, or an operator; it is empty for literals and for quoted identifiers, so that
    no rule can take their content for SQL.
    """

    kind: str
    text: str
    space: str = ""
    word: str = ""


def word_set(text: str) -> frozenset[str]:
    """The words of a text as rules compare them: in capitals."""
    return frozenset(text.upper().split())


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text. The last one is of kind `end` and carries the space behind the others.

    Backslashes escape inside of strings, as on Redshift. What cannot be read (a quotation that never closes) becomes
    operators of one character each, for the engine to complain about.
    """
    tokens = []
    position = 0
    while True:
        start = position
        position = _after_space(sql, position)
        space = sql[start:position]
        if position == len(sql):
            tokens.append(Token("end", "", space))
            return tokens
        match = _TOKEN.match(sql, position)
        kind = next(kind for kind in ("string", "quoted", "number", "name", "operator") if match[kind] is not None)
        text = match[0]
        word = text.upper() if kind == "name" else text if kind == "operator" else ""
        tokens.append(Token(kind, text, space, word))
        position = match.end()


def join(tokens: list[Token]) -> str:
    """The text of tokens, with the space and comments in front of each."""
    return "".join(token.space + token.text for token in tokens)


def closing(tokens: list[Token], opening: int) -> int:
    """The index of the parenthesis that closes the one at `opening`; of the last token where none does."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].word == "(":
            depth += 1
        elif tokens[index].word == ")":
            depth -= 1
            if depth == 0:
                return index
    return len(tokens) - 1


def opening(tokens: list[Token], closing: int) -> int:
    """The index of the parenthesis that the one at `closing` closes; 0 where none does."""
    depth = 0
    for index in range(closing, -1, -1):
        if tokens[index].word == ")":
            depth += 1
        elif tokens[index].word == "(":
            depth -= 1
            if depth == 0:
                return index
    return 0


def enclosing(tokens: list[Token], index: int) -> int:
    """The index of the parenthesis that the token at `index` stands in, or -1."""
    depth = 0
    for before in range(index - 1, -1, -1):
        if tokens[before].word == ")":
            depth += 1
        elif tokens[before].word == "(":
            if depth == 0:
                return before
            depth -= 1
    return -1


def split(tokens: list[Token], separator: str = ",") -> list[list[Token]]:
    """Tokens parted at a separator that stands in no parenthesis; [] for no tokens."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.word == "(") - (token.word == ")")
        if token.word == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if tokens else []


def line_of(tokens: list[Token], index: int) -> int:
    """The line, from 1, on which the token at `index` begins."""
    return 1 + join(tokens[:index]).count("\n") + tokens[index].space.count("\n")


def _after_space(sql: str, position: int) -> int:
    """The position behind white space and comments; block comments nest."""
    while True:
        position = _SPACE.match(sql, position).end()
        if not sql.startswith("/*", position):
            return position
        depth, end = 0, position
        while True:
            edge = _COMMENT_EDGE.search(sql, end)
            if edge is None:
                return len(sql)
            depth += 1 if edge[0] == "/*" else -1
            end = edge.end()
            if depth == 0:
                break
        position = end
