with

days as (

    select
        order_date,
        cast(count(*) as bigint) as records
    from {{ ref('stg_adventure_works__sales') }}
    group by order_date

)

select * from days
