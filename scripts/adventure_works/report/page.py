"""Puts the page together: sections, their variants for every choice of the filter, evidence, style and script."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from decimal import Decimal

import jinja2
from markupsafe import Markup

from adventure_works.build.results import KINDS
from adventure_works.report import charts, formats, periods
from adventure_works.report.answers import ANSWERS, budget, business, customers, products, trust
from adventure_works.report.answers.common import MATRIX_TYPES, SEGMENT_TYPES, Scope
from adventure_works.report.answers.summary import summary
from adventure_works.report.evidence import PASSED, BuildEvidence
from adventure_works.report.evidence_fold import evidence_fold, marked
from adventure_works.report.figures import ALL, Figures, LikeForLike, Measures, growth, ratio, total
from adventure_works.report.formats import Number, count, money, percent, points
from adventure_works.report.sections import CATEGORY, PERIOD, SECTIONS, Section
from adventure_works.warehouse.base import Row

LOADER = jinja2.PackageLoader("adventure_works.report", "templates")
# What is shown without a choice.
DEFAULT = f"{ALL}|{periods.LAST_12}"
# The measures of the headline: name, attribute, how it is written, and the column of its line by month.
MEASURES: tuple[tuple[str, str, Callable[[Number], Markup], str | None], ...] = (
    ("Revenue", "revenue", money, "revenue"),
    ("Profit", "profit", money, "profit"),
    ("Profit margin", "margin", percent, "profit_margin"),
    ("Orders", "orders", count, None),
    ("Average order value", "order_value", formats.dollars, None),
    ("Customers", "customers", count, None),
    ("Return rate", "return_rate", percent, None),
)


def page(figures: Figures, evidence: BuildEvidence) -> str:
    """The whole page as HTML."""
    environment = _environment(figures, evidence)
    style, script = (LOADER.get_source(environment, name)[0] for name in ("style.css", "script.js"))
    shown: set[str] = set()
    drawn: list[Row] = []
    variants: dict[str, str] = {}
    for section in SECTIONS:
        contents = _contents(environment, figures, section)
        fold = evidence_fold(environment, figures, section, shown)
        drawn.append({"section": section, "content": contents.pop(DEFAULT), "evidence": fold})
        variants |= {f"{section.key}|{choice}": content for choice, content in contents.items()}
        shown.update(section.models)
    return environment.get_template("page.html").render(
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        drawn=drawn,
        packed=pack(variants),
        summary=summary(figures),
        shorts={section.key: section.short for section in SECTIONS},
        status_line=trust.status_line(figures, evidence),
    )


def _environment(figures: Figures, evidence: BuildEvidence) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=LOADER, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["profit_in"] = lambda slug, period: figures.measures(slug, period).profit
    for module, names in (
        (formats, "money dollars count percent change decimal"),
        (periods, "day"),
        (charts, "sparkline trend positions"),
        (budget, "shares_by share_of"),
        (trust, "source_of sources"),
        (business, "region_rows"),
        (customers, "segments_of spanned"),
        (products, "models_of actions matrix_cells matrix_groups untapped group_name pairs_of price_rows"),
    ):
        environment.globals |= {name: getattr(module, name) for name in names.split()}
    environment.globals |= {
        "figures": figures,
        "evidence": evidence,
        "ratio": ratio,
        "nothing": formats.NOTHING,
        "not_yet": formats.NOT_YET,
        "small_base": formats.SMALL_BASE,
        "segment_types": SEGMENT_TYPES,
        "matrix_types": MATRIX_TYPES,
        "kinds": KINDS,
        "passed": PASSED,
        "total": total,
        "one_of": _one_of,
        "largest": lambda rows, name: max((row[name] for row in rows if row[name] is not None), default=Decimal(0)),
        "tiles": _tiles,
        "shape_paths": list(charts.SHAPES.values()),
        "quarter": lambda value: f"{value.year} Q{(value.month + 2) // 3}",
        "marked": marked,
        "meanings": trust.MEANINGS,
        "quality": trust.quality(figures, evidence),
        "about": trust.about(figures),
    }
    environment.globals |= dict(environment.get_template("macros.html").module.__dict__)
    return environment


def _one_of(rows: list[Row], **wanted: object) -> Row | None:
    """The row with these values, or None."""
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


def pack(variants: dict[str, str]) -> str:
    """What the filter can show, for the page's script: JSON as base64, compressed tenfold since its parts are alike."""
    return base64.b64encode(zlib.compress(json.dumps(variants, ensure_ascii=False).encode(), 9)).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _contents(environment: jinja2.Environment, figures: Figures, section: Section) -> dict[str, Markup]:
    """What a section shows for each choice that changes it, by "category|period"."""
    answer = ANSWERS.get(section.key)
    if not answer:
        return {DEFAULT: _squeezed(environment.get_template(f"sections/{section.key}.html").render())}
    template = environment.get_template("choice.html")
    categories = [None, *figures.categories] if CATEGORY in section.follows else [None]
    chosen = figures.periods if PERIOD in section.follows else figures.periods[:1]
    scopes = [Scope(category, period) for category in categories for period in chosen]
    return {
        f"{scope.slug}|{scope.period.key}": _squeezed(
            template.render(section=section, scope=scope, given=answer(figures, scope))
        )
        for scope in scopes
    }


def _squeezed(text: str) -> Markup:
    """The HTML without the line breaks and indents of its template."""
    return Markup(re.sub(r"\s*\n\s*", "\n", re.sub(r">\s*\n\s*<", "><", text)).strip())


def _tiles(now: Measures, before: Measures | None, like: LikeForLike | None, least_units: Decimal) -> list[Row]:
    """The headline's measures; like for like only where it differs, a return rate only where it is of enough units."""
    was = before or Measures()
    tiles = []
    for name, field, write, line in MEASURES:
        value, old = getattr(now, field), getattr(was, field)
        tile: Row = {
            "name": name,
            "value": write(value),
            "was": write(old),
            "line": line,
            "is_good": field != "return_rate",
        }
        if write is percent:
            difference = None if value is None or old is None else value - old
            # A change of a tenth of a point is worth an arrow; the threshold of the arrow is for ratios.
            tile |= {"change": None if difference is None else difference * 10, "written": points(difference)}
        else:
            tile |= {"change": growth(value, old), "written": formats.change(growth(value, old))}
        if like and field in ("revenue", "profit") and getattr(like, field) != value:
            tile["like"] = getattr(like, f"{field}_change")
        if field == "return_rate" and 0 < min(now.units, was.units or now.units) < least_units:
            tile |= {"change": None} | ({"value": formats.SMALL_BASE} if now.units < least_units else {})
        tiles.append(tile)
    return tiles
