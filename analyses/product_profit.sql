select
    profit_rank,
    product_name,
    category_name,
    units,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(profit as numeric(18, 2)) as profit,
    cast(profit_margin as numeric(18, 4)) as profit_margin,
    recommended_action
from {{ ref('mart_product_profitability') }}
where profit_rank <= 10
order by profit_rank, product_key
