with

sales as (

    select product_key
    from {{ ref('fact_sales') }}

),

products as (

    select
        product_key,
        product_category_key,
        product_price
    from {{ ref('dim_products') }}

),

sold_products as (

    select
        products.product_key,
        products.product_category_key,
        products.product_price
    from products
    inner join sales on products.product_key = sales.product_key
    group by
        products.product_key,
        products.product_category_key,
        products.product_price

),

-- At or over a percentile means that no larger share of the others costs more; so equal prices fare alike.
ranked as (

    select
        product_key,
        percent_rank() over (
            partition by product_category_key
            order by product_price desc
        ) as share_dearer
    from sold_products

),

judged as (

    select
        product_key,
        share_dearer <= 1 - {{ threshold('premium_price_percentile') }} as is_premium
    from ranked

)

select * from judged
