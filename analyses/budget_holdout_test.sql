select
    region,
    customers,
    earlier_customers,
    cast(mean_90_day_profit as numeric(18, 2)) as mean_90_day_profit,
    cast(standard_deviation as numeric(18, 2)) as standard_deviation,
    customers_per_arm_for_5_percent,
    customers_per_arm_for_10_percent,
    cast(detectable_lift as numeric(18, 4)) as detectable_lift
from {{ ref('mart_holdout_test') }}
order by customers desc, region asc
limit 20
