with

as_of as (

    select as_of_date
    from {{ ref('int_as_of_date') }}

),

launch as (

    select cast(date_trunc('month', first_date) as date) as launch_month
    from {{ ref('int_spans') }}
    where period = 'current_range'

),

customers as (

    select
        customer_key,
        min(order_date) as first_order_date,
        min(case when customer_order_number = 2 then order_date end) as second_order_date
    from {{ ref('fact_orders') }}
    where customer_order_number <= 2
    group by customer_key

),

-- Who has not come back by the as-of date is followed until then.
followed as (

    select
        cast(date_trunc('month', customers.first_order_date) as date) as cohort_month,
        coalesce(date_trunc('month', customers.first_order_date) < launch.launch_month, false)
            as is_before_launch,
        customers.first_order_date,
        coalesce(customers.second_order_date, as_of.as_of_date) - customers.first_order_date as days,
        case when customers.second_order_date is null then 0 else 1 end as has_returned
    from customers
    cross join as_of
    cross join launch

),

-- Each customer is in a cohort, and in one of two ranges: before the current product range, or since.
grouped as (
    {% for cohort_month in ['cohort_month', 'cast(null as date)'] %}
    select
        {{ cohort_month }} as cohort_month,
        is_before_launch,
        days,
        count(*) as customers,
        sum(has_returned) as returned,
        min(first_order_date) as first_order_date
    from followed
    group by
        {{ 'cohort_month,' if loop.first }}
        is_before_launch,
        days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

at_risk as (

    select
        *,
        sum(customers) over (
            partition by cohort_month, is_before_launch
            order by days desc rows unbounded preceding
        ) as customers_at_risk
    from grouped

),

-- Kaplan-Meier: the product of the shares at risk that did not come back on each day. No logarithm of 0.
surviving as (

    select
        *,
        min(first_order_date) over (partition by cohort_month, is_before_launch) as group_first_order_date,
        min(case when returned = customers_at_risk then 0 else 1 end) over (
            partition by cohort_month, is_before_launch order by days rows unbounded preceding
        ) * exp(sum(
            ln(cast(
                customers_at_risk - case when returned = customers_at_risk then 0 else returned end
                as double precision
            ) / customers_at_risk)
        ) over (
            partition by cohort_month, is_before_launch order by days rows unbounded preceding
        )) as not_returned_share
    from at_risk

),

-- The month after the first order in which the day lies; a year is 365 days.
final as (

    select
        cohort_month,
        is_before_launch,
        cast(greatest(ceil(cast(12 * days as double precision) / 365), 1) as integer) - 1
            as months_since_first_order,
        min(group_first_order_date) as first_order_date,
        cast(min(not_returned_share) as numeric(28, 10)) as not_returned_share
    from surviving
    group by
        cohort_month,
        is_before_launch,
        greatest(ceil(cast(12 * days as double precision) / 365), 1)

)

select * from final
