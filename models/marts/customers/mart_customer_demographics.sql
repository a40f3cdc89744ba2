with

final as (

    select
        segments.segment_type,
        segments.segment_value,
        segments.segment_order,
        segments.customers,
        segments.orders,
        segments.units,
        segments.revenue,
        segments.cost,
        segments.profit,
        segments.customers < {{ threshold('segment_small_base') }} as is_small_base,
        -- Ratios
        {{ safe_divide('segments.profit', 'segments.revenue') }} as profit_margin,
        {{ safe_divide('segments.revenue', 'segments.orders') }} as average_order_value,
        {{ safe_divide('segments.premium_revenue', 'segments.revenue') }} as premium_share,
        {{ safe_divide('segments.premium_customers', 'segments.customers') }} as premium_buyer_share,
        {{ safe_divide(
            'segments.revenue', 'sum(segments.revenue) over (partition by segments.segment_type)'
        ) }} as revenue_share,
        -- Per customer, as it is and standardised
        differences.revenue_per_customer,
        {{ safe_divide('segments.customer_profit', 'segments.customers') }} as profit_per_customer,
        segments.standardised_revenue_per_customer,
        segments.standardised_profit_per_customer,
        segments.standardised_coverage,
        segments.revenue_per_earlier_customer,
        segments.revenue_per_recent_customer,
        segments.range_standardised_revenue_per_customer,
        -- Simultaneous intervals and tests
        differences.revenue_per_customer_low,
        differences.revenue_per_customer_high,
        differences.rest_revenue_per_customer,
        differences.difference_from_rest,
        differences.difference_from_rest_low,
        differences.difference_from_rest_high,
        differences.difference_p_value,
        differences.adjusted_difference_p_value,
        coalesce(differences.differs_from_rest, false) as differs_from_rest,
        -- Intervals of each segment by itself
        differences.unadjusted_revenue_per_customer_low,
        differences.unadjusted_revenue_per_customer_high,
        differences.unadjusted_difference_from_rest_low,
        differences.unadjusted_difference_from_rest_high
    from {{ ref('int_customer_segments__standardised') }} as segments
    left join {{ ref('int_customer_segments__differences') }} as differences
        on
            segments.segment_type = differences.segment_type
            and segments.segment_value = differences.segment_value

)

select * from final
