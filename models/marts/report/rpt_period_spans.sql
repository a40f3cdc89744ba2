with

months as (

    select
        month_start_date,
        year_number
    from {{ ref('int_months') }}

),

extent as (

    select
        as_of_date,
        last_12_from,
        first_order_date
    from {{ ref('int_comparison_periods') }}

),

years as (

    select
        months.year_number,
        cast(date_trunc('year', min(months.month_start_date)) as date) as first_date
    from months
    inner join extent
        on months.month_start_date between date_trunc('month', extent.first_order_date) and extent.as_of_date
    group by months.year_number

),

periods as (

    select
        cast('last-12-months' as varchar(32)) as period,
        last_12_from as first_date,
        as_of_date as last_date
    from extent
    union all
    select
        cast(years.year_number as varchar(32)) as period,
        years.first_date,
        least(cast({{ dbt.dateadd('year', 1, 'years.first_date') }} as date) - 1, extent.as_of_date)
            as last_date
    from years
    cross join extent
    union all
    select
        cast('all' as varchar(32)) as period,
        min(months.month_start_date) as first_date,
        min(extent.as_of_date) as last_date
    from months
    cross join extent

),

-- Counted from the day after the last date, so that a month end is compared with a month end.
year_before as (

    select
        period,
        cast({{ dbt.dateadd('month', -12, 'first_date') }} as date) as first_date,
        cast({{ dbt.dateadd('month', -12, 'last_date + 1') }} as date) - 1 as last_date
    from periods
    where period <> 'all'

),

final as (

    select
        period,
        false as is_year_before,
        first_date,
        last_date
    from periods
    -- Without orders there is none.
    where first_date is not null
    union all
    select
        year_before.period,
        true as is_year_before,
        year_before.first_date,
        year_before.last_date
    from year_before
    inner join extent on year_before.first_date >= extent.first_order_date

)

select * from final
