select
    product_group_a_name,
    product_group_b_name,
    both_on_sale_from,
    orders_together,
    cast(confidence_a_to_b as numeric(18, 4)) as confidence_a_to_b,
    cast(confidence_b_to_a as numeric(18, 4)) as confidence_b_to_a,
    cast(lift as numeric(18, 2)) as lift,
    cast(lift_low as numeric(18, 2)) as interval_from,
    cast(lift_high as numeric(18, 2)) as interval_to
from {{ ref('mart_cross_sell') }}
where
    product_level = 'subcategory'
    and segment_type = 'all'
    and is_above_chance
order by lift desc, product_group_a_key asc, product_group_b_key asc
limit 20
