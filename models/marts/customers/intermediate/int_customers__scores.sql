with

-- Percent ranks: the share of the other buyers below (or above) a buyer; ties have equal ranks.
ranked as (

    select
        customer_key,
        percent_rank() over (order by last_order_date) as recency_rank,
        percent_rank() over (order by orders) as frequency_rank,
        percent_rank() over (order by lifetime_revenue) as monetary_rank
    from {{ ref('int_customers__order_history') }}
    where customer_key <> -1

),

scored as (

    select
        customer_key,
        cast(case when recency_rank = 1 then 5 else floor(5 * recency_rank) + 1 end as integer)
            as recency_score,
        cast(case when frequency_rank = 1 then 5 else floor(5 * frequency_rank) + 1 end as integer)
            as frequency_score,
        cast(case when monetary_rank = 1 then 5 else floor(5 * monetary_rank) + 1 end as integer)
            as monetary_score
    from ranked

)

select * from scored
