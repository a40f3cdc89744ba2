"""Rules for functions that PostgreSQL has with another meaning."""

from .mapping import NotMapped, Tokens, calls, replace
from .tokens import Token, closing, join, word_set
from .vocabulary import DATE_PARTS

WITH_DATE_PART = word_set("dateadd datediff date_part date_trunc")

# Date parts that PostgreSQL knows by another name.
_PART_NAMES = {"dayofweek": "dow", "dw": "dow", "weekday": "dow", "dayofyear": "doy", "dy": "doy", "yearday": "doy"}


def date_part(tokens: Tokens) -> Tokens:
    """dateadd(month, ...): the part, which may stand bare, as text. AWS: r_Dateparts_for_datetime_functions."""
    tokens = list(tokens)
    for index in calls(tokens, WITH_DATE_PART):
        part = tokens[index + 2]
        if tokens[index + 3].word != "," or part.kind not in ("name", "quoted", "string"):
            continue
        name = part.text.strip("\"'").lower()
        if name.upper() not in DATE_PARTS:
            raise NotMapped(f"{name} is not a date part of the guide")
        if part.kind != "string" or name in _PART_NAMES:
            tokens[index + 2] = Token("string", f"'{_PART_NAMES.get(name, name)}'", part.space)
    return tokens


def extract(tokens: Tokens) -> Tokens:
    """EXTRACT gives an integer, cut off; PostgreSQL a numeric.

    AWS: r_EXTRACT_function. The double precision that a TIMESTAMPTZ gives is not played, nor are milliseconds and
    microseconds, which leave out the seconds there.
    """
    for index in reversed(calls(tokens, word_set("extract"))):
        part = tokens[index + 2]
        end = closing(tokens, index + 1)
        if tokens[index + 3].word != "FROM":
            continue
        if part.word not in DATE_PARTS or part.word.startswith(("MILLIS", "MICROS", "MS", "US")):
            raise NotMapped(f"EXTRACT of {part.text}")
        call = f"extract({part.space}{_PART_NAMES.get(part.text.lower(), part.text)}{join(tokens[index + 3 : end + 1])}"
        tokens = replace(tokens, index, end + 1, f"trunc({call})::int")
    return tokens


# Functions whose namesake in PostgreSQL means something else.
_NAMESAKES = {
    "AVG": "rs.avg",
    "CONCAT": "rs.concat",
    "REGEXP_REPLACE": "rs.regexp_replace",
}
NAMESAKES = frozenset(_NAMESAKES)


def namesakes(tokens: Tokens) -> Tokens:
    """avg of integers, concat, regexp_replace. AWS: r_AVG, r_CONCAT, REGEXP_REPLACE."""
    tokens = list(tokens)
    for index in calls(tokens, NAMESAKES):
        name = _NAMESAKES[tokens[index].word]
        tokens[index] = tokens[index]._replace(text=name, word="")
    return tokens
