"""The sentences of the report: the answer to each question, its comparison, its interval and its caveat.

Every statement is worked out from the figures. Nothing is typed in that the data could contradict: where
a comparison, a leader or an interval is not there, the sentence is not there either, or says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from adventure_works.report.figures import ALL, Category, Figures, Measures, Row, growth, ratio
from adventure_works.report.formats import change, count, decimal, dollars, in_words, listed, money, percent
from adventure_works.report.periods import EVERYTHING, Period, day, month

# The kinds of segment that the page draws, and what they are called in a sentence.
SEGMENT_TYPES = {
    "income_bracket": "yearly income",
    "age_group": "age at the order",
    "gender": "gender",
    "occupation": "occupation",
    "education_level": "education",
    "total_children": "children",
    "marital_status": "marital status",
    "is_home_owner": "home owner",
    "country": "country",
}
# Those that the matrix of products and segments is drawn by.
MATRIX_TYPES = ("income_bracket", "age_group")


@dataclass(frozen=True)
class Scope:
    """What is chosen in the filter: a category, or None for all of them, and a period."""

    category: Category | None
    period: Period

    @property
    def slug(self) -> str:
        """What stands for the category in addresses."""
        return self.category.slug if self.category else ALL

    @property
    def category_words(self) -> str:
        """The category, in words."""
        return self.category.name if self.category else "All categories"


@dataclass(frozen=True)
class Answer:
    """An answer: its first sentence, what follows from it, and what must be known to read it rightly."""

    lead: Markup
    more: Markup = Markup("")
    caveats: tuple[Markup, ...] = ()


def say(text: str, **values: object) -> Markup:
    """A sentence; values that are not HTML yet are escaped."""
    return Markup(text).format(**values)


def _moved(value: Decimal | None, up: str = "rose", down: str = "fell", same: str = "did not change") -> Markup:
    """A change as a verb: rose 12%."""
    if value is None:
        return Markup("cannot be compared")
    if round(value, 2) == 0:
        return Markup(same)
    return say("{verb} {size}", verb=up if value > 0 else down, size=percent(abs(value), 0))


def _joined(sentences: Iterable[Markup | None]) -> Markup:
    return Markup(" ").join(sentence for sentence in sentences if sentence)


def headline(figures: Figures, scope: Scope) -> Answer:
    """How the business does, in the chosen category and period."""
    now = figures.measures(scope.slug, scope.period.key)
    before = figures.measures_before(scope.slug, scope.period.key)
    of = say(" of {name}", name=scope.category.name) if scope.category else ""
    if not now.units:
        return Answer(say("Nothing{of} was sold {when}.", of=of, when=scope.period.words), _first_sale(scope.category))
    lead = say(
        "Sales{of} brought {revenue} of revenue and {profit} of profit {when}, a margin of {margin}.",
        of=of,
        revenue=money(now.revenue),
        profit=money(now.profit),
        when=scope.period.words,
        margin=percent(now.margin),
    )
    if before is None:
        reason = (
            "It has no period before it to be compared with."
            if scope.period.key == EVERYTHING
            else "The records do not cover the year before, so there is nothing to compare it with."
        )
        return Answer(lead, Markup(reason))
    if not before.units:
        return Answer(lead, say("Nothing{of} was sold in {before}.", of=of, before=scope.period.before_words))
    more = say(
        "Against {before}, revenue {revenue} and profit {profit}.",
        before=scope.period.before_words,
        revenue=_moved(growth(now.revenue, before.revenue)),
        profit=_moved(growth(now.profit, before.profit)),
    )
    return Answer(lead, _joined([more, _like_for_like(figures, scope, now, before)]), _launch_caveat(figures, scope))


def _first_sale(category: Category | None) -> Markup:
    if category is None:
        return Markup("")
    if category.first_month is None:
        return Markup("It has never been sold.")
    return say("Its first sale on record is of {month}.", month=month(category.first_month))


def _like_for_like(figures: Figures, scope: Scope, now: Measures, before: Measures) -> Markup | None:
    """Growth without what was added to the range: by category, and by subcategory where that says more."""
    whole = figures.like_for_like[scope.slug, scope.period.key]
    narrow = figures.like_for_like_narrow[scope.slug, scope.period.key]
    seeming = growth(now.revenue, before.revenue)
    sentences = []
    if scope.category is None and whole.revenue != now.revenue and whole.names:
        sentences.append(
            say(
                "Like for like growth is {comparison} than it looks: in {names}, sold in both, revenue {revenue}.",
                comparison="smaller" if whole.revenue_change < seeming else "larger",
                names=listed(list(whole.names)),
                revenue=_moved(whole.revenue_change),
            )
        )
    if narrow.names and narrow.revenue != whole.revenue:
        sentences.append(
            say(
                "Counting only the {number} subcategories sold in both ({names}), revenue {revenue}.",
                number=in_words(len(narrow.names)),
                names=listed(list(narrow.names)),
                revenue=_moved(narrow.revenue_change),
            )
            if len(narrow.names) <= 4
            else say(
                "Counting only the {number} subcategories sold in both, revenue {revenue}.",
                number=in_words(len(narrow.names)),
                revenue=_moved(narrow.revenue_change),
            )
        )
    return _joined(sentences) or None


def _launch_caveat(figures: Figures, scope: Scope) -> tuple[Markup, ...]:
    """The launch of further categories, where it lies after the beginning of what is compared."""
    launch, before = figures.launch, scope.period.before
    if not launch or not before or not before.start < launch[0] < scope.period.span.end:
        return ()
    added = [category.name for category in launch[1]]
    return (
        say(
            "The range widened in {month}, when {names} came. What is compared across that month is compared across two "
            "different ranges, and the mean order with it.",
            month=month(launch[0]),
            names=listed(added),
        ),
    )


def categories(figures: Figures, scope: Scope) -> Answer:
    """Which categories earn the most profit, and at which margin."""
    lead = _category_lead(figures, scope.period, "earned")
    if lead is None:
        return Answer(say("No category made a profit {when}.", when=scope.period.words))
    more = Markup("")
    if scope.period.key != EVERYTHING:
        top, share, margin = _top_category(figures, EVERYTHING)
        more = say(
            "Over all that is on record, {name} earned {share} of profit at {margin}.",
            name=top.name,
            share=percent(share, 0),
            margin=percent(margin),
        )
    never = [category.name for category in figures.categories if not category.is_sold]
    caveats = [say("Never sold: {names}.", names=listed(never))] if never else []
    caveats.append(Markup("Profit is list price less list cost: the source knows no discount, freight or overhead."))
    return Answer(lead, more, tuple(caveats))


def _top_category(figures: Figures, period: str) -> tuple[Category, Decimal | None, Decimal | None]:
    top = max(figures.sold, key=lambda category: figures.measures(category.slug, period).profit)
    measures = figures.measures(top.slug, period)
    whole = figures.measures(ALL, period).profit
    return top, ratio(measures.profit, whole) if whole > 0 else None, measures.margin


def _category_lead(figures: Figures, period: Period, verb: str) -> Markup | None:
    """Who earns the most, and where its margin stands among all; None where nobody made a profit."""
    top, share, margin = _top_category(figures, period.key)
    profit = figures.measures(top.slug, period.key).profit
    if share is None or profit <= 0:
        return None
    selling = [one for one in figures.sold if figures.measures(one.slug, period.key).revenue > 0]
    others = {one: figures.measures(one.slug, period.key).margin for one in selling if one != top}
    start = say(
        "{name} {verb} {share} of profit {when}, {profit},",
        name=top.name,
        verb=verb,
        share=percent(share, 0),
        when=period.words,
        profit=money(profit),
    )
    if not others:
        return say("{start} at a margin of {margin}: nothing else was sold.", start=start, margin=percent(margin))
    best, worst = max(others, key=others.get), min(others, key=others.get)
    if margin < others[worst]:
        place, beside = "the lowest margin", best
    elif margin > others[best]:
        place, beside = "the highest margin", worst
    else:
        place, beside = "a margin between the others'", best
    return say(
        "{start} at {place} of the {number} categories: {margin} against {other} for {beside}.",
        start=start,
        place=place,
        number=in_words(len(selling)),
        margin=percent(margin),
        other=percent(others[beside]),
        beside=beside.name,
    )


def trend(figures: Figures, scope: Scope) -> Answer:
    """Where profit is heading: the last three whole months against a year before and the three before."""
    series = month_series(figures, scope.category)
    whole = [row for row in series if row["is_complete_month"]]
    of = say(" of {name}", name=scope.category.name) if scope.category else ""
    if len(whole) < 6:
        return Answer(Markup("There are not yet six whole months on record, too few to tell where profit is heading."))
    last, previous = _profit(whole[-3:]), _profit(whole[-6:-3])
    year_before = _profit(whole[-15:-12]) if len(whole) >= 15 else None
    words = f"the three months to {month(whole[-1]['month_start_date'])}"
    lead = say("Profit{of} was {profit} in {words}", of=of, profit=money(last), words=words)
    against_year, against_quarter = growth(last, year_before), growth(last, previous)
    if against_year is not None:
        lead += say(", {change} on the same months a year before", change=change(against_year))
    if against_quarter is not None:
        lead += say(
            "{sign} {change} on the three months before",
            sign=" and" if against_year is not None else ",",
            change=change(against_quarter),
        )
    more = [_directions(figures)] if scope.category is None else []
    best = max(whole, key=lambda row: row["profit"])
    if best["profit"] > 0:
        more.append(
            say("The best month was {month}, with {profit}.", month=month(best["month_start_date"]), profit=money(best["profit"]))
        )
    caveats = []
    if figures.launch and scope.category is None:
        launched, added = figures.launch
        caveats.append(
            say(
                "The line marks {month}, when {names} came into the range: like for like, growth across it is smaller "
                "than it looks.",
                month=month(launched),
                names=listed([category.name for category in added]),
            )
            if _smaller_like_for_like(figures)
            else say("The line marks {month}, when {names} came into the range.", month=month(launched), names=listed([category.name for category in added]))
        )
    caveats.append(Markup("Neighbouring quarters differ by season as well; the year before is the fairer comparison."))
    return Answer(lead + ".", _joined(more), tuple(caveats))


def month_series(figures: Figures, category: Category | None) -> list[Row]:
    """The rows by month of all the business, or of a category."""
    if category is None:
        return figures.months
    return [row for row in figures.category_months if row["product_category_key"] == category.key]


def _profit(rows: list[Row]) -> Decimal:
    return sum((row["profit"] for row in rows), Decimal(0))


def _directions(figures: Figures) -> Markup | None:
    """The trend that the mart gives each category in the last whole month."""
    found: dict[str, list[str]] = {}
    for category in figures.sold:
        rows = [row for row in month_series(figures, category) if row["trend"]]
        if rows:
            found.setdefault(rows[-1]["trend"], []).append(category.name)
    if not found:
        return None
    parts = [say("{names}: {trend}", names=listed(names), trend=trend_name) for trend_name, names in found.items()]
    return say("Against the three months before, {parts}.", parts=Markup("; ").join(parts))


def _smaller_like_for_like(figures: Figures) -> bool:
    """Whether the last 12 months grew less like for like than they seem to have."""
    period = figures.periods[0]
    before = figures.measures_before(ALL, period.key)
    if before is None:
        return False
    seeming = growth(figures.measures(ALL, period.key).revenue, before.revenue)
    real = figures.like_for_like[ALL, period.key].revenue_change
    return seeming is not None and real is not None and real < seeming


def products(figures: Figures, scope: Scope) -> Answer:
    """Which products to promote, reprice or review."""
    found = products_of(figures, scope.category)
    of = say(" of {name}", name=scope.category.name) if scope.category else ""
    placed = [row for row in found if row["quadrant"]]
    if not placed:
        return Answer(say("No product{of} was sold in the last 12 months.", of=of))
    whole = _sum(placed, "last_12_profit")
    advised = actions(found)
    lead_action = max(advised, key=lambda action: action["profit"])
    lead = say(
        "Of the {number} products{of} sold in the last 12 months, the {count} to {action} earned the most profit: {profit}, {share}.",
        number=count(len(placed)),
        of=of,
        count=count(lead_action["sold"]),
        action=lead_action["action"],
        share=percent(ratio(lead_action["profit"], whole), 0) if whole > 0 else "of a loss overall",
        profit=money(lead_action["profit"]),
    )
    parts = [
        say("{number} to {action}", number=count(one["products"]), action=one["action"])
        for one in advised
        if one is not lead_action
    ]
    best = placed[0]
    more = say(
        "Best is {name}: {profit} at {margin}.",
        name=best["product_name"],
        profit=money(best["last_12_profit"]),
        margin=percent(ratio(best["last_12_profit"], best["last_12_revenue"])),
    )
    rest = say("Of all products, sold or not, there are further {parts}.", parts=listed(parts)) if parts else None
    return Answer(
        lead,
        _joined([rest, more]),
        (
            say(
                "A high margin is {margin} or more; a high volume is more units than {share} of the category's products "
                "sold. Return rates of products with fewer than {units} units sold are not told.",
                margin=percent(figures.thresholds["product_high_margin"], 0),
                share=percent(figures.thresholds["product_high_volume"], 0),
                units=count(figures.thresholds["product_return_rate_small_base"]),
            ),
        ),
    )


def products_of(figures: Figures, category: Category | None) -> list[Row]:
    """The products of a category, or all of them, by profit of the last 12 months."""
    return [row for row in figures.products if category is None or row["product_category_key"] == category.key]


def actions(found: list[Row]) -> list[Row]:
    """What to do, with how many products, which of them sold and what they earned in the last 12 months."""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["recommended_action"], []).append(row)
    result = [
        {
            "action": action,
            "products": len(members),
            "sold": sum(row["quadrant"] is not None for row in members),
            "profit": _sum(members, "last_12_profit"),
            "examples": [row for row in members if row["last_12_units"]][:3],
            "reasons": list(dict.fromkeys(row["action_reason"] for row in members)),
        }
        for action, members in grouped.items()
    ]
    order = ["promote", "reprice", "keep", "review", "phase out"]
    return sorted(result, key=lambda one: order.index(one["action"]) if one["action"] in order else len(order))


def _sum(rows: list[Row], column: str) -> Decimal:
    return sum((row[column] for row in rows), Decimal(0))


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
        "{kind} tells the most: customers of the group {most} spent {amount} each (95% interval {low} to {high}), "
        "{times} times as much as {least} ({least_amount}).",
        kind=SEGMENT_TYPES[kind].capitalize(),
        most=most["segment_value"],
        amount=dollars(most["revenue_per_customer"]),
        low=dollars(most["revenue_per_customer_low"]),
        high=dollars(most["revenue_per_customer_high"]),
        times=decimal(times),
        least=least["segment_value"],
        least_amount=dollars(least["revenue_per_customer"]),
    )
    more = [_compared(one) for one in ranked if one[1] in ("age_group", "gender") and one[1] != kind]
    small = [row for kind in SEGMENT_TYPES for row in segments_of(figures, kind) if row["is_small_base"]]
    caveats = [
        Markup(
            "Revenue per customer who ordered, over all on record. Lines show 95% intervals, each for one group at a "
            "time. Groups differ in other ways too: this is what went together, not what caused what."
        )
    ]
    if small:
        caveats.append(
            say(
                "Too small to build on (fewer than {limit} customers): {names}.",
                limit=count(figures.thresholds["segment_small_base"]),
                names=listed([f"{SEGMENT_TYPES[row['segment_type']]} {row['segment_value']}" for row in small]),
            )
        )
    return Answer(lead, _joined(more), tuple(caveats))


def _compared(found: tuple[Decimal, str, Row, Row]) -> Markup:
    _, kind, most, least = found
    low, high = most["difference_from_rest_low"], most["difference_from_rest_high"]
    if low is None:
        verdict = Markup("")
    elif low <= 0:
        verdict = Markup("; against all the others the difference could be chance")
    else:
        verdict = say("; {low} to {high} more than all the others (95% interval)", low=dollars(low), high=dollars(high))
    return say(
        "By {kind}, {most} spent the most ({amount}) and {least} the least ({least_amount}){verdict}.",
        kind=SEGMENT_TYPES[kind],
        most=most["segment_value"],
        amount=dollars(most["revenue_per_customer"]),
        least=least["segment_value"],
        least_amount=dollars(least["revenue_per_customer"]),
        verdict=verdict,
    )


def segments_of(figures: Figures, kind: str) -> list[Row]:
    """The segments of a kind; those with an order of their own in it, the others by revenue per customer."""
    found = [row for row in figures.segments if row["segment_type"] == kind]
    return sorted(found, key=lambda row: (row["segment_order"], -(row["revenue_per_customer"] or 0)))


def combinations(figures: Figures, scope: Scope) -> Answer:
    """Which products earn most from whom, and which are untapped."""
    cells = matrix_cells(figures, scope.category)
    best = max((row for row in cells if row["segment_type"] == "income_bracket"), key=lambda row: row["profit"], default=None)
    if best is None or best["profit"] <= 0:
        return Answer(say("{name} has not been sold, so nobody buys it yet.", name=scope.category_words))
    whole = figures.measures(scope.slug, EVERYTHING).profit
    lead = say(
        "{product} bought by customers of {segment} income earn the most: {profit}, {share} of profit{of}.",
        product=group_name(best),
        segment=best["segment_value"],
        profit=money(best["profit"]),
        share=percent(ratio(best["profit"], whole), 0),
        of=say(" of {name}", name=scope.category.name) if scope.category else "",
    )
    gaps = untapped(figures, scope.category)
    if not gaps:
        more = Markup("No combination is untapped by the rule of the mart.")
    else:
        gap = gaps[0]
        more = say(
            "The largest of {number} untapped combinations: {product} for {kind} {segment}, bought by {share} of them "
            "and by {overall} of all; as many as of all would bring {amount} more profit.",
            number=count(len(gaps)),
            product=group_name(gap),
            kind=SEGMENT_TYPES[gap["segment_type"]],
            segment=gap["segment_value"],
            share=percent(gap["penetration"]),
            overall=percent(gap["overall_penetration"]),
            amount=money(gap["profit_to_overall_penetration"]),
        )
    return Answer(
        lead,
        more,
        (
            Markup(
                "100 is the average mix: 120 means that the product weighs a fifth more in the segment's profit. "
                "What a gap would bring is a size to compare by, not a forecast."
            ),
        ),
    )


def group_name(row: Row) -> str:
    """The category or subcategory that a row of the matrix is about."""
    return row["subcategory_name"] or row["category_name"]


def matrix_cells(figures: Figures, category: Category | None) -> list[Row]:
    """The cells of the matrix: the categories, or the subcategories of one of them."""
    level = "category" if category is None else "subcategory"
    return [
        row
        for row in figures.matrix
        if row["product_level"] == level and (category is None or row["category_name"] == category.name)
    ]


def untapped(figures: Figures, category: Category | None) -> list[Row]:
    """The untapped combinations of subcategories and segments, the largest first."""
    found = [
        row
        for row in figures.matrix
        if row["is_untapped"]
        and row["product_level"] == "subcategory"
        and (category is None or row["category_name"] == category.name)
    ]
    return sorted(found, key=lambda row: (-row["profit_to_overall_penetration"], group_name(row), row["segment_value"]))


def regions(figures: Figures, scope: Scope) -> Answer:
    """Which regions earn the most, and which are growing."""
    of = say(" of {name}", name=scope.category.name) if scope.category else ""
    found = region_rows(figures, scope)
    selling = [row for row in found if row["now"].units]
    if not selling:
        return Answer(say("Nothing{of} was sold in any region {when}.", of=of, when=scope.period.words))
    top = max(selling, key=lambda row: row["now"].profit)
    whole = figures.measures(scope.slug, scope.period.key).profit
    lead = say("{region} earned the most profit{of} {when}: {profit}", region=top["region"], of=of, when=scope.period.words, profit=money(top["now"].profit))
    if whole > 0:
        lead += say(", {share} of it all", share=percent(ratio(top["now"].profit, whole), 0))
    growing = [row for row in selling if row["growth"] is not None]
    more = []
    if growing:
        fastest = max(growing, key=lambda row: row["growth"])
        slowest = min(growing, key=lambda row: row["growth"])
        more.append(
            say(
                "Against {before}, revenue changed the most in {region} ({change}), the least in {other} ({other_change}).",
                before=scope.period.before_words,
                region=fastest["region"],
                change=change(fastest["growth"]),
                other=slowest["region"],
                other_change=change(slowest["growth"]),
            )
            if len(growing) > 1
            else say("Against {before}, revenue in {region} changed by {change}.", before=scope.period.before_words, region=fastest["region"], change=change(fastest["growth"]))
        )
    ahead = [row["region"] for row in figures.territories if row["maturity"] == "growing"]
    if ahead and scope.category is None:
        more.append(say("Faster than the whole business in the last 12 months: {names}.", names=listed(ahead)))
    limit = figures.thresholds["territory_small_base"]
    small = [row["region"] for row in selling if row["is_small_base"]]
    caveats = []
    if small and scope.period.before:
        caveats.append(
            say(
                "Fewer than {limit} orders in {before}, too few to tell growth: {names}.",
                limit=count(limit),
                before=scope.period.before_words,
                names=listed(small),
            )
        )
    caveats.append(
        Markup(
            "Maturity is that of the last 12 months and of all categories: it sets a region's growth against that of the "
            "whole business, since a wider range lifts every region."
        )
    )
    return Answer(lead + ".", _joined(more), tuple(caveats))


def region_rows(figures: Figures, scope: Scope) -> list[Row]:
    """Each region with its measures in the scope, by profit; growth only where the span before had enough orders."""
    limit = figures.thresholds["territory_small_base"]
    result = []
    for row in figures.territories:
        now = figures.measures(scope.slug, scope.period.key, row["territory_key"])
        before = figures.measures_before(scope.slug, scope.period.key, row["territory_key"])
        is_small = before is not None and before.orders < limit
        result.append(
            {
                "region": row["region"],
                "country": row["country"],
                "maturity": row["maturity"],
                "now": now,
                "before": before,
                "is_small_base": is_small,
                "growth": None if before is None or is_small else growth(now.revenue, before.revenue),
            }
        )
    return sorted(result, key=lambda row: -row["now"].profit)


def customers(figures: Figures, scope: Scope) -> Answer:
    """Who the VIPs are, and who is at risk."""
    buyers = sum(row["customers"] for row in figures.groups if row["orders"] and row["customer_segment"] != "Unknown")
    profit = _sum(figures.groups, "profit")
    vips = sum(row["vips"] for row in figures.groups)
    vip_profit = _sum([row for row in figures.groups if row["vips"]], "profit")
    if not vips:
        return Answer(Markup("Nobody is a VIP yet: that takes two orders and a place among the highest lifetime revenues."))
    lead = say(
        "{vips} VIPs, {share} of the customers who ordered, bring {profit_share} of profit: {profit}.",
        vips=count(vips),
        share=percent(ratio(vips, buyers), 0),
        profit_share=percent(ratio(vip_profit, profit), 0),
        profit=money(vip_profit),
    )
    leaving = [row for row in figures.groups if row["vips"] and row["at_risk"]]
    at_risk = [row for row in figures.groups if row["at_risk"]]
    days = figures.thresholds["at_risk_days"]
    more = []
    if leaving:
        more.append(
            say(
                "{number} of them have not ordered for more than {days} days; they have brought {profit} so far.",
                number=count(sum(row["at_risk"] for row in leaving)),
                days=count(days),
                profit=money(_sum(leaving, "profit")),
            )
        )
    if at_risk:
        more.append(
            say(
                "With them, {number} customers of two or more orders are at risk.",
                number=count(sum(row["at_risk"] for row in at_risk)),
            )
        )
    never = [row for row in figures.groups if not row["orders"]]
    caveats = [
        say(
            "A VIP has two or more orders and a lifetime revenue among the top {share} of buyers. Groups are as of {date}; "
            "lifetime figures are of the past, not a forecast.",
            share=percent(1 - figures.thresholds["vip_percentile"], 0),
            date=day(figures.as_of),
        )
    ]
    if never:
        caveats.append(say("{number} known customers have never ordered.", number=count(_sum(never, "customers"))))
    return Answer(lead, _joined(more), tuple(caveats))


def retention(figures: Figures, scope: Scope) -> Answer:
    """Do customers come back?"""
    found = figures.returning
    lead = say(
        "{share} of the customers who ordered have come back, and bring {revenue_share} of revenue.",
        share=percent(ratio(found["repeat_customers"], found["customers"]), 0),
        revenue_share=percent(ratio(found["repeat_revenue"], found["revenue"]), 0),
    )
    more = None
    if found["median_gap_days"] is not None:
        more = say(
            "Half of those who came back let {days} days or more pass between two orders.",
            days=count(found["median_gap_days"]),
        )
    caveats = [Markup("Compare quarters at the same distance from the first order. Young quarters have had less time to return.")]
    if figures.launch:
        caveats.append(
            say(
                "Before {month} the range was {names} alone: customers of those quarters had little to come back for.",
                month=month(figures.launch[0]),
                names=listed([one.name for one in figures.sold if one.first_month < figures.launch[0]]),
            )
        )
    return Answer(lead, more or Markup(""), tuple(caveats))


def together(figures: Figures, scope: Scope) -> Answer:
    """What sells together."""
    found = pairs_of(figures, scope.category)
    least = figures.thresholds["cross_sell_orders"]
    rule = say("Pairs of subcategories in {least} orders or more. A lift of 1 is chance.", least=count(least))
    if not found:
        of = say(" with {name}", name=scope.category.name) if scope.category else ""
        return Answer(say("No two subcategories{of} are in enough orders together to tell.", of=of), Markup(""), (rule,))
    best = found[0]
    often = max(found, key=lambda row: row["orders_together"])
    lead = say(
        "{a} and {b} are together in {orders} orders, {lift} times as often as chance would have it.",
        a=best["item_a_name"],
        b=best["item_b_name"],
        orders=count(best["orders_together"]),
        lift=decimal(best["lift"]),
    )
    more = say(
        "The most frequent pair is {a} with {b}: {orders} orders, a lift of {lift}.",
        a=often["item_a_name"],
        b=often["item_b_name"],
        orders=count(often["orders_together"]),
        lift=decimal(often["lift"]),
    )
    return Answer(lead, more, (rule, Markup("What is bought together need not have been sold by the other: try it out.")))


def pairs_of(figures: Figures, category: Category | None) -> list[Row]:
    """Pairs with a subcategory of the category, the highest lift first."""
    return [row for row in figures.pairs if category is None or category.name in (row["category_a"], row["category_b"])]


def prices(figures: Figures, scope: Scope) -> Answer:
    """What prices do to demand, if the sales can say so at all."""
    found = [row for row in price_rows(figures, scope.category) if row["elasticity_level"] == "product"]
    sold = int(_sum(found, "sold_products"))
    told = [row for row in found if row["verdict"] == "identifiable"]
    of = say(" of {name}", name=scope.category.name) if scope.category else ""
    if not sold:
        return Answer(say("Nothing{of} was ever sold, so there is nothing to learn about its prices.", of=of))
    if not told:
        number_of_prices = int(_sum(found, "number_of_prices"))
        evidence = (
            say("each of the {sold} products sold{of} has had one price only", sold=count(sold), of=of)
            if number_of_prices == sold
            else say("the {sold} products sold{of} have had {prices} prices, too alike or for too short a time", sold=count(sold), of=of, prices=count(number_of_prices))
        )
        return Answer(
            say("Price elasticity cannot be identified: {evidence}.", evidence=evidence),
            Markup("Nobody can say from these sales what a change of price would do. To learn it, change a price in one region and not in another."),
            (Markup("Dear and cheap products differ in more than price, so comparing them says nothing about a change of price."),),
        )
    products_told = sum(row["items"] for row in told)
    return Answer(
        say(
            "The sales of {told} of {sold} products{of} can tell an elasticity: from {low} to {high}.",
            told=count(products_told),
            sold=count(sold),
            of=of,
            low=decimal(min(row["lowest_elasticity"] for row in told)),
            high=decimal(max(row["highest_elasticity"] for row in told)),
        ),
        say(
            "Their 95% intervals reach from {low} to {high}.",
            low=decimal(min(row["lowest_bound"] for row in told)),
            high=decimal(max(row["highest_bound"] for row in told)),
        ),
        (Markup("It describes what went together: prices were not set by lot."),),
    )


def price_rows(figures: Figures, category: Category | None) -> list[Row]:
    """Verdicts on the prices of a category, or of all of them."""
    return [row for row in figures.prices if category is None or row["category_name"] == category.name]


def budget(figures: Figures, scope: Scope) -> Answer:
    """Where the marketing budget should go, by the rule of the mart."""
    given = [row for row in figures.budget if row["recommended_share"]]
    if not given:
        return Answer(Markup("Nothing made a profit in the last 12 months, so the rule gives no share to anything."))
    by_category: dict[str, Decimal] = {}
    for row in given:
        by_category[row["category_name"]] = by_category.get(row["category_name"], Decimal(0)) + row["recommended_share"]
    top = max(by_category, key=by_category.get)
    best = max(given, key=lambda row: row["recommended_share"])
    lead = say(
        "By profit of the last 12 months, tilted by growth, {share} of a marketing budget goes to {name}; the largest "
        "single share, {best_share}, to {best_name} for {bracket} incomes.",
        share=percent(by_category[top], 0),
        name=top,
        best_share=percent(best["recommended_share"], 0),
        best_name=best["category_name"],
        bracket=best["income_bracket"],
    )
    untold = [row for row in given if row["profit_growth"] is None]
    more = (
        say(
            "In {number} of {all} combinations growth is not known well enough to count, so profit alone decides.",
            number=count(len(untold)),
            all=count(len(given)),
        )
        if untold
        else Markup("")
    )
    return Answer(
        lead,
        more,
        (
            say(
                "An allocation rule, not a return on investment: the data hold no marketing spend, so nobody can say what a "
                "further dollar brings. Growth tilts a share by {tilt} at most.",
                tilt=percent(figures.thresholds["budget_growth_tilt"], 0),
            ),
        ),
    )


def brief(figures: Figures) -> list[tuple[str, Markup]]:
    """The report in a few sentences, each with the section that it comes from."""
    everything = next(period for period in figures.periods if period.key == EVERYTHING)
    last_12 = figures.periods[0]
    found: list[tuple[str, Markup | None]] = [("categories", _brief_category(figures))]
    now, before = figures.measures(ALL, last_12.key), figures.measures_before(ALL, last_12.key)
    if before and before.units:
        sentence = say("Revenue {moved} in 12 months", moved=_moved(growth(now.revenue, before.revenue)))
        if _smaller_like_for_like(figures) and figures.launch:
            sentence += say(
                "; like for like growth is smaller than it looks: it {moved}, for the range widened in {month}",
                moved=_moved(figures.like_for_like[ALL, last_12.key].revenue_change),
                month=month(figures.launch[0]),
            )
        found.append(("headline", sentence + "."))
    for key, answer in (("regions", regions), ("customers", customers), ("prices", prices)):
        found.append((key, answer(figures, Scope(None, everything if key != "regions" else last_12)).lead))
    return [(key, sentence) for key, sentence in found if sentence]


def _brief_category(figures: Figures) -> Markup | None:
    top, share, margin = _top_category(figures, EVERYTHING)
    if share is None:
        return None
    margins = [figures.measures(one.slug, EVERYTHING).margin for one in figures.sold]
    place = ""
    if len(margins) > 1 and margin == min(margins):
        place = say(", at the lowest margin of the {number} categories", number=in_words(len(margins)))
    elif len(margins) > 1 and margin == max(margins):
        place = say(", at the highest margin of the {number} categories", number=in_words(len(margins)))
    return say(
        "{name} earn {share} of all profit on record{place} ({margin}).",
        name=top.name,
        share=percent(share, 0),
        place=place,
        margin=percent(margin),
    )


ANSWERS: dict[str, Callable[[Figures, Scope], Answer]] = {
    "headline": headline,
    "categories": categories,
    "trend": trend,
    "products": products,
    "demographics": demographics,
    "combinations": combinations,
    "regions": regions,
    "customers": customers,
    "retention": retention,
    "together": together,
    "prices": prices,
    "budget": budget,
}
