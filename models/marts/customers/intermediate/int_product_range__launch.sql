with

sales as (

    select
        order_date,
        product_key
    from {{ ref('fact_sales') }}

),

products as (

    select
        product_key,
        product_category_key
    from {{ ref('dim_products') }}

),

first_sales as (

    select
        products.product_category_key,
        min(sales.order_date) as first_sale_date
    from sales
    inner join products on sales.product_key = products.product_key
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
