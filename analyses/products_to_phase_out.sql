select
    model_name,
    category_name,
    cast(last_12_profit_per_day as numeric(18, 2)) as last_12_profit_per_day,
    cast(last_12_profit as numeric(18, 2)) as last_12_profit,
    cast(last_12_profit_margin as numeric(18, 4)) as last_12_profit_margin,
    cast(subcategory_profit_margin as numeric(18, 4)) as subcategory_profit_margin,
    recommended_action,
    action_reason
from {{ ref('mart_model_profitability') }}
where sales_status = 'on sale'
order by
    case when recommended_action = 'phase out' then 1 else 2 end,
    last_12_profit_per_day,
    product_model_key
limit 10
