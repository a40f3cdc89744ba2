"""Rules for tables and types: what stores and distributes rows, informational keys, lengths left out."""

from .mapping import NotMapped, Tokens, after_if_exists, column_name, replace
from .tokens import Token, closing, enclosing, join, split, tokenize, word_set


def create_table(tokens: Tokens, start: int) -> Tokens:
    """CREATE TABLE without what stores and distributes it, which goes into a comment for the catalog to keep:
    `/*rs:dist=KEY(a);sort=b,c*/`, or `/*rs:dist=LIKE(table);sort=*/` for the parent's.

    AWS: r_CREATE_TABLE_NEW, r_CREATE_TABLE_AS.
    """
    index = after_if_exists(tokens, start)
    while tokens[index + 1].word == ".":
        index += 2
    head, rest = tokens[: index + 1], tokens[index + 1 :]
    attributes: dict[str, str] = {}
    columns: Tokens = []
    if rest[0].word == "(":
        end = closing(rest, 0)
        columns = _column_definitions(rest[: end + 1], attributes)
        rest = rest[end + 1 :]
    at = next((i for i, token in enumerate(rest) if token.word == "AS"), len(rest))
    options = _without_storage(rest[:at], attributes)
    if attributes.get("diststyle") == "KEY" and "distkey" not in attributes:
        raise NotMapped("DISTSTYLE KEY needs a DISTKEY")
    dist = f"KEY({attributes['distkey']})" if "distkey" in attributes else attributes.get("diststyle", "")
    if "like" in attributes and not dist:
        dist = f"LIKE({attributes['like']})"
    mark = f"/*rs:dist={dist};sort={attributes.get('sortkey', '')}*/ "
    changed = [*head, *columns, *options, *rest[at:]]
    return [changed[0]._replace(space=changed[0].space + mark), *changed[1:]]


def _without_storage(tokens: Tokens, attributes: dict[str, str]) -> Tokens:
    """Table options without BACKUP, DISTSTYLE, DISTKEY, SORTKEY and ENCODE; what they say goes into `attributes`."""
    kept: Tokens = []
    index = 0
    while index < len(tokens):
        word = tokens[index].word
        following = tokens[index + 1] if index + 1 < len(tokens) else Token("end", "")
        if (word, following.word) in (("BACKUP", "YES"), ("BACKUP", "NO"), ("ENCODE", "AUTO"), ("SORTKEY", "AUTO")):
            index += 2
        elif word == "DISTSTYLE" and following.word in ("AUTO", "EVEN", "KEY", "ALL"):
            attributes["diststyle"] = following.word
            index += 2
        elif word in ("COMPOUND", "INTERLEAVED") and following.word == "SORTKEY":
            index += 1
        elif word in ("DISTKEY", "SORTKEY") and following.word == "(":
            end = closing(tokens, index + 1)
            attributes[word.lower()] = ",".join(column_name(part) for part in split(tokens[index + 2 : end]))
            index = end + 1
        else:
            kept.append(tokens[index])
            index += 1
    return kept


def _column_definitions(tokens: Tokens, attributes: dict[str, str]) -> Tokens:
    """The bracket of CREATE TABLE: columns without storage.

    A list of names only (CREATE TABLE ... (a, b) AS) comes back as it is.
    """
    items = split(tokens[1:-1])
    if all(len(item) == 1 for item in items):
        return tokens
    kept = []
    for item in items:
        first = item[0].word if item else ""
        if first in ("PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT"):
            raise NotMapped(f"{first} of a table")
        if first == "LIKE":
            defaults = next((i for i, token in enumerate(item) if token.word in ("INCLUDING", "EXCLUDING")), len(item))
            attributes["like"] = join(item[1:defaults]).strip()
        kept.append(item if first in ("LIKE", "CHECK") else column_definition(item, attributes))
    return tokenize(tokens[0].space + "(" + ",".join(map(join, kept)) + tokens[-1].space + ")")[:-1]


def column_definition(item: Tokens, attributes: dict[str, str]) -> Tokens:
    """One column: its type as in a table, no storage."""
    name = column_name(item[:1])
    kept, index = [item[0]], 1
    mapped = map_type([*item, Token("end", "")], 1, in_table=True)
    if mapped is not None:
        text, index = mapped
        kept += tokenize(item[1].space + text)[:-1]
    while index < len(item):
        word = item[index].word
        if word == "ENCODE":
            index += 2
        elif word in ("DISTKEY", "SORTKEY"):
            attributes[word.lower()] = name
            index += 1
        elif word in ("COLLATE", "GENERATED", "IDENTITY", "PRIMARY", "REFERENCES", "UNIQUE"):
            raise NotMapped(f"{word} of a column")
        else:
            kept.append(item[index])
            index += 1
    return kept


TYPES = word_set("bpchar char character datetime decimal nchar numeric nvarchar text varchar")


def casts(tokens: Tokens) -> Tokens:
    """The type of a cast, where Redshift means another one by the same words: see map_type."""
    for index in range(len(tokens) - 2, 0, -1):
        if tokens[index].word in TYPES and _is_cast_to(tokens, index):
            mapped = map_type(tokens, index, in_table=False)
            if mapped is not None:
                text, end = mapped
                tokens = replace(tokens, index, end, text)
    return tokens


def _is_cast_to(tokens: Tokens, index: int) -> bool:
    """Whether a type stands at `index`: behind `::`, or behind the AS of a CAST."""
    if tokens[index - 1].word == "::":
        return True
    if tokens[index - 1].word != "AS":
        return False
    bracket = enclosing(tokens, index)
    return bracket > 0 and tokens[bracket - 1].word == "CAST"


def map_type(tokens: Tokens, index: int, in_table: bool) -> tuple[str, int] | None:
    """PostgreSQL's type for the one at `index`, and the index behind it; None where they are the same.

    A length left out means 256 (varchar, text, bpchar) in a table and the expression's own in a cast; MAX means 65535
    bytes (char: 4096); a bare numeric means (18, 0). AWS: r_Character_types, r_Numeric_types201.
    numeric(38, 37) is how rs.columns describes PostgreSQL's numeric without a precision, and means that one.
    """
    word, end = tokens[index].word, index + 1
    if word == "CHARACTER" and tokens[end].word == "VARYING":
        word, end = "VARCHAR", end + 1
    length = ""
    if tokens[end].word == "(":
        last = closing(tokens, end)
        inside = tokens[end + 1 : last]
        if tokens[last].word != ")" or any(token.space.strip() for token in tokens[end : last + 1]):
            return None  # PostgreSQL's to judge: what never closes, and what would lose a comment
        if any(token.kind not in ("number", "name") and token.word != "," for token in inside):
            return None
        length = "".join(token.text for token in inside)
        end = last + 1
    names = {"NVARCHAR": "varchar", "NCHAR": "char", "CHARACTER": "char", "DATETIME": "timestamp", "DECIMAL": "numeric"}
    name = names.get(word, word.lower())
    if name == "numeric":
        length = {"": "18,0", "38,37": ""}.get(length, length)
    elif name in ("varchar", "char") and length.upper() == "MAX":
        length = "65535" if name == "varchar" else "4096"
    elif not length and in_table and name in ("varchar", "text", "bpchar"):
        name, length = "char" if name == "bpchar" else "varchar", "256"
    elif not length and not in_table and name == "char":
        name = "bpchar"
    elif name not in ("varchar", "char", "timestamp"):
        return None
    mapped = f"{name}({length})" if length else name
    written = "".join(token.text for token in tokens[index:end])
    return None if mapped == written.lower() else (mapped, end)
