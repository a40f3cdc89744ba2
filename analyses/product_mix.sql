with

quarters as (

    select
        cast(date_trunc('quarter', month_start_date) as date) as quarter_start_date,
        category_name,
        sum(revenue) as revenue,
        sum(profit) as profit
    from {{ ref('mart_category_performance') }}
    group by
        date_trunc('quarter', month_start_date),
        category_name

),

with_total as (

    select
        *,
        sum(revenue) over (partition by quarter_start_date) as all_revenue,
        sum(profit) over (partition by quarter_start_date) as all_profit
    from quarters

)

select
    quarter_start_date,
    category_name,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(profit as numeric(18, 2)) as profit,
    cast({{ safe_divide('revenue', 'all_revenue') }} as numeric(18, 4)) as revenue_share,
    cast({{ share_of('profit', 'all_profit') }} as numeric(18, 4)) as profit_share
from with_total
where revenue > 0
order by quarter_start_date desc, revenue desc, category_name asc
limit 20
