"""The text of a value as it was meant: invisible characters gone, an encoding that was read twice put right."""

import re
import unicodedata
from functools import cache

# An exporter keeps a spreadsheet from taking a key for a number so: ="14335" or '14335.
_GUARDED = re.compile(r"=\"([^\"]*)\"|'([^']*)")
# Line ends of other systems and of no use in a value: VT, FF, NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR.
_BREAKS = "\v\f\x85\u2028\u2029"
_CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")
# What two bytes of UTF-8 become in Windows-1252: an accented capital A, and a character that no word goes on with.
_READ_TWICE = re.compile("[\xc2\xc3][\x80-\xbf\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")
_QUESTION = re.compile(r"[^\W\d_]\?|\?[^\W\d_]")
# What the accented letters of Mac Roman become in Windows-1252, where no word has them.
_NO_LETTER = "[\u0192\u02c6\u02dc\u201a\u201e\u2020\u2021\u2030\u2039\u203a\u20ac]"
_MAC_ROMAN = re.compile(rf"[^\W\d_]{_NO_LETTER}|{_NO_LETTER}[^\W\d_]")


def cleaned(text: str, *, has_lines: bool = False) -> str:
    """The text in Unicode NFC, without invisible and control characters, quotes around quotes, and blanks outside.

    Special blanks become plain ones. Line breaks and tabs stay where a value `has_lines`.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_character(one, has_lines) for one in unicodedata.normalize("NFC", text))
    return _without_second_quotes(text.strip())


@cache
def _character(one: str, has_lines: bool) -> str:
    if one in "\t\n\r":
        return one if has_lines else " "
    if one in _BREAKS:
        return " "
    kind = unicodedata.category(one)
    if kind == "Zs":
        return " "
    # The controls of the second block are left: they show that text was damaged, see `damage`.
    return "" if kind == "Cf" or (kind == "Cc" and not _CONTROLS.match(one)) else one


def _without_second_quotes(text: str) -> str:
    """The text without the quotes of a field that was quoted twice: `"6"" wide"` was meant as `6" wide`."""
    inner = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"').strip()
    return text


def unguarded(text: str) -> str:
    """The text without what keeps a spreadsheet from taking it for a number: `="14335"` or `'14335`."""
    found = _GUARDED.fullmatch(text)
    return text if not found else (found[1] or found[2] or "").strip()


def repaired(text: str) -> str:
    """The text as it was before its UTF-8 was read as Windows-1252, once or more; as it is where that is not exact."""
    while not text.isascii():
        try:
            # A control character is a byte that Windows-1252 leaves undefined, or that Latin-1 was taken for.
            raw = b"".join(one.encode("latin-1" if one <= "\x9f" else "cp1252") for one in text)
            text = raw.decode()
        except UnicodeError:
            break
    return text


def damage(text: str, *, is_prose: bool = False) -> str | None:
    """What the text shows of letters that are lost, in words; None for sound text.

    In prose a question mark and the like are at home, so that only what is certain counts.
    """
    if "\ufffd" in text:
        return "a replacement character (U+FFFD) where a letter was"
    if _CONTROLS.search(text):
        return "control characters (U+0080 to U+009F) where letters were"
    if _READ_TWICE.search(text):
        return "UTF-8 that was read as Windows-1252, and cannot be put right"
    if not is_prose and _QUESTION.search(text):
        return "a question mark where a letter was"
    if not is_prose and _MAC_ROMAN.search(text):
        return "signs where letters were, as of Mac Roman read as Windows-1252"
    return None
