select
    month_start_date,
    orders,
    new_customers,
    returning_customers,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(profit as numeric(18, 2)) as profit,
    cast(profit_margin as numeric(18, 4)) as profit_margin,
    cast(revenue_change as numeric(18, 4)) as change_on_last_year,
    cast(like_for_like_change as numeric(18, 4)) as like_for_like_change,
    cast(like_for_like_coverage as numeric(18, 4)) as like_for_like_coverage
from {{ ref('mart_monthly_performance') }}
where is_complete_month
order by month_start_date desc
limit 12
