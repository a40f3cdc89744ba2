with

source as (

    select
        load_id,
        table_name,
        source_file,
        status,
        sha256,
        bytes,
        records,
        loaded,
        rejected,
        blank,
        encoding,
        date_order,
        source,
        dataset_version,
        loaded_at,
        as_of_date
    from {{ source('adventure_works_load', 'load_log') }}

),

renamed as (

    select
        load_id,
        table_name,
        source_file,
        status,
        sha256,
        bytes as file_bytes,
        records,
        loaded as loaded_records,
        rejected as rejected_records,
        blank as blank_records,
        encoding as file_encoding,
        date_order,
        source as load_source,
        dataset_version,
        loaded_at,
        as_of_date
    from source

)

select * from renamed
