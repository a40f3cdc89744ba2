select
    product_group_name,
    segment_value as gender,
    customers,
    cast(expected_customers as numeric(18, 1)) as expected_customers,
    cast(observed_to_expected as numeric(18, 3)) as observed_to_expected,
    adjusted_p_value,
    cast(profit_index as numeric(18, 1)) as profit_index
from {{ ref('mart_profitability_matrix') }}
where
    period = 'current_range'
    and product_level = 'category'
    and segment_type = 'gender'
    and segment_value <> 'Unknown'
order by product_group_key, segment_value
limit 20
