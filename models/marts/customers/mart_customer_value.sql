with

-- The Unknown customer is included if it has sales, so that sales sum to the fact. It has no scores.
described as (

    select
        customers.customer_key,
        customers.age_group,
        customers.income_bracket,
        customers.gender,
        -- Lifetime
        coalesce(history.orders, 0) as orders,
        coalesce(history.units, 0) as units,
        cast(coalesce(history.lifetime_revenue, 0) as numeric(18, 4)) as lifetime_revenue,
        cast(coalesce(history.lifetime_cost, 0) as numeric(18, 4)) as lifetime_cost,
        cast(coalesce(history.lifetime_profit, 0) as numeric(18, 4)) as lifetime_profit,
        {{ safe_divide('history.lifetime_profit', 'history.lifetime_revenue') }} as profit_margin,
        {{ safe_divide('history.lifetime_revenue', 'history.orders') }} as average_order_value,
        -- Dates and gaps
        history.first_order_date,
        history.last_order_date,
        cast(as_of.as_of_date - history.first_order_date as integer) as days_since_first_order,
        cast(as_of.as_of_date - history.last_order_date as integer) as days_since_last_order,
        history.median_gap_days,
        history.mean_gap_days,
        history.last_order_date + cast(round(history.mean_gap_days, 0) as integer)
            as expected_next_order_date,
        -- RFM
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        coalesce(scores.is_vip, false) as is_vip,
        customers.customer_key <> -1 and coalesce(history.orders, 0) >= 2 as is_repeat
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('int_as_of_date') }} as as_of
    left join {{ ref('int_customers__order_history') }} as history
        on customers.customer_key = history.customer_key
    left join {{ ref('int_customers__scores') }} as scores on customers.customer_key = scores.customer_key
    where
        customers.customer_key <> -1
        or history.customer_key is not null

),

-- The first true condition decides, so that each customer is in exactly one value segment.
final as (

    select
        *,
        cast(
            case
                when customer_key = -1 then 'Unknown'
                when orders = 0 then 'never ordered'
                when days_since_last_order > {{ threshold('lapsed_days') }} then 'lapsed'
                when is_vip and days_since_last_order > {{ threshold('at_risk_days') }} then 'VIP at risk'
                when is_vip then 'VIP'
                when is_repeat and days_since_last_order > {{ threshold('at_risk_days') }} then 'at risk'
                when is_repeat then 'loyal'
                when days_since_last_order <= {{ threshold('new_customer_days') }} then 'new'
                else 'one-time'
            end as varchar(64)
        ) as value_segment,
        is_repeat and days_since_last_order > {{ threshold('at_risk_days') }} as is_at_risk
    from described

)

select * from final
