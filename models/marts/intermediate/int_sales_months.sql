with

periods as (

    select
        last_12_from,
        previous_12_from
    from {{ ref('int_comparison_periods') }}

),

months as (

    select
        month_start_date,
        last_year_month_start_date,
        last_year_last_date
    from {{ ref('int_months') }}

),

-- If next year's month is partial, the rest of this month has no counterpart yet.
sales as (

    select
        sales.product_key,
        sales.territory_key,
        cast(date_trunc('month', sales.order_date) as date) as month_start_date,
        {{ comparison_period('sales.order_date') }} as period,
        coalesce(sales.order_date <= next_year.last_year_last_date, true) as is_same_part,
        sales.revenue,
        sales.profit
    from {{ ref('int_sales_days') }} as sales
    cross join periods
    left join months as next_year
        on cast(date_trunc('month', sales.order_date) as date) = next_year.last_year_month_start_date

),

summed as (

    select
        product_key,
        territory_key,
        month_start_date,
        cast(period as varchar(16)) as comparison_period,
        is_same_part,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(profit) as numeric(18, 4)) as profit
    from sales
    group by
        product_key,
        territory_key,
        month_start_date,
        period,
        is_same_part

)

select * from summed
