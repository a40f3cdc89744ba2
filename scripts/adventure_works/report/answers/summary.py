"""The report in a few sentences, for those who read no further."""

from markupsafe import Markup

from adventure_works.report.answers.business import regions, smaller_like_for_like, top_category
from adventure_works.report.answers.common import Scope, rose_or_fell, say
from adventure_works.report.answers.customers import customers
from adventure_works.report.answers.products import products
from adventure_works.report.figures import ALL, Figures, growth
from adventure_works.report.periods import EVERYTHING


def summary(figures: Figures) -> list[tuple[str, Markup]]:
    """The report in a few sentences, each with the section that it comes from."""
    last_12, *_, everything = figures.periods
    found = (
        ("headline", _growth(figures)),
        ("categories", _category(figures)),
        ("products", products(figures, Scope(None, last_12)).lead),
        ("regions", regions(figures, Scope(None, last_12)).lead),
        ("customers", customers(figures, Scope(None, everything)).lead),
    )
    return [(key, sentence) for key, sentence in found if sentence]


def _growth(figures: Figures) -> Markup | None:
    last_12 = figures.periods[0]
    now, before = figures.measures(ALL, last_12.key), figures.measures_before(ALL, last_12.key)
    if not now.units:
        return None
    when = last_12.words if before is None else "in the last 12 months"
    sentence = say("Profit was {profit:$} {when}", profit=now.profit, when=when)
    if before and before.units:
        sentence += say(" and revenue {changed}", changed=rose_or_fell(growth(now.revenue, before.revenue)))
        if smaller_like_for_like(figures) and figures.launch:
            sentence += say(
                "; like for like, in products on sale in both years, it {changed}, since the range widened in "
                "{launched:month}",
                changed=rose_or_fell(figures.like_for_like["product", ALL, last_12.key].revenue_change),
                launched=figures.launch[0],
            )
    return sentence + "."


def _category(figures: Figures) -> Markup | None:
    top, share, margin = top_category(figures, EVERYTHING)
    if share is None:
        return None
    margins = [
        one for category in figures.sold if (one := figures.measures(category.slug, EVERYTHING).margin) is not None
    ]
    place = say("at a margin of {margin:.1%}", margin=margin)
    if len(margins) > 1 and margin in (min(margins), max(margins)):
        place = say(
            "at the {kind} margin of the {number:in words} categories ({margin:.1%})",
            kind="lowest" if margin == min(margins) else "highest",
            number=len(margins),
            margin=margin,
        )
    return say("{top.name} earn {share:.0%} of all profit on record, {place}.", top=top, share=share, place=place)
