with

segments as (

    select
        customer_key,
        territory_key,
        age_group,
        segment_type,
        segment_value,
        segment_order
    from {{ ref('int_customers__segments') }}

),

orders as (

    select
        customer_key,
        territory_key,
        age_group,
        units,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}

),

purchases as (

    select
        customer_key,
        territory_key,
        age_group,
        premium_revenue
    from {{ ref('int_customers__purchases') }}
    where product_level = 'category'

),

ordered as (

    select
        customer_key,
        territory_key,
        age_group,
        count(*) as orders,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from orders
    group by
        customer_key,
        territory_key,
        age_group

),

premium as (

    select
        customer_key,
        territory_key,
        age_group,
        sum(premium_revenue) as premium_revenue
    from purchases
    group by
        customer_key,
        territory_key,
        age_group

),

by_segment as (

    select
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.customer_key,
        cast(sum(ordered.orders) as bigint) as orders,
        cast(sum(ordered.units) as bigint) as units,
        cast(sum(ordered.revenue) as numeric(18, 4)) as revenue,
        cast(sum(ordered.cost) as numeric(18, 4)) as cost,
        cast(sum(ordered.profit) as numeric(18, 4)) as profit,
        cast(sum(premium.premium_revenue) as numeric(18, 4)) as premium_revenue
    from segments
    inner join ordered
        on
            segments.customer_key = ordered.customer_key
            and segments.territory_key = ordered.territory_key
            and segments.age_group = ordered.age_group
    inner join premium
        on
            segments.customer_key = premium.customer_key
            and segments.territory_key = premium.territory_key
            and segments.age_group = premium.age_group
    group by
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.customer_key

)

select * from by_segment
