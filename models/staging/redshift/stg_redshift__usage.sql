with

renamed as (

    select
        start_time as started_at,
        end_time as ended_at,
        charged_seconds as charged_rpu_seconds,
        cast(compute_capacity as numeric(18, 4)) as rpus,
        data_storage as stored_megabytes
    from {{ source('redshift_system', 'sys_serverless_usage') }}

)

select * from renamed
