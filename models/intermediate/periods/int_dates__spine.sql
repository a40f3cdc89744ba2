with

-- Full years, so that every week, month, quarter and year with a calendar day is complete.
bounds as (

    select
        cast(date_trunc('year', min(calendar_date)) as date) as first_day,
        cast({{ dbt.dateadd('year', 1, "date_trunc('year', max(calendar_date))") }} as date) - 1 as last_day
    from {{ ref('stg_adventure_works__calendar') }}

),

numbers as (

    select cast(generated_number as integer) - 1 as n
    from ({{ dbt.generate_series(100000) }}) as series

),

days as (

    select bounds.first_day + cast(numbers.n as integer) as date_day
    from bounds
    inner join numbers on numbers.n <= bounds.last_day - bounds.first_day

)

select * from days
