select
    value_group,
    count(*) as customers,
    cast(sum(lifetime_profit) as numeric(18, 2)) as profit_so_far,
    cast({{ safe_divide('sum(order_probability_180_days)', 'count(*)') }} as numeric(18, 4))
        as order_probability_180_days,
    cast(sum(expected_180_day_profit) as numeric(18, 2)) as expected_180_day_profit,
    cast({{ safe_divide('sum(expected_180_day_profit)', 'count(*)') }} as numeric(18, 2))
        as expected_profit_each
from {{ ref('mart_customer_value') }}
where customer_key <> -1
group by value_group
order by
    case when sum(expected_180_day_profit) is null then 1 else 0 end,
    expected_profit_each desc,
    value_group asc
