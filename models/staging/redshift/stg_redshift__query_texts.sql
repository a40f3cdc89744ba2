with

source as (

    select
        query_id,
        sequence,
        text
    from {{ source('redshift_system', 'sys_query_text') }}

),

renamed as (

    select
        query_id,
        sequence as piece,
        text as piece_text
    from source

)

select * from renamed
