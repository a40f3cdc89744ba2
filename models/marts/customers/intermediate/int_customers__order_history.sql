with

orders as (

    select
        customer_key,
        customer_order_number,
        order_date,
        territory_key,
        units,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}

),

summed as (

    select
        customer_key,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as lifetime_revenue,
        cast(sum(cost) as numeric(18, 4)) as lifetime_cost,
        cast(sum(profit) as numeric(18, 4)) as lifetime_profit
    from orders
    group by customer_key

),

-- The orders of the Unknown customer have no number, so they have no gaps.
gaps as (

    select
        orders.customer_key,
        orders.order_date - previous.order_date as gap_days
    from orders
    inner join orders as previous
        on
            orders.customer_key = previous.customer_key
            and orders.customer_order_number = previous.customer_order_number + 1

),

spaced as (

    select
        customer_key,
        cast(percentile_cont(0.5) within group (order by gap_days) as numeric(18, 6)) as median_gap_days,
        {{ safe_divide('sum(gap_days)', 'count(*)') }} as mean_gap_days
    from gaps
    group by customer_key

),

final as (

    select
        summed.*,
        spaced.median_gap_days,
        spaced.mean_gap_days,
        coalesce(territories.country, 'Unknown') as country
    from summed
    left join spaced on summed.customer_key = spaced.customer_key
    left join orders as last_orders
        on
            summed.customer_key = last_orders.customer_key
            and summed.orders = last_orders.customer_order_number
    left join {{ ref('dim_territories') }} as territories
        on last_orders.territory_key = territories.territory_key

)

select * from final
