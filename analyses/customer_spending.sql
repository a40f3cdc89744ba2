select
    segment_type,
    segment_value,
    customers,
    cast(revenue_per_customer as numeric(18, 2)) as revenue_per_customer,
    cast(revenue_per_customer_low as numeric(18, 2)) as interval_from,
    cast(revenue_per_customer_high as numeric(18, 2)) as interval_to,
    cast(standardised_revenue_per_customer as numeric(18, 2)) as standardised_revenue,
    cast(standardised_profit_per_customer as numeric(18, 2)) as standardised_profit,
    differs_from_rest
from {{ ref('mart_customer_demographics') }}
where
    segment_type in ('age_group', 'income_bracket', 'gender', 'country')
    and not is_small_base
order by segment_type asc, standardised_revenue_per_customer desc, segment_value asc
limit 20
