with

returns as (

    select return_date
    from {{ ref('int_returns__checked') }}
    where quarantine_reason is null

),

days_with_records as (

    select min(sales.order_date) as date_day
    from {{ ref('int_sales__as_of') }} as sales
    inner join {{ ref('int_dates__spine') }} as days on sales.order_date = days.date_day
    union all
    select min(return_date) as date_day
    from returns
    union all
    select max(return_date) as date_day
    from returns
    union all
    select as_of_date as date_day
    from {{ ref('int_as_of_date') }}

),

extent as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from days_with_records

),

months as (

    select
        cast(date_trunc('month', days.date_day) as date) as month_start_date,
        max(days.date_day) as month_end_date
    from {{ ref('int_dates__spine') }} as days
    cross join extent
    where
        days.date_day >= date_trunc('month', extent.first_day)
        and days.date_day < {{ dbt.dateadd('month', 1, "date_trunc('month', extent.last_day)") }}
    group by cast(date_trunc('month', days.date_day) as date)

),

described as (

    select
        months.month_start_date,
        cast(extract(year from months.month_start_date) as integer) as year_number,
        cast(extract(month from months.month_start_date) as integer) as month_number,
        cast({{ dbt.dateadd('month', -12, 'months.month_start_date') }} as date)
            as last_year_month_start_date,
        months.month_end_date <= as_of.as_of_date as is_complete_month
    from months
    cross join {{ ref('int_as_of_date') }} as as_of

)

select * from described
