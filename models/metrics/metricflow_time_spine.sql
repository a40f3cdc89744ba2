with

dates as (

    select date_day
    from {{ ref('dim_dates') }}

)

select * from dates
