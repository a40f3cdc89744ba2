"""Puts the page together: sections, their variants for every choice of the filter, evidence, style and script."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import jinja2
from markupsafe import Markup

from adventure_works.build.results import KINDS
from adventure_works.report import charts, formats
from adventure_works.report.answers import ANSWERS, business, customers, products, trust
from adventure_works.report.answers.common import MATRIX_TYPES, SEGMENT_TYPES, Scope, say
from adventure_works.report.answers.summary import summary
from adventure_works.report.evidence import PASSED, BuildEvidence
from adventure_works.report.evidence_fold import evidence_fold, marked, tests_in_words
from adventure_works.report.figures import ALL, Figures, LikeForLike, Measures, growth, ratio, total
from adventure_works.report.formats import Number, count, money, percent, points
from adventure_works.report.periods import day
from adventure_works.report.sections import CATEGORY, PERIOD, SECTIONS, Section
from adventure_works.warehouse.base import Row

LOADER = jinja2.PackageLoader("adventure_works.report", "templates")


@dataclass
class Drawn:
    """A section as it goes into the page; `variants` are its contents for other choices, by "category|period"."""

    key: str
    short: str
    question: str
    follows: tuple[str, ...]
    content: Markup
    evidence: Markup
    variants: dict[str, Markup] = field(default_factory=dict)


@dataclass(frozen=True)
class Tile:
    """A measure of the headline: its value and how it changed; `is_good` tells which direction is welcome."""

    name: str
    value: Markup
    was: Markup
    change: Decimal | None
    written: Markup
    like: Decimal | None = None
    spark: str = ""
    is_good: bool = True


def page(figures: Figures, evidence: BuildEvidence) -> str:
    """The whole page as HTML."""
    environment = _environment(figures, evidence)
    style, script = (_source(environment, name) for name in ("style.css", "script.js"))
    shown: set[str] = set()
    drawn = []
    for section in SECTIONS:
        drawn.append(_section(environment, figures, section, shown))
        shown.update(section.models)
    return environment.get_template("page.html").render(
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        sections=drawn,
        packed=pack({f"{one.key}|{place}": text for one in drawn for place, text in one.variants.items()}),
        summary=summary(figures),
        shorts={section.key: section.short for section in drawn},
        status_line=trust.status_line(figures, evidence),
    )


def _environment(figures: Figures, evidence: BuildEvidence) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=LOADER, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["profit_in"] = lambda slug, period: figures.measures(slug, period).profit
    for module, names in (
        (formats, "money dollars count percent change decimal"),
        (business, "region_rows"),
        (customers, "segments_of spanned"),
        (products, "products_of actions matrix_cells matrix_groups untapped group_name pairs_of price_rows"),
    ):
        environment.globals |= {name: getattr(module, name) for name in names.split()}
    environment.globals |= {
        "figures": figures,
        "evidence": evidence,
        "ratio": ratio,
        "nothing": formats.NOTHING,
        "not_yet": formats.NOT_YET,
        "small_base": formats.SMALL_BASE,
        "none_before": Markup('<span class="none" title="Nothing to compare with">&ndash;</span>'),
        "segment_types": SEGMENT_TYPES,
        "matrix_types": MATRIX_TYPES,
        "kinds": KINDS,
        "passed": PASSED,
        "total": total,
        "one_of": _one_of,
        "largest": lambda rows, name: max((row[name] for row in rows if row[name] is not None), default=Decimal(0)),
        "drawn_segments": [row for row in figures.demographics if not row["is_small_base"]],
        "tiles": lambda now, before, like: _tiles(
            now, before, like, figures.thresholds["product_return_rate_small_base"]
        ),
        "spark": _remembered(lambda slug, name: _spark(figures, slug, name)),
        "trend_chart": lambda scope: charts.trend(figures, scope),
        "quadrants_chart": lambda scope: charts.quadrants(figures, scope),
        "shape_path": lambda category: charts.SHAPE_PATHS[charts.colour(category) - 1],
        "colour_of": lambda scope: charts.colour(scope.category) if scope.category else 1,
        "index_class": _index_class,
        "share_class": _share_class,
        "quarter": lambda value: f"{value.year} Q{(value.month + 2) // 3}",
        "moment": lambda value: Markup('<time datetime="{0}">{1}</time>').format(value.isoformat(), day(value)),
        "source_of": trust.source_of,
        "instant": lambda value: Markup('<time datetime="{0}Z">{1}, {2:%H:%M} UTC</time>').format(
            value.isoformat(timespec="seconds"), day(value), value
        ),
        "sources": trust.sources(figures),
        "tests_in_words": tests_in_words,
        "marked": marked,
        "meanings": trust.MEANINGS,
        "quality": trust.quality(figures, evidence),
        "built_at": day(datetime.fromisoformat(evidence.built_at)),
        "about": trust.about(figures),
    }
    environment.globals |= dict(environment.get_template("macros.html").module.__dict__)
    return environment


def _one_of(rows: list[Row], **wanted: object) -> Row | None:
    """The row with these values, or None."""
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


def _remembered(draw: Callable[[str, str], Markup]) -> Callable[[Scope, str], Markup]:
    known: dict[tuple[str, str], Markup] = {}

    def recall(scope: Scope, name: str) -> Markup:
        if (scope.slug, name) not in known:
            known[scope.slug, name] = draw(scope.slug, name)
        return known[scope.slug, name]

    return recall


def _source(environment: jinja2.Environment, name: str) -> str:
    return LOADER.get_source(environment, name)[0]


def pack(variants: dict[str, str]) -> str:
    """What the filter can show, for the page's script: JSON as base64, compressed tenfold since its parts are alike."""
    return base64.b64encode(zlib.compress(json.dumps(variants, ensure_ascii=False).encode(), 9)).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _section(environment: jinja2.Environment, figures: Figures, section: Section, shown: set[str]) -> Drawn:
    template = environment.get_template(f"sections/{section.key}.html")
    fold = evidence_fold(environment, figures, section, shown)
    if section.key not in ANSWERS:
        return Drawn(section.key, section.short, section.question, (), _squeezed(template.render()), fold)

    def render(scope: Scope) -> Markup:
        given = ANSWERS[section.key](figures, scope)
        return _line(section, scope) + _squeezed(template.render(scope=scope, given=given))

    slugs = [None, *figures.categories] if CATEGORY in section.follows else [None]
    chosen = figures.periods if PERIOD in section.follows else figures.periods[:1]
    variants = {
        f"{category.slug if category else ALL}|{period.key}": render(Scope(category, period))
        for category in slugs
        for period in chosen
    }
    default = f"{ALL}|{figures.periods[0].key}"
    return Drawn(
        key=section.key,
        short=section.short,
        question=section.question,
        follows=section.follows,
        content=variants[default],
        evidence=fold,
        variants={choice: content for choice, content in variants.items() if choice != default},
    )


def _line(section: Section, scope: Scope) -> Markup:
    """The line that says what a section is about, and which choice of the filter does not change it."""
    parts = []
    for choice, words in ((CATEGORY, scope.category_words), (PERIOD, scope.period.label)):
        if choice in section.follows:
            parts.append(say('<span class="follows">{words}</span>', words=words))
        else:
            fixed = section.fixed[choice]
            parts.append(
                say(
                    '<span class="fixed">{words}'
                    '<span class="ignores" data-ignores="{choice}"> (not filtered)</span></span>',
                    words=fixed[0].upper() + fixed[1:],
                    choice=choice,
                )
            )
    return Markup('<p class="scope">{}</p>').format(Markup(" · ").join(parts))


def _squeezed(text: str) -> Markup:
    """The HTML without the line breaks and indents of its template."""
    return Markup(re.sub(r"\s*\n\s*", "\n", re.sub(r">\s*\n\s*<", "><", text)).strip())


def _tiles(now: Measures, before: Measures | None, like: LikeForLike | None, least_units: Decimal) -> list[Tile]:
    """The headline's measures; like for like only where it differs, a return rate only where it is of enough units."""
    was = before or Measures()
    revenue_like = like.revenue_change if like and like.revenue != now.revenue else None
    profit_like = like.profit_change if like and like.profit != now.profit else None

    def relative(
        name: str,
        value: Decimal | int | None,
        old: Decimal | int | None,
        write: Callable[[Number], Markup],
        **more: Any,
    ) -> Tile:
        change = growth(value, old)
        return Tile(name, write(value), write(old), change, formats.change(change), **more)

    def difference(name: str, value: Decimal | None, old: Decimal | None, **more: Any) -> Tile:
        change = None if value is None or old is None else value - old
        # A change of a tenth of a point is worth an arrow; the threshold of the arrow is for ratios.
        return Tile(name, percent(value), percent(old), None if change is None else change * 10, points(change), **more)

    return [
        relative("Revenue", now.revenue, was.revenue, money, like=revenue_like, spark="revenue"),
        relative("Profit", now.profit, was.profit, money, like=profit_like, spark="profit"),
        difference("Profit margin", now.margin, was.margin, spark="profit_margin"),
        relative("Orders", now.orders, was.orders, count),
        relative("Average order value", now.order_value, was.order_value, formats.dollars),
        relative("Customers", now.customers, was.customers, count),
        _return_tile(now, was, least_units)
        or difference("Return rate", now.return_rate, was.return_rate, is_good=False),
    ]


def _return_tile(now: Measures, was: Measures, least_units: Decimal) -> Tile | None:
    """The tile of a return rate that is of too few units, now or before; None where both have enough."""
    if not 0 < min(now.units, was.units or now.units) < least_units:
        return None
    value = formats.SMALL_BASE if now.units < least_units else percent(now.return_rate)
    return Tile("Return rate", value, formats.SMALL_BASE, None, Markup(""), is_good=False)


def _spark(figures: Figures, slug: str, name: str) -> Markup:
    category = next((one for one in figures.categories if one.slug == slug), None)
    series = [row for row in business.month_series(figures, category) if row["is_complete_month"]]
    return charts.sparkline(None if row[name] is None else float(row[name]) for row in series)


def _index_class(index: Decimal | None) -> str:
    """Class of a cell of the matrix: five steps below and above 100."""
    if index is None:
        return ""
    step = max(-5, min(5, round((float(index) - 100) / 8)))
    return f"lo{-step}" if step < 0 else f"hi{step}" if step else ""


def _share_class(share: Decimal | None) -> str:
    """Class of a cell of shares: nine steps up to a half."""
    step = min(9, round(float(share or 0) * 18))
    return f"s{step}" if step else ""
