with

source as (

    select
        date,
        source_file,
        record_number
    from {{ source('adventure_works', 'calendar') }}

),

renamed as (

    select
        date as calendar_date,
        source_file,
        record_number
    from source

)

select * from renamed
