with

-- The time since the last order is the gap that still grows. Customers with as many orders and the same start
-- are a group.
gaps as (

    select
        valued.customer_key,
        valued.days_since_last_order,
        history.mean_gap_days,
        sum(valued.days_since_last_order) over (
            partition by valued.orders_group, valued.began_in_current_range
        ) as group_days_since_last_order,
        sum(history.mean_gap_days) over (
            partition by valued.orders_group, valued.began_in_current_range
        ) as group_mean_gap_days
    from {{ ref('int_customers__value_groups') }} as valued
    inner join {{ ref('int_customers__order_history') }} as history
        on valued.customer_key = history.customer_key
    where
        valued.cutoff_number = 0
        and valued.is_repeat

),

declining as (

    select customer_key
    from gaps
    where
        days_since_last_order > mean_gap_days * {{ threshold('declining_gap_growth') }}
        and days_since_last_order * group_mean_gap_days > mean_gap_days * group_days_since_last_order

)

select * from declining
