"""Who buys, and who comes back."""

from markupsafe import Markup

from adventure_works.report.answers.common import SEGMENT_TYPES, Answer, Scope, people, say
from adventure_works.report.figures import Figures, ratio, total
from adventure_works.warehouse.base import Row


def demographics(figures: Figures, scope: Scope) -> Answer:
    """Which customers spend the most, and how sure that is."""
    ranked = []
    for kind in SEGMENT_TYPES:
        if kind == "country":  # a region, not a trait of a person; it has a section of its own
            continue
        reliable = [
            row
            for row in segments_of(figures, kind)
            if not row["is_small_base"] and row["segment_value"] != "Unknown" and row["revenue_per_customer"]
        ]
        if len(reliable) > 1:
            most = max(reliable, key=lambda row: row["revenue_per_customer"])
            least = min(reliable, key=lambda row: row["revenue_per_customer"])
            ranked.append((most["revenue_per_customer"] / least["revenue_per_customer"], kind, most, least))
    if not ranked:
        return Answer(Markup("No two groups of customers are large enough to be compared."))
    ranked.sort(key=lambda one: -one[0])
    times, kind, most, least = ranked[0]
    lead = say(
        "The widest gap is by {kind}: {people} spent {most[revenue_per_customer]:$,} each (95% interval "
        "{most[revenue_per_customer_low]:$,} to {most[revenue_per_customer_high]:$,}), {times:.1f} times as much as "
        "{others} ({least[revenue_per_customer]:$,}){verdict}.",
        kind=SEGMENT_TYPES[kind],
        people=people(kind, most["segment_value"]),
        most=most,
        times=times,
        others=people(kind, least["segment_value"]),
        least=least,
        verdict="; the lead over everybody else could be due to chance" if _may_be_chance(most) else "",
    )
    more = [_compared(*one[1:]) for one in ranked[1:] if one[1] in ("age_group", "gender")]
    small = [row for kind in SEGMENT_TYPES for row in segments_of(figures, kind) if row["is_small_base"]]
    caveats = [
        Markup(
            "Revenue per customer who ordered, over the whole record. Lines show the 95% interval of each group by "
            "itself. Groups differ in other ways too: these are associations, not causes."
        )
    ]
    if small:
        caveats.append(
            say(
                "Too small to rely on (fewer than {limit:,} customers): {names:listed}.",
                limit=figures.thresholds["segment_small_base"],
                names=[f"{SEGMENT_TYPES[row['segment_type']]} {row['segment_value']}" for row in small],
            )
        )
    return Answer(lead, more, caveats)


def _compared(kind: str, most: Row, least: Row) -> Markup:
    verdict = ", {low:$,} to {high:$,} more than everybody else (95% interval)"
    if most["difference_from_rest_low"] is None:
        verdict = ""
    elif _may_be_chance(most):
        verdict = ", which could be due to chance"
    return say(
        "By {kind}, {people} spent the most, {most[revenue_per_customer]:$,} each{verdict}; {others} spent the least, "
        "{least[revenue_per_customer]:$,}.",
        kind=SEGMENT_TYPES[kind],
        people=people(kind, most["segment_value"]),
        most=most,
        verdict=say(verdict, low=most["difference_from_rest_low"], high=most["difference_from_rest_high"]),
        others=people(kind, least["segment_value"]),
        least=least,
    )


def _may_be_chance(segment: Row) -> bool:
    """Whether the 95% interval of its difference from everybody else reaches down to nothing."""
    low = segment["difference_from_rest_low"]
    return low is not None and low <= 0


def segments_of(figures: Figures, kind: str) -> list[Row]:
    """The segments of a kind; those with an order of their own in it, the others by revenue per customer."""
    found = [row for row in figures.demographics if row["segment_type"] == kind]
    return sorted(found, key=lambda row: (row["segment_order"], -(row["revenue_per_customer"] or 0)))


def spanned(figures: Figures, bracket: str) -> str:
    """What a year an income bracket spans, in words: $50,000 to $100,000; empty where there is none."""
    found = figures.brackets
    place = next((place for place, row in enumerate(found) if row["income_bracket"] == bracket), None)
    if place is None:
        return ""
    low, high = (f"${found[place][name]:,.0f}" for name in ("lower_income", "upper_income"))
    return f"under {high}" if place == 0 else f"from {low}" if place == len(found) - 1 else f"{low} to {high}"


def customers(figures: Figures, scope: Scope) -> Answer:
    """Who the VIPs are, and who is at risk."""
    groups = figures.value_segments
    vips = [row for row in groups if row["vip_customers"]]
    if not vips:
        return Answer(
            Markup("Nobody is a VIP yet: a VIP has two or more orders and one of the highest lifetime revenues.")
        )
    buyers = [row for row in groups if row["orders"] and row["value_segment"] != "Unknown"]
    number, profit = total(vips, "vip_customers"), total(vips, "profit")
    lead = say(
        "{number:,} VIPs, {share:.0%} of the customers who ordered, bring {profit_share:.0%} of profit: {profit:$}.",
        number=number,
        share=ratio(number, total(buyers, "customers")),
        profit_share=ratio(profit, total(groups, "profit")),
        profit=profit,
    )
    limits = figures.thresholds
    more = []
    if leaving := [row for row in vips if row["at_risk_customers"]]:
        more.append(
            say(
                "{number:,} of them have not ordered for more than {days:,} days; their profit so far is {profit:$}.",
                number=total(leaving, "at_risk_customers"),
                days=limits["at_risk_days"],
                profit=total(leaving, "profit"),
            )
        )
    if at_risk := total(groups, "at_risk_customers"):
        more.append(say("In all, {number:,} customers with two or more orders are at risk.", number=at_risk))
    caveats = [
        say(
            "A VIP has two or more orders and a lifetime revenue among the top {share:.0%} of buyers. A customer with "
            "two or more orders is at risk when the last one was more than {limits[at_risk_days]:,} days ago. A single "
            "order is recent for {limits[new_customer_days]:,} days. After {limits[lapsed_days]:,} days without an "
            "order a customer has lapsed. Days away are the median of the group.",
            share=1 - limits["vip_percentile"],
            limits=limits,
        ),
        say(
            "Groups are as of {date:day}. Lifetime figures are about the past; they are not a forecast.",
            date=figures.as_of,
        ),
    ]
    if never := [row for row in groups if not row["orders"]]:
        caveats.append(say("{number:,} known customers have never ordered.", number=total(never, "customers")))
    return Answer(lead, more, caveats)


def retention(figures: Figures, scope: Scope) -> Answer:
    """Do customers come back?"""
    found = figures.repeat_purchases
    lead = say(
        "{share:.0%} of the customers who ordered have come back, and bring {revenue_share:.0%} of revenue.",
        share=ratio(found["repeat_buyers"], found["buyers"]),
        revenue_share=ratio(found["repeat_revenue"], found["revenue"]),
    )
    days = found["median_gap_days"]
    more = say("Half of all repeat orders came within {days:,} days of the previous order.", days=days)
    caveats = [
        Markup(
            "Compare quarters at the same distance from the first order: customers of recent quarters have had less "
            "time to return."
        )
    ]
    if figures.launch:
        launched, _ = figures.launch
        caveats.append(
            say(
                "Before {month:month} the range was {names:listed} alone: customers of those quarters had little to "
                "come back for.",
                month=launched,
                names=[one.name for one in figures.sold if one.first_month and one.first_month < launched],
            )
        )
    return Answer(lead, [None if days is None else more], caveats)
