with

summed as (

    select
        segment_type,
        segment_value,
        segment_order,
        count(nullif(customer_key, -1)) as customers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit,
        {{ safe_divide('sum(premium_revenue)', 'sum(revenue)') }} as premium_share
    from {{ ref('int_customers__by_segment') }}
    where segment_type <> 'all'
    group by
        segment_type,
        segment_value,
        segment_order

),

means as (

    select
        spread.segment_type,
        spread.segment_value,
        {{ safe_divide('spread.revenue', 'spread.customers') }} as mean,
        {{ safe_divide('spread.rest_revenue', 'spread.rest_customers') }} as rest_mean,
        sqrt(spread.squared_error) * student_t.quantile as half_width,
        sqrt(spread.squared_error + spread.rest_squared_error) * student_t_of_difference.quantile
            as difference_half_width
    from {{ ref('int_customer_segments__spread') }} as spread
    left join {{ ref('student_t') }} as student_t
        on
            spread.customers - 1 >= student_t.lower_degrees_of_freedom
            and spread.customers - 1 < student_t.upper_degrees_of_freedom
    left join {{ ref('student_t') }} as student_t_of_difference
        on
            least(spread.customers, spread.rest_customers) - 1
            >= student_t_of_difference.lower_degrees_of_freedom
            and least(spread.customers, spread.rest_customers) - 1
            < student_t_of_difference.upper_degrees_of_freedom

),

final as (

    select
        summed.*,
        summed.customers < {{ threshold('segment_small_base') }} as is_small_base,
        -- Ratios
        {{ safe_divide('summed.profit', 'summed.revenue') }} as profit_margin,
        {{ safe_divide('summed.revenue', 'summed.orders') }} as average_order_value,
        {{ safe_divide('summed.revenue', 'sum(summed.revenue) over (partition by summed.segment_type)') }}
            as revenue_share,
        -- Means per customer, with their confidence intervals
        means.mean as revenue_per_customer,
        cast(means.mean - means.half_width as numeric(18, 6)) as revenue_per_customer_low,
        cast(means.mean + means.half_width as numeric(18, 6)) as revenue_per_customer_high,
        means.rest_mean as rest_revenue_per_customer,
        cast(means.mean - means.rest_mean as numeric(18, 6)) as difference_from_rest,
        cast(means.mean - means.rest_mean - means.difference_half_width as numeric(18, 6))
            as difference_from_rest_low,
        cast(means.mean - means.rest_mean + means.difference_half_width as numeric(18, 6))
            as difference_from_rest_high
    from summed
    left join means
        on
            summed.segment_type = means.segment_type
            and summed.segment_value = means.segment_value

)

select * from final
