with

-- Customers of 180 days ago, and what they earned since then.
cutoff as (

    select as_of_date - 180 as cutoff_date
    from {{ ref('int_comparison_periods') }}

),

customers as (

    select
        orders.customer_key,
        max(
            case when orders.order_date <= cutoff.cutoff_date then orders.customer_order_number end
        ) as last_order_number,
        sum(case when orders.order_date > cutoff.cutoff_date then orders.profit else 0 end) as profit
    from {{ ref('fact_orders') }} as orders
    cross join cutoff
    where orders.customer_key <> -1
    group by orders.customer_key

),

regions as (

    select
        orders.territory_key,
        cast(count(*) as bigint) as customers,
        cast(sum(customers.profit) as double precision) as profit,
        sum(cast(customers.profit as double precision) * customers.profit) as profit_squares
    from customers
    inner join {{ ref('fact_orders') }} as orders
        on
            customers.customer_key = orders.customer_key
            and customers.last_order_number = orders.customer_order_number
    group by orders.territory_key

)

select * from regions
