"""What the rules of the rewriter are made of: tokens in, tokens out, or NotMapped."""

from itertools import pairwise

from .tokens import Token, join, tokenize

Tokens = list[Token]


# What a rule for a statement gives: its tokens, and the command tag to report where it is not the engine's own.
Rewritten = tuple[Tokens, str | None]


class NotMapped(Exception):
    """Redshift may take the statement; this stand-in does not play it."""


def done(sql: str) -> Tokens:
    """Text that no query rule has to look at: one token."""
    return [Token("string", sql), Token("end", "")]


def replace(tokens: Tokens, start: int, end: int, text: str) -> Tokens:
    """The tokens with those from `start` up to `end` replaced by a text, which takes the space before the first."""
    new = tokenize(text)[:-1]
    if start < end and new:
        new[0] = new[0]._replace(space=tokens[start].space + new[0].space)
    return [*tokens[:start], *new, *tokens[end:]]


def body_of(tokens: Tokens) -> Tokens:
    """The statement without its end: no semicolon, no end token."""
    return cut(tokens, ";")[0]


def cut(tokens: Tokens, separator: str) -> tuple[Tokens, Tokens, Tokens]:
    """What stands before the first separator, the separator, and the rest; the end token is in the rest."""
    at = next((i for i, token in enumerate(tokens) if token.word == separator), len(tokens) - 1)
    return tokens[:at], tokens[at : at + 1], tokens[at:]


def words_of(tokens: Tokens) -> tuple[str, ...]:
    return tuple(token.word for token in tokens)


def literal(text: str) -> str:
    """A string literal for an engine in which backslashes escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def column_name(tokens: Tokens) -> str:
    """A column's name in lower case, without quotes."""
    if len(tokens) != 1 or tokens[0].kind not in ("name", "quoted") or "*/" in tokens[0].text:
        raise NotMapped(f"{join(tokens).strip()} where one name belongs")
    return tokens[0].text.strip('"').lower()


def more_than_a_name(tokens: Tokens) -> bool:
    return any(a.word != "." and b.word != "." for a, b in pairwise(tokens))


def after_if_exists(tokens: Tokens, index: int) -> int:
    """The index behind IF [NOT] EXISTS, when it stands there."""
    if tokens[index].word == "IF":
        return index + (3 if tokens[index + 1].word == "NOT" else 2)
    return index


def calls(tokens: Tokens, names: frozenset[str]) -> list[int]:
    """Where one of the functions is called by its bare name."""
    return [
        index
        for index in range(len(tokens) - 1)
        if tokens[index].word in names
        and tokens[index + 1].word == "("
        and (index == 0 or tokens[index - 1].word != ".")
    ]
