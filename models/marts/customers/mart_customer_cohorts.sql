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
        cohort_month,
        active_customers as cohort_customers
    from activity
    where cohort_month = activity_month

),

months as (

    select
        dates.month_start_date as activity_month,
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
        cohorts.cohort_month,
        months.activity_month,
        cast(
            (extract(year from months.activity_month) - extract(year from cohorts.cohort_month)) * 12
            + extract(month from months.activity_month) - extract(month from cohorts.cohort_month)
            as integer
        ) as months_since_first_order,
        cohorts.cohort_customers,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.orders, 0) as orders,
        cast(coalesce(activity.revenue, 0) as numeric(18, 4)) as revenue,
        cast(coalesce(activity.cost, 0) as numeric(18, 4)) as cost,
        cast(coalesce(activity.profit, 0) as numeric(18, 4)) as profit,
        months.is_observable
    from cohorts
    inner join months on cohorts.cohort_month <= months.activity_month
    left join activity
        on
            cohorts.cohort_month = activity.cohort_month
            and months.activity_month = activity.activity_month

),

accumulated as (

    select
        *,
        cast(
            sum(revenue) over (
                partition by cohort_month
                order by activity_month
                rows between unbounded preceding and current row
            ) as numeric(18, 4)
        ) as cumulative_revenue
    from followed

),

final as (

    select
        accumulated.*,
        {{ safe_divide('accumulated.active_customers', 'accumulated.cohort_customers') }} as retention_rate,
        {{ safe_divide('accumulated.cumulative_revenue', 'accumulated.cohort_customers') }}
            as cumulative_revenue_per_customer,
        coalesce(accumulated.cohort_month < cast(date_trunc('month', launch.launch_date) as date), false)
            as is_before_launch
    from accumulated
    cross join {{ ref('int_product_range__launch') }} as launch

)

select * from final
