"""The measure of carried lines, on a model of which each line's kind is known."""

from collections import Counter
from pathlib import Path

from support.places import PROJECT
from tools.carried_lines import LIMIT, by_folder, share

MODEL = """{#- A comment
    of two lines. -#}
with

orders as (

    select
        order_number,
        customer_key,
        units
    from {{ ref('fact_orders') }}

),

-- Why it is grouped.
summed as (

    select
        orders.customer_key as customer_key,
        orders.units as sold,
        count(*) as orders,
    from orders
    group by
        orders.customer_key,
        orders.units

),

final as (

    select
        customer_key,
        sold
    from summed

)

select * from final
"""


def test_carried_lines_are_counted_by_kind_of_cte(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts" / "mart.sql").write_text(MODEL)
    counts = by_folder(tmp_path)["marts"]
    assert (counts["import"], counts["middle"], counts["last"]) == (3, 1, 2)
    assert counts["lines"] == 25
    assert share(counts) == 6 / 25


def test_the_models_carry_few_lines() -> None:
    counts = sum(by_folder(PROJECT / "models").values(), Counter[str]())
    assert share(counts) <= LIMIT, "python -m tools.carried_lines says where"
