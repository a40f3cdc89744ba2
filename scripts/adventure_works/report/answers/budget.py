"""Where the marketing budget should go."""

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, people, say
from adventure_works.report.figures import Figures, total


def budget(figures: Figures, scope: Scope) -> Answer:
    """Where the marketing budget should go, by the rule of the mart."""
    given = [row for row in figures.budget if row["recommended_share"]]
    if not given:
        return Answer(Markup("Nothing made a profit in the last 12 months, so the rule gives no share to anything."))
    names = dict.fromkeys(row["category_name"] for row in given)
    shares = {name: total(given, "recommended_share", category_name=name) for name in names}
    top = max(shares, key=shares.__getitem__)
    best = max(given, key=lambda row: row["recommended_share"])
    lead = say(
        "By profit of the last 12 months, adjusted for growth, {share:.0%} of a marketing budget goes to {top}; the "
        "largest single share, {best[recommended_share]:.0%}, to {best[category_name]} for {people}.",
        share=shares[top],
        top=top,
        best=best,
        people=people("income_bracket", best["income_bracket"]),
    )
    without_growth = sum(row["profit_growth"] is None for row in given)
    more = say(
        "In {number:,} of {all:,} combinations growth is not known well enough to count, so profit alone decides.",
        number=without_growth,
        all=len(given),
    )
    caveat = say(
        "This is an allocation rule, not a return on investment: the data has no marketing spend, so it cannot show "
        "what another dollar brings. Growth changes a share by {tilt:.0%} at most.",
        tilt=figures.thresholds["budget_growth_tilt"],
    )
    return Answer(lead, [more if without_growth else None], [caveat])
