select
    category_name,
    sum(units) as units,
    cast(sum(revenue) as numeric(18, 2)) as revenue,
    cast(sum(profit) as numeric(18, 2)) as profit,
    cast({{ safe_divide('sum(profit)', 'sum(revenue)') }} as numeric(18, 4)) as profit_margin,
    cast({{ share_of('sum(profit)', 'sum(sum(profit)) over ()') }} as numeric(18, 4)) as profit_share
from {{ ref('mart_category_performance') }}
group by category_name
order by profit desc, category_name asc
