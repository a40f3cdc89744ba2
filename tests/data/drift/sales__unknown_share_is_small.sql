-- Too many lines of a file have an unknown customer or territory, so a breakdown by them would mislead.
with

files as (

    select
        source_file,
        count(*) as order_lines,
        sum(case when customer_key = -1 then 1 else 0 end) as of_unknown_customers,
        sum(case when territory_key = -1 then 1 else 0 end) as of_unknown_territories
    from {{ ref('fact_sales') }}
    group by source_file

)

select
    source_file,
    order_lines,
    of_unknown_customers,
    of_unknown_territories
from files
where
    (
        of_unknown_customers > order_lines * {{ threshold('guard_unknown_share') }}
        and of_unknown_customers > {{ threshold('guard_small_number') }}
    )
    or (
        of_unknown_territories > order_lines * {{ threshold('guard_unknown_share') }}
        and of_unknown_territories > {{ threshold('guard_small_number') }}
    )
