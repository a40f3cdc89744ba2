select
    product_group_name,
    segment_value as income_bracket,
    customers,
    premium_customers,
    cast(premium_buyer_share as numeric(18, 4)) as premium_buyer_share
from {{ ref('mart_profitability_matrix') }}
where
    period = 'all'
    and product_level = 'category'
    and segment_type = 'income_bracket'
    and not is_small_base
order by product_group_key, segment_order
limit 20
