with

renamed as (

    select
        query_id,
        trim(query_label) as query_label,
        trim(query_type) as query_type,
        trim(status) as query_status,
        -- The query comment, which is at the start.
        substring(query_text, 1, 500) as beginning,
        start_time as started_at,
        cast(elapsed_time * 0.000001 as numeric(18, 6)) as elapsed_seconds,
        cast(queue_time * 0.000001 as numeric(18, 6)) as queue_seconds,
        cast(execution_time * 0.000001 as numeric(18, 6)) as execution_seconds
    from {{ source('redshift_system', 'sys_query_history') }}

)

select * from renamed
