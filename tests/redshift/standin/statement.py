"""A statement as the rules of the deny list look at it."""

import logging
import re
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, TypeVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from .columns import Query
from .tokens import Token, closing, enclosing, join, split
from .vocabulary import NOT_FUNCTIONS

_CATALOG = re.compile(r"(pg_|information_schema$|svv_|svl_|stv_|stl_|sys_|table_privileges$)", re.IGNORECASE)

_Node = TypeVar("_Node", bound=exp.Expression)

# What sqlglot takes for a command that it cannot read has no tree here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class _Dialect(Redshift):
    """Redshift's dialect, in which NULL knows its line as well."""

    class Parser(Redshift.Parser):
        PRIMARY_PARSERS: ClassVar = {
            **Redshift.Parser.PRIMARY_PARSERS,
            TokenType.NULL: lambda _, token: exp.Null().update_positions(token),
        }


class Statement:
    """A statement's tokens and tree, and what several rules ask of them.

    model: that it is what dbt compiled, and a part of another statement: "query", or "contract" where that is enforced.
    """

    def __init__(self, tokens: list[Token], in_transaction: bool = False, model: str = ""):
        self.model = model
        self.tokens = tokens
        self.words = [token.word for token in tokens]
        self.in_transaction = in_transaction

    def at(self, index: int) -> str:
        """The word at an index, "" outside of the statement."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def starts(self, *words: str) -> bool:
        return self.words[: len(words)] == list(words)

    def is_name(self, index: int) -> bool:
        """Whether a name that is no keyword stands at an index."""
        kind, word = self.tokens[index].kind, self.words[index]
        return kind == "quoted" or (kind == "name" and word not in NOT_FUNCTIONS)

    def find(self, *words: str) -> Iterator[int]:
        """Where the words stand in a row."""
        for index in self._places.get(words[0], ()):
            if all(self.at(index + i) == word for i, word in enumerate(words)):
                yield index

    def calls(self, names: frozenset[str]) -> Iterator[int]:
        """Where one of the functions is called by its bare name."""
        for index in self.find("("):
            if index and self.words[index - 1] in names and self.at(index - 2) != ".":
                yield index - 1

    def arguments(self, index: int) -> list[list[Token]]:
        """The arguments of the call at an index."""
        return split(self.tokens[index + 2 : closing(self.tokens, index + 1)])

    def casts(self) -> Iterator[int]:
        """Where the type of a cast stands."""
        for index in range(1, len(self.tokens)):
            in_cast = self.at(index - 1) == "AS" and self.at(enclosing(self.tokens, index) - 1) in ("CAST", "TRY_CAST")
            if in_cast or self.at(index - 1) == "::":
                yield index

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for index, word in enumerate(self.words):
            places.setdefault(word, []).append(index)
        return places

    @cached_property
    def tree(self) -> exp.Expression | None:
        """The statement as sqlglot reads it; None for one without a query, of the catalog, or that it cannot read."""
        if (self.reads_catalog and not self.model) or not {"SELECT", "WITH"} & set(self.words):
            return None
        try:
            tree = sqlglot.parse_one(join(self.tokens), read=_Dialect)
        except (SqlglotError, RecursionError):
            return None
        return None if isinstance(tree, exp.Command) else tree

    @cached_property
    def columns(self) -> Query:
        """What the columns of its queries are."""
        return Query(self.tree or exp.Null(), bool(self.model))

    @cached_property
    def _nodes(self) -> list[exp.Expression]:
        return list(self.tree.walk()) if self.tree else []

    def nodes(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """The nodes of the tree of these kinds."""
        return (node for node in self._nodes if isinstance(node, kinds))

    @cached_property
    def has_expression_query(self) -> bool:
        """Whether a query may stand where a value or a list of values does: only there it can be correlated."""
        return any(
            self.at(index - 1) == "(" and self.at(index - 2) not in ("AS", "FROM", "JOIN")
            for word in ("SELECT", "WITH")
            for index in self.find(word)
        )

    @cached_property
    def reads_catalog(self) -> bool:
        """Whether it reads the catalog, which lives on the leader node, where most of PostgreSQL works."""
        return any(
            token.kind in ("name", "quoted")
            and _CATALOG.match(token.text.strip('"'))
            and (self.at(index + 1) != "(" or token.word.startswith("PG_GET_"))
            for index, token in enumerate(self.tokens)
        )

    @cached_property
    def touches_tables(self) -> bool:
        """Whether the compute nodes have a part in it."""
        if self.words and self.words[0] in ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE"):
            return True
        functions = ("EXTRACT", "TRIM", "SUBSTRING", "OVERLAY", "POSITION")
        return any(self.at(enclosing(self.tokens, index) - 1) not in functions for index in self.find("FROM"))

    @cached_property
    def table_definition(self) -> tuple[int, int]:
        """Where the bracket of CREATE TABLE opens and closes; (0, 0) when there is none."""
        if self.starts("CREATE") and "TABLE" in self.words[1:5]:
            for index in range(2, len(self.words)):
                if self.words[index] == "AS":
                    break
                if self.words[index] == "(":
                    return index, closing(self.tokens, index)
        return 0, 0

    def defined_columns(self) -> Iterator[int]:
        """Where a column, or a constraint, of CREATE TABLE begins."""
        start, end = self.table_definition
        index = start + 1
        for item in split(self.tokens[start + 1 : end]):
            yield index
            index += len(item) + 1
