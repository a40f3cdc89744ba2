with

renamed as (

    select
        query_id,
        sequence as piece,
        text as piece_text
    from {{ source('redshift_system', 'sys_query_text') }}

)

select * from renamed
