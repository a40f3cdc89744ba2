with

renamed as (

    select
        load_id,
        table_name,
        source_file,
        status,
        bytes as file_bytes,
        records,
        loaded as loaded_records,
        rejected as rejected_records,
        blank as blank_records,
        nullif(corrects, '') as corrects_load_id,
        source as load_source,
        dataset_version,
        loaded_at,
        as_of_date
    from {{ source('adventure_works_load', 'load_log') }}

)

select * from renamed
