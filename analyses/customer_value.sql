select
    value_segment,
    count(*) as customers,
    sum(orders) as orders,
    cast(sum(lifetime_revenue) as numeric(18, 2)) as revenue,
    cast(sum(lifetime_profit) as numeric(18, 2)) as profit,
    cast({{ safe_divide('sum(lifetime_revenue)', 'sum(sum(lifetime_revenue)) over ()') }} as numeric(18, 4))
        as revenue_share
from {{ ref('mart_customer_value') }}
where customer_key <> -1
group by value_segment
order by revenue desc, value_segment asc
