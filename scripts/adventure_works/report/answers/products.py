"""What is sold: products, what they go with and to whom, and what their prices can tell."""

from collections import Counter
from decimal import Decimal

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, Scope, people, say
from adventure_works.report.figures import Category, Figures, ratio, total
from adventure_works.warehouse.base import Row


def products(figures: Figures, scope: Scope) -> Answer:
    """Which products to promote, review in price or phase out, by model."""
    found = models_of(figures, scope.category)
    sold = [row for row in found if row["last_12_units"]]
    if not sold:
        return Answer(say("No product{scope.of} was sold in the last 12 months.", scope=scope))
    best, whole = sold[0], total(sold, "last_12_profit")
    lead = say(
        "{best[model_name]} earns the most: {best[last_12_profit]:$} of profit in the last 12 months{share}, at a "
        "margin of {best[last_12_profit_margin]:.1%}.",
        best=best,
        share=say(
            ", {share:.0%} of all{of}",
            share=ratio(best["last_12_profit"], whole),
            of=say(" profit{scope.of}", scope=scope) if scope.category else " profit",
        )
        if whole > 0
        else "",
    )
    advised = actions(found)
    more = [
        say(
            "The rules suggest for {number:,} {noun} on sale: {parts:listed}.{nothing}",
            number=sum(one["models"] for one in advised),
            noun="models" if sum(one["models"] for one in advised) > 1 else "model",
            parts=[say("{one[action]} {one[models]:,}", one=one) for one in advised],
            nothing=""
            if any(one["action"] == "phase out" for one in advised)
            else " None earns so little that the rules would phase it out.",
        )
        if advised
        else None,
        _not_on_sale(found),
    ]
    break_even = None
    if repriced := next((one["examples"][0] for one in advised if one["action"] == "review price"), None):
        break_even = say(
            "What a higher price would do to sales is {known}. At 5% more, {row[model_name]} may lose "
            "{row[break_even_units_lost_at_5_percent]:.0%} of its units before profit falls.",
            known=Markup('shown <a href="#prices">below</a>')
            if any(row["verdict"] == "identifiable" for row in price_rows(figures, scope.category))
            else Markup('<a href="#prices">not known</a>'),
            row=repriced,
        )
    rule = say(
        "Models are judged by profit per day on sale within their category, and by margin within their subcategory: "
        "{limit:.0%} of revenue or more below it is low. Sizes and colours follow their model. Return rates are not "
        "shown where fewer than {limits[return_rate_small_base]:,} units were sold.",
        limit=figures.thresholds["product_low_margin"],
        limits=figures.thresholds,
    )
    return Answer(lead, more, [break_even, rule])


def _not_on_sale(found: list[Row]) -> Markup | None:
    """How many models have ended or were never sold, and so need no advice."""
    counts = Counter(row["sales_status"] for row in found)
    parts = [
        say("{number:,} {what}", number=counts[status], what=what)
        for status, what in (("ended", "ended long ago"), ("never sold", "never sold"), ("new", "too new to judge"))
        if counts[status]
    ]
    return say("Not judged: {parts:listed}.", parts=parts) if parts else None


def models_of(figures: Figures, category: Category | None) -> list[Row]:
    """The models of a category, or all of them, by profit of the last 12 months."""
    return [row for row in figures.models if category is None or row["product_category_key"] == category.key]


def actions(found: list[Row]) -> list[Row]:
    """What to do, with how many models and for which reasons, and what they earned in the last 12 months."""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        if row["recommended_action"]:
            grouped.setdefault(row["recommended_action"], []).append(row)
    result = [
        {
            "action": action,
            "models": len(members),
            "profit": total(members, "last_12_profit"),
            "examples": members,
            "reasons": Counter(row["action_reason"] for row in members),
        }
        for action, members in grouped.items()
    ]
    order = ["promote", "keep", "review price", "review returns", "phase out"]
    return sorted(result, key=lambda one: order.index(one["action"]))


def combinations(figures: Figures, scope: Scope) -> Answer:
    """Which products earn most from whom, and which are untapped."""
    cells = matrix_cells(figures, scope.category)
    best = max(
        (row for row in cells if row["segment_type"] == "income_bracket"), key=lambda row: row["profit"], default=None
    )
    if best is None or best["profit"] <= 0:
        return Answer(say("No combination of {name} made a profit.", name=scope.category_words))
    lead = say(
        "{product} bought by {people} earn the most: {profit:$}, {share:.0%} of profit{scope.of}.",
        product=group_name(best),
        people=people("income_bracket", best["segment_value"]),
        profit=best["profit"],
        share=ratio(best["profit"], total(cells, "profit", segment_type="income_bracket")),
        scope=scope,
    )
    more = Markup("No combination is untapped by the rule.")
    if gaps := untapped(figures, scope.category):
        largest = say("The largest of {number:,} untapped combinations", number=len(gaps))
        more = say(
            "{which}: {gap[customers]:,} {people} bought {product}, {gap[observed_to_expected]:.0%} of those expected "
            "among customers who came at the same time{profit}.",
            which=largest if len(gaps) > 1 else "One combination is untapped",
            gap=gaps[0],
            people=people(gaps[0]["segment_type"], gaps[0]["segment_value"]),
            product=group_name(gaps[0]),
            profit=say(
                "; the missing buyers would have added {gap[profit_to_expected_customers]:$} of profit", gap=gaps[0]
            )
            if gaps[0]["profit_to_expected_customers"] is not None
            else "",
        )
    caveat = Markup(
        "Sales since the last launch of a category. 100 is the average: 120 means that the product's share of the "
        "segment's profit is a fifth higher than its share of all profit. A combination is untapped if its shortage of "
        "buyers is significant (after Holm), also over all sales. The extra profit, at what each buyer of the segment "
        "brings, is for comparing gaps; it is an association and not a forecast."
    )
    return Answer(lead, [more], [caveat])


def _of(category: Category | None, rows: list[Row]) -> list[Row]:
    """The rows of a category, or all of them."""
    return [row for row in rows if category is None or row["category_name"] == category.name]


def group_name(row: Row) -> str:
    """The category or subcategory that a row of the matrix is about."""
    return str(row["product_group_name"])


def matrix_cells(figures: Figures, category: Category | None) -> list[Row]:
    """The cells of the matrix: the categories, or the subcategories of one of them."""
    level = "category" if category is None else "subcategory"
    return [row for row in _of(category, figures.matrix) if row["product_level"] == level]


def matrix_groups(cells: list[Row]) -> list[tuple[str, list[Row]]]:
    """The cells of each category or subcategory with its name, the one that earned the most first."""
    groups: dict[int, list[Row]] = {}
    for cell in cells:
        groups.setdefault(cell["product_group_key"], []).append(cell)
    ranked = sorted(groups.values(), key=lambda group: -total(group, "profit"))
    return [(group_name(group[0]), group) for group in ranked]


def untapped(figures: Figures, category: Category | None) -> list[Row]:
    """The untapped combinations of subcategories and segments, the largest first."""
    found = [
        row for row in _of(category, figures.matrix) if row["is_untapped"] and row["product_level"] == "subcategory"
    ]
    return sorted(
        found, key=lambda row: (-(row["profit_to_expected_customers"] or 0), group_name(row), row["segment_value"])
    )


def together(figures: Figures, scope: Scope) -> Answer:
    """What sells together."""
    found = pairs_of(figures, scope.category)
    rule = say(
        "Pairs of subcategories that are together in {least:,} orders or more, counted from the day on which both were "
        "on sale. Chance alone gives a lift of 1; a pair is above chance if it remains significant after adjusting for "
        "the number of pairs (Benjamini-Hochberg).",
        least=figures.thresholds["cross_sell_orders"],
    )
    if not found:
        of = say(" with {name}", name=scope.category.name) if scope.category else ""
        return Answer(say("No two subcategories{of} are together in enough orders to compare.", of=of), (), [rule])
    above = [row for row in found if row["is_above_chance"]]
    lead = Markup("No two subcategories are together more often than by chance.")
    if above:
        lead = say(
            "{best[product_group_a_name]} and {best[product_group_b_name]} are together in {best[orders_together]:,} "
            "orders, {best[lift]:.1f} times as often as by chance (95% interval {best[lift_low]:.1f} to "
            "{best[lift_high]:.1f}).",
            best=above[0],
        )
    often = max(found, key=lambda row: row["orders_together"])
    more = say(
        "The most frequent pair is {often[product_group_a_name]} with {often[product_group_b_name]}: "
        "{often[orders_together]:,} orders, a lift of {often[lift]:.2f}, {against_chance}.",
        often=often,
        against_chance=_against_chance(often, figures.thresholds["significance_level"]),
    )
    return Answer(lead, [more], [rule, Markup("Bought together does not mean that one sells the other: test it.")])


def _against_chance(pair: Row, level: Decimal) -> str:
    if pair["is_above_chance"]:
        return "more often than by chance"
    if pair["adjusted_p_value"] is not None and pair["adjusted_p_value"] < level:
        return "less often than by chance"
    return "which may be chance"


def pairs_of(figures: Figures, category: Category | None) -> list[Row]:
    """Pairs with a subcategory of the category, the highest lift first."""
    return [
        row
        for row in figures.pairs
        if category is None or category.name in (row["category_a_name"], row["category_b_name"])
    ]


def prices(figures: Figures, scope: Scope) -> Answer:
    """What prices do to demand, if the sales can say so at all."""
    found = [row for row in price_rows(figures, scope.category) if row["product_level"] == "product"]
    sold, number_of_prices = total(found, "sold_products"), total(found, "number_of_prices")
    estimated = [row for row in found if row["verdict"] == "identifiable"]
    if not sold:
        return Answer(say("There were never any sales{scope.of}, so nothing can be learned about prices.", scope=scope))
    if not estimated:
        lead = say(
            "Price elasticity cannot be identified: each of the {sold:,} products sold{scope.of} has had one price "
            "only."
            if number_of_prices == sold
            else "Price elasticity cannot be identified: the {sold:,} products sold{scope.of} have had {prices:,} "
            "prices, too alike or for too short a time.",
            sold=sold,
            scope=scope,
            prices=number_of_prices,
        )
        more = Markup(
            "These sales cannot show what a change of price would do. To find out, change a price in one region and "
            "not in another."
        )
        caveat = Markup(
            "Expensive and cheap products differ in more than price, so comparing them says nothing about a change of "
            "price."
        )
        return Answer(lead, [more], [caveat])
    lead = say(
        "Price elasticity can be estimated for {items:,} of {sold:,} products{scope.of}: from {low:.1f} to {high:.1f}.",
        items=total(estimated, "items"),
        sold=sold,
        scope=scope,
        low=min(row["lowest_elasticity"] for row in estimated),
        high=max(row["highest_elasticity"] for row in estimated),
    )
    more = say(
        "Their 95% intervals range from {low:.1f} to {high:.1f}.",
        low=min(row["lowest_bound"] for row in estimated),
        high=max(row["highest_bound"] for row in estimated),
    )
    return Answer(lead, [more], [Markup("This is an association and not a cause: prices were not set at random.")])


def price_rows(figures: Figures, category: Category | None) -> list[Row]:
    """Verdicts on the prices of a category, or of all of them in their order; what was sold before what was not."""
    places = {one.name: place for place, one in enumerate(figures.categories)}
    return sorted(
        _of(category, figures.prices),
        key=lambda row: (places.get(row["category_name"], len(places)), -row["sold_products"]),
    )
