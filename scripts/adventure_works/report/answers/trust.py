"""Why the figures can be trusted, where they come from, and what they cannot say."""

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, say
from adventure_works.report.evidence import PASSED, BuildEvidence
from adventure_works.report.figures import Figures, total
from adventure_works.warehouse.base import Row

# What each kind of test is, for those who have not written them.
MEANINGS = {
    "reconcile": "Two figures that must agree, to the ten-thousandth of a dollar",
    "suspicious": "Worth a look; it does not stop the build",
    "must_hold": "What must be true of every row",
    "unit_test": "Each rule, on made-up rows with a known result",
}
SOURCES = {"sample": "generated sample", "kaggle": "Kaggle", "folder": "own files"}


def _origin(row: Row) -> tuple[str, str]:
    version = row["dataset_version"] or ""
    source = SOURCES.get(row["load_source"], "not in the load log")
    return source, f"version {version}" if version and row["load_source"] == "kaggle" else version


def source_of(row: Row) -> str:
    """Where a file of `ledger_files` came from, in words: the source and its version."""
    return ", ".join(filter(None, _origin(row)))


def sources(figures: Figures) -> list[Row]:
    """Each source and version with its files, their records, and when the newest of them was loaded (UTC)."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in figures.files:
        found.setdefault(_origin(row), []).append(row)
    return [
        {
            "source": source,
            "version": version,
            "files": len(files),
            "records": sum(row["records"] for row in files),
            "loaded_at": max((row["loaded_at"] for row in files if row["loaded_at"]), default=None),
        }
        for (source, version), files in found.items()
    ]


def _sources(figures: Figures) -> str:
    names = dict.fromkeys(source_of(row) for row in figures.files if row["load_source"])
    return " and ".join(names) or "unknown source"


def status_line(figures: Figures, evidence: BuildEvidence) -> Markup:
    """The line under the title: until when, from how much, from where, and how it was tested."""
    warned = len(evidence.warned)
    return say(
        "Figures to {as_of:day}, from {lines:,} order lines ({source}). {tests:,} tests: {outcome}.",
        as_of=figures.as_of,
        lines=figures.ledger["fact_records"],
        source=_sources(figures),
        tests=len(evidence.tests),
        outcome=say('<a href="#quality">{warned:,} to look at</a>, none failed', warned=warned)
        if warned
        else Markup('<a href="#quality">all passed</a>'),
    )


def quality(figures: Figures, evidence: BuildEvidence) -> Answer:
    """Whether the figures can be trusted: tests, ledger, records left out, freshness."""
    lost = total(figures.files, "rejected_records") + figures.ledger["quarantined_records"]
    unexplained = figures.ledger["unexplained"]
    lead = say(
        "{tests:,} tests of the last build passed{warned}, and {accounted}.",
        tests=sum(test.status in PASSED for test in evidence.tests),
        warned=say(", {number:,} warned", number=len(evidence.warned)) if evidence.warned else "",
        accounted=say(
            "{unexplained:$,} of the {revenue:$} in the sales files is unaccounted for"
            if unexplained
            else "every dollar of the {revenue:$} in the sales files is accounted for",
            unexplained=unexplained,
            revenue=figures.ledger["raw_revenue"],
        ),
    )
    more = [
        say(
            "{lost:,} of {read:,} records are not in the figures: they could not be read or have impossible values."
            if lost
            else "All {read:,} records were used; none had to be rejected.",
            lost=lost,
            read=total(figures.files, "records"),
        )
    ]
    if loaded := [row["loaded_at"] for row in figures.files if row["loaded_at"]]:
        more.append(
            say(
                "The newest file was loaded on {loaded:day}, the build ended on {built:day}.",
                loaded=max(loaded),
                built=evidence.built_at,
            )
        )
    return Answer(lead, [*more, *_history(evidence)])


def _history(evidence: BuildEvidence) -> list[Markup]:
    """Since when it has been so: the oldest warning, and the last run that failed."""
    sentences = []
    if warned := [test.since for test in evidence.warned if test.since]:
        sentences.append(say("The oldest warning dates from {date:day}.", date=min(warned)))
    runs, failed = evidence.runs, [run for run in evidence.runs if run.failed]
    if len(runs) == 1:
        sentences.append(Markup("No earlier run is on record to compare it with."))
    elif runs:
        sentences.append(
            say(
                "Of the {all:,} runs on record since {first.started_at:day}, {number:,} failed, the last on "
                "{last.started_at:day}."
                if failed
                else "None of the {all:,} runs since {first.started_at:day} failed.",
                all=len(runs),
                first=runs[-1],
                number=len(failed),
                last=failed[0] if failed else None,
            )
        )
    return sentences


def about(figures: Figures) -> Answer:
    """What the data is, and as caveats what it cannot say."""
    never = sum(not row["is_sold"] for row in figures.products)
    has_elasticity = any(row["verdict"] == "identifiable" for row in figures.prices)
    unsold = say("{never:,} of {all:,} products have never been sold.", never=never, all=len(figures.products))
    limits = [
        Markup("Profit is list price less list cost: no discounts, freight, tax or overheads are in the source."),
        Markup(
            "Returns are not linked to an order or customer: they count by product, region and day, and revenue "
            "includes them."
        ),
        Markup("The data has no marketing spend, so the return on it is not known."),
        None if has_elasticity else Markup("Prices have not varied enough to estimate an elasticity."),
        unsold if never else None,
        Markup("Groups differ in many ways at once: an association need not be a cause."),
    ]
    lead = say(
        "Orders from {first:day} to {last:day}: {months:,} months. Source: {source}.",
        first=figures.first_order,
        last=figures.as_of,
        months=len(figures.months),
        source=_sources(figures),
    )
    return Answer(lead, (), limits)
