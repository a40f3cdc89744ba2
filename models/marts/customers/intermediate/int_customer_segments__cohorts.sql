with

-- The Unknown customer is many customers: it has sales, but is not counted or part of amounts per customer.
final as (

    select
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.first_order_quarter,
        dates.range_from_date,
        count(nullif(segments.customer_key, -1)) as customers,
        count(case when segments.premium_revenue > 0 then nullif(segments.customer_key, -1) end)
            as premium_customers,
        cast(sum(segments.orders) as bigint) as orders,
        cast(sum(segments.units) as bigint) as units,
        cast(sum(segments.revenue) as numeric(18, 4)) as revenue,
        cast(sum(segments.cost) as numeric(18, 4)) as cost,
        cast(sum(segments.profit) as numeric(18, 4)) as profit,
        cast(sum(segments.premium_revenue) as numeric(18, 4)) as premium_revenue,
        cast(sum(case when segments.customer_key = -1 then 0 else segments.revenue end) as numeric(18, 4))
            as customer_revenue,
        cast(sum(case when segments.customer_key = -1 then 0 else segments.profit end) as numeric(18, 4))
            as customer_profit
    from {{ ref('int_customers__by_segment') }} as segments
    inner join {{ ref('int_product_range__dates') }} as dates on segments.last_order_date = dates.order_date
    group by
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.first_order_quarter,
        dates.range_from_date

)

select * from final
