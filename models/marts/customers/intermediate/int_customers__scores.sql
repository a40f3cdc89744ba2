with

-- Percent ranks: the share of the other buyers below (or above) a buyer; ties have equal ranks.
ranked as (

    select
        customer_key,
        orders,
        percent_rank() over (order by last_order_date) as recency_rank,
        percent_rank() over (order by orders) as frequency_rank,
        percent_rank() over (order by lifetime_revenue) as monetary_rank,
        percent_rank() over (order by lifetime_revenue desc) as share_spending_more
    from {{ ref('int_customers__order_history') }}
    where customer_key <> -1

),

scored as (

    select
        customer_key,
        {% for score in ['recency', 'frequency', 'monetary'] -%}
        cast(case when {{ score }}_rank = 1 then 5 else floor(5 * {{ score }}_rank) + 1 end as integer)
            as {{ score }}_score,
        {% endfor -%}
        orders >= 2
        and share_spending_more <= 1 - {{ threshold('vip_percentile') }} as is_vip
    from ranked

)

select * from scored
