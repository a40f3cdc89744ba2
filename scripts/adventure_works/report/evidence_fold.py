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
from adventure_works.report.figures import Figures, Row
from adventure_works.report.formats import count, money, percent
from adventure_works.report.sections import Section


def evidence_fold(environment: jinja2.Environment, figures: Figures, section: Section, shown: set[str]) -> Markup:
    """The evidence of a section. To models that an earlier section has `shown` it only links."""
    data = section.data(figures)
    return Markup(
        environment.get_template("evidence_fold.html").render(
            section=section, shown=shown, data=data, csv=_data_address(data), table=_chart_table(section, data)
        )
    )


def _data_address(rows: list[Row]) -> str:
    """The rows as CSV in a data address, which works without script and without a server."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return "data:text/csv;charset=utf-8," + quote(text.getvalue(), safe=",:;/!*()-._~")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value


def _chart_table(section: Section, rows: list[Row]) -> Markup:
    """The figures of a chart as a table, for those who cannot see it."""
    if section.key not in ("trend", "products"):
        return Markup("")
    columns = {
        "trend": {"month_start_date": "Month", "revenue": "Revenue", "profit": "Profit", "orders": "Orders"},
        "products": {
            "product_name": "Product",
            "category_name": "Category",
            "recommended_action": "Action",
            "last_12_units": "Units",
            "volume_position": "Volume",
            "last_12_margin": "Margin",
            "last_12_profit": "Profit",
        },
    }[section.key]
    write: dict[str, Callable[[Any], Markup]] = {
        "revenue": money,
        "profit": money,
        "last_12_profit": money,
        "orders": count,
        "last_12_units": count,
    }
    write |= {"volume_position": lambda value: percent(value, 0), "last_12_margin": percent}
    kinds = {name: Markup(' class="num"' if name in write else "") for name in columns}
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(kinds[name], words) for name, words in columns.items()
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<th scope=row{}>{}</th>" if place == 0 else "<td{}>{}</td>").format(
                    kinds[name], _cell(row[name], write.get(name))
                )
                for place, name in enumerate(columns)
            )
        )
        for row in rows
    )
    return Markup(
        "<details><summary>The figures of the chart as a table</summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Figures of the chart: {}">'
        '<table class="sortable"><caption>Figures of the chart</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(section.short, head, body)


def _cell(value: object, write: Callable[[Any], Markup] | None) -> object:
    if write:
        return write(value)
    if isinstance(value, date):
        return Markup('<time datetime="{0:%Y-%m}">{0:%b %Y}</time>').format(value)
    return value


def marked(text: str) -> Markup:
    """A description with the names between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))


def tests_in_words(tests: tuple[Test, ...]) -> Markup:
    """How many tests there are, and whether all passed."""
    passed = sum(test.status in PASSED for test in tests)
    if not tests:
        return Markup("No test of its own")
    if passed == len(tests):
        return say("{number} tests, all passed", number=count(passed))
    return say(
        "{number} tests: {passed} passed, {rest} to look at",
        number=count(len(tests)),
        passed=count(passed),
        rest=count(len(tests) - passed),
    )
