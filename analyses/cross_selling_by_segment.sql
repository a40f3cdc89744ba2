select
    product_group_a_name,
    product_group_b_name,
    segment_type,
    segment_value,
    orders_together,
    cast(lift as numeric(18, 2)) as lift,
    cast(lift_low as numeric(18, 2)) as interval_from,
    cast(lift_high as numeric(18, 2)) as interval_to,
    cast(rest_lift as numeric(18, 2)) as lift_of_other_customers
from {{ ref('mart_cross_sell') }}
where
    product_level = 'subcategory'
    and is_above_chance
    and differs_from_rest
    and lift > rest_lift
order by lift desc, product_group_a_key asc, product_group_b_key asc, segment_type asc, segment_value asc
limit 20
