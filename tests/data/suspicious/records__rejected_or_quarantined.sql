-- Files with rejected or quarantined records, and how many.
select
    table_name,
    source_file,
    cast('rejected' as varchar(256)) as reason,
    rejected_records as records
from {{ ref('ledger_files') }}
where rejected_records > 0
union all
select
    table_name,
    source_file,
    quarantine_reason as reason,
    records
from {{ ref('ledger_quarantine') }}
