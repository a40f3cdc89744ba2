with

returns as (

    select
        return_date,
        territory_key,
        product_key,
        return_quantity,
        source_file,
        record_number
    from {{ source('adventure_works', 'returns') }}

)

select * from returns
