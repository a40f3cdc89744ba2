with

renamed as (

    select
        date as calendar_date,
        source_file,
        record_number
    from {{ source('adventure_works', 'calendar') }}

)

select * from renamed
