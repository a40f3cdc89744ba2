with

final as (

    select
        segments.value_segment,
        segments.value_segment_order,
        segments.meaning,
        segments.suggested_action,
        count(*) as customers,
        cast(sum(customers.orders) as bigint) as orders,
        cast(sum(customers.lifetime_revenue) as numeric(18, 4)) as revenue,
        cast(sum(customers.lifetime_cost) as numeric(18, 4)) as cost,
        cast(sum(customers.lifetime_profit) as numeric(18, 4)) as profit,
        cast(percentile_cont(0.5) within group (order by customers.days_since_last_order) as numeric(18, 1))
            as median_days_since_last_order,
        cast(sum(case when customers.is_repeat then 1 else 0 end) as bigint) as repeat_customers,
        cast(sum(case when customers.is_vip then 1 else 0 end) as bigint) as vip_customers,
        cast(sum(case when customers.is_at_risk then 1 else 0 end) as bigint) as at_risk_customers
    from {{ ref('mart_customer_value') }} as customers
    inner join {{ ref('value_segments') }} as segments on customers.value_segment = segments.value_segment
    group by
        segments.value_segment,
        segments.value_segment_order,
        segments.meaning,
        segments.suggested_action

)

select * from final
