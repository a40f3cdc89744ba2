-- Exactly the pairs of products in enough orders are in the mart, with the correct number of orders. They are
-- counted from the order lines, independently of the mart.
with

sales as (

    select
        order_number,
        product_key
    from {{ ref('fact_sales') }}

),

totals as (

    select count(distinct order_number) as orders
    from sales

),

recounted as (

    select
        sales.product_key as product_group_a_key,
        partners.product_key as product_group_b_key,
        count(distinct sales.order_number) as orders_together
    from sales
    inner join sales as partners
        on
            sales.order_number = partners.order_number
            and sales.product_key < partners.product_key
    group by
        sales.product_key,
        partners.product_key

),

expected as (

    select
        recounted.product_group_a_key,
        recounted.product_group_b_key,
        recounted.orders_together,
        totals.orders
    from recounted
    cross join totals
    where
        recounted.orders_together >= {{ threshold('cross_sell_orders') }}
        and {{ safe_divide('recounted.orders_together', 'totals.orders') }}
        >= {{ threshold('cross_sell_support') }}

),

reported as (

    select
        product_group_a_key,
        product_group_b_key,
        orders_together,
        orders
    from {{ ref('mart_cross_sell') }}
    where
        product_level = 'product'
        and segment_type = 'all'

)

select
    coalesce(expected.product_group_a_key, reported.product_group_a_key) as product_group_a_key,
    coalesce(expected.product_group_b_key, reported.product_group_b_key) as product_group_b_key,
    expected.orders_together as expected_orders_together,
    reported.orders_together as reported_orders_together,
    expected.orders as expected_orders,
    reported.orders as reported_orders
from expected
full outer join reported
    on
        expected.product_group_a_key = reported.product_group_a_key
        and expected.product_group_b_key = reported.product_group_b_key
where
    coalesce(expected.orders_together, 0) <> coalesce(reported.orders_together, 0)
    or coalesce(expected.orders, 0) <> coalesce(reported.orders, 0)
