with

-- Nearly every customer has one row per type, and needs no grouping, which for ten types takes much memory.
final as (

    select
        segment_type,
        segment_value,
        segment_order,
        customer_key,
        true as has_single_profile,
        orders,
        units,
        revenue,
        cost,
        profit,
        premium_revenue
    from {{ ref('int_buyers__by_segment_type') }}
    where has_single_profile
    union all
    select
        segment_type,
        segment_value,
        segment_order,
        customer_key,
        false as has_single_profile,
        cast(sum(orders) as bigint) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(premium_revenue) as numeric(18, 4)) as premium_revenue
    from {{ ref('int_buyers__by_segment_type') }}
    where not has_single_profile
    group by
        segment_type,
        segment_value,
        segment_order,
        customer_key

)

select * from final
