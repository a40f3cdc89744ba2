select
    value_group,
    case when orders >= 4 then '4 or more' else cast(orders as varchar(1)) end as orders,
    count(*) as customers,
    sum(case when is_declining then 1 else 0 end) as declining_customers,
    cast(
        avg(cast(case when is_declining then days_since_last_order end as double precision)) as numeric(18, 0)
    ) as days_since_last_order,
    cast(avg(case when is_declining then mean_gap_days end) as numeric(18, 0)) as mean_gap_days,
    cast(sum(case when is_declining then lifetime_profit end) as numeric(18, 2)) as profit_so_far,
    cast(sum(case when is_declining then expected_180_day_profit end) as numeric(18, 2))
        as expected_180_day_profit
from {{ ref('mart_customer_value') }}
where is_repeat
group by
    value_group,
    case when orders >= 4 then '4 or more' else cast(orders as varchar(1)) end
order by
    declining_customers desc,
    value_group asc,
    orders asc
limit 20
