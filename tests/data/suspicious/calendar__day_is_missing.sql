-- Gaps in the calendar: sales on these days are quarantined.
with

dates as (

    select
        date_day,
        is_in_calendar
    from {{ ref('dim_dates') }}

),

calendar as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from dates
    where is_in_calendar

)

select dates.date_day
from dates
inner join calendar on dates.date_day between calendar.first_day and calendar.last_day
where not dates.is_in_calendar
