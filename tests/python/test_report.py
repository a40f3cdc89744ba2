"""The report: its figures are true and those of the marts, and it is not written when they cannot be relied upon."""

import base64
import csv
import dataclasses
import hashlib
import io
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from adventure_works.errors import AdventureError
from adventure_works.report import build, evidence, figures, formats
from adventure_works.report.answers import business, products
from adventure_works.report.answers.common import Scope
from adventure_works.report.export import MARTS
from adventure_works.report.page import page
from adventure_works.report.periods import Span, periods
from adventure_works.report.sections import MODELS, SECTIONS
from adventure_works.settings import Settings
from adventure_works.warehouse import open_warehouse
from adventure_works.warehouse.duckdb_access import asking, asking_history
from recorded import WAREHOUSE, record
from report_page import ReportPage, figure, plain, table
from support.bands import bands
from support.commands import run_adventure, run_dbt
from support.places import as_own_file, needs_kaggle_files

Run = tuple[Path, subprocess.CompletedProcess[str]]
LAST_12 = "last-12-months"


@pytest.fixture(scope="module")
def kaggle(built: Run) -> ReportPage:
    """The page that `adventure run` wrote about the Kaggle files."""
    return ReportPage(built[0] / "report" / "index.html")


@pytest.fixture(scope="module")
def sample(built_sample: Run) -> ReportPage:
    """The page that `adventure run` wrote about the sample."""
    return ReportPage(built_sample[0] / "report" / "index.html")


@pytest.fixture(scope="module")
def read_sample(built_sample: Run) -> tuple[figures.Figures, evidence.BuildEvidence]:
    """The figures and the evidence of the sample."""
    with (
        asking(built_sample[0] / "warehouse" / "test.duckdb") as ask,
        asking_history(built_sample[0] / "lake", WAREHOUSE) as runs,
    ):
        return figures.read(ask), evidence.read(built_sample[0] / "warehouse" / "state", runs, MODELS)


@pytest.fixture
def damaged(built_sample: Run, tmp_path: Path) -> Callable[..., Path]:
    """Writes a report about a copy of the sample's warehouse after some SQL, or with changed test results.

    `lake` holds the recorded runs, where they are others than those of the sample.
    """

    def write(
        *statements: str, results: Callable[[list[dict]], list[dict]] | None = None, lake: Path | None = None
    ) -> Path:
        warehouse = Path(shutil.copytree(built_sample[0] / "warehouse", tmp_path / "warehouse", symlinks=True))
        with duckdb.connect(str(warehouse / "test.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)
        if results:
            path = warehouse / "state" / "run_results.json"
            found = json.loads(path.read_text(encoding="utf-8"))
            found["results"] = results(found["results"])
            path.write_text(json.dumps(found), encoding="utf-8")
        settings = Settings(database=warehouse / "test.duckdb", lake=lake or built_sample[0] / "lake")
        return build.write(open_warehouse("dev", settings, print), tmp_path / "report" / "index.html")

    return write


def cents(value: object) -> float:
    return round(float(value), 2)


def tiles(html: str) -> dict[str, float | None]:
    return {row["Measure"]: row["Value"] for row in table(html, "Measures")}


# The true figures.


@needs_kaggle_files
def test_the_headline_is_true(kaggle: ReportPage, expected: dict) -> None:
    truth = expected["headline"]
    found = tiles(kaggle.choice("headline", "all", "all"))
    assert found["Revenue"] == cents(truth["revenue"])
    assert found["Profit"] == cents(truth["profit"])
    assert found["Orders"] == truth["orders"]
    assert found["Customers"] == truth["customers_with_orders"]
    assert found["Average order value"] == cents(truth["average_order_value"])
    assert found["Profit margin"] == pytest.approx(truth["profit_margin_pct"] / 100, abs=1e-6)
    assert found["Return rate"] == pytest.approx(expected["returns"]["return_rate_of_units_pct"] / 100, abs=1e-6)
    # Without a choice: the last 12 months.
    assert tiles(kaggle.section("headline"))["Revenue"] == cents(expected["half_years"]["ttm_2017_06"])


@needs_kaggle_files
def test_every_year_is_true(kaggle: ReportPage, expected: dict) -> None:
    for truth in expected["by_year"]:
        found = tiles(kaggle.choice("headline", "all", str(truth["y"])))
        assert found["Revenue"] == cents(truth["revenue"])
        assert found["Profit"] == cents(truth["profit"])
        assert (found["Orders"], found["Customers"]) == (truth["orders"], truth["customers"])
        assert found["Average order value"] == cents(truth["aov"])


@needs_kaggle_files
def test_the_categories_are_true(kaggle: ReportPage, expected: dict) -> None:
    rows = {row["Category"]: row for row in table(kaggle.choice("categories", "all", "all"), "Categories")}
    assert set(rows) == {truth["category"] for truth in expected["by_category"]}
    for truth in expected["by_category"]:
        row = rows[truth["category"]]
        assert row["Profit"] == cents(truth["profit"] or 0)
        assert row["Revenue"] == cents(truth["revenue"] or 0)
        assert row["Orders"] == (truth["orders"] or 0)
        if truth["units"]:
            assert row["Margin"] == pytest.approx(truth["margin_pct"] / 100, abs=1e-6)
            assert row["Return rate"] == pytest.approx(truth["return_rate_pct"] / 100, abs=1e-6)
        else:  # never sold: no rate can be, which is not a rate of zero
            assert (row["Margin"], row["Return rate"]) == (None, None)


def income_brackets() -> dict[str, str]:
    """What the page calls each bracket: its label, and what it spans."""
    brackets = bands("income_bracket")
    limits = [f"${limit:,}" for limit in brackets.values()]
    spans = [f"under {limits[0]}", *(" to ".join(pair) for pair in pairwise(limits[:-1])), f"from {limits[-2]}"]
    return {label: f"{label} {span}" for label, span in zip(brackets, spans, strict=True)}


@needs_kaggle_files
@pytest.mark.parametrize(
    ("caption", "section", "key", "labels"),
    [
        ("By gender", "by_gender", "gender", {"F": "Female", "M": "Male", "NA": "Unknown"}),
        ("By age", "by_age_group_at_order_date", "age_group", {}),
        ("By yearly income", "by_income_bracket", "income_bracket", income_brackets()),
    ],
)
def test_the_demographics_are_true(
    kaggle: ReportPage, expected: dict, caption: str, section: str, key: str, labels: dict
) -> None:
    found = table(kaggle.section("demographics"), caption)
    rows = {next(iter(row.values())): row for row in found}
    for truth in expected[section]:
        row = rows[labels.get(truth[key], truth[key])]
        assert row["Customers"] == truth["customers"]
        is_small = truth["customers"] < 30
        assert row["Each spent"] == (
            "small base" if is_small else pytest.approx(truth["revenue_per_customer"], abs=0.006)
        )


@needs_kaggle_files
def test_what_the_page_must_say(kaggle: ReportPage, expected: dict) -> None:
    text = plain(kaggle.html)
    share = expected["by_category"][0]["profit"] / float(expected["headline"]["profit"])
    assert (
        f"Bikes earn {share:.0%} of all profit on record, at the lowest margin of the three categories (41.1%)." in text
    )
    assert "Half of repeat orders come within 72 days (49 from the second order on), counting orders since July" in text
    assert (
        "revenue rose 177%; like for like, in products on sale in both years, it rose 81%, since the range widened in "
        "July 2016." in text
    )
    assert "in the 16 products on sale in both periods (48% of revenue), revenue rose 81%." in text
    assert "in the three models (Mountain-200, Road-250 and Road-550-W) it rose 45%" in text
    assert "in the two subcategories (Mountain Bikes and Road Bikes) it rose 87%." in text
    assert "revenue grew fastest in Southwest (+148%) and grew slowest in Australia (+36%)" in text
    assert "Price elasticity cannot be identified: each of the 130 products sold has had one price only." in text
    assert "34% of the customers who ordered have come back, and bring 72% of revenue." in text
    assert "Never sold: Components." in text


@needs_kaggle_files
def test_no_figure_known_as_wrong_is_there(kaggle: ReportPage, expected: dict) -> None:
    found = {float(value) for value in re.findall(r'<data value="([^"]*)"', kaggle.everything)}
    for name, wrong in expected["never_report_these"].items():
        for value in (wrong, wrong / 100):
            assert all(abs(value - one) > 1e-4 for one in found), name


# The figures of the marts.


def test_every_choice_is_counted_by_itself(built_sample: Run, sample: ReportPage, read_sample: tuple) -> None:
    found = read_sample[0]
    connection = duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True)
    for category in (None, *found.categories):
        for period in found.periods:
            (truth,) = connection.execute(
                """
                select sum(revenue), sum(profit), count(distinct order_number), count(distinct customer_key)
                from core.fact_sales inner join core.dim_products using (product_key)
                where order_date >= ? and order_date < ? and (? is null or category_name = ?)
                """,
                [period.span.start, period.span.end, *[category and category.name] * 2],
            ).fetchall()
            html = sample.choice("headline", category.slug if category else "all", period.key)
            shown = tiles(html)
            assert [shown[name] for name in ("Revenue", "Profit", "Orders", "Customers")] == [
                cents(value or 0) for value in truth
            ], (category, period)
            regions = table(sample.choice("regions", category.slug if category else "all", period.key), "Regions")
            assert sum(row["Revenue"] for row in regions) == pytest.approx(float(truth[0] or 0), abs=0.1)


def test_the_tables_are_those_of_the_marts(built_sample: Run, sample: ReportPage) -> None:
    connection = duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True)

    def rows(sql: str) -> dict:
        return {row[0]: row[1:] for row in connection.execute(sql).fetchall()}

    shown = {row["Region"].split(" (")[0]: row for row in table(sample.choice("regions", "all", "all"), "Regions")}
    for region, (profit, orders) in rows("select region, profit, orders from marts.mart_territory_performance").items():
        (row,) = [row for name, row in shown.items() if name.startswith(region)]
        assert (row["Profit"], row["Orders"]) == (cents(profit), orders)
    groups = rows("select value_group, count(*), sum(lifetime_profit) from marts.mart_customer_value group by 1")
    for row in table(sample.section("customers"), "Every customer"):
        name = next(name for name in groups if name.casefold() == row["Group"].casefold())
        assert (row["Customers"], row["Profit so far"]) == (groups[name][0], cents(groups[name][1]))
    shares = rows("select region, sum(recommended_share) from marts.mart_budget_allocation group by region")
    assert {row["Region"]: row["All"] for row in table(sample.section("budget"), "Share of the budget")} == {
        name: pytest.approx(float(share), abs=1e-6) for name, (share,) in shares.items()
    }
    sizes = rows(
        "select date_trunc('quarter', cohort_month), sum(cohort_customers) from marts.mart_customer_cohorts "
        "where months_since_first_order = 0 group by 1"
    )
    cohorts = table(sample.section("retention"), "Share of each quarter")
    assert [row["Customers"] for row in cohorts] == [sizes[quarter][0] for quarter in sorted(sizes)]


def test_the_data_of_a_section_adds_up(built_sample: Run, sample: ReportPage) -> None:
    connection = duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True)
    ((profit,),) = connection.execute("select sum(profit) from core.fact_sales").fetchall()
    for key in ("categories", "trend", "products", "regions", "customers"):
        rows = list(csv.DictReader(io.StringIO(sample.csv(key))))
        assert sum(Decimal(row["profit"]) for row in rows) == profit, key


def test_csv_and_parquet_are_the_marts(built_sample: Run, tmp_path: Path) -> None:
    done = run_adventure(built_sample[0], "report", "--csv", tmp_path / "o'tables", "--out", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert f"{2 * len(MARTS)} tables" in done.stdout
    connection = duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True)
    for mart in MARTS:
        files = {
            ending: str(tmp_path / "o'tables" / f"{mart}.{ending}").replace("'", "''") for ending in ("csv", "parquet")
        }
        for one, other in (
            (f"from marts.{mart}", f"from '{files['parquet']}'"),
            (f"from '{files['parquet']}'", f"from marts.{mart}"),
        ):
            assert connection.execute(f"({one}) except all ({other})").fetchall() == [], mart
        types = {name: kind for name, kind, *_ in connection.execute(f"describe marts.{mart}").fetchall()}
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        read = f"read_csv('{files['csv']}', header = true, columns = {{{columns}}})"
        assert connection.execute(f"(from marts.{mart}) except all (from {read})").fetchall() == [], mart
    endings = sorted(path.suffix for path in (tmp_path / "o'tables").iterdir())
    assert endings == [".csv"] * len(MARTS) + [".parquet"] * len(MARTS)


def test_the_exposure_names_what_the_report_reads(built_sample: Run, manifest: dict) -> None:
    read = set(MODELS)
    with asking(built_sample[0] / "warehouse" / "test.duckdb") as ask:

        def noting(sql: str) -> list[dict]:
            read.update(re.findall(r"\{\w+\}\.(\w+)", sql))
            return ask(sql)

        figures.read(noting)
    exposure = manifest["exposures"]["exposure.adventure_works.report"]
    assert {name.rpartition(".")[2] for name in exposure["depends_on"]["nodes"]} == read


# A zero, nothing, not yet and a small base.


def test_zero_nothing_not_yet_and_small_base_differ(sample: ReportPage, read_sample: tuple) -> None:
    never = next(category for category in read_sample[0].categories if not category.is_sold)
    html = sample.choice("headline", never.slug, "all")
    assert f"There were no sales of {never.name}" in plain(html)
    assert tiles(html)["Revenue"] == 0
    assert tiles(html)["Profit margin"] is None
    assert f"There were never any sales of {never.name}, so a trend cannot be shown." in sample.choice(
        "trend", never.slug, LAST_12
    )
    cohorts = table(sample.section("retention"), "Share of each quarter")
    assert cohorts[0]["+1"] == 0.0
    assert cohorts[-1]["+1"] == "not yet"
    small = [row for row in table(sample.section("regions"), "Regions") if row["Change"] == "small base"]
    assert small and all(row["Orders"] > 0 for row in small)


def test_without_a_year_before_there_is_no_change(sample: ReportPage) -> None:
    first = sample.choice("headline", "all", "2015")
    assert "The records do not cover the year before" in plain(first)
    assert {row["Change"] for row in table(first, "Measures")} == {"no year before on record"}


def test_a_return_rate_of_few_units_is_not_shown(read_sample: tuple) -> None:
    found, proof = read_sample
    place = "all", LAST_12, None
    for side, shown in (
        ("now", "small base"),
        ("before", pytest.approx(float(found.now[place].return_rate), abs=1e-6)),
    ):
        few = dataclasses.replace(getattr(found, side)[place], units=99)
        html = page(dataclasses.replace(found, **{side: getattr(found, side) | {place: few}}), proof)
        row = next(row for row in table(html, "Measures") if row["Measure"] == "Return rate")
        assert (row["Value"], row["Change"]) == (shown, "no comparison"), side


def test_models_to_promote_are_right_of_the_line(read_sample: tuple) -> None:
    found = read_sample[0]
    advised = [row for row in found.models if row["recommended_action"] in ("promote", "keep")]
    assert {row["recommended_action"] for row in advised} == {"promote", "keep"}
    for row in advised:
        is_right = row["profit_position"] > found.thresholds["product_high_profit"]
        assert is_right == (row["recommended_action"] == "promote"), row["model_name"]


def test_the_forecast_says_what_it_assumes(read_sample: tuple) -> None:
    found = read_sample[0]
    first, last = ({**found.forecast[place], "forecast_method": "yearly drift"} for place in (0, -1))

    def sentence(*rows: dict) -> str:
        figures = dataclasses.replace(found, forecast=list(rows))
        said = business.trend(figures, Scope(None, figures.periods[0])).more
        return next(plain(one) for one in said if one and plain(one).startswith("Revenue will be"))

    drift, naive = "if the change of the last year goes on (95%", "if it stays as in the last month ("
    assert drift in sentence(first, last) and naive not in sentence(first, last)
    assert drift in sentence(first, last | {"forecast_method": "naive"})
    assert naive in sentence(first, last | {"forecast_method": "naive"})


def test_the_sentence_on_models_turns_with_its_figures(read_sample: tuple) -> None:
    found = read_sample[0]
    scope = Scope(None, found.periods[0])
    priced = next(row for row in found.models if row["recommended_action"] == "review price")
    assert f"At 5% more, {priced['model_name']} may lose" in plain(products.products(found, scope).caveats[0])
    kept = [row | {"recommended_action": "keep"} for row in found.models if row["last_12_units"]]
    answer = products.products(dataclasses.replace(found, models=kept), scope)
    assert f"on sale: keep {len(kept)}. None earns so little that the rules would phase it out." in plain(
        answer.more[0]
    )
    assert answer.more[1] is None and answer.caveats[0] is None
    assert f"{kept[0]['model_name']} earns the most" in plain(answer.lead)
    phased = [row | {"recommended_action": "phase out", "last_12_profit": -1} for row in kept[:1]]
    answer = products.products(dataclasses.replace(found, models=phased), scope)
    assert "1 model on sale: phase out 1." in plain(answer.more[0]) and "None" not in plain(answer.more[0])
    assert "of all" not in plain(answer.lead)


# Sentences follow the data.


def test_a_sentence_turns_with_its_figures(read_sample: tuple) -> None:
    found, proof = read_sample
    everything = next(period for period in found.periods if period.key == "all")
    whole = Scope(None, everything)
    assert "the lowest margin of the three" in plain(business.categories(found, whole).lead)
    top = found.sold[0]
    dear = dataclasses.replace(found.now[top.slug, "all", None], revenue=found.now[top.slug, "all", None].profit)
    turned = dataclasses.replace(found, now=found.now | {(top.slug, "all", None): dear})
    assert "the highest margin of the three" in plain(business.categories(turned, whole).lead)
    half = dataclasses.replace(dear, revenue=2 * dear.profit)
    between = dataclasses.replace(found, now=found.now | {(top.slug, "all", None): half})
    assert "a margin between the others'" in plain(business.categories(between, whole).lead)
    assert f"{top.name} earn 93% of all profit on record, at a margin of 50.0%." in plain(page(between, proof))
    estimated = dataclasses.replace(
        found,
        prices=[
            row
            | {"verdict": "identifiable", "lowest_elasticity": Decimal("-2.5"), "highest_elasticity": Decimal("-0.5")}
            | {"lowest_bound": Decimal("-3.1"), "highest_bound": Decimal("0.2")}
            for row in found.prices
        ],
    )
    sentence = plain(page(estimated, proof))
    assert "products: from -2.5 to -0.5" in sentence
    assert "cannot be identified" not in sentence
    assert "Prices have not varied" not in sentence


def test_the_launch_is_the_last(read_sample: tuple) -> None:
    """As in the marts, whose current range begins with the category launched last."""
    found, _ = read_sample
    months = [date(2016, 1, 1), date(2016, 7, 1), date(2016, 10, 1), date(2016, 10, 1)]
    sold = [dataclasses.replace(one, first_month=month) for one, month in zip(found.sold, months, strict=False)]
    assert len(sold) >= 3
    launched, added = dataclasses.replace(found, categories=sold).launch
    assert launched == sold[-1].first_month
    assert added == [one for one in sold if one.first_month == launched]
    assert dataclasses.replace(found, categories=sold[:1]).launch is None


def test_nothing_is_compared_that_is_not_there(read_sample: tuple) -> None:
    """A record of a few months: no year before, no launch, no pairs, nobody a VIP."""
    found, proof = read_sample
    short = dataclasses.replace(
        found,
        periods=periods(spans(LAST_12, "2016-07-01", "2017", "2017-01-01", "all", "2017-04-01"), date(2017, 4, 3)),
        categories=[dataclasses.replace(one, first_month=date(2017, 4, 1)) for one in found.categories],
        months=found.months[-3:],
        category_months=found.category_months[-12:],
        pairs=[],
        value_groups=[
            row
            | {"vip_customers": 0, "at_risk_customers": 0, "backtest_date": None, "expected_180_day_profit": None}
            | {"expected_180_day_profit_per_customer": None}
            for row in found.value_groups
        ],
        like_for_like={},
    )
    # Without the folds, whose descriptions of models say what there is to compare.
    text = plain(re.sub(r'<details class="evidence">.*?(?=</section>)', "", page(short, proof), flags=re.DOTALL))
    for sentence in (
        "The records do not cover the year before",
        "Fewer than six complete months are on record",
        "No two subcategories are together in enough orders",
        "Nobody is a VIP yet",
        "of profit from 3 April 2017 to 30 June 2017",
    ):
        assert sentence in text
    assert "range widened" not in text
    assert "like for like" not in text
    assert "Worth most in the next" not in text


# The checks.


def test_a_test_that_has_not_run(damaged: Callable[..., Path]) -> None:
    with pytest.raises(AdventureError, match=r"1 of \d+ tests have not run in the build of what is published: fact_"):
        damaged(results=lambda found: [one for one in found if "fact_sales__order_has_one" not in one["unique_id"]])


def test_a_test_that_failed(damaged: Callable[..., Path]) -> None:
    def fail(found: list[dict]) -> list[dict]:
        return [
            one | ({"status": "fail"} if "ledger_amounts__closes." in one["unique_id"] + "." else {}) for one in found
        ]

    with pytest.raises(AdventureError, match="the test ledger_amounts__closes ended with fail"):
        damaged(results=fail)


def test_a_warning_is_shown_and_does_not_stop(damaged: Callable[..., Path]) -> None:
    def warn(found: list[dict]) -> list[dict]:
        name = "sales__exact_duplicates"
        return [one | ({"status": "warn", "failures": 7} if name in one["unique_id"] else {}) for one in found]

    shown = ReportPage(damaged(results=warn))
    assert [row["Rows"] for row in table(shown.section("quality"), "Worth a look")] == [7]
    assert "1 to look at, none failed" in plain(shown.html)


def test_since_when_a_test_warns(damaged: Callable[..., Path], tmp_path: Path) -> None:
    name = "sales__exact_duplicates"

    def warn(found: list[dict]) -> list[dict]:
        return [one | ({"status": "warn", "failures": 7} if f".{name}" in one["unique_id"] else {}) for one in found]

    lake = tmp_path / "lake"
    for day, status in enumerate(("warn", "pass", "fail", "warn"), start=1):
        record(lake, day, {name: status}, resource_type="test", unique_id=f"test.adventure_works.{name}")
    quality = ReportPage(damaged(results=warn, lake=lake)).section("quality")
    assert [row["Since"] for row in table(quality, "Worth a look")] == ["3 January 2017"]
    assert "The oldest warning dates from 3 January 2017." in plain(quality)
    assert "Of the 4 runs on record since 1 January 2017, 1 failed, the last on 3 January 2017." in plain(quality)
    runs = table(quality, "The last runs")
    assert [row["Began"] for row in runs][:2] == ["4 January 2017, 03:00 UTC", "3 January 2017, 03:00 UTC"]
    assert [(row["Failed"], row["Warned"]) for row in runs] == [(0, 1), (1, 0), (0, 0), (0, 1)]


def test_without_recorded_runs_nothing_is_said_of_them(damaged: Callable[..., Path], tmp_path: Path) -> None:
    quality = plain(ReportPage(damaged(lake=tmp_path / "none")).section("quality"))
    assert "on record" not in quality and "The last runs" not in quality


def test_without_a_table_no_page_is_written(damaged: Callable[..., Path], tmp_path: Path) -> None:
    old = tmp_path / "report" / "index.html"
    old.parent.mkdir()
    old.write_text("the page before", encoding="utf-8")
    with pytest.raises(AdventureError, match=r"lacks a table of the project: .*mart_cross_sell"):
        damaged("drop table marts.mart_cross_sell")
    assert old.read_text(encoding="utf-8") == "the page before"
    assert [path.name for path in old.parent.iterdir()] == ["index.html"]


def test_figures_that_do_not_agree_fail_a_test_of_the_build(built_sample: Run, tmp_path: Path) -> None:
    """Each statement spoils one figure, and the test beside it fails, so that no report is written."""
    spoilt = {
        "mart_territory_performance__equals_fact_sales": "delete from marts.mart_territory_performance",
        "mart_product_profitability__equals_fact_sales": "update marts.mart_product_profitability "
        "set profit = profit + 0.0001 where last_12_profit_rank = 1",
        "mart_customer_value__equals_fact_sales_by_customer": "delete from marts.mart_customer_value "
        "where lifetime_revenue > 5000",
        "rpt_like_for_like__equals_mart": "update marts.mart_monthly_performance set like_for_like_revenue = 0 "
        "where month_start_date = '2017-01-01'",
        "rpt_measures__equals_marts": "update marts.rpt_measures set return_units = return_units + 1 "
        "where period = '2016' and product_category_key is null and territory_key is null and not is_year_before",
        "rpt_measures__equals_fact_sales": "update marts.rpt_measures set customers = customers - 1 "
        "where period = 'all' and product_category_key is not null and territory_key is not null",
        "rpt_value_groups__equals_fact_sales": "delete from marts.rpt_value_groups where value_group = 'VIP'",
        "rpt_cohort_quarters__equals_fact_sales": "update marts.rpt_cohort_quarters set revenue = 0 "
        "where quarters_since_first_order = 1 and revenue > 0",
        "rpt_repeat_purchases__equals_fact_sales": "update marts.rpt_repeat_purchases set buyers = buyers - 1",
    }
    folder = tmp_path / "folder"
    shutil.copytree(built_sample[0], folder, symlinks=True)
    with duckdb.connect(str(folder / "warehouse" / "test.duckdb")) as connection:
        for statement in spoilt.values():
            connection.execute(statement)
    done = run_dbt(folder, "test", "--select", *spoilt, **as_own_file(folder))
    assert done.returncode == 1, done.stdout
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    outcomes = {result["unique_id"].split(".")[2]: result["status"] for result in results if result["failures"]}
    assert outcomes == dict.fromkeys(spoilt, "fail")


def test_no_pair_is_an_answer_and_no_fault(damaged: Callable[..., Path]) -> None:
    shown = ReportPage(damaged("delete from marts.mart_cross_sell"))
    assert "No two subcategories are together in enough orders to compare." in plain(shown.section("together"))


def test_without_a_build_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = run_adventure(tmp_path, "report")
    assert done.returncode == 1
    assert "There is no warehouse at" in done.stderr
    assert "adventure run" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_marts_of_redshift_are_not_written_as_files(tmp_path: Path) -> None:
    done = run_adventure(tmp_path, "report", "--target", "prod", "--csv", tmp_path / "tables")
    assert done.returncode == 2
    assert "--csv writes the marts of DuckDB" in done.stderr
    assert not (tmp_path / "tables").exists()


# The page.


def test_nobody_can_be_identified_from_the_page(built_sample: Run, sample: ReportPage) -> None:
    connection = duckdb.connect(str(built_sample[0] / "warehouse" / "test.duckdb"), read_only=True)
    people = connection.execute(
        "select full_name, email_address from persons.dim_customer_persons where customer_key > 0"
    ).fetchall()
    words = re.findall(r"[^\s<>,;:\"]+", sample.everything.casefold())
    neighbours = {" ".join(pair) for pair in pairwise(words)}
    assert len(people) > 10_000
    assert not {address.casefold() for _, address in people} & set(words)
    # First and last word of a name, wherever a middle one stands.
    assert not {" ".join(name.casefold().split()[:2]) for name, _ in people} & neighbours
    for key in re.findall(r'download="(\w+).csv"', sample.html):
        rows = list(csv.reader(io.StringIO(sample.csv(key))))
        assert not {"customer_key", "full_name", "first_name", "last_name", "email_address", "birth_date"} & set(
            rows[0]
        )
        assert len(rows) < 400, "a row per customer would be more"


def test_the_page_stands_alone(sample: ReportPage) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', sample.html)[1]
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", sample.html, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "://" not in sample.everything
    assert not re.search(r'\sstyle="', sample.everything), "the policy forbids style attributes"
    assert not re.search(r"\son\w+=", sample.html), "and scripts in attributes"


@needs_kaggle_files
def test_it_is_small_and_soon_written(kaggle: ReportPage, sample: ReportPage, damaged: Callable[..., Path]) -> None:
    assert max(kaggle.bytes, sample.bytes) < 500_000
    start = time.process_time()
    damaged()
    assert time.process_time() - start < 5


def test_every_answer_has_its_evidence(sample: ReportPage, read_sample: tuple) -> None:
    proof = read_sample[1]
    for key in (one.key for one in SECTIONS):
        assert "Evidence for this answer" in sample.section(key)
        assert len(list(csv.DictReader(io.StringIO(sample.csv(key))))) > 0, key
    assert "<code>mart_customer_cohorts</code>" in sample.section("retention") and "&lt;code" not in sample.html
    for mart in MODELS:
        assert f'href="docs/index.html#!/model/model.adventure_works.{mart}"' in sample.html
        assert proof.models[mart].sql and formats.escape(proof.models[mart].sql) in sample.html
        for test in proof.models[mart].tests:
            assert f"<code>{test.name}</code>" in sample.html
    assert sum(row["Passed"] for row in table(sample.section("quality"), "Tests of the build")) == len(proof.tests)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0"),
        (9726168.27, "$9.73M"),
        (999_499, "$999K"),
        (999_500, "$1.00M"),
        (999.4, "$999"),
        (12.345, "$12.3"),
        (-1234, "-$1.23K"),
        (2.5e9, "$2.50B"),
    ],
)
def test_an_amount_in_three_figures(value: float, text: str) -> None:
    assert formats.compact(value) == text


def test_a_figure_keeps_its_value() -> None:
    assert formats.percent(Decimal("0.411385"), 1) == '<data value="0.411385" class="p1">41.1%</data>'
    assert plain(formats.percent(Decimal("0.00045"))) == "<0.1%", "what is no zero is not written as one"
    assert figure(formats.money(Decimal("9726168.2736"))) == 9726168.27
    assert formats.percent(None) == formats.NOTHING != formats.percent(0)


def spans(*period_and_start: str, end: str = "2017-06-30") -> dict[tuple[str, bool], Span]:
    """Spans from the days given to the same end, none with a year before."""
    day_after = date.fromisoformat(end) + timedelta(days=1)
    return {
        (period, False): Span(date.fromisoformat(start), day_after)
        for period, start in zip(period_and_start[::2], period_and_start[1::2], strict=True)
    }


def test_periods_of_a_record_that_ends_within_a_month() -> None:
    found = spans(
        LAST_12, "2015-06-16", "2015", "2015-01-01", "2016", "2016-01-01", "all", "2015-03-01", end="2016-06-15"
    )
    found["2015", False] = Span(date(2015, 1, 1), date(2016, 1, 1))
    found["2016", True] = Span(date(2015, 1, 1), date(2015, 6, 16))
    last_12, this_year, first_year, everything = periods(found, date(2015, 3, 10))
    assert last_12.words == "in the 12 months to 15 June 2016"
    assert (last_12.before, everything.before) == (None, None)
    assert (this_year.label, this_year.words) == ("2016 to 15 Jun", "in 2016 to 15 June")
    assert (this_year.before_words, this_year.before.last_day) == ("the same part of 2015", date(2015, 6, 15))
    assert (first_year.label, first_year.before_words) == ("2015", "2014")
    assert first_year.words == "from 10 March 2015 to 31 December 2015", "the records do not reach back to January"
    assert everything.words == "from 10 March 2015 to 15 June 2016"
