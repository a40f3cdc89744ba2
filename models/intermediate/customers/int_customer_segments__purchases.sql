with

purchases as (

    select
        product_level,
        product_group_key,
        customer_key,
        territory_key,
        age_group,
        units,
        revenue,
        cost,
        profit
    from {{ ref('int_customers__purchases') }}

),

segments as (

    select
        customer_key,
        territory_key,
        age_group,
        segment_type,
        segment_value
    from {{ ref('int_customers__segments') }}

),

summed as (

    select
        purchases.product_level,
        purchases.product_group_key,
        segments.segment_type,
        segments.segment_value,
        count(distinct nullif(purchases.customer_key, -1)) as customers,
        cast(sum(purchases.units) as bigint) as units,
        cast(sum(purchases.revenue) as numeric(18, 4)) as revenue,
        cast(sum(purchases.cost) as numeric(18, 4)) as cost,
        cast(sum(purchases.profit) as numeric(18, 4)) as profit
    from purchases
    inner join segments
        on
            purchases.customer_key = segments.customer_key
            and purchases.territory_key = segments.territory_key
            and purchases.age_group = segments.age_group
    group by
        purchases.product_level,
        purchases.product_group_key,
        segments.segment_type,
        segments.segment_value

)

select * from summed
