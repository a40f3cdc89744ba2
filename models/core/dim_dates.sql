with

weekdays as (

    select
        date_day,
        cast((extract(dow from date_day) + 6) % 7 + 1 as integer) as day_of_week
    from {{ ref('int_dates__spine') }}

),

-- An ISO week belongs to the year of its Thursday.
weeks as (

    select
        *,
        date_day - (day_of_week - 1) as week_start_date,
        date_day - (day_of_week - 4) as week_thursday
    from weekdays

),

described as (

    select
        weeks.date_day,
        cast(extract(year from weeks.date_day) as integer) as year_number,
        cast(extract(quarter from weeks.date_day) as integer) as quarter_number,
        cast(extract(month from weeks.date_day) as integer) as month_number,
        cast({{ month_name('weeks.date_day') }} as varchar(16)) as month_name,
        cast(extract(day from weeks.date_day) as integer) as day_of_month,
        cast(extract(doy from weeks.date_day) as integer) as day_of_year,
        weeks.day_of_week,
        cast({{ weekday_name('weeks.date_day') }} as varchar(16)) as weekday_name,
        weeks.day_of_week >= 6 as is_weekend,
        cast(extract(year from weeks.week_thursday) as integer) as iso_year,
        cast(floor((extract(doy from weeks.week_thursday) - 1) / 7.0) + 1 as integer) as iso_week,
        cast(date_trunc('year', weeks.date_day) as date) as year_start_date,
        cast(date_trunc('quarter', weeks.date_day) as date) as quarter_start_date,
        cast(date_trunc('month', weeks.date_day) as date) as month_start_date,
        weeks.week_start_date,
        calendar.calendar_date is not null as is_in_calendar
    from weeks
    left join {{ ref('stg_adventure_works__calendar') }} as calendar
        on weeks.date_day = calendar.calendar_date

)

select * from described
