"""Rules for functions that PostgreSQL lacks, or has with another meaning."""

from .mapping import NotMapped, Tokens, calls, replace, words_of
from .tokens import Token, closing, join, split, word_set

# https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html
DATE_PARTS = word_set(
    """
    millennium millennia mil mils century centuries c cent cents decade decades dec decs epoch year years y yr yrs
    quarter quarters qtr qtrs month months mon mons week weeks w dayofweek dow dw weekday dayofyear doy dy yearday
    day days d hour hours h hr hrs minute minutes m min mins second seconds s sec secs
    millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon
    microsecond microseconds microsec microsecs usecond useconds us usec usecs
    timezone timezone_hour timezone_minute
    """
)


WITH_DATE_PART = word_set("dateadd datediff date_part date_trunc")

# Date parts that PostgreSQL knows by another name.
_PART_NAMES = {"dayofweek": "dow", "dw": "dow", "weekday": "dow", "dayofyear": "doy", "dy": "doy", "yearday": "doy"}


def approximate(tokens: Tokens) -> Tokens:
    """APPROXIMATE COUNT(DISTINCT x) and PERCENTILE_DISC: the exact ones, which no tolerance forbids. AWS: r_COUNT."""
    kept = [
        token
        for index, token in enumerate(tokens)
        if not (token.word == "APPROXIMATE" and tokens[index + 1].word in ("COUNT", "PERCENTILE_DISC"))
    ]
    return kept if len(kept) < len(tokens) else tokens


def sysdate(tokens: Tokens) -> Tokens:
    """SYSDATE, a word without brackets: the time at which the transaction began. AWS: r_SYSDATE."""
    index = 0
    while index < len(tokens):
        if (
            tokens[index].word == "SYSDATE"
            and tokens[index - 1].word not in (".", "AS")
            and tokens[index + 1].word not in (".", "(")
        ):
            tokens = replace(tokens, index, index + 1, "rs.sysdate()")
            index += 4
        index += 1
    return tokens


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


# Functions whose namesake in PostgreSQL means something else, or that it has under another name.
_NAMESAKES = {
    "ARRAY": "rs.array",
    "AVG": "rs.avg",
    "CONCAT": "rs.concat",
    "NVL": "coalesce",
    "REGEXP_REPLACE": "rs.regexp_replace",
}
NAMESAKES = frozenset(_NAMESAKES)


def namesakes(tokens: Tokens) -> Tokens:
    """avg of integers, concat, nvl, regexp_replace, array(...).

    AWS: r_AVG, r_CONCAT, r_NVL_function, REGEXP_REPLACE, r_array.
    """
    tokens = list(tokens)
    for index in calls(tokens, NAMESAKES):
        if tokens[index].word == "ARRAY" and tokens[index + 2].word in ("SELECT", "WITH"):
            raise NotMapped("ARRAY of a query")
        name = _NAMESAKES[tokens[index].word]
        tokens[index] = tokens[index]._replace(text=name, word="")
    return tokens


def decode(tokens: Tokens) -> Tokens:
    """DECODE(x, a, 1, b, 2, 0): a CASE in which null equals null. AWS: r_DECODE_expression."""
    for index in reversed(calls(tokens, word_set("decode"))):
        end = closing(tokens, index + 1)
        arguments = [join(part).strip() for part in split(tokens[index + 2 : end])]
        if len(arguments) < 3:
            raise NotMapped("DECODE with fewer than three arguments")
        value, *pairs = arguments
        whens = [
            f"when ({value}) is not distinct from ({a}) then {b}" for a, b in zip(pairs[::2], pairs[1::2], strict=False)
        ]
        default = f" else {pairs[-1]}" if len(pairs) % 2 else ""
        tokens = replace(tokens, index, end + 1, f"(case {' '.join(whens)}{default} end)")
    return tokens


def nvl2(tokens: Tokens) -> Tokens:
    """NVL2(x, a, b): a CASE, whose types may differ from that of x. AWS: r_NVL2."""
    for index in reversed(calls(tokens, word_set("nvl2"))):
        end = closing(tokens, index + 1)
        arguments = [join(part).strip() for part in split(tokens[index + 2 : end])]
        if len(arguments) != 3:
            raise NotMapped("NVL2 without three arguments")
        value, known, missing = arguments
        tokens = replace(tokens, index, end + 1, f"(case when ({value}) is not null then {known} else {missing} end)")
    return tokens


def listagg(tokens: Tokens) -> Tokens:
    """LISTAGG(x, ',') WITHIN GROUP (ORDER BY y): string_agg; DISTINCT ones by way of an array, which keeps the order.

    AWS: r_LISTAGG. As a window function it has no counterpart.
    """
    for index in reversed(calls(tokens, word_set("listagg"))):
        end = closing(tokens, index + 1)
        arguments = split(tokens[index + 2 : end])
        delimiter = join(arguments[1]).strip() if len(arguments) > 1 else "''"
        order = ""
        if words_of(tokens[end + 1 : end + 4]) == ("WITHIN", "GROUP", "("):
            last = closing(tokens, end + 3)
            order = " " + join(tokens[end + 4 : last]).strip()
            end = last
        if tokens[end + 1].word == "OVER":
            raise NotMapped("LISTAGG as a window function")
        if arguments[0][0].word == "DISTINCT":
            value = join(arguments[0][1:]).strip()
            call = (
                f"array_to_string(array_agg(distinct {value}{order}) filter (where ({value}) is not null), {delimiter})"
            )
        else:
            call = f"string_agg(({join(arguments[0]).strip()})::text, {delimiter}{order})"
        tokens = replace(tokens, index, end + 1, call)
    return tokens


def ratio_to_report(tokens: Tokens) -> Tokens:
    """RATIO_TO_REPORT(x) OVER (...): x divided by its sum over the window, as FLOAT8. AWS: r_WF_RATIO_TO_REPORT."""
    for index in reversed(calls(tokens, word_set("ratio_to_report"))):
        end = closing(tokens, index + 1)
        if words_of(tokens[end + 1 : end + 3]) != ("OVER", "("):
            raise NotMapped("RATIO_TO_REPORT without OVER")
        last = closing(tokens, end + 2)
        value = join(tokens[index + 2 : end]).strip()
        window = join(tokens[end + 1 : last + 1])
        tokens = replace(tokens, index, last + 1, f"(({value})::float8 / sum({value}){window})")
    return tokens
