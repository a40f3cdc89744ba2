with

renamed as (

    select
        sales_territory_key as territory_key,
        region,
        country,
        continent,
        source_file,
        record_number
    from {{ source('adventure_works', 'territories') }}

)

select * from renamed
