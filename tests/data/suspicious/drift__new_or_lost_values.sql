-- A value of a column of codes is new, or none has it any more, in a file that came again.
select
    delivery,
    column_name,
    column_value,
    records,
    records_before
from {{ ref('load_changes') }}
where
    column_value <> '(all)'
    and (records = 0 or records_before = 0)
