with

customers as (

    select
        customer_key,
        cast(date_trunc('quarter', order_date) as date) as first_order_quarter
    from {{ ref('fact_orders') }}
    where is_first_order

),

summed as (

    select
        sales.territory_key,
        products.product_category_key,
        customers.first_order_quarter,
        count(distinct sales.customer_key) as buyers,
        cast(sum(sales.profit) as numeric(18, 4)) as profit
    from {{ ref('fact_sales') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    inner join customers on sales.customer_key = customers.customer_key
    group by
        sales.territory_key,
        products.product_category_key,
        customers.first_order_quarter

)

select * from summed
