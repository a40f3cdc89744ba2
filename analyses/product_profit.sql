select
    last_12_profit_rank,
    product_name,
    category_name,
    last_12_units,
    cast(last_12_profit as numeric(18, 2)) as last_12_profit,
    cast(last_12_profit_margin as numeric(18, 4)) as last_12_profit_margin,
    cast(share_of_model_profit as numeric(18, 4)) as share_of_model_profit,
    recommended_action
from {{ ref('mart_product_profitability') }}
where last_12_profit_rank <= 10
order by last_12_profit_rank, product_key
