with

-- Every cut-off day that has both a day before it to learn from and the days after it.
horizons as (
    {% for horizon in [90, 180] %}
    select
        cast({{ horizon }} as integer) as horizon_days,
        cutoff_number,
        cutoff_date,
        value_group,
        life_table_group,
        expected_{{ horizon }}_day_orders as expected_orders,
        expected_{{ horizon }}_day_profit as expected_profit,
        order_probability_{{ horizon }}_days as expected_buyers,
        next_{{ horizon }}_day_orders as orders,
        next_{{ horizon }}_day_profit as profit
    from {{ ref('int_customers__value_groups') }}
    where
        next_{{ horizon }}_day_orders is not null
        and life_table_group is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (

    select
        cutoff_number,
        cutoff_date,
        horizon_days,
        value_group,
        life_table_group,
        count(*) as customers,
        cast(sum(expected_buyers) as numeric(38, 6)) as expected_buyers,
        cast(sum(expected_orders) as numeric(38, 6)) as expected_orders,
        cast(sum(expected_profit) as numeric(38, 6)) as expected_profit,
        count(nullif(orders, 0)) as buyers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(profit) as numeric(18, 4)) as profit
    from horizons
    group by
        cutoff_number,
        cutoff_date,
        horizon_days,
        value_group,
        life_table_group

)

select * from summed
