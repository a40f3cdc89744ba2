-- The records of a file spread otherwise over the values of a column: a value was renamed, emptied or taken
-- for another.
select
    delivery,
    column_name,
    sum(abs(record_share - record_share_before)) / 2 as moved_share
from {{ ref('load_changes') }}
where column_value <> '(all)'
group by
    delivery,
    column_name
having sum(abs(record_share - record_share_before)) / 2 > {{ threshold('drift_shares_moved') }}
