with

periods as (

    select
        as_of_date,
        first_order_date
    from {{ ref('int_comparison_periods') }}

),

returns as (

    select returns.return_date
    from {{ ref('int_returns__checked') }} as returns
    inner join periods on returns.return_date <= periods.as_of_date
    where returns.quarantine_reason is null

),

days_with_records as (

    select first_order_date as date_day
    from periods
    union all
    select min(return_date) as date_day
    from returns
    union all
    select as_of_date as date_day
    from periods

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

last_years as (

    select
        months.*,
        periods.as_of_date,
        coalesce(months.month_start_date >= periods.first_order_date, false) as begins_on_record,
        cast({{ dbt.dateadd('month', -12, 'months.month_start_date') }} as date)
            as last_year_month_start_date,
        cast({{ dbt.dateadd('month', -11, 'months.month_start_date') }} as date) - 1
            as last_year_month_end_date,
        coalesce(
            {{ dbt.dateadd('month', -12, 'months.month_start_date') }} >= periods.first_order_date, false
        ) as has_last_year
    from months
    cross join periods

),

described as (

    select
        month_start_date,
        cast(extract(year from month_start_date) as integer) as year_number,
        cast(extract(month from month_start_date) as integer) as month_number,
        begins_on_record and month_end_date <= as_of_date as is_complete_month,
        begins_on_record,
        has_last_year,
        last_year_month_start_date,
        case
            when month_end_date <= as_of_date then last_year_month_end_date
            else least(
                last_year_month_start_date + cast(as_of_date - month_start_date as integer),
                last_year_month_end_date
            )
        end as last_year_last_date
    from last_years

)

select * from described
