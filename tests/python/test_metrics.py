"""Every metric gives the true figure, and the same one as the marts: in total, and by whatever both are told by."""

import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from mf_batch import ask, project_folder
from support.commands import run_tool
from support.places import KAGGLE, PUBLISHED, needs_kaggle_files
from support.true_figures import true_figures

SUMS = ["revenue", "cost", "profit", "units"]
SALES = [*SUMS, "orders", "customers", "profit_margin", "average_order_value", "revenue_per_customer"]
RETURNS = ["return_units", "return_rate"]
NET = ["returned_value", "returned_profit", "net_revenue", "net_profit_if_resaleable", "net_profit_if_worthless"]
SEQUENCE = ["new_customers", "repeat_customers", "repeat_customer_rate"]
ALL = [*SALES, *RETURNS, *NET, *SEQUENCE]

# Name of the query: the dimensions, the metrics, and the mart with the same figures.
GROUPED = {
    "by_month": (["metric_time__month"], [*SALES, *RETURNS, *NET, "new_customers"], "mart_monthly_performance"),
    "by_category_and_month": (
        ["product__category_name", "metric_time__month"],
        # The mart has no column of orders, whose sum would count an order once for each of its categories.
        [name for name in (*SALES, *RETURNS, *NET) if name != "orders"],
        "mart_category_performance",
    ),
    "by_region": (["territory__region"], [*SALES, *RETURNS, *NET], "mart_territory_performance"),
    "by_product": (["product"], [*SUMS, "orders", "customers", *RETURNS], "mart_product_profitability"),
}
# A dimension, and the type of segment of mart_customer_demographics that divides the customers in the same way.
SEGMENTS = {
    "territory__country": "country",
    "order__age_group": "age_group",
    "customer__income_bracket": "income_bracket",
    "customer__gender": "gender",
    "customer__marital_status": "marital_status",
    "customer__education_level": "education_level",
    "customer__occupation": "occupation",
    "customer__total_children": "total_children",
    "customer__is_home_owner": "is_home_owner",
}
KEY_OF_DIMENSION = {
    "metric_time__month": "month_start_date",
    "product__category_name": "category_name",
    "product": "product_key",
    "territory__region": "region",
}
SAVED_QUERIES = ["profit_by_category", "spend_by_demographics", "profit_by_category_and_segment", "growth_by_territory"]


@pytest.fixture(scope="module", params=["sample", pytest.param("kaggle", marks=[pytest.mark.slow, needs_kaggle_files])])
def source(request: pytest.FixtureRequest) -> str:
    """Which files were built: the sample, which is everywhere, or those from Kaggle."""
    return request.param


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, list[dict]]:
    """The rows of every query of this file, asked in one go; figures are decimals, dates are dates."""
    queries = {"total": ["--metrics", ",".join(ALL)]}
    for name, (dimensions, metrics, _) in GROUPED.items():
        queries[name] = ["--metrics", ",".join(metrics), "--group-by", ",".join(dimensions)]
    for dimension in (*SEGMENTS, "customer__value_group"):
        queries[dimension] = ["--metrics", ",".join(SALES), "--group-by", dimension]
    queries["by_category"] = ["--metrics", ",".join(ALL), "--group-by", "product__category_name"]
    queries["sequence_by_month"] = ["--metrics", ",".join(SEQUENCE), "--group-by", "metric_time__month"]
    queries["by_year"] = ["--metrics", ",".join(SALES), "--group-by", "metric_time__year"]
    queries |= {name: ["--saved-query", name] for name in SAVED_QUERIES}
    found = ask(folder, queries)
    return {
        name: [{key: _read(key, value) for key, value in row.items()} for row in rows] for name, rows in found.items()
    }


@pytest.fixture(scope="module")
def warehouse(folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(folder / "warehouse" / "test.duckdb"), read_only=True)


def _read(name: str, value: str) -> object:
    if name.startswith("metric_time"):
        return datetime.date.fromisoformat(value[:10])
    if name in ALL:
        return Decimal(value) if value else None
    return value


def _rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[dict]:
    found = warehouse.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def same(metric: str, found: Decimal | None, truth: object) -> bool:
    """Sums and counts are equal; ratios are, to the six decimals that the marts keep."""
    if found is None or truth is None:
        return found is None and truth is None
    truth = Decimal(str(truth))
    return (
        found == truth
        if metric in (*SUMS, *NET, "orders", "customers", "new_customers", "return_units")
        else (abs(found - truth) <= Decimal("0.000001"))
    )


def assert_equal(found: dict, truth: dict, metrics: list[str]) -> None:
    different = {name: (found[name], truth[name]) for name in metrics if not same(name, found[name], truth[name])}
    group = {name: value for name, value in found.items() if name not in ALL}
    assert not different, f"metric and mart differ for {group}: {different}"


def test_the_definitions_are_valid(folder: Path) -> None:
    done = run_tool("mf", folder, "validate-configs", cwd=project_folder(folder), **PUBLISHED)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 6


def test_the_example_works_out_of_the_box(folder: Path, truth: dict) -> None:
    done = run_tool(
        "mf",
        folder,
        *("query", "--metrics", "profit_margin", "--group-by", "product__category_name"),
        cwd=project_folder(folder),
        **PUBLISHED,
    )
    assert done.returncode == 0, done.stdout
    margins = {row["category"]: float(row["margin_pct"]) / 100 for row in truth["by_category"] if row["orders"]}
    # A name may hold blanks.
    pairs = [line.rsplit(maxsplit=1) for line in done.stdout.splitlines()]
    printed = {pair[0].strip(): float(pair[1]) for pair in pairs if pair and pair[0].strip() in margins}
    assert printed == pytest.approx(margins, abs=1e-6)


def test_totals_are_the_true_figures(answers: dict, truth: dict) -> None:
    (found,) = answers["total"]
    headline, returns, repeat = truth["headline"], truth["returns"], truth["repeat_customers"]
    for name in ("revenue", "cost", "profit"):
        assert found[name] == Decimal(str(headline[name]))
    assert [found[name] for name in ("units", "orders", "customers", "new_customers", "return_units")] == [
        headline["units"],
        headline["orders"],
        headline["customers_with_orders"],
        headline["customers_with_orders"],
        returns["return_units"],
    ]
    assert found["repeat_customers"] == repeat["repeat_customers"]
    ratios = {
        "profit_margin": float(headline["profit_margin_pct"]) / 100,
        "average_order_value": float(headline["average_order_value"]),
        "revenue_per_customer": float(headline["revenue_per_customer_with_orders"]),
        "return_rate": float(returns["return_rate_of_units_pct"]) / 100,
    }
    for name, ratio in ratios.items():
        assert float(found[name]) == pytest.approx(ratio, abs=5e-5)
    assert float(found["profit_margin"]) == pytest.approx(float(headline["profit_margin_pct"]) / 100, abs=5e-7)
    assert float(found["repeat_customer_rate"]) == pytest.approx(float(repeat["repeat_rate_pct"]) / 100, abs=5e-5)


def test_where_nobody_came_back_the_metrics_are_zero(answers: dict) -> None:
    """Nobody ordered twice before the range widened in July 2016; a chart must not drop these months."""
    early = [row for row in answers["sequence_by_month"] if row["metric_time__month"] < datetime.date(2016, 7, 1)]
    assert len(early) == 18
    for row in early:
        assert row["new_customers"] > 0
        assert (row["repeat_customers"], row["repeat_customer_rate"]) == (0, 0)


TRUE_NAMES = {"aov": "average_order_value", "margin_pct": "profit_margin", "return_rate_pct": "return_rate"}
TRUE_LABELS = {
    "by_category": ("by_category", "category", {}),
    "by_year": ("by_year", "y", {}),
    "customer__gender": ("by_gender", "gender", {"Female": "F", "Male": "M", "Unknown": "NA"}),
    "order__age_group": ("by_age_group_at_order_date", "age_group", {}),
    "customer__income_bracket": ("by_income_bracket", "income_bracket", {}),
}


@pytest.mark.parametrize("query", TRUE_LABELS)
def test_groups_are_the_true_figures(query: str, answers: dict, truth: dict) -> None:
    section, key, labels = TRUE_LABELS[query]
    dimension = next(name for name in answers[query][0] if name not in ALL)
    found = {labels.get(row[dimension], row[dimension]): row for row in answers[query]}
    if query == "by_year":
        found = {year.year: row for year, row in found.items()}
    true = {row[key]: row for row in truth[section] if row.get("orders")}
    assert set(found) == set(true)
    for label, figures in true.items():
        for name, value in figures.items():
            metric = TRUE_NAMES.get(name, name)
            if metric in found[label] and metric != dimension:
                scale, digits = (100, 4) if name.endswith("_pct") else (1, 2)
                assert round(found[label][metric] * scale, digits) == round(Decimal(str(value)), digits), (label, name)


@pytest.mark.parametrize("query", GROUPED)
def test_metrics_equal_the_mart(query: str, answers: dict, warehouse: duckdb.DuckDBPyConnection) -> None:
    dimensions, metrics, mart = GROUPED[query]
    keys = [KEY_OF_DIMENSION[dimension] for dimension in dimensions]
    by_key = {tuple(str(row[name]) for name in keys): row for row in _rows(warehouse, f"select * from marts.{mart}")}
    for row in answers[query]:
        assert_equal(row, by_key.pop(tuple(str(row[dimension]) for dimension in dimensions)), metrics)
    # What no metric speaks of, the mart fills with zeros.
    assert all(row["units"] == row["return_units"] == 0 for row in by_key.values())


@pytest.mark.parametrize("dimension", SEGMENTS)
def test_metrics_equal_the_segments(dimension: str, answers: dict, warehouse: duckdb.DuckDBPyConnection) -> None:
    segments = _rows(
        warehouse, f"select * from marts.mart_customer_demographics where segment_type = '{SEGMENTS[dimension]}'"
    )
    by_value = {row["segment_value"]: row for row in segments if row["orders"]}
    labels = {"True": "Yes", "False": "No"}
    for row in answers[dimension]:
        assert_equal(row, by_value.pop(labels.get(row[dimension], row[dimension])), SALES)
    assert by_value == {}


def test_metrics_equal_the_value_of_customers(answers: dict, warehouse: duckdb.DuckDBPyConnection) -> None:
    truth = _rows(
        warehouse,
        """
        select value_group, sum(lifetime_revenue) as revenue, sum(lifetime_profit) as profit,
            sum(orders) as orders, count(*) as customers
        from marts.mart_customer_value where orders > 0 group by 1
        """,
    )
    by_segment = {row["value_group"]: row for row in truth}
    for row in answers["customer__value_group"]:
        assert_equal(row, by_segment.pop(row["customer__value_group"]), ["revenue", "profit", "orders", "customers"])
    assert by_segment == {}


@pytest.mark.parametrize("name", SAVED_QUERIES)
def test_saved_queries_account_for_all_revenue(name: str, answers: dict) -> None:
    assert sum(row["revenue"] for row in answers[name]) == answers["total"][0]["revenue"]


def test_every_metric_is_tested(manifest: dict) -> None:
    assert {metric["name"] for metric in manifest["metrics"].values()} == set(ALL)
    assert {query["name"] for query in manifest["saved_queries"].values()} == set(SAVED_QUERIES)


def test_no_metric_is_defined_twice(manifest: dict) -> None:
    measures = [measure["name"] for model in manifest["semantic_models"].values() for measure in model["measures"]]
    assert len(measures) == len(set(measures))


@needs_kaggle_files
def test_the_true_figures_of_the_kaggle_files_are_those_computed_elsewhere(expected: dict) -> None:
    """So that those of the sample can be relied upon."""
    for section, found in true_figures(KAGGLE).items():
        if section.startswith("by_"):
            key = next(iter(found[0]))
            rows = [(row, next(one for one in expected[section] if one[key] == row[key])) for row in found]
            assert len(rows) == len(expected[section])
        else:
            rows = [(found, expected[section])]
        for mine, theirs in rows:
            for name in mine.keys() & theirs.keys():
                if mine[name] is None or isinstance(mine[name], str):
                    assert mine[name] == theirs[name], (section, name)
                else:
                    digits = -Decimal(str(theirs[name])).as_tuple().exponent
                    difference = abs(Decimal(mine[name]) - Decimal(str(theirs[name])))
                    assert difference <= Decimal(f"0.5e-{digits}"), (section, name)
