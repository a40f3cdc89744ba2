select
    model_name,
    subcategory_name,
    cast(last_12_profit as numeric(18, 2)) as last_12_profit,
    cast(last_12_profit_margin as numeric(18, 4)) as last_12_profit_margin,
    cast(subcategory_profit_margin as numeric(18, 4)) as subcategory_profit_margin,
    cast(break_even_units_lost_at_5_percent as numeric(18, 4)) as units_lost_at_5_percent,
    cast(break_even_units_lost_at_10_percent as numeric(18, 4)) as units_lost_at_10_percent,
    recommended_action
from {{ ref('mart_model_profitability') }}
where sales_status = 'on sale'
order by
    margin_difference asc,
    last_12_profit desc,
    product_model_key asc
limit 10
