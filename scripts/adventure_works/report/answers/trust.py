"""Why the figures can be trusted, where they come from, and what they cannot say."""

from datetime import datetime

from markupsafe import Markup

from adventure_works.report.answers.common import Answer, joined, say
from adventure_works.report.evidence import PASSED, BuildEvidence
from adventure_works.report.figures import Figures
from adventure_works.report.formats import count, dollars, money
from adventure_works.report.periods import day
from adventure_works.warehouse.base import Row

# What each kind of test is, for those who have not written them.
MEANINGS = {
    "reconcile": "Two figures that must agree, to the ten-thousandth of a dollar",
    "suspicious": "Worth a look; it does not stop the build",
    "must_hold": "What must be true of every row",
    "unit_test": "Each rule, on made-up rows with a known result",
}
SOURCES = {"sample": "generated sample", "kaggle": "Kaggle", "folder": "own files"}


def source_of(row: Row) -> str:
    """Where a file of `ledger_files` came from, in words."""
    name = SOURCES.get(row["load_source"], "not in the load log")
    return f"{name}, {_version(row)}" if row["dataset_version"] else name


def _version(row: Row) -> str:
    version = row["dataset_version"] or ""
    return f"version {version}" if row["load_source"] == "kaggle" and version else version


def sources(figures: Figures) -> list[Row]:
    """Each source and version with its files, their records, and when the newest of them was loaded (UTC)."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in figures.files:
        found.setdefault((SOURCES.get(row["load_source"], "not in the load log"), _version(row)), []).append(row)
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
    return (
        " and ".join(dict.fromkeys(source_of(row) for row in figures.files if row["load_source"])) or "unknown source"
    )


def status_line(figures: Figures, evidence: BuildEvidence) -> Markup:
    """The line under the title: until when, from how much, from where, and how it was tested."""
    warned = sum(test.status == "warn" for test in evidence.tests)
    return say(
        "Figures to {as_of}, from {lines} order lines ({source}). {tests} tests: {outcome}.",
        as_of=day(figures.as_of),
        lines=count(figures.ledger["fact_records"]),
        source=_sources(figures),
        tests=count(len(evidence.tests)),
        outcome=say('<a href="#quality">{number} to look at</a>, none failed', number=count(warned))
        if warned
        else Markup('<a href="#quality">all passed</a>'),
    )


def quality(figures: Figures, evidence: BuildEvidence) -> Answer:
    """Whether the figures can be trusted: tests, ledger, records left out, freshness."""
    lost = sum(row["rejected_records"] for row in figures.files) + int(figures.ledger["quarantined_records"] or 0)
    read = sum(row["records"] for row in figures.files)
    warned = [test for test in evidence.tests if test.status == "warn"]
    unexplained = figures.ledger["unexplained"]
    lead = say(
        "{tests} tests of the last build passed{warned}, and {accounted}.",
        tests=count(sum(test.status in PASSED for test in evidence.tests)),
        warned=say(", {number} warned", number=count(len(warned))) if warned else "",
        accounted=say(
            "{unexplained} of the {revenue} in the sales files is unaccounted for"
            if unexplained
            else "every dollar of the {revenue} in the sales files is accounted for",
            unexplained=dollars(unexplained),
            revenue=money(figures.ledger["raw_revenue"]),
        ),
    )
    loaded = [row["loaded_at"] for row in figures.files if row["loaded_at"]]
    more = say(
        "{lost} of {read} records are not in the figures: they could not be read or have impossible values.{fresh}"
        if lost
        else "All {read} records were used; none had to be rejected.{fresh}",
        lost=count(lost),
        read=count(read),
        fresh=say(
            " The newest file was loaded on {date}, the build ended on {built}.",
            date=day(max(loaded)),
            built=day(datetime.fromisoformat(evidence.built_at)),
        )
        if loaded
        else "",
    )
    return Answer(lead, joined([more, _history(evidence)]))


def _history(evidence: BuildEvidence) -> Markup | None:
    """Since when it has been so: the oldest warning, and the last run that failed."""
    sentences = []
    warned = [test.since for test in evidence.tests if test.status == "warn" and test.since]
    if warned:
        sentences.append(say("The oldest warning dates from {date}.", date=day(min(warned))))
    runs, failed = evidence.runs, [run for run in evidence.runs if run.failed]
    if len(runs) == 1:
        sentences.append(Markup("No earlier run is on record to compare it with."))
    elif failed:
        sentences.append(
            say(
                "Of the {all} runs on record since {first}, {number} failed, the last on {date}.",
                all=count(len(runs)),
                first=day(runs[-1].started_at),
                number=count(len(failed)),
                date=day(failed[0].started_at),
            )
        )
    elif runs:
        sentences.append(
            say("None of the {all} runs since {first} failed.", all=count(len(runs)), first=day(runs[-1].started_at))
        )
    return joined(sentences) or None


def about(figures: Figures) -> dict[str, object]:
    """What the data is (`lead`), and what it cannot say (`limits`)."""
    never = sum(not row["is_sold"] for row in figures.products)
    has_elasticity = any(row["verdict"] == "identifiable" for row in figures.prices)
    limits = [
        "Profit is list price less list cost: no discounts, freight, tax or overheads are in the source.",
        "Returns are not linked to an order or customer: they count by product, region and day, and revenue includes "
        "them.",
        "The data has no marketing spend, so the return on it is not known.",
        None if has_elasticity else "Prices have not varied enough to estimate an elasticity.",
        say("{number} of {all} products have never been sold.", number=count(never), all=count(len(figures.products)))
        if never
        else None,
        "Groups differ in many ways at once: an association need not be a cause.",
    ]
    return {
        "lead": say(
            "Orders from {first} to {last}: {months} months. Source: {source}.",
            first=day(figures.first_order),
            last=day(figures.as_of),
            months=count(len(figures.months)),
            source=_sources(figures),
        ),
        "limits": [limit for limit in limits if limit],
    }
