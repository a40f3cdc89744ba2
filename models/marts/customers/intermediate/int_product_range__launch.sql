with

first_sales as (

    select
        products.product_category_key,
        min(sales.order_date) as first_sale_date
    from {{ ref('fact_sales') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    group by products.product_category_key

),

numbered as (

    select
        first_sale_date,
        row_number() over (order by first_sale_date, product_category_key) as category_number
    from first_sales

),

launch as (

    select min(first_sale_date) as launch_date
    from numbered
    where category_number = 2

)

select * from launch
