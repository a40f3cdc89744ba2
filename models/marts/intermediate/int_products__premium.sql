with

sold_products as (

    select
        products.product_key,
        products.product_category_key,
        products.product_price
    from {{ ref('dim_products') }} as products
    inner join {{ ref('int_product_groups__on_sale') }} as sold
        on products.product_key = sold.product_group_key
    where sold.product_level = 'product'

),

-- Percent rank from above, so that products of equal price are treated equally. At one price,
-- nothing is premium.
ranked as (

    select
        product_key,
        percent_rank() over (
            partition by product_category_key
            order by product_price desc
        ) as share_more_expensive,
        product_price > min(product_price) over (partition by product_category_key) as is_above_lowest_price
    from sold_products

),

flagged as (

    select
        product_key,
        share_more_expensive <= 1 - {{ threshold('premium_price_percentile') }}
        and is_above_lowest_price as is_premium
    from ranked

)

select * from flagged
