select
    last_12_profit_rank,
    model_name,
    subcategory_name,
    cast(last_12_profit as numeric(18, 2)) as last_12_profit,
    cast(last_12_profit_share as numeric(18, 4)) as last_12_profit_share,
    cast(last_12_profit_per_day as numeric(18, 2)) as last_12_profit_per_day,
    cast(last_12_profit_margin as numeric(18, 4)) as last_12_profit_margin,
    recommended_action
from {{ ref('mart_model_profitability') }}
where last_12_profit_rank <= 15
order by last_12_profit_rank, product_model_key
