"""Texts as cells of a CSV file, which a spreadsheet must not run as formulas."""

import re

# What a spreadsheet takes for the beginning of a formula; the last are those of East Asian keyboards.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run. Numbers, such as -1.5, stay numbers."""
    try:
        float(text)
    except ValueError:
        return f"'{text}" if FORMULA.match(text) else text
    return text
