"""The evidence below each answer, folded: its models with their SQL and tests, its figures as a table and as CSV."""

import csv
import io
import re
from decimal import Decimal
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from adventure_works.report.csv_cells import harmless
from adventure_works.report.figures import Figures
from adventure_works.report.formats import exact
from adventure_works.report.sections import Section
from adventure_works.warehouse.base import Row


def evidence_fold(environment: jinja2.Environment, figures: Figures, section: Section, shown: set[str]) -> Markup:
    """The evidence of a section. To models that an earlier section has `shown` it only links."""
    data = section.data(figures)
    template = environment.get_template("evidence_fold.html")
    return Markup(template.render(section=section, shown=shown, data=data, csv=_data_address(data)))


def _data_address(rows: list[Row]) -> str:
    """The rows as CSV in a data address, which works without script and without a server."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return "data:text/csv;charset=utf-8," + quote(text.getvalue(), safe=",:;/!*()-._~")


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    return exact(value) if isinstance(value, Decimal) else value


def marked(text: str) -> Markup:
    """A description with the names between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
