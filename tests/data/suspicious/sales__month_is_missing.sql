-- A month of the calendar without sales, up to the as-of date: a file or part of one is probably missing.
with

sales_months as (

    select cast(date_trunc('month', order_date) as date) as month_start_date
    from {{ ref('int_sales_days') }}
    group by cast(date_trunc('month', order_date) as date)

),

calendar_months as (

    select dates.month_start_date
    from {{ ref('dim_dates') }} as dates
    inner join {{ ref('int_as_of_date') }} as as_of on dates.date_day <= as_of.as_of_date
    where dates.is_in_calendar
    group by dates.month_start_date

)

select calendar_months.month_start_date
from calendar_months
left join sales_months on calendar_months.month_start_date = sales_months.month_start_date
where sales_months.month_start_date is null
