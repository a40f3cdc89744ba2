select
    product_group_name,
    segment_type,
    segment_value,
    customers,
    cast(profit as numeric(18, 2)) as profit,
    cast(profit_margin as numeric(18, 4)) as profit_margin,
    cast(profit_index as numeric(18, 1)) as profit_index,
    cast(observed_to_expected as numeric(18, 2)) as observed_to_expected
from {{ ref('mart_profitability_matrix') }}
where
    period = 'current_range'
    and product_level = 'subcategory'
    and segment_type in ('age_group', 'income_bracket')
    and not is_small_base
order by profit desc, product_group_name asc, segment_value asc
limit 20
