with

customers as (

    select
        customer_key,
        cast(date_trunc('quarter', order_date) as date) as first_order_quarter
    from {{ ref('fact_orders') }}
    where is_first_order

),

-- A customer of two territories is a customer of both, each with the orders there.
summed as (

    select
        orders.territory_key,
        customers.first_order_quarter,
        count(distinct orders.customer_key) as customers,
        cast(sum(orders.profit) as numeric(18, 4)) as profit
    from {{ ref('fact_orders') }} as orders
    inner join customers on orders.customer_key = customers.customer_key
    group by
        orders.territory_key,
        customers.first_order_quarter

)

select * from summed
