with

summed as (

    select
        value_group,
        count(*) as customers,
        cast(sum(orders) as bigint) as orders,
        cast(sum(lifetime_revenue) as numeric(18, 4)) as revenue,
        cast(sum(lifetime_cost) as numeric(18, 4)) as cost,
        cast(sum(lifetime_profit) as numeric(18, 4)) as profit,
        cast(percentile_cont(0.5) within group (order by days_since_last_order) as numeric(18, 1))
            as median_days_since_last_order,
        {{ safe_divide('sum(order_probability_180_days)', 'count(order_probability_180_days)') }}
            as order_probability_180_days,
        cast(sum(expected_180_day_profit) as numeric(18, 4)) as expected_180_day_profit,
        {{ safe_divide('sum(expected_180_day_profit)', 'count(expected_180_day_profit)') }}
            as expected_180_day_profit_per_customer,
        cast(sum(case when is_repeat then 1 else 0 end) as bigint) as repeat_customers,
        cast(sum(case when is_vip then 1 else 0 end) as bigint) as vip_customers,
        cast(sum(case when is_vip then lifetime_profit else 0 end) as numeric(18, 4)) as vip_profit,
        cast(sum(case when is_at_risk then 1 else 0 end) as bigint) as at_risk_customers,
        cast(sum(case when is_declining then 1 else 0 end) as bigint) as declining_customers
    from {{ ref('mart_customer_value') }}
    group by value_group

),

backtest as (

    select
        value_group,
        cutoff_date,
        customers,
        ordered_share,
        expected_profit_per_customer,
        profit_per_customer
    from {{ ref('mart_customer_value_backtest') }}
    where
        is_latest
        and horizon_days = 180

),

final as (

    select
        summed.value_group,
        cast(
            row_number() over (
                order by
                    case when summed.value_group = 'Unknown' then 1 else 0 end asc,
                    case when summed.expected_180_day_profit_per_customer is null then 1 else 0 end asc,
                    summed.expected_180_day_profit_per_customer desc,
                    summed.profit desc,
                    summed.value_group asc
            ) as integer
        ) as value_group_order,
        value_groups.meaning,
        value_groups.suggested_action,
        summed.customers,
        summed.orders,
        summed.revenue,
        summed.cost,
        summed.profit,
        summed.median_days_since_last_order,
        summed.order_probability_180_days,
        summed.expected_180_day_profit,
        summed.expected_180_day_profit_per_customer,
        backtest.cutoff_date as backtest_date,
        backtest.customers as backtest_customers,
        backtest.ordered_share as backtest_ordered_share,
        backtest.expected_profit_per_customer as backtest_expected_profit_per_customer,
        backtest.profit_per_customer as backtest_profit_per_customer,
        summed.repeat_customers,
        summed.vip_customers,
        summed.vip_profit,
        summed.at_risk_customers,
        summed.declining_customers
    from summed
    inner join {{ ref('value_groups') }} as value_groups on summed.value_group = value_groups.value_group
    left join backtest on summed.value_group = backtest.value_group

)

select * from final
