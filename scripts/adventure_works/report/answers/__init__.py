"""The sentences of the report: the answer to each question, its comparison, its interval and its caveat.

Every statement is worked out from the figures. Nothing is typed in that the data could contradict: where
a comparison, a leader or an interval is not there, the sentence is not there either, or says so.
"""

from collections.abc import Callable

from adventure_works.report.answers import business, people, products
from adventure_works.report.answers.common import Answer, Scope
from adventure_works.report.figures import Figures

# The answer of each section that is about sales, by the section's key.
ANSWERS: dict[str, Callable[[Figures, Scope], Answer]] = {
    "headline": business.headline,
    "categories": business.categories,
    "trend": business.trend,
    "products": products.products,
    "demographics": people.demographics,
    "combinations": products.combinations,
    "regions": business.regions,
    "customers": people.customers,
    "retention": people.retention,
    "together": products.together,
    "prices": products.prices,
    "budget": people.budget,
}
