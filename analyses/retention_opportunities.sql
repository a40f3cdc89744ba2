select
    life_table_group,
    value_group,
    count(*) as customers,
    max(life_table_customers) as learned_from_customers,
    cast(max(order_probability_90_days) as numeric(18, 4)) as order_probability_90_days,
    cast(max(order_probability_180_days) as numeric(18, 4)) as order_probability_180_days,
    cast(max(expected_180_day_profit) as numeric(18, 2)) as expected_profit_each,
    cast(sum(expected_180_day_profit) as numeric(18, 2)) as expected_180_day_profit
from {{ ref('mart_customer_value') }}
where
    life_table_group is not null
    and days_since_last_order > 90
group by
    life_table_group,
    value_group
order by
    expected_profit_each desc,
    life_table_group asc,
    value_group asc
limit 20
