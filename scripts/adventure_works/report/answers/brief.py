"""The report in a few sentences, for those who read no further."""

from markupsafe import Markup

from adventure_works.report.answers.business import regions, smaller_like_for_like, top_category
from adventure_works.report.answers.common import Scope, moved, say
from adventure_works.report.answers.people import customers
from adventure_works.report.answers.products import prices
from adventure_works.report.figures import ALL, Figures, growth
from adventure_works.report.formats import in_words, percent
from adventure_works.report.periods import EVERYTHING, month


def brief(figures: Figures) -> list[tuple[str, Markup]]:
    """The report in a few sentences, each with the section that it comes from."""
    everything = next(period for period in figures.periods if period.key == EVERYTHING)
    last_12 = figures.periods[0]
    found: list[tuple[str, Markup | None]] = [("categories", _brief_category(figures))]
    now, before = figures.measures(ALL, last_12.key), figures.measures_before(ALL, last_12.key)
    if before and before.units:
        sentence = say("Revenue {moved} in 12 months", moved=moved(growth(now.revenue, before.revenue)))
        if smaller_like_for_like(figures) and figures.launch:
            sentence += say(
                "; like for like growth is smaller than it looks: it {moved}, for the range widened in {month}",
                moved=moved(figures.like_for_like[ALL, last_12.key].revenue_change),
                month=month(figures.launch[0]),
            )
        found.append(("headline", sentence + "."))
    for key, answer in (("regions", regions), ("customers", customers), ("prices", prices)):
        found.append((key, answer(figures, Scope(None, everything if key != "regions" else last_12)).lead))
    return [(key, sentence) for key, sentence in found if sentence]


def _brief_category(figures: Figures) -> Markup | None:
    top, share, margin = top_category(figures, EVERYTHING)
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
