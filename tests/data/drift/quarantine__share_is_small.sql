-- Too much of a file was quarantined: figures without it would mislead.
with

quarantined as (

    select
        table_name,
        source_file,
        sum(records) as quarantined_records
    from {{ ref('ledger_quarantine') }}
    group by
        table_name,
        source_file

)

select
    files.table_name,
    files.source_file,
    files.raw_rows,
    quarantined.quarantined_records
from {{ ref('ledger_files') }} as files
inner join quarantined
    on
        files.table_name = quarantined.table_name
        and files.source_file = quarantined.source_file
where
    quarantined.quarantined_records > files.raw_rows * {{ threshold('guard_quarantined_share') }}
    and quarantined.quarantined_records > {{ threshold('guard_small_number') }}
