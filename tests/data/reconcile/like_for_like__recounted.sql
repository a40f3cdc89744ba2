-- Counted sale by sale: is its product on sale a year later, or was it a year earlier?
with

months as (

    select
        months.month_start_date,
        months.has_last_year,
        months.last_year_month_start_date,
        months.last_year_last_date,
        as_of.as_of_date
    from {{ ref('int_months') }} as months
    cross join {{ ref('int_as_of_date') }} as as_of

),

sales as (

    select
        products.product_category_key,
        sales.order_date,
        sales.revenue,
        min(sales.order_date) over (partition by sales.product_key) as first_sale_date,
        max(sales.order_date) over (partition by sales.product_key) as last_sale_date
    from {{ ref('int_sales_days') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key

),

recounted as (

    select
        sales.product_category_key,
        months.month_start_date,
        sum(sales.revenue) as revenue,
        0 as last_year_revenue
    from sales
    inner join months on date_trunc('month', sales.order_date) = months.month_start_date
    where
        months.has_last_year
        and sales.first_sale_date <= months.last_year_last_date
    group by
        sales.product_category_key,
        months.month_start_date
    union all
    select
        sales.product_category_key,
        months.month_start_date,
        0 as revenue,
        sum(sales.revenue) as last_year_revenue
    from sales
    inner join months on date_trunc('month', sales.order_date) = months.last_year_month_start_date
    where
        months.has_last_year
        and sales.order_date <= months.last_year_last_date
        and (
            sales.last_sale_date >= months.month_start_date
            or months.as_of_date - sales.last_sale_date <= {{ threshold('ended_days') }}
        )
    group by
        sales.product_category_key,
        months.month_start_date

),

-- By category and month, and in total by month.
cells as (

    select
        product_category_key,
        month_start_date,
        revenue,
        last_year_revenue
    from recounted
    union all
    select
        product_category_key,
        month_start_date,
        -coalesce(like_for_like_revenue, 0) as revenue,
        -coalesce(like_for_like_last_year_revenue, 0) as last_year_revenue
    from {{ ref('mart_category_performance') }}
    union all
    select
        -2 as product_category_key,
        month_start_date,
        revenue,
        last_year_revenue
    from recounted
    union all
    select
        -2 as product_category_key,
        month_start_date,
        -coalesce(like_for_like_revenue, 0) as revenue,
        -coalesce(like_for_like_last_year_revenue, 0) as last_year_revenue
    from {{ ref('mart_monthly_performance') }}

)

select
    product_category_key,
    month_start_date,
    sum(revenue) as unexplained_revenue,
    sum(last_year_revenue) as unexplained_last_year_revenue
from cells
group by
    product_category_key,
    month_start_date
having
    sum(revenue) <> 0
    or sum(last_year_revenue) <> 0
