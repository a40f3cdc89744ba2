with

orders as (

    select
        customer_key,
        cast(date_trunc('quarter', order_date) as date) as order_quarter,
        revenue
    from {{ ref('fact_orders') }}
    where customer_key <> -1

),

customers as (

    select
        customer_key,
        min(order_quarter) as cohort_quarter
    from orders
    group by customer_key

),

cohorts as (

    select
        cohort_quarter,
        count(*) as cohort_customers
    from customers
    group by cohort_quarter

),

activity as (

    select
        customers.cohort_quarter,
        orders.order_quarter,
        count(distinct orders.customer_key) as active_customers,
        sum(orders.revenue) as revenue
    from orders
    inner join customers on orders.customer_key = customers.customer_key
    group by
        customers.cohort_quarter,
        orders.order_quarter

),

quarters as (

    select
        cast(date_trunc('quarter', months.month_start_date) as date) as activity_quarter,
        cast({{ dbt.dateadd('month', 3, "date_trunc('quarter', months.month_start_date)") }} as date) - 1
        <= as_of.as_of_date as is_observable
    from {{ ref('int_months') }} as months
    inner join {{ ref('int_as_of_date') }} as as_of on months.month_start_date <= as_of.as_of_date
    group by
        date_trunc('quarter', months.month_start_date),
        as_of.as_of_date

),

-- Every quarter from the cohort quarter on, also without an order of the cohort.
final as (

    select
        cohorts.cohort_quarter,
        cast(
            (extract(year from quarters.activity_quarter) - extract(year from cohorts.cohort_quarter)) * 4
            + extract(quarter from quarters.activity_quarter) - extract(quarter from cohorts.cohort_quarter)
            as integer
        ) as quarters_since_first_order,
        quarters.activity_quarter,
        cohorts.cohort_customers,
        cast(coalesce(activity.active_customers, 0) as bigint) as active_customers,
        cast(coalesce(activity.revenue, 0) as numeric(18, 4)) as revenue,
        quarters.is_observable
    from cohorts
    inner join quarters on cohorts.cohort_quarter <= quarters.activity_quarter
    left join activity
        on
            cohorts.cohort_quarter = activity.cohort_quarter
            and quarters.activity_quarter = activity.order_quarter

)

select * from final
