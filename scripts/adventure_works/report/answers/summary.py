"""The report in a few sentences, for those who read no further."""

from markupsafe import Markup

from adventure_works.report.answers.business import regions, smaller_like_for_like, top_category
from adventure_works.report.answers.common import Scope, rose_or_fell, say
from adventure_works.report.answers.customers import customers
from adventure_works.report.answers.products import prices
from adventure_works.report.figures import ALL, Figures, default_period, growth
from adventure_works.report.formats import in_words, money, percent
from adventure_works.report.periods import EVERYTHING, month


def summary(figures: Figures) -> list[tuple[str, Markup]]:
    """The report in a few sentences, each with the section that it comes from."""
    everything = next(period for period in figures.periods if period.key == EVERYTHING)
    last_12 = default_period(figures.periods)
    found: list[tuple[str, Markup | None]] = [("headline", _growth(figures))]
    found.append(("categories", _category(figures)))
    for key, answer in (("regions", regions), ("customers", customers), ("prices", prices)):
        found.append((key, answer(figures, Scope(None, everything if key != "regions" else last_12)).lead))
    return [(key, sentence) for key, sentence in found if sentence]


def _growth(figures: Figures) -> Markup | None:
    last_12 = default_period(figures.periods)
    now, before = figures.measures(ALL, last_12.key), figures.measures_before(ALL, last_12.key)
    if not now.units:
        return None
    when = last_12.words if before is None else Markup("in the last 12 months")
    sentence = say("Profit was {profit} {when}", profit=money(now.profit), when=when)
    if before and before.units:
        sentence += say(" and revenue {rose_or_fell}", rose_or_fell=rose_or_fell(growth(now.revenue, before.revenue)))
        if smaller_like_for_like(figures) and figures.launch:
            sentence += say(
                "; like for like it {change}, since the range widened in {month}",
                change=rose_or_fell(figures.like_for_like[ALL, last_12.key].revenue_change),
                month=month(figures.launch[0]),
            )
    return sentence + "."


def _category(figures: Figures) -> Markup | None:
    top, share, margin = top_category(figures, EVERYTHING)
    if share is None:
        return None
    margins = [
        one for category in figures.sold if (one := figures.measures(category.slug, EVERYTHING).margin) is not None
    ]
    kind = "lowest" if margin == min(margins) else "highest" if margin == max(margins) else ""
    place = say(", at a margin of {margin}", margin=percent(margin))
    if len(margins) > 1 and kind:
        number = in_words(len(margins))
        place = say(
            f", at the {kind} margin of the {{number}} categories ({{margin}})", number=number, margin=percent(margin)
        )
    return say(
        "{name} earn {share} of all profit on record{place}.", name=top.name, share=percent(share, 0), place=place
    )
