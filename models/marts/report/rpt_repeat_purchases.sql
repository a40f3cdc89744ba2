with

customers as (

    select
        lifetime_revenue,
        is_repeat
    from {{ ref('mart_customer_value') }}
    where
        orders > 0
        and customer_key <> -1

),

orders as (

    select
        customer_key,
        customer_order_number,
        order_date
    from {{ ref('fact_orders') }}
    where customer_key <> -1

),

buyers as (

    select
        count(*) as buyers,
        coalesce(sum(case when is_repeat then 1 else 0 end), 0) as repeat_buyers,
        coalesce(sum(lifetime_revenue), 0) as revenue,
        coalesce(sum(case when is_repeat then lifetime_revenue end), 0) as repeat_revenue
    from customers

),

gaps as (

    select orders.order_date - previous.order_date as gap_days
    from orders
    inner join orders as previous
        on
            orders.customer_key = previous.customer_key
            and orders.customer_order_number = previous.customer_order_number + 1

),

middle as (

    select percentile_cont(0.5) within group (order by gap_days) as median_gap_days
    from gaps

),

final as (

    select
        buyers.buyers,
        cast(buyers.repeat_buyers as bigint) as repeat_buyers,
        cast(buyers.revenue as numeric(18, 4)) as revenue,
        cast(buyers.repeat_revenue as numeric(18, 4)) as repeat_revenue,
        cast(middle.median_gap_days as numeric(18, 1)) as median_gap_days
    from buyers
    cross join middle

)

select * from final
