with

activity as (

    select
        cohort_month,
        activity_month,
        active_customers,
        orders,
        revenue,
        cost,
        profit
    from {{ ref('int_customer_cohorts__activity') }}

),

-- In month 0 all customers of a cohort are active, so this is the size of the cohort.
cohorts as (

    select
        activity.cohort_month,
        activity.active_customers as cohort_customers,
        returns.is_before_launch,
        returns.first_order_date
    from activity
    inner join {{ ref('int_customer_cohorts__returns') }} as returns
        on activity.cohort_month = returns.cohort_month
    where activity.cohort_month = activity.activity_month
    group by
        activity.cohort_month,
        activity.active_customers,
        returns.is_before_launch,
        returns.first_order_date

),

-- The first order of any cohort of the same range, which was followed the longest.
ranges as (

    select
        is_before_launch,
        min(first_order_date) as range_first_order_date
    from cohorts
    group by is_before_launch

),

months as (

    select
        dates.month_start_date as activity_month,
        as_of.as_of_date,
        cast({{ dbt.dateadd('month', 1, 'dates.month_start_date') }} as date) - 1 <= as_of.as_of_date
            as is_observable
    from {{ ref('dim_dates') }} as dates
    inner join {{ ref('int_as_of_date') }} as as_of on dates.month_start_date <= as_of.as_of_date
    group by
        dates.month_start_date,
        as_of.as_of_date

),

-- Every month from the cohort month on, also without an order of the cohort.
followed as (

    select
        cohorts.*,
        ranges.range_first_order_date,
        months.activity_month,
        months.as_of_date,
        months.is_observable,
        cast(
            (extract(year from months.activity_month) - extract(year from cohorts.cohort_month)) * 12
            + extract(month from months.activity_month) - extract(month from cohorts.cohort_month)
            as integer
        ) as months_since_first_order
    from cohorts
    inner join ranges on cohorts.is_before_launch = ranges.is_before_launch
    inner join months on cohorts.cohort_month <= months.activity_month

),

filled as (

    select
        followed.*,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.orders, 0) as orders,
        {% for money in ['revenue', 'cost'] -%}
        cast(coalesce(activity.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(activity.profit, 0) as numeric(18, 4)) as profit
    from followed
    left join activity
        on
            followed.cohort_month = activity.cohort_month
            and followed.activity_month = activity.activity_month

)

select * from filled
