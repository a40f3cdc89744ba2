select
    product_group_a_name,
    product_group_b_name,
    orders_together,
    cast(support as numeric(18, 4)) as share_of_orders,
    cast(confidence_a_to_b as numeric(18, 4)) as confidence_a_to_b,
    cast(confidence_b_to_a as numeric(18, 4)) as confidence_b_to_a,
    cast(lift as numeric(18, 2)) as lift
from {{ ref('mart_cross_sell') }}
where
    product_level = 'subcategory'
    and segment_type = 'all'
order by lift desc, product_group_a_key asc, product_group_b_key asc
limit 10
