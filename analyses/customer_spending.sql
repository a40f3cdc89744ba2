select
    segment_type,
    segment_value,
    customers,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(revenue_per_customer as numeric(18, 2)) as revenue_per_customer,
    cast(revenue_per_customer_low as numeric(18, 2)) as interval_from,
    cast(revenue_per_customer_high as numeric(18, 2)) as interval_to
from {{ ref('mart_customer_demographics') }}
where
    segment_type in ('age_group', 'income_bracket', 'gender')
    and not is_small_base
order by segment_type asc, revenue_per_customer desc
