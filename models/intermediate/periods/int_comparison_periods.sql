with

as_of as (

    select
        as_of_date,
        as_of_date + 1 as day_after
    from {{ ref('int_as_of_date') }}

),

calendar as (

    select min(calendar_date) as first_date
    from {{ ref('stg_adventure_works__calendar') }}

),

-- A wrong date before the calendar is quarantined, so it must not count as history.
history as (

    select min(dates.order_date) as first_order_date
    from {{ ref('int_order_dates') }} as dates
    inner join calendar on dates.order_date >= calendar.first_date
    inner join as_of on dates.order_date <= as_of.as_of_date

),

-- Counted from the day after the as-of date: a period that ends on a month end then starts on the 1st.
counted_back as (

    select
        as_of.*,
        history.first_order_date,
        cast({{ dbt.dateadd('month', -12, 'as_of.day_after') }} as date) as last_12_from,
        cast({{ dbt.dateadd('month', -24, 'as_of.day_after') }} as date) as previous_12_from
    from as_of
    cross join history

),

periods as (

    select
        as_of_date,
        first_order_date,
        last_12_from,
        previous_12_from,
        coalesce(first_order_date <= previous_12_from, false) as has_previous_12
    from counted_back

)

select * from periods
