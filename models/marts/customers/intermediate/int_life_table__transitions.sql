with

customers as (

    select
        customers.*,
        {{ is_vip('customers.orders', 'customers.profit_per_year', 'limits') }} as is_vip,
        {{ is_vip(
            'customers.orders_group_after_90_days', 'customers.profit_per_year_after_90_days', 'later_limits'
        ) }} as is_vip_after_90_days
    from {{ ref('int_customers__at_cutoffs') }} as customers
    left join {{ ref('int_customers__vip_limits') }} as limits
        on customers.cutoff_number = limits.cutoff_number
    left join {{ ref('int_customers__vip_limits') }} as later_limits
        on customers.cutoff_number = later_limits.cutoff_number + 1

),

-- Learned on the cut-off day before, from what happened since. The current range is that of the later day.
learned as (

    select
        cutoffs.cutoff_number,
        customers.orders_group,
        customers.first_order_date >= cutoffs.current_range_date as began_in_current_range,
        customers.recency_band,
        customers.is_vip,
        customers.orders_group_after_90_days,
        customers.recency_band_after_90_days,
        customers.is_vip_after_90_days,
        count(*) as customers,
        count(nullif(customers.next_90_day_orders, 0)) as buyers,
        cast(sum(customers.next_90_day_orders) as bigint) as orders,
        cast(sum(customers.next_90_day_profit) as numeric(18, 4)) as profit,
        sum(cast(customers.next_90_day_profit as numeric(19, 4)) * customers.next_90_day_profit)
            as profit_squared
    from customers
    inner join {{ ref('int_cutoffs') }} as cutoffs on customers.cutoff_number = cutoffs.cutoff_number + 1
    group by
        cutoffs.cutoff_number,
        customers.orders_group,
        customers.first_order_date >= cutoffs.current_range_date,
        customers.recency_band,
        customers.is_vip,
        customers.orders_group_after_90_days,
        customers.recency_band_after_90_days,
        customers.is_vip_after_90_days

),

leveled as (
    {% for level in life_table_levels() %}
    select
        learned.*,
        cast({{ loop.index }} as integer) as level_order,
        cast({{ life_table_group(level, 'learned') }} as varchar(128)) as life_table_group
    from learned
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        cutoff_number,
        level_order,
        life_table_group,
        orders_group_after_90_days,
        began_in_current_range,
        recency_band_after_90_days,
        is_vip_after_90_days,
        cast(sum(customers) as bigint) as customers,
        cast(sum(buyers) as bigint) as buyers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(profit_squared) as numeric(38, 8)) as profit_squared
    from leveled
    group by
        cutoff_number,
        level_order,
        life_table_group,
        orders_group_after_90_days,
        began_in_current_range,
        recency_band_after_90_days,
        is_vip_after_90_days

)

select * from final
