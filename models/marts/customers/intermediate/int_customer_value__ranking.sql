with

-- Groups in which customers have the same expectation. The same group has one expectation on one day.
life_table_groups as (

    select
        cutoff_number,
        horizon_days,
        life_table_group,
        sum(customers) as customers,
        {{ safe_divide('sum(expected_profit)', 'sum(customers)') }} as expected_profit,
        {{ safe_divide('sum(profit)', 'sum(customers)') }} as profit,
        sum(profit) as total_profit
    from {{ ref('int_customer_value__outcomes') }}
    group by
        cutoff_number,
        horizon_days,
        life_table_group

),

placed as (

    select
        life_table_groups.*,
        sum(life_table_groups.customers) over (
            partition by life_table_groups.cutoff_number, life_table_groups.horizon_days
        ) as all_customers,
        coalesce(
            sum(life_table_groups.customers) over (
                partition by life_table_groups.cutoff_number, life_table_groups.horizon_days
                order by life_table_groups.expected_profit desc, life_table_groups.life_table_group asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as customers_above
    from life_table_groups

),

-- A group that the top tenth cuts counts with the part inside it.
top_tenth as (

    select
        cutoff_number,
        horizon_days,
        sum(total_profit) as profit,
        sum(
            cast(total_profit as double precision)
            * greatest(least(all_customers * 0.1 - customers_above, customers), 0) / customers
        ) as top_profit
    from placed
    group by
        cutoff_number,
        horizon_days

),

-- Spearman: the correlation of ranks. Ties have the mean of their ranks.
ranked as (

    select
        cutoff_number,
        horizon_days,
        rank() over (partition by cutoff_number, horizon_days order by expected_profit)
        + (count(*) over (partition by cutoff_number, horizon_days, expected_profit) - 1) / 2.0
            as expected_rank,
        rank() over (partition by cutoff_number, horizon_days order by profit)
        + (count(*) over (partition by cutoff_number, horizon_days, profit) - 1) / 2.0 as actual_rank
    from life_table_groups
    where customers >= {{ threshold('life_table_small_base') }}

),

correlated as (

    select
        cutoff_number,
        horizon_days,
        count(*) as life_table_groups,
        {{ safe_divide(
            'count(*) * sum(expected_rank * actual_rank) - sum(expected_rank) * sum(actual_rank)',
            'sqrt('
            ~ 'cast(count(*) * sum(expected_rank * expected_rank) - sum(expected_rank) * sum(expected_rank)'
            ~ ' as double precision) * '
            ~ '(count(*) * sum(actual_rank * actual_rank) - sum(actual_rank) * sum(actual_rank)))'
        ) }} as rank_correlation
    from ranked
    group by
        cutoff_number,
        horizon_days

),

final as (

    select
        top_tenth.cutoff_number,
        top_tenth.horizon_days,
        coalesce(correlated.life_table_groups, 0) as life_table_groups,
        correlated.rank_correlation,
        {{ safe_divide(
            'top_tenth.top_profit', 'case when top_tenth.profit > 0 then top_tenth.profit * 0.1 end'
        ) }} as top_decile_lift
    from top_tenth
    left join correlated
        on
            top_tenth.cutoff_number = correlated.cutoff_number
            and top_tenth.horizon_days = correlated.horizon_days

)

select * from final
