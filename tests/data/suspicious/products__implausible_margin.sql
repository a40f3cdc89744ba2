-- Products sold below cost, or at too high a margin: price and cost may be swapped or in different units.
select
    product_key,
    product_name,
    product_price,
    product_cost,
    profit_margin
from {{ ref('dim_products') }}
where
    product_key <> -1
    and not coalesce(profit_margin between 0 and {{ threshold('suspicious_profit_margin') }}, false)
