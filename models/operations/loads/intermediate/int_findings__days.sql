{#- Days without sales, and order numbers that are missing between two days. -#}
{%- set number = "regexp_replace(order_number, '^[^0-9]*', '')" -%}

with

-- A number only where nothing but digits follows the letters that an order number begins with.
numbered as (

    select
        order_date,
        case
            when {{ number }} ~ '^[0-9]+$' and length({{ number }}) < 18 then cast({{ number }} as bigint)
        end as order_number
    from {{ ref('fact_orders') }}

),

days_with_orders as (

    select
        order_date,
        count(*) as orders,
        count(distinct order_number) as numbers,
        min(order_number) as lowest_number,
        max(order_number) as highest_number
    from numbered
    group by order_date

),

span as (

    select
        min(order_date) as first_date,
        max(order_date) as last_date,
        sum(orders) as orders
    from days_with_orders

),

-- Expected are as many orders as on the mean of the four weeks before and after.
days as (

    select
        dates.date_day,
        coalesce(days_with_orders.orders, 0) as orders,
        sum(case when days_with_orders.orders > 0 then 1 else 0 end) over (
            order by dates.date_day
            rows between unbounded preceding and current row
        ) as days_with_orders_before,
        sum(coalesce(days_with_orders.orders, 0)) over (
            order by dates.date_day
            rows between 28 preceding and 28 following
        ) / 57.0 as expected_orders
    from {{ ref('dim_dates') }} as dates
    inner join span on dates.date_day between span.first_date and span.last_date
    left join days_with_orders on dates.date_day = days_with_orders.order_date

),

runs_without_orders as (

    select
        min(date_day) as first_date,
        max(date_day) as last_date,
        count(*) as days,
        count(*) * max(expected_orders) as expected_orders
    from days
    where orders = 0
    group by days_with_orders_before

),

missing_days as (

    select
        *,
        sum(days) over () as all_days
    from runs_without_orders
    where expected_orders >= {{ threshold('suspicious_missing_orders') }}

),

unusual_days as (

    select *
    from missing_days
    where all_days > {{ threshold('usual_days_without_sales') }}

),

followed as (

    select
        *,
        lag(order_date) over (order by order_date) as date_before,
        lag(highest_number) over (order by order_date) as number_before
    from days_with_orders

),

gaps as (

    select
        order_date,
        date_before,
        highest_number - number_before - numbers as missing_numbers,
        case when lowest_number > number_before then 1 else 0 end as is_rising
    from followed
    where number_before is not null

),

-- Only where numbers rise from day to day do missing ones say something.
rising as (

    select avg(cast(is_rising as double precision)) as rising_share
    from gaps

),

missing_numbers as (

    select gaps.*
    from gaps
    cross join rising
    where
        rising.rising_share > 0.95
        and gaps.is_rising = 1
        and gaps.missing_numbers > case
            when extract(day from gaps.order_date) = 1
                then {{ threshold('suspicious_missing_numbers_month') }}
            else {{ threshold('suspicious_missing_numbers') }}
        end

),

final as (

    {{ finding(
        'days_without_sales', 'unusual_days', "days >= " ~ threshold('guard_days_without_sales'), {
        'table_name': "'sales'", 'records': 'days', 'of_records': 'all_days', 'amount': 'round(expected_orders, 0)',
        'first_date': 'first_date', 'last_date': 'last_date',
    }) }}
    union all
    {{ finding('missing_numbers', 'missing_numbers', 'false', {
        'table_name': "'sales'", 'records': 'missing_numbers',
        'first_date': 'date_before', 'last_date': 'order_date',
    }) }}

)

select * from final
