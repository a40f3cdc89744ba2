"""Where the marketing budget should go."""

from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, say
from adventure_works.report.figures import Figures, total
from adventure_works.warehouse.base import Row


def budget(figures: Figures, scope: Scope) -> Answer:
    """Where the marketing budget should go, by the rule of the mart."""
    given = [row for row in figures.budget if row["recommended_share"]]
    if not given:
        return Answer(Markup("No profit is expected and none was made, so the rule gives no share to anything."))
    regions, best = shares_by(figures, "region"), given[0]
    top = max(shares_by(figures, "category_name"), key=lambda row: row["recommended_share"])
    lead = say(
        "By the profit that customers are expected to bring within 180 days, {region[recommended_share]:.0%} of a "
        "marketing budget goes to {region[name]} and {top[recommended_share]:.0%} to {top[name]}; the largest single "
        "share, {best[recommended_share]:.0%}, to {best[category_name]} for {best[value_group]} customers in "
        "{best[region]}.",
        region=regions[0],
        top=top,
        best=best,
    )
    moved = max(regions, key=lambda row: abs(row["recommended_share"] - row["base_share"]))
    against = [row for row in given if row["conflicts_with"]]
    more = [
        say(
            "Budget and profit differ most for {row[name]}: {row[base_share]:.0%} of today's profit, "
            "{row[recommended_share]:.0%} of the budget.",
            row=moved,
        )
        if moved["recommended_share"] != moved["base_share"]
        else None,
        say(
            "{number:,} of {all:,} shares run against other advice; the table says which.",
            number=len(against),
            all=len(given),
        )
        if against
        else None,
    ]
    return Answer(lead, more, [_rule(figures), _holdout(figures)])


def _rule(figures: Figures) -> Markup:
    return say(
        "This is an allocation rule, not a return on investment: the data has no marketing spend, so it cannot show "
        "what another dollar brings, and part of what is expected comes without it. Only customers who have ordered "
        "are in it: winning new ones is outside. Value groups are those of today, so groups of recent buyers (new, "
        "one-time, VIP) tend to have a larger share of today's profit, and due a smaller one. No single share exceeds "
        "{cap:.0%}.",
        cap=figures.thresholds["budget_highest_share"],
    )


def _holdout(figures: Figures) -> Markup | None:
    """What a hold-out test of all customers could find."""
    row = next((row for row in figures.holdout if row["territory_key"] is None), None)
    if row is None or not row["detectable_lift"]:
        return None
    return say(
        "To learn it, leave half of the customers out. With all {row[customers]:,} of today, such a test of 90 days "
        "finds a lift of {row[detectable_lift]:.0%} or more; for 10% it needs "
        "{row[customers_per_arm_for_10_percent]:,} customers on each side. The mix of customers moves, and the "
        "numbers with it.",
        row=row,
    )


def shares_by(figures: Figures, column: str) -> list[Row]:
    """Today's share of profit and the recommended share of the budget, by region, category or value group."""
    names = dict.fromkeys(row[column] for row in figures.budget)
    found = [
        {"name": name}
        | {share: total(figures.budget, share, **{column: name}) for share in ("base_share", "recommended_share")}
        for name in names
    ]
    return sorted(found, key=lambda row: (-row["recommended_share"], row["name"]))


def share_of(figures: Figures, **wanted: object) -> Decimal:
    """The recommended share of the rows with these values."""
    return total(figures.budget, "recommended_share", **wanted)
