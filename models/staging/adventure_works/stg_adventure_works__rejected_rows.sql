with

renamed as (

    select
        table_name,
        source_file,
        record_number,
        line_number,
        column_name,
        reason as reject_reason,
        raw_text
    from {{ source('adventure_works_load', 'rejected_rows') }}

)

select * from renamed
