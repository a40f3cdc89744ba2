-- A code is new, or no longer used, in a file that was delivered again.
select
    delivery,
    column_name,
    column_value,
    records,
    records_before
from {{ ref('load_changes') }}
where
    column_value <> '(all)'
    and column_name not like '%: %'
    and (records = 0 or records_before = 0)
