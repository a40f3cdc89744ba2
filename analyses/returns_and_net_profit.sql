select
    category_name,
    sum(return_units) as return_units,
    cast({{ safe_divide('sum(return_units)', 'sum(units)') }} as numeric(18, 4)) as return_rate,
    cast(sum(returned_value) as numeric(18, 2)) as returned_value,
    cast(sum(profit) as numeric(18, 2)) as profit,
    cast(sum(net_profit_if_resaleable) as numeric(18, 2)) as net_profit_if_resaleable,
    cast(sum(net_profit_if_worthless) as numeric(18, 2)) as net_profit_if_worthless,
    cast({{ share_of('sum(returned_value)', 'sum(profit)') }} as numeric(18, 4)) as profit_lost_at_most
from {{ ref('mart_category_performance') }}
group by category_name
having sum(units) > 0 or sum(return_units) > 0
order by profit desc, category_name asc
limit 20
