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
        "{others} ({least[revenue_per_customer]:$,}); with first orders in the same quarters, "
        "{most[standardised_revenue_per_customer]:$,} against {least[standardised_revenue_per_customer]:$,}{verdict}.",
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
            "Revenue per customer who ordered, over the whole record. Lines show 95% intervals for all groups at "
            "once. Who came before the last launch has had more time: the standardised figure gives each group the "
            "same quarters of first orders as all customers. Groups differ in other ways too: these are associations, "
            "not causes."
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
    if not (most["differs_from_rest"] or least["differs_from_rest"]):
        return say("By {kind}, no difference is shown: what there is may be chance.", kind=SEGMENT_TYPES[kind])
    verdict = ", {low:$,} to {high:$,} more than everybody else (95% interval)"
    if most["difference_from_rest_low"] is None:
        verdict = ""
    elif _may_be_chance(most):
        verdict = ", which could be due to chance"
    return say(
        "By {kind}, {people} spent the most, {most[revenue_per_customer]:$,} each{verdict}; {others} spent the least, "
        "{least[revenue_per_customer]:$,}. With first orders in the same quarters it is "
        "{most[standardised_revenue_per_customer]:$,} against {least[standardised_revenue_per_customer]:$,}.",
        kind=SEGMENT_TYPES[kind],
        people=people(kind, most["segment_value"]),
        most=most,
        verdict=say(verdict, low=most["difference_from_rest_low"], high=most["difference_from_rest_high"]),
        others=people(kind, least["segment_value"]),
        least=least,
    )


def _may_be_chance(segment: Row) -> bool:
    """Whether its difference from everybody else was tested and may be chance, among all segments that were tested."""
    return segment["difference_p_value"] is not None and not segment["differs_from_rest"]


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
    """Who the VIPs are, who is worth most next, and who is at risk."""
    groups = figures.value_groups
    limits = figures.thresholds
    buyers = [row for row in groups if row["orders"] and row["value_group"] != "Unknown"]
    number = total(groups, "vip_customers")
    lead = Markup("Nobody is a VIP yet: a VIP has two or more orders and one of the highest profits per year.")
    if number:
        lead = say(
            "{number:,} VIPs, {share:.0%} of the customers who ordered, account for {profit_share:.0%} of profit so "
            "far: {profit:$}.",
            number=number,
            share=ratio(number, total(buyers, "customers")),
            profit_share=ratio(total(groups, "vip_profit"), total(groups, "profit")),
            profit=total(groups, "vip_profit"),
        )
    more = []
    if expected := [row for row in groups if row["expected_180_day_profit"] is not None]:
        first = expected[0]
        more.append(
            say(
                "Worth most in the next 180 days: the group {name}, {customers:,} customers, with an expected profit "
                "of {each:$,} each, judging by customers with the same history{before}.",
                name=first["value_group"],
                customers=first["customers"],
                each=first["expected_180_day_profit_per_customer"],
                before=_came_before(first),
            )
        )
    if at_risk := total(groups, "at_risk_customers"):
        more.append(
            say(
                "{number:,} customers with two or more orders are at risk, and {declining:,} order less often than "
                "they used to.",
                number=at_risk,
                declining=total(groups, "declining_customers"),
            )
        )
    caveats = [
        say(
            "A VIP has two or more orders and a profit per year as a customer (at least one year) among the top "
            "{share:.0%} of buyers. Expectations come from a life table: customers grouped by orders so far, days "
            "since the last order, start before or since the current range, and profit per year, and what such "
            "customers did in the last 90 days; groups of fewer than {limits[life_table_small_base]:,} customers fall "
            "back on a coarser one. Due: no order for more than {limits[new_customer_days]:,} days, and a probability "
            "of {limits[due_probability]:.0%} or more to order within 180 days. At risk: two or more orders, and shown "
            "to order less often than after a recent order. Lapsed: a probability below "
            "{limits[lapsed_probability]:.0%}.",
            share=1 - limits["vip_percentile"],
            limits=limits,
        ),
        say(
            "Groups are as of {date:day}. An expectation holds only as long as customers behave as in the last 90 "
            "days: compare it with what came.",
            date=figures.as_of,
        ),
    ]
    if never := [row for row in groups if not row["orders"]]:
        caveats.append(
            say(
                "{number:,} known customers have never ordered; the files do not say since when they are known.",
                number=total(never, "customers"),
            )
        )
    return Answer(lead, more, caveats)


def _came_before(group: Row) -> Markup | str:
    """What came of the same group after the latest day 180 days back; empty where it had nobody then."""
    if group["backtest_date"] is None:
        return ""
    return say(
        ". On {date:day} it had {customers:,} customers: {share:.0%} ordered within 180 days, for a profit of "
        "{came:$,} each, where {expected:$,} was expected",
        date=group["backtest_date"],
        customers=group["backtest_customers"],
        share=group["backtest_ordered_share"],
        came=group["backtest_profit_per_customer"],
        expected=group["backtest_expected_profit_per_customer"],
    )


def retention(figures: Figures, scope: Scope) -> Answer:
    """Do customers come back?"""
    found = figures.repeat_purchases
    lead = say(
        "{share:.0%} of the customers who ordered have come back, and bring {revenue_share:.0%} of revenue.",
        share=ratio(found["repeat_buyers"], found["buyers"]),
        revenue_share=ratio(found["repeat_revenue"], found["revenue"]),
    )
    days = found["current_range_median_gap_days"]
    later = found["current_range_later_median_gap_days"]
    more = None
    if days is not None:
        more = say(
            "Half of repeat orders come within {days:,} days{later}, counting orders since {month:month}.",
            days=days,
            later="" if later is None else say(" ({later:,} from the second order on)", later=later),
            month=found["current_range_date"],
        )
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
                "Before {month:month} the range was {names:listed} alone.{whole}",
                month=launched,
                names=[one.name for one in figures.sold if one.first_month and one.first_month < launched],
                whole=""
                if found["median_gap_days"] is None
                else say(" Over all orders, the median is {days:,} days.", days=found["median_gap_days"]),
            )
        )
    return Answer(lead, [more], caveats)
