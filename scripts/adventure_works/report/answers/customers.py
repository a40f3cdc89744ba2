"""Who buys, and who comes back."""

from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import SEGMENT_TYPES, Answer, Scope, joined, people, say, total
from adventure_works.report.figures import Figures, ratio
from adventure_works.report.formats import count, decimal, dollars, listed, money, percent
from adventure_works.report.periods import day, month
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
        "The widest gap is by {kind}: {most} spent {amount} each (95% interval {low} to {high}), {times} times as "
        "much as {least} ({least_amount}){verdict}.",
        kind=SEGMENT_TYPES[kind],
        most=people(kind, most["segment_value"]),
        amount=dollars(most["revenue_per_customer"]),
        low=dollars(most["revenue_per_customer_low"]),
        high=dollars(most["revenue_per_customer_high"]),
        times=decimal(times),
        least=people(kind, least["segment_value"]),
        least_amount=dollars(least["revenue_per_customer"]),
        verdict="; the lead over everybody else could be due to chance" if _may_be_chance(most) else "",
    )
    more = [_compared(one) for one in ranked if one[1] in ("age_group", "gender") and one[1] != kind]
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
                "Too small to rely on (fewer than {limit} customers): {names}.",
                limit=count(figures.thresholds["segment_small_base"]),
                names=listed([f"{SEGMENT_TYPES[row['segment_type']]} {row['segment_value']}" for row in small]),
            )
        )
    return Answer(lead, joined(more), tuple(caveats))


def _compared(found: tuple[Decimal, str, Row, Row]) -> Markup:
    _, kind, most, least = found
    low, high = most["difference_from_rest_low"], most["difference_from_rest_high"]
    if low is None:
        verdict = Markup("")
    elif _may_be_chance(most):
        verdict = Markup(", which could be due to chance")
    else:
        verdict = say(", {low} to {high} more than everybody else (95% interval)", low=dollars(low), high=dollars(high))
    return say(
        "By {kind}, {most} spent the most, {amount} each{verdict}; {least} spent the least, {least_amount}.",
        kind=SEGMENT_TYPES[kind],
        most=people(kind, most["segment_value"]),
        amount=dollars(most["revenue_per_customer"]),
        verdict=verdict,
        least=people(kind, least["segment_value"]),
        least_amount=dollars(least["revenue_per_customer"]),
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
    buyers = sum(
        row["customers"] for row in figures.value_segments if row["orders"] and row["value_segment"] != "Unknown"
    )
    profit = total(figures.value_segments, "profit")
    vips = sum(row["vip_customers"] for row in figures.value_segments)
    vip_profit = total([row for row in figures.value_segments if row["vip_customers"]], "profit")
    if not vips:
        return Answer(
            Markup("Nobody is a VIP yet: a VIP has two or more orders and one of the highest lifetime revenues.")
        )
    lead = say(
        "{vips} VIPs, {share} of the customers who ordered, bring {profit_share} of profit: {profit}.",
        vips=count(vips),
        share=percent(ratio(vips, buyers), 0),
        profit_share=percent(ratio(vip_profit, profit), 0),
        profit=money(vip_profit),
    )
    leaving = [row for row in figures.value_segments if row["vip_customers"] and row["at_risk_customers"]]
    at_risk = [row for row in figures.value_segments if row["at_risk_customers"]]
    days = figures.thresholds["at_risk_days"]
    more = []
    if leaving:
        more.append(
            say(
                "{number} of them have not ordered for more than {days} days; their profit so far is {profit}.",
                number=count(sum(row["at_risk_customers"] for row in leaving)),
                days=count(days),
                profit=money(total(leaving, "profit")),
            )
        )
    if at_risk:
        more.append(
            say(
                "In all, {number} customers with two or more orders are at risk.",
                number=count(sum(row["at_risk_customers"] for row in at_risk)),
            )
        )
    never = [row for row in figures.value_segments if not row["orders"]]
    caveats = [
        say(
            "A VIP has two or more orders and a lifetime revenue among the top {share} of buyers. A customer with two "
            "or more orders is at risk when the last one was more than {at_risk} days ago. A single order is recent "
            "for {new} days. After {lapsed} days without an order a customer has lapsed. Days away are the median of "
            "the group.",
            share=percent(1 - figures.thresholds["vip_percentile"], 0),
            at_risk=count(days),
            new=count(figures.thresholds["new_customer_days"]),
            lapsed=count(figures.thresholds["lapsed_days"]),
        ),
        say(
            "Groups are as of {date}. Lifetime figures are about the past; they are not a forecast.",
            date=day(figures.as_of),
        ),
    ]
    if never:
        caveats.append(say("{number} known customers have never ordered.", number=count(total(never, "customers"))))
    return Answer(lead, joined(more), tuple(caveats))


def retention(figures: Figures, scope: Scope) -> Answer:
    """Do customers come back?"""
    found = figures.repeat_purchases
    lead = say(
        "{share} of the customers who ordered have come back, and bring {revenue_share} of revenue.",
        share=percent(ratio(found["repeat_buyers"], found["buyers"]), 0),
        revenue_share=percent(ratio(found["repeat_revenue"], found["revenue"]), 0),
    )
    more = None
    if found["median_gap_days"] is not None:
        more = say(
            "Half of all repeat orders came within {days} days of the previous order.",
            days=count(found["median_gap_days"]),
        )
    caveats = [
        Markup(
            "Compare quarters at the same distance from the first order: customers of recent quarters have had less "
            "time to return."
        )
    ]
    if figures.launch:
        caveats.append(
            say(
                "Before {month} the range was {names} alone: customers of those quarters had little to come back for.",
                month=month(figures.launch[0]),
                names=listed(
                    [one.name for one in figures.sold if one.first_month and one.first_month < figures.launch[0]]
                ),
            )
        )
    return Answer(lead, more or Markup(""), tuple(caveats))
