with

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
        cast(coalesce(sum(case when is_repeat then 1 else 0 end), 0) as bigint) as repeat_buyers,
        cast(coalesce(sum(lifetime_revenue), 0) as numeric(18, 4)) as revenue,
        cast(coalesce(sum(case when is_repeat then lifetime_revenue end), 0) as numeric(18, 4))
            as repeat_revenue
    from {{ ref('mart_customer_value') }}
    where
        orders > 0
        and customer_key <> -1

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

    select cast(percentile_cont(0.5) within group (order by gap_days) as numeric(18, 1)) as median_gap_days
    from gaps

),

final as (

    select
        buyers.*,
        middle.median_gap_days
    from buyers
    cross join middle

)

select * from final
