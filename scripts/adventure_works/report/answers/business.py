"""How the business does: the headline, its categories, where it is heading, its regions."""

from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, joined, rose_or_fell, say
from adventure_works.report.figures import ALL, Category, Figures, Measures, growth, ratio
from adventure_works.report.formats import change, count, in_words, listed, money, percent
from adventure_works.report.periods import EVERYTHING, Period, month
from adventure_works.warehouse.base import Row


def headline(figures: Figures, scope: Scope) -> Answer:
    """How the business does, in the chosen category and period."""
    now = figures.measures(scope.slug, scope.period.key)
    before = figures.measures_before(scope.slug, scope.period.key)
    if not now.units:
        return Answer(
            say("There were no sales{of} {when}.", of=scope.of, when=scope.period.words), _first_sale(scope.category)
        )
    lead = say(
        "Revenue{of} was {revenue} and profit {profit} {when}, a margin of {margin}.",
        of=scope.of,
        revenue=money(now.revenue),
        profit=money(now.profit),
        when=scope.period.words,
        margin=percent(now.margin),
    )
    if before is None:
        reason = (
            "An earlier period to compare it with is not on record."
            if scope.period.key == EVERYTHING
            else "The records do not cover the year before, so there is nothing to compare it with."
        )
        return Answer(lead, Markup(reason))
    if not before.units:
        return Answer(lead, say("There were no sales{of} in {before}.", of=scope.of, before=scope.period.before_words))
    more = say(
        "Compared with {before}, revenue {revenue} and profit {profit}.",
        before=scope.period.before_words,
        revenue=rose_or_fell(growth(now.revenue, before.revenue)),
        profit=rose_or_fell(growth(now.profit, before.profit)),
    )
    return Answer(lead, joined([more, _like_for_like(figures, scope, now, before)]), _launch_caveat(figures, scope))


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
                "Like for like, growth is {comparison}: in {names}, sold in both periods, revenue {revenue}.",
                comparison="smaller" if (whole.revenue_change or 0) < (seeming or 0) else "larger",
                names=listed(whole.names),
                revenue=rose_or_fell(whole.revenue_change),
            )
        )
    if narrow.names and narrow.revenue != whole.revenue:
        sentences.append(
            say(
                "In the {number} subcategories sold in both periods{names}, revenue {revenue}.",
                number=in_words(len(narrow.names)),
                names=say(" ({names})", names=listed(narrow.names)) if len(narrow.names) <= 4 else "",
                revenue=rose_or_fell(narrow.revenue_change),
            )
        )
    return joined(sentences) or None


def _launch_caveat(figures: Figures, scope: Scope) -> tuple[Markup, ...]:
    """The launch of further categories, where it lies after the beginning of what is compared."""
    launch, before = figures.launch, scope.period.before
    if not launch or not before or not before.start < launch[0] < scope.period.span.end:
        return ()
    added = [category.name for category in launch[1]]
    return (
        say(
            "The range widened in {month}, with the launch of {names}. Comparisons across that month mix two product "
            "ranges; that goes for the average order value, too.",
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
    if scope.period.span.start > figures.first_order or scope.period.span.end <= figures.as_of:
        top, share, margin = top_category(figures, EVERYTHING)
        more = say(
            "Over the whole record, {name} earned {share} of profit at a margin of {margin}.",
            name=top.name,
            share=percent(share, 0),
            margin=percent(margin),
        )
    never = [category.name for category in figures.categories if not category.is_sold]
    caveats = [say("Never sold: {names}.", names=listed(never))] if never else []
    caveats.append(Markup("Profit is list price less list cost: discounts, freight and overhead are not in the data."))
    return Answer(lead, more, tuple(caveats))


def top_category(figures: Figures, period: str) -> tuple[Category, Decimal | None, Decimal | None]:
    """The category with the most profit in a period, its share of all profit (None in a loss), and its margin."""
    top = max(figures.sold, key=lambda category: figures.measures(category.slug, period).profit)
    measures = figures.measures(top.slug, period)
    whole = figures.measures(ALL, period).profit
    return top, ratio(measures.profit, whole) if whole > 0 else None, measures.margin


def _category_lead(figures: Figures, period: Period, verb: str) -> Markup | None:
    """Who earns the most, and how its margin compares with the others; None where nobody made a profit."""
    top, share, _ = top_category(figures, period.key)
    profit = figures.measures(top.slug, period.key).profit
    if share is None or profit <= 0:
        return None
    selling = [one for one in figures.sold if figures.measures(one.slug, period.key).revenue > 0]
    margins = {one: figures.measures(one.slug, period.key).margin or Decimal(0) for one in selling}
    margin = margins.pop(top)
    start = say(
        "{name} {verb} {share} of profit {when}, {profit},",
        name=top.name,
        verb=verb,
        share=percent(share, 0),
        when=period.words,
        profit=money(profit),
    )
    if not margins:
        return say("{start} at a margin of {margin}: nothing else was sold.", start=start, margin=percent(margin))
    best, worst = max(margins, key=margins.__getitem__), min(margins, key=margins.__getitem__)
    if margin < margins[worst]:
        place, beside = "the lowest margin", best
    elif margin > margins[best]:
        place, beside = "the highest margin", worst
    else:
        place, beside = "a margin between the others'", best
    return say(
        "{start} at {place} of the {number} categories: {margin} against {other} for {beside}.",
        start=start,
        place=place,
        number=in_words(len(selling)),
        margin=percent(margin),
        other=percent(margins[beside]),
        beside=beside.name,
    )


def trend(figures: Figures, scope: Scope) -> Answer:
    """Where profit is heading: the last three whole months against a year before and the three before."""
    series = month_series(figures, scope.category)
    whole = [row for row in series if row["is_complete_month"]]
    if scope.category and not scope.category.is_sold:
        return Answer(say("There were never any sales{of}, so a trend cannot be shown.", of=scope.of))
    if len(whole) < 6:
        return Answer(Markup("Fewer than six complete months are on record, too few to show a trend."))
    last, previous = _profit(whole[-3:]), _profit(whole[-6:-3])
    year_before = _profit(whole[-15:-12]) if len(whole) >= 15 else None
    words = f"the three months to {month(whole[-1]['month_start_date'])}"
    lead = say("Profit{of} was {profit} in {words}", of=scope.of, profit=money(last), words=words)
    against_year, against_quarter = growth(last, year_before), growth(last, previous)
    if against_year is not None:
        lead += say(", {change} the same months a year before", change=_against(against_year))
    if against_quarter is not None:
        lead += say(
            "{sign} {change} the three months before",
            sign=" and" if against_year is not None else ",",
            change=_against(against_quarter),
        )
    more = [_directions(figures)] if scope.category is None else []
    best = max(whole, key=lambda row: row["profit"])
    if best["profit"] > 0:
        more.append(
            say(
                "The best month was {month}, with {profit}.",
                month=month(best["month_start_date"]),
                profit=money(best["profit"]),
            )
        )
    caveats = []
    if figures.launch and scope.category is None:
        launched, added = figures.launch
        caveats.append(
            say(
                "The line marks {month}, with the launch of {names}{smaller}.",
                month=month(launched),
                names=listed([category.name for category in added]),
                smaller="; like for like, growth across it is smaller than it looks"
                if smaller_like_for_like(figures)
                else "",
            )
        )
    caveats.append(Markup("Neighbouring quarters differ by season as well; the year before is the fairer comparison."))
    return Answer(lead + ".", joined(more), tuple(caveats))


def _against(value: Decimal) -> Markup:
    """A change before what it is compared with: 26% up on."""
    if round(value, 2) == 0:
        return Markup("as much as in")
    return say("{size} {direction} on", size=percent(abs(value), 0), direction="up" if value > 0 else "down")


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
    parts = [
        say(
            "{names} {verb} {trend}",
            names=listed(names),
            verb="is" if len(names) == 1 and not names[0].endswith("s") else "are",
            trend=trend_name,
        )
        for trend_name, names in found.items()
    ]
    return say("Compared with the three months before, {parts}.", parts=listed(parts))


def smaller_like_for_like(figures: Figures) -> bool:
    """Whether the last 12 months grew less like for like than they seem to have."""
    period = figures.periods[0]
    before = figures.measures_before(ALL, period.key)
    if before is None:
        return False
    seeming = growth(figures.measures(ALL, period.key).revenue, before.revenue)
    real = figures.like_for_like[ALL, period.key].revenue_change
    return seeming is not None and real is not None and real < seeming


def regions(figures: Figures, scope: Scope) -> Answer:
    """Which regions earn the most, and which are growing."""
    found = region_rows(figures, scope)
    selling = [row for row in found if row["now"].units]
    if not selling:
        return Answer(say("There were no sales{of} in any region {when}.", of=scope.of, when=scope.period.words))
    top = max(selling, key=lambda row: row["now"].profit)
    whole = figures.measures(scope.slug, scope.period.key).profit
    lead = say(
        "{region} earned the most profit{of} {when}: {profit}",
        region=top["region"],
        of=scope.of,
        when=scope.period.words,
        profit=money(top["now"].profit),
    )
    if whole > 0:
        lead += say(", {share} of the total", share=percent(ratio(top["now"].profit, whole), 0))
    growing = [row for row in selling if row["growth"] is not None]
    more = []
    if growing:
        fastest = max(growing, key=lambda row: row["growth"])
        slowest = min(growing, key=lambda row: row["growth"])
        more.append(
            say(
                "Compared with {before}, revenue {fastest} in {region} ({change}) and {slowest} in {other} "
                "({other_change}).",
                before=scope.period.before_words,
                fastest="grew fastest" if fastest["growth"] > 0 else "fell least",
                slowest="grew slowest" if slowest["growth"] > 0 else "fell most",
                region=fastest["region"],
                change=change(fastest["growth"]),
                other=slowest["region"],
                other_change=change(slowest["growth"]),
            )
            if len(growing) > 1
            else say(
                "Compared with {before}, revenue in {region} changed by {change}.",
                before=scope.period.before_words,
                region=fastest["region"],
                change=change(fastest["growth"]),
            )
        )
    ahead = [row["region"] for row in figures.territories if row["maturity"] == "growing"]
    if ahead and scope.category is None:
        more.append(
            say("{names} grew clearly faster than the whole business in the last 12 months.", names=listed(ahead))
        )
    limit = figures.thresholds["territory_small_base"]
    small = [row["region"] for row in selling if row["is_small_base"]]
    caveats = []
    if small and scope.period.before:
        caveats.append(
            say(
                "Growth is not shown where there were fewer than {limit} orders in {before}: {names}.",
                limit=count(limit),
                before=scope.period.before_words,
                names=listed(small),
            )
        )
    if any(row["maturity"] for row in found):
        caveats.append(
            Markup(
                "Maturity is about the last 12 months and all categories. It compares a region's growth with that of "
                "the whole business, since a wider range lifts every region."
            )
        )
    return Answer(lead + ".", joined(more), tuple(caveats))


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
