"""The sentences of the report: the answer to each question, its comparison, its interval and its caveat.

Every statement is calculated from the figures, so that the data cannot contradict it: where a comparison, a leader or
an interval is missing, the sentence is left out or says so.
"""

from collections.abc import Callable

from adventure_works.report.answers import budget, business, customers, products
from adventure_works.report.answers.common import Answer, Scope
from adventure_works.report.figures import Figures

# The answer of each section that is about sales, by the section's key.
ANSWERS: dict[str, Callable[[Figures, Scope], Answer]] = {
    "headline": business.headline,
    "categories": business.categories,
    "trend": business.trend,
    "products": products.products,
    "demographics": customers.demographics,
    "combinations": products.combinations,
    "regions": business.regions,
    "customers": customers.customers,
    "retention": customers.retention,
    "together": products.together,
    "prices": products.prices,
    "budget": budget.budget,
}
