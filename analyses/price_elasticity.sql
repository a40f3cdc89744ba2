select
    elasticity_level,
    verdict,
    count(*) as items,
    max(number_of_prices) as most_prices_seen
from {{ ref('mart_price_elasticity') }}
group by elasticity_level, verdict
order by elasticity_level asc, items desc, verdict asc
