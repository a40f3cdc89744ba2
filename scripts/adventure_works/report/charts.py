"""The charts: Vega-Lite drawn to SVG when the page is built, with the page's own colours.

Colours are CSS variables, so that a chart follows the theme. Each chart is one image with a description, and its
figures are in a table beside it. Marks have the text of their tooltip in `data-tip`.
"""

import re
from collections.abc import Callable
from typing import Any

import vl_convert
from markupsafe import Markup

from adventure_works.report.answers.business import month_series
from adventure_works.report.answers.common import Scope
from adventure_works.report.answers.products import models_of
from adventure_works.report.figures import Category, Figures
from adventure_works.report.formats import compact
from adventure_works.report.periods import month
from adventure_works.warehouse.base import Row

Spec = dict[str, Any]
"""A chart or a part of one in Vega-Lite's terms."""

# By colour; the paths are for the legend, in a box of 12 by 12 around its middle.
SHAPES = {
    "circle": "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0Z",
    "square": "M-3.6,-3.6h7.2v7.2h-7.2Z",
    "triangle-up": "M0,-4L4.6,4H-4.6Z",
    "diamond": "M0,-5L4,0L0,5L-4,0Z",
    "cross": "M-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z",
    "triangle-down": "M0,4L4.6,-4H-4.6Z",
}
WIDE, NARROW = 860, 340
GRID, MUTED = "var(--line)", "var(--muted)"
# An amount on an axis, as the page writes it: $800K.
MONEY = "'$' + replace(replace(format(datum.value, '~s'), 'k', 'K'), 'G', 'B')"
CONFIG = {
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "domain": False,
        "ticks": False,
        "gridColor": GRID,
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 8,
        "titlePadding": 10,
    },
}


def _field(name: str, kind: str = "quantitative", **more: Any) -> Spec:
    return {"field": name, "type": kind, **more}


def _by_category(shown: list[Category], values: list[str]) -> Spec:
    scale = {"domain": [one.name for one in shown], "range": values}
    return _field("category", "nominal", scale=scale, legend=None)


def _rule(value: Spec, encoding: Spec) -> Spec:
    mark = {"type": "rule", "color": MUTED, "strokeDash": [3, 3], "aria": False}
    return {"data": {"values": [value]}, "mark": mark, "encoding": encoding}


def _text(value: Spec, encoding: Spec, **mark: Any) -> Spec:
    return {
        "data": {"values": [value]},
        "mark": {"type": "text", "fontSize": 12, "aria": False, **mark},
        "encoding": encoding | {"text": {"field": "text"}},
    }


def trend(figures: Figures, scope: Scope) -> Markup:
    """Profit by month, stacked by category, or of one category; a line marks a launch of further categories."""
    shown = [scope.category] if scope.category else figures.sold
    values = [
        {
            "month": row["month_start_date"].isoformat(),
            "category": category.name,
            "profit": float(row["profit"]),
            "order": place,
            "tip": f"{month(row['month_start_date'])}, {category.name}: {compact(float(row['profit']))}"
            + ("" if row["is_complete_month"] else " (month not over)"),
            "part": not row["is_complete_month"],
        }
        for place, category in enumerate(shown)
        for row in month_series(figures, category)
    ]
    months = sorted({value["month"] for value in values})

    def draw(width: int) -> Spec:
        # A few months are all named, and many by their years, as there is room.
        most = 4 if width == NARROW else 12
        step = 1 if len(months) <= most else 12 if width == NARROW and len(months) > 12 else 3
        label = "%Y" if step == 12 else "%b %Y"
        axis = {
            "title": None,
            "values": [name for name in months if (int(name[5:7]) - 1) % step == 0],
            "grid": False,
            "labelAngle": 0,
            "labelExpr": f"timeFormat(toDate(datum.value + 'T12:00'), '{label}')",
            "labelOverlap": True,
            "labelAlign": "left",
            "labelOffset": -4,
        }
        encoding = {
            "x": _field("month", "ordinal", scale={"domain": months, "paddingOuter": 0.1}, axis=axis),
            "y": _field("profit", axis={"title": None, "tickCount": 4, "labelExpr": MONEY}),
            "color": _by_category(shown, [f"var(--c{one.colour})" for one in shown]),
            "opacity": {"condition": {"test": "datum.part", "value": 0.45}, "value": 1},
            "order": {"field": "order"},
            "description": {"field": "tip"},
        }
        layers = [{"data": {"values": values}, "mark": {"type": "bar", "width": {"band": 0.82}}, "encoding": encoding}]
        if figures.launch and scope.category is None:
            launched, added = figures.launch
            text = f"{len(added)} more categories" if len(added) > 1 else added[0].name
            if width != NARROW and len(added) > 1:
                text = f"{month(launched)}: {text}"
            mark = {"month": launched.isoformat(), "text": text}
            at = {"x": _field("month", "ordinal", bandPosition=-0.05)}
            layers += [_rule(mark, at), _text(mark, at, color=MUTED, align="right", dx=-6, y=10)]
        return {"width": width - 60, "height": 220 if width == NARROW else 270, "layer": layers}

    name = scope.category.name if scope.category else ", ".join(one.name for one in shown)
    return _both(draw, f"Profit by month of {name}, as stacked columns. The table in the fold below has the figures.")


def positions(figures: Figures, scope: Scope) -> Markup:
    """Models on sale by rank of profit in their category and by margin, in the last 12 months; the area is the profit.

    A line parts the half of a category that earns most, which the rules may promote.
    """
    by_key = {category.key: category for category in figures.categories}
    found = [row for row in models_of(figures, scope.category) if row["profit_position"] is not None]
    if not found:
        return Markup("")
    values = [_dot(row, by_key[row["product_category_key"]]) for row in found]
    shown = [category for category in figures.sold if any(value["category"] == category.name for value in values)]

    def draw(width: int) -> Spec:
        is_narrow = width == NARROW
        rank = {
            "title": f"Profit rank {'in' if is_narrow else 'within'} its category"
            + ("" if is_narrow else " (100% = earns most per day on sale)"),
            "grid": False,
            "values": [0, 0.25, 0.5, 0.75, 1],
            "format": ".0%",
        }
        margin = {"title": None, "format": ".0%", "tickCount": 5}
        size = {"range": [24, 200] if is_narrow else [44, 420]}
        encoding = {
            "x": _field("position", scale={"domain": [0, 1], "nice": False, "padding": 12}, axis=rank),
            "y": _field("margin", scale={"zero": False, "padding": 34}, axis=margin),
            "size": _field("profit", scale=size, legend=None),
            "color": _by_category(shown, [f"var(--c{one.colour})" for one in shown]),
            "shape": _by_category(shown, [list(SHAPES)[one.colour - 1] for one in shown]),
            "description": {"field": "tip"},
        }
        layers = [
            _rule({"at": float(figures.thresholds["product_high_profit"])}, {"x": _field("at")}),
            {"data": {"values": values}, "mark": {"type": "point", "filled": True}, "encoding": encoding},
        ]
        return {"width": width - 60, "height": 320 if is_narrow else 380, "layer": layers}

    return _both(
        draw,
        "Models by rank of profit within their category and by margin, in the last 12 months; the larger the mark, the "
        "more profit. The table below has the figures of those that earn most.",
    )


def _dot(row: Row, category: Category) -> Spec:
    margin = float(row["last_12_profit_margin"] or 0)
    return {
        "position": float(row["profit_position"]),
        "margin": margin,
        "profit": max(float(row["last_12_profit"]), 0),
        "category": category.name,
        "tip": f"{row['model_name']}: {row['last_12_units']:,} units, {margin:.1%} margin, "
        f"{compact(float(row['last_12_profit']))} profit: {row['recommended_action']}",
    }


def sparkline(figures: Figures, scope: Scope, column: str) -> Markup:
    """A small line without axes for a tile: the complete months on record, as they went."""
    series = [row[column] for row in month_series(figures, scope.category) if row["is_complete_month"]]
    points = [(place, float(value)) for place, value in enumerate(series) if value is not None]
    if len(points) < 2:
        return Markup("")
    low, high = min(value for _, value in points), max(value for _, value in points)
    first, last = points[0][0], points[-1][0]
    scaled = [
        f"{2 + 96 * (place - first) / (last - first):.0f},"
        f"{22 - 20 * ((value - low) / (high - low) if high > low else 0.5):.1f}"
        for place, value in points
    ]
    x, y = scaled[-1].split(",")
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" aria-hidden="true">'
        f'<polyline points="{" ".join(scaled)}"/><circle cx="{x}" cy="{y}" r="2"/></svg>'
    )


def _both(draw: Callable[[int], Spec], description: str) -> Markup:
    """The chart at both widths; style.css shows the one that fits."""
    return Markup("").join(_svg(draw(width), name, description) for width, name in ((WIDE, "wide"), (NARROW, "narrow")))


def _svg(spec: Spec, name: str, description: str) -> Markup:
    drawn = vl_convert.vegalite_to_svg({"config": CONFIG} | spec, vl_version="6.1")
    # HTML needs no namespaces, and a screen no more than a decimal; a mark's label is the text of its tooltip.
    drawn = re.sub(r' xmlns(:\w+)?="[^"]*"', "", drawn)
    drawn = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), drawn)
    drawn = re.sub(r'aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="\w+"', r'data-tip="\1"', drawn)
    return Markup('<div class="chart {}" role="img" aria-label="{}">{}</div>').format(name, description, Markup(drawn))
