select
    product_group_name,
    segment_type,
    segment_value,
    customers,
    cast(expected_customers as numeric(18, 1)) as expected_customers,
    cast(observed_to_expected as numeric(18, 2)) as observed_to_expected,
    adjusted_p_value,
    cast(profit_index as numeric(18, 1)) as profit_index,
    cast(profit_to_expected_customers as numeric(18, 2)) as profit_to_expected_customers
from {{ ref('mart_profitability_matrix') }}
where
    period = 'current_range'
    and product_level = 'subcategory'
    and is_untapped
order by
    coalesce(profit_to_expected_customers, 0) desc,
    product_group_key asc,
    segment_type asc,
    segment_value asc
limit 20
