select
    subcategory_name,
    segment_type,
    segment_value,
    customers,
    cast(profit as numeric(18, 2)) as profit,
    cast(profit_margin as numeric(18, 4)) as profit_margin,
    cast(profit_index as numeric(18, 1)) as profit_index
from {{ ref('mart_profitability_matrix') }}
where
    product_level = 'subcategory'
    and segment_type in ('age_group', 'income_bracket')
    and not is_small_base
order by profit desc, subcategory_name asc, segment_value asc
limit 10
