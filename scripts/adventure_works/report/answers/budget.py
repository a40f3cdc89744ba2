"""Where the marketing budget should go."""

from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, people, say
from adventure_works.report.figures import Figures
from adventure_works.report.formats import count, percent


def budget(figures: Figures, scope: Scope) -> Answer:
    """Where the marketing budget should go, by the rule of the mart."""
    given = [row for row in figures.budget if row["recommended_share"]]
    if not given:
        return Answer(Markup("Nothing made a profit in the last 12 months, so the rule gives no share to anything."))
    by_category: dict[str, Decimal] = {}
    for row in given:
        by_category[row["category_name"]] = by_category.get(row["category_name"], Decimal(0)) + row["recommended_share"]
    top = max(by_category, key=lambda name: by_category[name])
    best = max(given, key=lambda row: row["recommended_share"])
    lead = say(
        "By profit of the last 12 months, adjusted for growth, {share} of a marketing budget goes to {name}; the "
        "largest single share, {best_share}, to {best_name} for {people}.",
        share=percent(by_category[top], 0),
        name=top,
        best_share=percent(best["recommended_share"], 0),
        best_name=best["category_name"],
        people=people("income_bracket", best["income_bracket"]),
    )
    without_growth = [row for row in given if row["profit_growth"] is None]
    more = (
        say(
            "In {number} of {all} combinations growth is not known well enough to count, so profit alone decides.",
            number=count(len(without_growth)),
            all=count(len(given)),
        )
        if without_growth
        else Markup("")
    )
    return Answer(
        lead,
        more,
        (
            say(
                "This is an allocation rule, not a return on investment: the data has no marketing spend, so it cannot "
                "show what another dollar brings. Growth changes a share by {tilt} at most.",
                tilt=percent(figures.thresholds["budget_growth_tilt"], 0),
            ),
        ),
    )
