"""The evidence below each answer, folded: its models with their SQL and tests, its figures as a table and as CSV."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from adventure_works.report.answers.common import say
from adventure_works.report.evidence import PASSED, Test
from adventure_works.report.figures import Figures
from adventure_works.report.formats import count, exact, money, percent
from adventure_works.report.sections import Section
from adventure_works.warehouse.base import Row


def _month(value: date) -> Markup:
    return Markup('<time datetime="{0:%Y-%m}">{0:%b %Y}</time>').format(value)


# The columns of a chart's data, as a table for those who cannot see the chart: heading, and how a cell is written.
CHART_COLUMNS: dict[str, dict[str, tuple[str, Callable[[Any], object]]]] = {
    "trend": {
        "month_start_date": ("Month", _month),
        "revenue": ("Revenue", money),
        "profit": ("Profit", money),
        "orders": ("Orders", count),
    },
    "products": {
        "product_name": ("Product", str),
        "category_name": ("Category", str),
        "recommended_action": ("Action", str),
        "last_12_units": ("Units", count),
        "volume_position": ("Volume", lambda value: percent(value, 0)),
        "last_12_margin": ("Margin", percent),
        "last_12_profit": ("Profit", money),
    },
}


def evidence_fold(environment: jinja2.Environment, figures: Figures, section: Section, shown: set[str]) -> Markup:
    """The evidence of a section. To models that an earlier section has `shown` it only links."""
    data = section.data(figures)
    return Markup(
        environment.get_template("evidence_fold.html").render(
            section=section,
            shown=shown,
            data=data,
            csv=_data_address(data),
            columns=CHART_COLUMNS.get(section.key),
            text=(str, _month),
        )
    )


def _data_address(rows: list[Row]) -> str:
    """The rows as CSV in a data address, which works without script and without a server."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: exact(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows
        )
    return "data:text/csv;charset=utf-8," + quote(text.getvalue(), safe=",:;/!*()-._~")


def marked(text: str) -> Markup:
    """A description with the names between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def tests_in_words(tests: tuple[Test, ...]) -> Markup:
    """How many tests there are, and whether all passed."""
    passed, number = sum(test.status in PASSED for test in tests), len(tests)
    if not tests:
        return Markup("No test of its own")
    if passed == number:
        return say("{number:,} tests, all passed", number=number)
    return say(
        "{number:,} tests: {passed:,} passed, {rest:,} to look at", number=number, passed=passed, rest=number - passed
    )
