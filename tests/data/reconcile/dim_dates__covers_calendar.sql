-- Every day of the calendar is in the dimension and flagged, and the dimension consists of full years.
with

calendar as (

    select calendar_date
    from {{ ref('stg_adventure_works__calendar') }}

),

dates as (

    select
        date_day,
        is_in_calendar
    from {{ ref('dim_dates') }}

),

ends as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from dates

)

select
    cast('missing or not flagged' as varchar(256)) as finding,
    calendar.calendar_date as date_day
from calendar
left join dates on calendar.calendar_date = dates.date_day
where not coalesce(dates.is_in_calendar, false)
union all
select
    cast('not the first day of a year' as varchar(256)) as finding,
    first_day as date_day
from ends
where coalesce(extract(month from first_day) * 100 + extract(day from first_day), 0) <> 101
union all
select
    cast('not the last day of a year' as varchar(256)) as finding,
    last_day as date_day
from ends
where coalesce(extract(month from last_day) * 100 + extract(day from last_day), 0) <> 1231
