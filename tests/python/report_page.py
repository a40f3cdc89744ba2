"""Reads the figures of a report's page, as a reader of its HTML would; without a browser."""

import base64
import json
import re
import zlib
from html import unescape
from pathlib import Path
from urllib.parse import unquote

Cell = str | float | None


class ReportPage:
    """The text of a page, its sections, and what its filter can show."""

    def __init__(self, path: Path) -> None:
        self.html = path.read_text(encoding="utf-8")
        self.bytes = path.stat().st_size
        packed = re.search(r'<script type="text/plain" id="variants">(.*?)</script>', self.html)[1]
        self.variants: dict[str, str] = json.loads(zlib.decompress(base64.b64decode(packed)))

    @property
    def everything(self) -> str:
        """The page, all that the filter can show, and the CSV files in it."""
        addresses = (unquote(address) for address in re.findall(r'href="data:text/csv[^,]*,([^"]*)"', self.html))
        return "\n".join([self.html, *self.variants.values(), *addresses])

    def section(self, key: str) -> str:
        """The HTML of a section, as it is without a choice."""
        return re.search(rf'<section id="{key}".*?</section>', self.html, re.DOTALL)[0]

    def choice(self, key: str, category: str, period: str) -> str:
        """The HTML of a section's answer for a choice of the filter."""
        return self.variants.get(f"{key}|{category}|{period}") or self.section(key)

    def csv(self, key: str) -> str:
        """The CSV file of a section."""
        address = re.search(rf'download="{key}.csv" href="data:text/csv[^,]*,([^"]*)"', self.html)[1]
        return unquote(unescape(address))


def plain(html: str) -> str:
    """The text without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()


def table(html: str, caption: str) -> list[dict[str, Cell]]:
    """The rows of the table with this caption: figures as exact numbers, absent ones as None, text as it stands."""
    found = next(
        one
        for one in re.findall(r"<table.*?</table>", html, re.DOTALL)
        if re.search(rf"<caption[^>]*>[^<]*{caption}", one)
    )
    heads = [
        plain(head)
        for head in re.findall(r"<th[ >].*?</th>", re.search(r"<thead.*?</thead>", found, re.DOTALL)[0], re.DOTALL)
    ]
    body = re.search(r"<tbody.*?</tbody>", found, re.DOTALL)[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    return [
        dict(zip(heads, map(_cell, re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.DOTALL)), strict=False)) for row in rows
    ]


def figure(cell: str) -> float | None:
    """The exact value of the first figure in a piece of HTML."""
    found = re.search(r'<data value="([^"]*)"', cell)
    return float(found[1]) if found else None


def _cell(html: str) -> Cell:
    if html.startswith("<td") and (value := figure(html)) is not None:
        return value
    text = plain(re.sub(r'<span class="advice[^"]*">.*?</span>', "", html))
    return None if text == "\N{EN DASH}" else text
