with

months as (

    select
        month_start_date,
        last_year_month_start_date
    from {{ ref('int_months') }}

),

-- If this year's month is partial, last year's month has a comparable part and a rest.
sales_parts as (

    select
        cast(date_trunc('month', sales.order_date) as date) as month_start_date,
        products.product_category_key,
        sales.order_date >= periods.last_year_rest_from
        and sales.order_date < periods.last_year_rest_end as is_rest,
        sum(sales.revenue) as revenue,
        sum(sales.profit) as profit
    from {{ ref('fact_sales') }} as sales
    left join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    cross join {{ ref('int_comparison_periods') }} as periods
    group by
        month_start_date,
        products.product_category_key,
        is_rest

),

category_months as (

    select
        month_start_date,
        product_category_key,
        sum(revenue) as revenue
    from sales_parts
    group by
        month_start_date,
        product_category_key

),

same_parts as (

    select
        month_start_date,
        sum(revenue) as revenue,
        sum(profit) as profit
    from sales_parts
    where not is_rest
    group by month_start_date

),

like_for_like as (

    select
        months.month_start_date,
        sum(this_year.revenue) as revenue,
        sum(last_year.revenue) as last_year_revenue
    from months
    inner join category_months as this_year on months.month_start_date = this_year.month_start_date
    inner join sales_parts as last_year
        on
            months.last_year_month_start_date = last_year.month_start_date
            and this_year.product_category_key = last_year.product_category_key
            and not last_year.is_rest
    group by months.month_start_date

),

final as (

    select
        months.month_start_date,
        cast(coalesce(same_parts.revenue, 0) as numeric(18, 4)) as same_part_revenue,
        cast(coalesce(same_parts.profit, 0) as numeric(18, 4)) as same_part_profit,
        cast(like_for_like.revenue as numeric(18, 4)) as like_for_like_revenue,
        cast(like_for_like.last_year_revenue as numeric(18, 4)) as like_for_like_last_year_revenue
    from months
    left join same_parts on months.month_start_date = same_parts.month_start_date
    left join like_for_like on months.month_start_date = like_for_like.month_start_date

)

select * from final
