with

renamed as (

    select
        query_id,
        child_query_sequence as child_query_number,
        stream_id,
        segment_id,
        step_id,
        trim(step_name) as step_name,
        input_bytes,
        coalesce(spilled_block_local_disk, 0) + coalesce(spilled_block_remote_disk, 0) as spilled_blocks
    from {{ source('redshift_system', 'sys_query_detail') }}
    -- Exclude the view's totals of segments, streams and statements.
    where trim(metrics_level) = 'step'

)

select * from renamed
