select
    product_level,
    verdict,
    count(*) as items,
    max(number_of_prices) as most_prices_seen
from {{ ref('mart_price_elasticity') }}
group by product_level, verdict
order by product_level asc, items desc, verdict asc
