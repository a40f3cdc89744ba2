with

customers as (

    select
        customers.*,
        customers.orders >= 2 as is_repeat,
        {{ is_vip('customers.orders', 'customers.profit_per_year', 'limits') }} as is_vip
    from {{ ref('int_customers__at_cutoffs') }} as customers
    left join {{ ref('int_customers__vip_limits') }} as limits
        on customers.cutoff_number = limits.cutoff_number

),

expected as (

    select
        customers.*,
        life_table.life_table_group,
        life_table.life_table_level,
        life_table.customers as life_table_customers,
        life_table.order_probability_90_days,
        life_table.order_probability_180_days,
        life_table.order_probability_180_days_low,
        life_table.order_probability_180_days_high,
        life_table.expected_90_day_orders,
        life_table.expected_180_day_orders,
        life_table.expected_90_day_profit,
        life_table.expected_180_day_profit,
        life_table.expected_180_day_profit_low,
        life_table.expected_180_day_profit_high,
        coalesce(
            customers.is_repeat
            and life_table.order_probability_180_days_high < recent.order_probability_180_days,
            false
        ) as is_at_risk
    from customers
    left join {{ ref('int_life_table') }} as life_table
        on
            customers.cutoff_number = life_table.cutoff_number
            and customers.orders_group = life_table.orders_group
            and customers.began_in_current_range = life_table.began_in_current_range
            and customers.recency_band = life_table.recency_band
            and customers.is_vip = life_table.is_vip
    left join {{ ref('int_life_table') }} as recent
        on
            customers.cutoff_number = recent.cutoff_number
            and customers.orders_group = recent.orders_group
            and customers.began_in_current_range = recent.began_in_current_range
            and customers.is_vip = recent.is_vip
            and recent.recency_band_order = 1

),

-- The first true condition decides, so that each customer is in exactly one value group.
final as (

    select
        *,
        cast(
            case
                when order_probability_180_days_high < {{ threshold('lapsed_probability') }} then 'lapsed'
                when
                    days_since_last_order > {{ threshold('new_customer_days') }}
                    and order_probability_180_days >= {{ threshold('due_probability') }}
                    then 'due'
                when is_vip and is_at_risk then 'VIP at risk'
                when is_vip then 'VIP'
                when is_at_risk then 'at risk'
                when is_repeat then 'loyal'
                when days_since_last_order <= {{ threshold('new_customer_days') }} then 'new'
                else 'one-time'
            end as varchar(64)
        ) as value_group
    from expected

)

select * from final
