with

-- What the same customers are expected to bring in the 90 days after, in the state in which they are by then.
second_step as (

    select
        transitions.cutoff_number,
        transitions.level_order,
        transitions.life_table_group,
        sum(transitions.customers) as customers,
        sum((transitions.customers - transitions.buyers) * later.probability) as buyers,
        sum((transitions.customers - transitions.buyers) * later.probability_low) as buyers_low,
        sum((transitions.customers - transitions.buyers) * later.probability_high) as buyers_high,
        sum(transitions.customers - transitions.buyers) as customers_without_order,
        sum(transitions.customers * later.orders) as orders,
        sum(transitions.customers * later.profit) as profit,
        sum(transitions.customers * later.profit_half_width) as profit_half_width
    from {{ ref('int_life_table__transitions') }} as transitions
    inner join {{ ref('int_life_table__90_days') }} as later
        on
            transitions.cutoff_number = later.cutoff_number
            and transitions.orders_group_after_90_days = later.orders_group
            and transitions.began_in_current_range = later.began_in_current_range
            and transitions.recency_band_after_90_days = later.recency_band
            and transitions.is_vip_after_90_days = later.is_vip
    group by
        transitions.cutoff_number,
        transitions.level_order,
        transitions.life_table_group

),

both_steps as (

    select
        first_step.*,
        {{ safe_divide('second_step.buyers', 'second_step.customers') }} as later_probability,
        {{ safe_divide('second_step.buyers_low', 'second_step.customers_without_order') }}
            as later_probability_low,
        {{ safe_divide('second_step.buyers_high', 'second_step.customers_without_order') }}
            as later_probability_high,
        {{ safe_divide('second_step.orders', 'second_step.customers') }} as later_orders,
        {{ safe_divide('second_step.profit', 'second_step.customers') }} as later_profit,
        {{ safe_divide('second_step.profit_half_width', 'second_step.customers') }} as later_half_width
    from {{ ref('int_life_table__90_days') }} as first_step
    inner join second_step
        on
            first_step.cutoff_number = second_step.cutoff_number
            and first_step.level_order = second_step.level_order
            and first_step.life_table_group = second_step.life_table_group

),

final as (

    select
        cutoff_number,
        orders_group,
        began_in_current_range,
        recency_band,
        recency_band_order,
        is_vip,
        life_table_level,
        life_table_group,
        customers,
        -- Within 90 days
        probability as order_probability_90_days,
        orders as expected_90_day_orders,
        profit as expected_90_day_profit,
        -- Within 180 days
        cast(probability + later_probability as numeric(18, 6)) as order_probability_180_days,
        cast(
            probability_low + (1 - probability_low) * coalesce(later_probability_low, 0) as numeric(18, 6)
        ) as order_probability_180_days_low,
        cast(
            probability_high + (1 - probability_high) * coalesce(later_probability_high, 0) as numeric(18, 6)
        ) as order_probability_180_days_high,
        cast(orders + later_orders as numeric(18, 6)) as expected_180_day_orders,
        cast(profit + later_profit as numeric(18, 6)) as expected_180_day_profit,
        cast(profit + later_profit - profit_half_width - later_half_width as numeric(18, 6))
            as expected_180_day_profit_low,
        cast(profit + later_profit + profit_half_width + later_half_width as numeric(18, 6))
            as expected_180_day_profit_high
    from both_steps

)

select * from final
