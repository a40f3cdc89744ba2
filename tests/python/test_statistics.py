"""The SQL of the statistical macros gives what Python's standard library and textbook algorithms give."""

import math
import random
import statistics

import duckdb
import jinja2
import pytest

from support.places import PROJECT

MACROS = "".join(
    (PROJECT / f"macros/sql/{name}.sql").read_text()
    for name in ("two_sided_p_value", "adjusted_p_value", "student_t", "wilson_bound")
)


def sql(call: str) -> str:
    """The SQL of a call; a macro finds the others by the project's name, as in dbt."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["adventure_works"] = environment.from_string(MACROS).module
    return environment.from_string(MACROS + "{{ " + call + " }}").render()


def test_p_value_of_a_normal_score() -> None:
    scores = [number / 10 for number in range(-350, 351, 7)]
    p_value = sql("two_sided_p_value('z')")
    for score, found in duckdb.execute(f"select z, {p_value} from (select unnest(?) as z)", [scores]).fetchall():
        assert found == pytest.approx(math.erfc(abs(score) / math.sqrt(2)), rel=1e-7), score


def tail_of_t(t: float, degrees_of_freedom: int) -> float:
    """Two-sided p-value of Student's t, integrated by Simpson's rule."""
    log_constant = math.lgamma((degrees_of_freedom + 1) / 2) - math.lgamma(degrees_of_freedom / 2)
    constant = math.exp(log_constant) / math.sqrt(degrees_of_freedom * math.pi)
    steps = 2000
    heights = [
        (1 + (t * i / steps) ** 2 / degrees_of_freedom) ** (-(degrees_of_freedom + 1) / 2) for i in range(steps + 1)
    ]
    inside = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 1 - 2 * constant * inside * t / steps / 3


@pytest.mark.parametrize("degrees_of_freedom", [5, 29, 100, 10000])
def test_p_value_of_students_t(degrees_of_freedom: int) -> None:
    z = sql(f"normal_score_of_t('t', '{degrees_of_freedom}')")
    scores = [0.0, 0.5, 1.0, 2.0, 3.0, 4.5]
    for t, found in duckdb.execute(f"select t, {z} from (select unnest(?) as t)", [scores]).fetchall():
        assert math.erfc(found / math.sqrt(2)) == pytest.approx(tail_of_t(t, degrees_of_freedom), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("level", [0.15, 0.05, 0.05 / 38, 1e-4])
def test_quantiles_of_normal_and_t(level: float) -> None:
    z = sql(f"normal_quantile('{level}')")
    (normal,) = duckdb.execute(f"select {z}").fetchone()
    assert normal == pytest.approx(statistics.NormalDist().inv_cdf(1 - level / 2), abs=1e-6)
    for degrees_of_freedom in (15, 300):
        quantile = sql(f"student_t_quantile('cast({normal} as double)', '{degrees_of_freedom}.0')")
        (t,) = duckdb.execute(f"select {quantile}").fetchone()
        assert tail_of_t(t, degrees_of_freedom) == pytest.approx(level, rel=5e-3)


def holm(p_values: list[float]) -> list[float]:
    ordered = sorted(range(len(p_values)), key=p_values.__getitem__)
    found = [0.0] * len(p_values)
    for place, test in enumerate(ordered):
        found[test] = min(1, max((len(ordered) - i) * p_values[ordered[i]] for i in range(place + 1)))
    return found


def benjamini_hochberg(p_values: list[float]) -> list[float]:
    ordered = sorted(range(len(p_values)), key=p_values.__getitem__)
    found = [0.0] * len(p_values)
    for place, test in enumerate(ordered):
        found[test] = min(1, *(len(ordered) / (i + 1) * p_values[ordered[i]] for i in range(place, len(ordered))), 1)
    return found


@pytest.mark.parametrize(("macro", "truth"), [("holm", holm), ("benjamini_hochberg", benjamini_hochberg)])
def test_adjusted_p_values_with_ties_in_two_families(macro, truth) -> None:
    pick = random.Random(7)
    families = {name: [pick.choice([0.001, 0.004, 0.01, 0.02, 0.3, pick.random()]) for _ in range(25)] for name in "ab"}
    tests = [(family, place, p) for family, p_values in families.items() for place, p in enumerate(p_values)]
    adjusted = sql(f"{macro}_p_value('p', ['family'])")
    duckdb.execute("create or replace temp table tests_of_families (family text, place int, p double)")
    duckdb.executemany("insert into tests_of_families values (?, ?, ?)", [*tests, ("a", 25, None)])
    found = duckdb.execute(
        f"""
        with ranked as (
            select *, row_number() over (partition by family order by p) as p_rank,
                count(p) over (partition by family) as tests
            from tests_of_families
        )
        select family, place, {adjusted} from ranked order by family, place
        """
    ).fetchall()
    expected = [(family, place, p) for family, values in families.items() for place, p in enumerate(truth(values))]
    expected.insert(25, ("a", 25, None))
    assert [(family, place, pytest.approx(p)) for family, place, p in found] == expected


def test_wilson_bounds_are_the_roots_of_the_score_test() -> None:
    """At each bound p, the share found lies exactly 1.96 standard errors of p away."""
    shares = [(part, whole) for whole in (1, 2, 7, 50, 12345) for part in {0, 1, whole // 2, whole}]
    low, high = sql("wilson_bound('part', 'whole', '-')"), sql("wilson_bound('part', 'whole', '+')")
    duckdb.execute("create or replace temp table shares (part bigint, whole bigint)")
    duckdb.executemany("insert into shares values (?, ?)", shares)
    for part, whole, *bounds in duckdb.execute(f"select part, whole, {low}, {high} from shares").fetchall():
        assert 0 <= bounds[0] <= part / whole + 1e-12 and part / whole - 1e-12 <= bounds[1] <= 1
        for bound in bounds:
            if 1e-12 < bound < 1 - 1e-12:
                score = abs(part / whole - bound) / math.sqrt(bound * (1 - bound) / whole)
                assert score == pytest.approx(1.959963984540054, rel=1e-6), (part, whole)
