select
    product_level,
    category_name,
    subcategory_name,
    segment_type,
    segment_value,
    segment_customers,
    cast(penetration as numeric(18, 4)) as penetration,
    cast(overall_penetration as numeric(18, 4)) as overall_penetration,
    cast(profit_index as numeric(18, 1)) as profit_index
from {{ ref('mart_profitability_matrix') }}
where is_untapped
order by profit_index, product_level, product_group_key, segment_type, segment_value
