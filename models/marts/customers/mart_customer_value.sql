with

valued as (

    select *
    from {{ ref('int_customers__value_groups') }}
    where cutoff_number = 0

),

-- The Unknown customer is included if it has sales, so that sales sum to the fact. It has no scores and no
-- expectation.
final as (

    select
        customers.customer_key,
        customers.age_group,
        customers.income_bracket,
        customers.gender,
        customers.occupation,
        coalesce(history.country, 'Unknown') as country,
        -- Lifetime
        coalesce(history.orders, 0) as orders,
        coalesce(history.units, 0) as units,
        cast(coalesce(history.lifetime_revenue, 0) as numeric(18, 4)) as lifetime_revenue,
        cast(coalesce(history.lifetime_cost, 0) as numeric(18, 4)) as lifetime_cost,
        cast(coalesce(history.lifetime_profit, 0) as numeric(18, 4)) as lifetime_profit,
        {{ safe_divide('history.lifetime_profit', 'history.lifetime_revenue') }} as profit_margin,
        {{ safe_divide('history.lifetime_revenue', 'history.orders') }} as average_order_value,
        valued.profit_per_year,
        -- Dates and gaps
        history.first_order_date,
        history.last_order_date,
        cast(as_of.as_of_date - history.first_order_date as integer) as days_since_first_order,
        cast(as_of.as_of_date - history.last_order_date as integer) as days_since_last_order,
        history.median_gap_days,
        history.mean_gap_days,
        -- RFM
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        -- What customers with the same history did next
        valued.life_table_group,
        valued.life_table_level,
        valued.life_table_customers,
        valued.order_probability_90_days,
        valued.order_probability_180_days,
        valued.order_probability_180_days_low,
        valued.order_probability_180_days_high,
        valued.expected_90_day_orders,
        valued.expected_180_day_orders,
        cast(valued.expected_90_day_profit as numeric(18, 4)) as expected_90_day_profit,
        cast(valued.expected_180_day_profit as numeric(18, 4)) as expected_180_day_profit,
        cast(valued.expected_180_day_profit_low as numeric(18, 4)) as expected_180_day_profit_low,
        cast(valued.expected_180_day_profit_high as numeric(18, 4)) as expected_180_day_profit_high,
        cast(history.lifetime_profit + valued.expected_180_day_profit as numeric(18, 4))
            as customer_lifetime_value_180_days,
        -- Groups
        cast(
            case
                when customers.customer_key = -1 then 'Unknown'
                when history.customer_key is null then 'never ordered'
                else valued.value_group
            end as varchar(64)
        ) as value_group,
        coalesce(valued.is_repeat, false) as is_repeat,
        coalesce(valued.is_vip, false) as is_vip,
        coalesce(valued.is_at_risk, false) as is_at_risk,
        declining.customer_key is not null as is_declining
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('int_as_of_date') }} as as_of
    left join {{ ref('int_customers__order_history') }} as history
        on customers.customer_key = history.customer_key
    left join {{ ref('int_customers__scores') }} as scores on customers.customer_key = scores.customer_key
    left join valued on customers.customer_key = valued.customer_key
    left join {{ ref('int_customers__declining') }} as declining
        on customers.customer_key = declining.customer_key
    where
        customers.customer_key <> -1
        or history.customer_key is not null

)

select * from final
