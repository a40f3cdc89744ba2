with

-- The Unknown customer is many customers, so it has no retention.
orders as (

    select
        customer_key,
        cast(date_trunc('month', order_date) as date) as order_month,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}
    where customer_key <> -1

),

customers as (

    select
        customer_key,
        min(order_month) as cohort_month
    from orders
    group by customer_key

),

summed as (

    select
        customers.cohort_month,
        orders.order_month as activity_month,
        count(distinct orders.customer_key) as active_customers,
        count(*) as orders,
        cast(sum(orders.revenue) as numeric(18, 4)) as revenue,
        cast(sum(orders.cost) as numeric(18, 4)) as cost,
        cast(sum(orders.profit) as numeric(18, 4)) as profit
    from orders
    inner join customers on orders.customer_key = customers.customer_key
    group by
        customers.cohort_month,
        orders.order_month

)

select * from summed
