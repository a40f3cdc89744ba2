with

learned as (

    select
        cutoff_number,
        level_order,
        life_table_group,
        cast(sum(customers) as bigint) as customers,
        cast(sum(buyers) as bigint) as buyers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(profit_squared) as numeric(38, 8)) as profit_squared
    from {{ ref('int_life_table__transitions') }}
    group by
        cutoff_number,
        level_order,
        life_table_group

),

orders_groups as (
    {% for orders_group in [1, 2, 3, 4] %}
    select cast({{ orders_group }} as integer) as orders_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

yes_or_no as (

    select cast(true as boolean) as is_true
    union all
    select cast(false as boolean) as is_true

),

states as (

    select
        cutoffs.cutoff_number,
        orders_groups.orders_group,
        range_or_before.is_true as began_in_current_range,
        recency_bands.recency_band,
        recency_bands.recency_band_order,
        vip_or_not.is_true as is_vip
    from {{ ref('int_cutoffs') }} as cutoffs
    cross join orders_groups
    cross join yes_or_no as range_or_before
    cross join yes_or_no as vip_or_not
    cross join {{ ref('recency_bands') }} as recency_bands
    where
        orders_groups.orders_group > 1
        or not vip_or_not.is_true

),

leveled as (
    {% for level in life_table_levels() %}
    select
        states.*,
        cast({{ loop.index }} as integer) as level_order,
        cast('{{ level }}' as varchar(64)) as life_table_level,
        cast({{ life_table_group(level, 'states') }} as varchar(128)) as life_table_group
    from states
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The finest group with enough customers; if none has, all customers.
ranked as (

    select
        leveled.*,
        learned.customers,
        learned.buyers,
        learned.orders,
        learned.profit,
        learned.profit_squared,
        row_number() over (
            partition by
                leveled.cutoff_number,
                leveled.orders_group,
                leveled.began_in_current_range,
                leveled.recency_band,
                leveled.is_vip
            order by leveled.level_order
        ) as choice
    from leveled
    inner join learned
        on
            leveled.cutoff_number = learned.cutoff_number
            and leveled.level_order = learned.level_order
            and leveled.life_table_group = learned.life_table_group
    where
        learned.customers >= {{ threshold('life_table_small_base') }}
        or leveled.life_table_level = 'all'

),

final as (

    select
        cutoff_number,
        orders_group,
        began_in_current_range,
        recency_band,
        recency_band_order,
        is_vip,
        level_order,
        life_table_level,
        life_table_group,
        customers,
        {{ safe_divide('buyers', 'customers') }} as probability,
        cast({{ wilson_bound('buyers', 'customers', '-') }} as numeric(18, 6)) as probability_low,
        cast({{ wilson_bound('buyers', 'customers', '+') }} as numeric(18, 6)) as probability_high,
        {{ safe_divide('orders', 'customers') }} as orders,
        {{ safe_divide('profit', 'customers') }} as profit,
        cast(
            {{ normal_quantile_95() }}
            * sqrt({{ squared_error_of_mean('customers', 'profit', 'profit_squared') }})
            as numeric(18, 6)
        ) as profit_half_width
    from ranked
    where choice = 1

)

select * from final
