with

purchases as (

    select *
    from {{ ref('int_customer_segments__purchases') }}

),

segments as (

    select
        segment_type,
        segment_value,
        segment_order,
        count(nullif(customer_key, -1)) as customers,
        cast(sum(profit) as numeric(18, 4)) as profit
    from {{ ref('int_customers__by_segment') }}
    group by
        segment_type,
        segment_value,
        segment_order

),

-- Every product group with sales, in every segment, also if the segment never bought it.
combined as (

    select
        product_groups.product_level,
        product_groups.product_group_key,
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.customers as segment_customers,
        segments.profit as segment_profit,
        product_groups.customers as product_customers,
        product_groups.profit as product_profit,
        everyone.customers as all_customers,
        everyone.profit as all_profit
    from purchases as product_groups
    inner join segments as everyone on product_groups.segment_type = everyone.segment_type
    cross join segments
    where
        product_groups.segment_type = 'all'
        and segments.segment_type <> 'all'

),

zero_filled as (

    select
        combined.*,
        cast(coalesce(purchases.customers, 0) as bigint) as customers,
        cast(coalesce(purchases.units, 0) as bigint) as units,
        cast(coalesce(purchases.revenue, 0) as numeric(18, 4)) as revenue,
        cast(coalesce(purchases.cost, 0) as numeric(18, 4)) as cost,
        cast(coalesce(purchases.profit, 0) as numeric(18, 4)) as profit
    from combined
    left join purchases
        on
            combined.product_level = purchases.product_level
            and combined.product_group_key = purchases.product_group_key
            and combined.segment_type = purchases.segment_type
            and combined.segment_value = purchases.segment_value

)

select * from zero_filled
