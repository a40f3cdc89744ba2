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

    select
        orders.order_date - previous.order_date as gap_days,
        spans.first_date as current_range_date,
        previous.order_date >= spans.first_date as is_in_current_range,
        previous.customer_order_number > 1 as is_later_order
    from orders
    inner join orders as previous
        on
            orders.customer_key = previous.customer_key
            and orders.customer_order_number = previous.customer_order_number + 1
    cross join {{ ref('int_spans') }} as spans
    where spans.period = 'current_range'

),

-- One median in each query: on Redshift, all medians of a query must be of the same values.
all_gaps as (

    select
        cast(percentile_cont(0.5) within group (order by gap_days) as numeric(18, 1)) as median_gap_days,
        max(current_range_date) as current_range_date
    from gaps

),

current_range as (

    select cast(percentile_cont(0.5) within group (order by gap_days) as numeric(18, 1)) as median_gap_days
    from gaps
    where is_in_current_range

),

current_range_later as (

    select cast(percentile_cont(0.5) within group (order by gap_days) as numeric(18, 1)) as median_gap_days
    from gaps
    where
        is_in_current_range
        and is_later_order

),

final as (

    select
        buyers.*,
        all_gaps.median_gap_days,
        all_gaps.current_range_date,
        current_range.median_gap_days as current_range_median_gap_days,
        current_range_later.median_gap_days as current_range_later_median_gap_days
    from buyers
    cross join all_gaps
    cross join current_range
    cross join current_range_later

)

select * from final
