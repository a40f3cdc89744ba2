with

outcomes as (

    select *
    from {{ ref('int_customer_value__outcomes') }}

),

with_total as (

    select
        cutoff_number,
        cutoff_date,
        horizon_days,
        value_group,
        customers,
        expected_buyers,
        expected_orders,
        expected_profit,
        buyers,
        orders,
        profit
    from outcomes
    union all
    select
        cutoff_number,
        cutoff_date,
        horizon_days,
        cast('all' as varchar(64)) as value_group,
        customers,
        expected_buyers,
        expected_orders,
        expected_profit,
        buyers,
        orders,
        profit
    from outcomes

),

summed as (

    select
        cutoff_number,
        cutoff_date,
        horizon_days,
        value_group,
        cast(sum(customers) as bigint) as customers,
        cast(sum(expected_buyers) as numeric(18, 4)) as expected_buyers,
        cast(sum(buyers) as bigint) as buyers,
        cast(sum(expected_orders) as numeric(18, 4)) as expected_orders,
        cast(sum(orders) as bigint) as orders,
        cast(sum(expected_profit) as numeric(18, 4)) as expected_profit,
        cast(sum(profit) as numeric(18, 4)) as profit
    from with_total
    group by
        cutoff_number,
        cutoff_date,
        horizon_days,
        value_group

),

final as (

    select
        summed.cutoff_date,
        summed.horizon_days,
        summed.value_group,
        summed.cutoff_number * 90 = summed.horizon_days as is_latest,
        summed.customers,
        summed.customers < {{ threshold('life_table_small_base') }} as is_small_base,
        summed.expected_buyers,
        summed.buyers,
        {{ safe_divide('summed.buyers', 'summed.expected_buyers') }} as buyers_to_expected,
        {{ safe_divide('summed.buyers', 'summed.customers') }} as ordered_share,
        summed.expected_orders,
        summed.orders,
        {{ safe_divide('summed.orders', 'summed.expected_orders') }} as orders_to_expected,
        summed.expected_profit,
        summed.profit,
        {{ safe_divide(
            'summed.profit', 'case when summed.expected_profit > 0 then summed.expected_profit end'
        ) }} as profit_to_expected,
        {{ safe_divide('summed.expected_profit', 'summed.customers') }} as expected_profit_per_customer,
        {{ safe_divide('summed.profit', 'summed.customers') }} as profit_per_customer,
        -- Of the order by expected profit; only in the row of all value groups
        case when summed.value_group = 'all' then ranking.life_table_groups end as life_table_groups,
        cast(case when summed.value_group = 'all' then ranking.rank_correlation end as numeric(18, 6))
            as rank_correlation,
        cast(case when summed.value_group = 'all' then ranking.top_decile_lift end as numeric(18, 6))
            as top_decile_lift
    from summed
    inner join {{ ref('int_customer_value__ranking') }} as ranking
        on
            summed.cutoff_number = ranking.cutoff_number
            and summed.horizon_days = ranking.horizon_days

)

select * from final
