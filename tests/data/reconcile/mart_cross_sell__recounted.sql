-- Exactly the pairs of products in enough orders are in the mart, with the counts of their lift. They are
-- counted from the order lines of the days on which both were on sale, independently of the mart.
with

sales as (

    select
        order_number,
        product_key,
        order_date
    from {{ ref('fact_sales') }}
    group by
        order_number,
        product_key,
        order_date

),

sold_days as (

    select
        product_key,
        min(order_date) as first_day,
        max(order_date) as last_sale_date,
        max(max(order_date)) over () as as_of_date
    from sales
    group by product_key

),

-- On sale from the first sale on; ended with the last one, if that was long before the last order of all.
days_on_sale as (

    select
        product_key,
        first_day,
        case
            when as_of_date - last_sale_date > {{ threshold('ended_days') }} then last_sale_date
            else as_of_date
        end as last_day
    from sold_days

),

pairs as (

    select
        items.product_key as product_group_a_key,
        partners.product_key as product_group_b_key,
        count(*) as orders_together
    from sales as items
    inner join sales as partners
        on
            items.order_number = partners.order_number
            and items.product_key < partners.product_key
    group by
        items.product_key,
        partners.product_key
    having count(*) >= {{ threshold('cross_sell_orders') }}

),

windows as (

    select
        pairs.*,
        greatest(days_a.first_day, days_b.first_day) as first_day,
        least(days_a.last_day, days_b.last_day) as last_day
    from pairs
    inner join days_on_sale as days_a on pairs.product_group_a_key = days_a.product_key
    inner join days_on_sale as days_b on pairs.product_group_b_key = days_b.product_key

),

order_days as (

    select
        order_date,
        count(distinct order_number) as orders
    from sales
    group by order_date

),

item_days as (

    select
        product_key,
        order_date,
        count(*) as orders
    from sales
    group by
        product_key,
        order_date

),

recounted as (

    select
        windows.product_group_a_key,
        windows.product_group_b_key,
        windows.orders_together,
        sum(order_days.orders) as orders,
        sum(days_a.orders) as orders_with_a,
        sum(days_b.orders) as orders_with_b
    from windows
    inner join order_days on order_days.order_date between windows.first_day and windows.last_day
    left join item_days as days_a
        on
            windows.product_group_a_key = days_a.product_key
            and order_days.order_date = days_a.order_date
    left join item_days as days_b
        on
            windows.product_group_b_key = days_b.product_key
            and order_days.order_date = days_b.order_date
    group by
        windows.product_group_a_key,
        windows.product_group_b_key,
        windows.orders_together

),

expected as (

    select *
    from recounted
    where {{ safe_divide('orders_together', 'orders') }} >= {{ threshold('cross_sell_support') }}

),

reported as (

    select
        product_group_a_key,
        product_group_b_key,
        orders_together,
        orders,
        orders_with_a,
        orders_with_b
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
    reported.orders as reported_orders,
    expected.orders_with_a as expected_orders_with_a,
    reported.orders_with_a as reported_orders_with_a,
    expected.orders_with_b as expected_orders_with_b,
    reported.orders_with_b as reported_orders_with_b
from expected
full outer join reported
    on
        expected.product_group_a_key = reported.product_group_a_key
        and expected.product_group_b_key = reported.product_group_b_key
where
    coalesce(expected.orders_together, 0) <> coalesce(reported.orders_together, 0)
    or coalesce(expected.orders, 0) <> coalesce(reported.orders, 0)
    or coalesce(expected.orders_with_a, 0) <> coalesce(reported.orders_with_a, 0)
    or coalesce(expected.orders_with_b, 0) <> coalesce(reported.orders_with_b, 0)
