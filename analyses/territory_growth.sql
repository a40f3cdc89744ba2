select
    region,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(profit as numeric(18, 2)) as profit,
    cast(profit_margin as numeric(18, 4)) as profit_margin,
    cast(last_12_revenue as numeric(18, 2)) as last_12_revenue,
    cast(revenue_growth as numeric(18, 4)) as revenue_growth,
    cast(like_for_like_change as numeric(18, 4)) as like_for_like_change,
    maturity
from {{ ref('mart_territory_performance') }}
where orders > 0
order by profit_rank, region
