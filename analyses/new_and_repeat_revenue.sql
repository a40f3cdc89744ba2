select
    month_start_date,
    new_customers,
    returning_customers,
    cast(new_customer_revenue as numeric(18, 2)) as new_customer_revenue,
    cast(returning_customer_revenue as numeric(18, 2)) as returning_customer_revenue,
    cast(unknown_customer_revenue as numeric(18, 2)) as unknown_customer_revenue,
    cast({{ safe_divide('returning_customer_revenue', 'revenue') }} as numeric(18, 4)) as returning_share
from {{ ref('mart_monthly_performance') }}
where is_complete_month
order by month_start_date desc
limit 20
