"""How the business does: the headline, its categories, where it is heading, its regions."""

from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, rose_or_fell, say
from adventure_works.report.figures import ALL, Category, Figures, Measures, growth, ratio, total
from adventure_works.report.periods import EVERYTHING, Period
from adventure_works.warehouse.base import Row


def headline(figures: Figures, scope: Scope) -> Answer:
    """How the business does, in the chosen category and period."""
    now = figures.measures(scope.slug, scope.period.key)
    before = figures.measures_before(scope.slug, scope.period.key)
    if not now.units:
        return Answer(
            say("There were no sales{scope.of} {scope.period.words}.", scope=scope), [_first_sale(scope.category)]
        )
    lead = say(
        "Revenue{scope.of} was {now.revenue:$} and profit {now.profit:$} {scope.period.words}, a margin of "
        "{now.margin:.1%}.",
        scope=scope,
        now=now,
    )
    if before is None:
        reason = (
            "An earlier period to compare it with is not on record."
            if scope.period.key == EVERYTHING
            else "The records do not cover the year before, so there is nothing to compare it with."
        )
        return Answer(lead, [Markup(reason)])
    if not before.units:
        return Answer(lead, [say("There were no sales{scope.of} in {scope.period.before_words}.", scope=scope)])
    more = say(
        "Compared with {before}, revenue {revenue} and profit {profit}{like_for_like}.",
        before=scope.period.before_words,
        revenue=rose_or_fell(growth(now.revenue, before.revenue)),
        profit=rose_or_fell(growth(now.profit, before.profit)),
        like_for_like=_like_for_like(figures, scope, now),
    )
    return Answer(lead, [more, _other_levels(figures, scope)], [_launch_caveat(figures, scope)])


def _first_sale(category: Category | None) -> Markup | None:
    if category is None:
        return None
    if category.first_month is None:
        return Markup("It has never been sold.")
    return say("Its first sale on record is of {month:month}.", month=category.first_month)


def _like_for_like(figures: Figures, scope: Scope, now: Measures) -> Markup:
    """Growth in what was on sale in both periods, as the end of a sentence; empty where that is all that was sold."""
    like = figures.like_for_like["product", scope.slug, scope.period.key]
    if not like.names:
        return Markup("; none of what was sold was on sale in both periods")
    if like.revenue == now.revenue:
        return Markup("")
    return say(
        "; like for like, in the {number:in words} {products} on sale in both periods ({share:.0%} of revenue), "
        "revenue {revenue}",
        number=len(like.names),
        products="product" if len(like.names) == 1 else "products",
        share=ratio(like.revenue, now.revenue),
        revenue=rose_or_fell(like.revenue_change),
    )


def _other_levels(figures: Figures, scope: Scope) -> Markup | None:
    """Like for like by model and by subcategory, where that says something else than by product."""
    by_product = figures.like_for_like["product", scope.slug, scope.period.key]
    parts = []
    for level, words in (("model", "model{s}"), ("subcategory", "subcategor{ies}")):
        like = figures.like_for_like[level, scope.slug, scope.period.key]
        if like.names and like.revenue_change is not None and like.revenue_before != by_product.revenue_before:
            number = len(like.names)
            parts.append(
                say(
                    "in the {number:in words} {items}{names} it {revenue}",
                    number=number,
                    items=words.format(s="" if number == 1 else "s", ies="y" if number == 1 else "ies"),
                    names=say(" ({names:listed})", names=like.names) if number <= 4 else "",
                    revenue=rose_or_fell(like.revenue_change),
                )
            )
    return say("Counted more broadly, {parts:listed}.", parts=parts) if parts else None


def _launch_caveat(figures: Figures, scope: Scope) -> Markup | None:
    """The launch of further categories, where it lies after the beginning of what is compared."""
    launch, before = figures.launch, scope.period.before
    if not launch or not before or not before.start < launch[0] < scope.period.span.end:
        return None
    return say(
        "The range widened in {launched:month}, with the launch of {names:listed}. Comparisons across that month mix "
        "two product ranges; that goes for the average order value, too.",
        launched=launch[0],
        names=[category.name for category in launch[1]],
    )


def categories(figures: Figures, scope: Scope) -> Answer:
    """Which categories earn the most profit, and at which margin."""
    lead = _category_lead(figures, scope.period)
    if lead is None:
        return Answer(say("No category made a profit {when}.", when=scope.period.words))
    more = None
    if scope.period.span.start > figures.first_order or scope.period.span.end <= figures.as_of:
        top, share, margin = top_category(figures, EVERYTHING)
        more = say(
            "Over the whole record, {name} earned {share:.0%} of profit at a margin of {margin:.1%}.",
            name=top.name,
            share=share,
            margin=margin,
        )
    never = [category.name for category in figures.categories if not category.is_sold]
    caveats = [
        say("Never sold: {never:listed}.", never=never) if never else None,
        Markup("Profit is list price less list cost: discounts, freight and overhead are not in the data."),
    ]
    return Answer(lead, [more], caveats)


def top_category(figures: Figures, period: str) -> tuple[Category, Decimal | None, Decimal | None]:
    """The category with the most profit in a period, its share of all profit (None in a loss), and its margin."""
    top = max(figures.sold, key=lambda category: figures.measures(category.slug, period).profit)
    measures = figures.measures(top.slug, period)
    whole = figures.measures(ALL, period).profit
    return top, ratio(measures.profit, whole) if whole > 0 else None, measures.margin


def _category_lead(figures: Figures, period: Period) -> Markup | None:
    """Who earned the most, and how its margin compares with the others; None where nobody made a profit."""
    top, share, _ = top_category(figures, period.key)
    profit = figures.measures(top.slug, period.key).profit
    if share is None or profit <= 0:
        return None
    selling = [one for one in figures.sold if figures.measures(one.slug, period.key).revenue > 0]
    margins = {one: figures.measures(one.slug, period.key).margin or Decimal(0) for one in selling}
    margin = margins.pop(top)
    start = say(
        "{top.name} earned {share:.0%} of profit {when}, {profit:$},",
        top=top,
        share=share,
        when=period.words,
        profit=profit,
    )
    if not margins:
        return say("{start} at a margin of {margin:.1%}: nothing else was sold.", start=start, margin=margin)
    best, worst = max(margins, key=margins.__getitem__), min(margins, key=margins.__getitem__)
    if margin < margins[worst]:
        place, beside = "the lowest margin", best
    elif margin > margins[best]:
        place, beside = "the highest margin", worst
    else:
        place, beside = "a margin between the others'", best
    return say(
        "{start} at {place} of the {number:in words} categories: {margin:.1%} against {other:.1%} for {beside.name}.",
        start=start,
        place=place,
        number=len(selling),
        margin=margin,
        other=margins[beside],
        beside=beside,
    )


def trend(figures: Figures, scope: Scope) -> Answer:
    """Where profit is heading: the last three whole months against a year before and the three before."""
    whole = [row for row in month_series(figures, scope.category) if row["is_complete_month"]]
    if scope.category and not scope.category.is_sold:
        return Answer(say("There were never any sales{scope.of}, so a trend cannot be shown.", scope=scope))
    if len(whole) < 6:
        return Answer(Markup("Fewer than six complete months are on record, too few to show a trend."))
    last = total(whole[-3:], "profit")
    compared = [
        _against(change, months)
        for months, before in (("the same months a year", whole[-15:-12]), ("the three months", whole[-6:-3]))
        if before and (change := growth(last, total(before, "profit"))) is not None
    ]
    lead = say(
        "Profit{scope.of} was {profit:$} in the three months to {month:month}{compared}.",
        scope=scope,
        profit=last,
        month=whole[-1]["month_start_date"],
        compared=say(", {compared:listed}", compared=compared) if compared else "",
    )
    like = growth(total(whole[-3:], "like_for_like_revenue"), total(whole[-3:], "like_for_like_last_year_revenue"))
    like_for_like = say(
        "Like for like, in products on sale in the same months of both years, their revenue {revenue}.",
        revenue=rose_or_fell(like),
    )
    best = max(whole, key=lambda row: row["profit"])
    best_month = say("The best month was {best[month_start_date]:month}, with {best[profit]:$}.", best=best)
    season = Markup("Neighbouring quarters differ by season as well; the year before is the fairer comparison.")
    launch = None
    if figures.launch and scope.category is None:
        launched, added = figures.launch
        smaller = "; like for like, growth across it is smaller than it looks"
        launch = say(
            "The line marks {launched:month}, with the launch of {names:listed}{smaller}.",
            launched=launched,
            names=[category.name for category in added],
            smaller=smaller if smaller_like_for_like(figures) else "",
        )
    more = [
        like_for_like if like is not None else None,
        None if scope.category else _directions(figures),
        best_month if best["profit"] > 0 else None,
        None if scope.category else _forecast(figures),
    ]
    return Answer(lead, more, [launch, season])


def _forecast(figures: Figures) -> Markup | None:
    """What the next month and the last of the forecast are expected to bring; None without enough history."""
    if not figures.forecast:
        return None
    first, last = figures.forecast[0], figures.forecast[-1]
    assumed = {"yearly drift": " if the change of the last year goes on", "naive": " if it stays as in the last month"}
    return say(
        "Revenue will be {first[forecast]:$} in {first[month_start_date]:month}{then} (95% interval "
        "{first[forecast_low]:$} to {first[forecast_high]:$}) and {last[forecast]:$} in {last[month_start_date]:month}"
        "{later} ({last[forecast_low]:$} to {last[forecast_high]:$}).",
        first=first,
        then=assumed[first["forecast_method"]],
        last=last,
        later="" if last["forecast_method"] == first["forecast_method"] else assumed[last["forecast_method"]],
    )


def _against(value: Decimal, months: str) -> Markup:
    """A change of profit with what it is compared with: 26% up on the three months before."""
    if round(value, 2) == 0:
        return say("as much as in {months} before", months=months)
    direction = "up" if value > 0 else "down"
    return say("{size:.0%} {direction} on {months} before", size=abs(value), direction=direction, months=months)


def month_series(figures: Figures, category: Category | None) -> list[Row]:
    """The rows by month of all the business, or of a category."""
    if category is None:
        return figures.months
    return [row for row in figures.category_months if row["product_category_key"] == category.key]


def _directions(figures: Figures) -> Markup | None:
    """The trend that the mart gives each category in the last whole month."""
    found: dict[str, list[str]] = {}
    for category in figures.sold:
        rows = [row for row in month_series(figures, category) if row["trend"]]
        if rows:
            found.setdefault(rows[-1]["trend"], []).append(category.name)
    parts = [
        say(
            "{names:listed} {verb} {trend}",
            names=names,
            verb="is" if len(names) == 1 and not names[0].endswith("s") else "are",
            trend=trend_name,
        )
        for trend_name, names in found.items()
    ]
    return say("Compared with the three months before, {parts:listed}.", parts=parts) if parts else None


def smaller_like_for_like(figures: Figures) -> bool:
    """Whether the last 12 months grew less like for like than they seem to have."""
    period = figures.periods[0]
    before = figures.measures_before(ALL, period.key)
    if before is None:
        return False
    seeming = growth(figures.measures(ALL, period.key).revenue, before.revenue)
    real = figures.like_for_like["product", ALL, period.key].revenue_change
    return seeming is not None and real is not None and real < seeming


def regions(figures: Figures, scope: Scope) -> Answer:
    """Which regions earn the most, and which are growing."""
    found = region_rows(figures, scope)
    selling = [row for row in found if row["now"].units]
    if not selling:
        return Answer(say("There were no sales{scope.of} in any region {scope.period.words}.", scope=scope))
    top = max(selling, key=lambda row: row["now"].profit)
    whole = figures.measures(scope.slug, scope.period.key).profit
    share = say(", {share:.0%} of the total", share=ratio(top["now"].profit, whole))
    lead = say(
        "{top[region]} earned the most profit{scope.of} {scope.period.words}: {top[now].profit:$}{share}.",
        top=top,
        scope=scope,
        share=share if whole > 0 else "",
    )
    more = []
    grown = [row for row in selling if row["like"] is not None]
    if grown:
        fastest = max(grown, key=lambda row: row["like"])
        slowest = min(grown, key=lambda row: row["like"])
        more.append(
            say(
                "Like for like, in products on sale in both periods, revenue {grew} in {fastest[region]} "
                "({fastest[like]:+.0%}) and {fell} in {slowest[region]} ({slowest[like]:+.0%}), compared with {before}."
                if len(grown) > 1
                else "Like for like, revenue in {fastest[region]} changed by {fastest[like]:+.0%}, compared with "
                "{before}.",
                before=scope.period.before_words,
                grew="grew fastest" if fastest["like"] > 0 else "fell least",
                fell="grew slowest" if slowest["like"] > 0 else "fell most",
                fastest=fastest,
                slowest=slowest,
            )
        )
    ahead = [row["region"] for row in figures.territories if row["maturity"] == "growing"]
    if ahead and scope.category is None:
        more.append(
            say("{ahead:listed} grew clearly faster than the whole business in the last 12 months.", ahead=ahead)
        )
    missing = [row for row in figures.expansion if scope.category in (None, _category_of(figures, row))]
    if missing:
        more.append(
            say(
                "Where to expand: {places:listed}.",
                places=[
                    say(
                        "{row[category_name]} in {row[region]} ({row[buyers]:,} buyers, {expected:,} expected)",
                        row=row,
                        expected=round(row["expected_buyers"]),
                    )
                    for row in missing[:3]
                ],
            )
        )
    caveats = []
    small = [row["region"] for row in selling if row["is_small_base"]]
    if small and scope.period.before:
        caveats.append(
            say(
                "Growth is not shown where there were fewer than {limit:,} orders in {before}: {small:listed}.",
                limit=figures.thresholds["territory_small_base"],
                before=scope.period.before_words,
                small=small,
            )
        )
    if any(row["maturity"] for row in found):
        caveats.append(
            Markup(
                "Maturity is about the last 12 months and all categories. A region is growing if it grows faster than "
                "the whole business, since a wider range lifts every region, and declining if its own revenue fell "
                "clearly."
            )
        )
    return Answer(lead, more, caveats)


def _category_of(figures: Figures, row: Row) -> Category:
    return next(category for category in figures.categories if category.key == row["product_category_key"])


def region_rows(figures: Figures, scope: Scope) -> list[Row]:
    """Each region with its measures in the scope, by profit; growth only where the span before had enough orders."""
    result = []
    for row in figures.territories:
        now = figures.measures(scope.slug, scope.period.key, row["territory_key"])
        before = figures.measures_before(scope.slug, scope.period.key, row["territory_key"])
        is_small = before is not None and before.orders < figures.thresholds["territory_small_base"]
        is_compared = before is not None and not is_small
        result.append(
            row
            | {
                "now": now,
                "before": before,
                "is_small_base": is_small,
                "growth": growth(now.revenue, before.revenue) if before and is_compared else None,
                "like": now.like_for_like_change if is_compared else None,
            }
        )
    return sorted(result, key=lambda row: -row["now"].profit)
