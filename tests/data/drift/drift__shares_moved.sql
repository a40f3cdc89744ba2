-- The distribution of values in a column changed: a value was renamed, set to NULL or confused with another.
select
    delivery,
    column_name,
    sum(abs(record_share - record_share_before)) / 2 as moved_share
from {{ ref('load_changes') }}
where
    column_value <> '(all)'
    -- What changed of a key is in drift__attributes_moved.
    and column_name not like '%: %'
group by
    delivery,
    column_name
having sum(abs(record_share - record_share_before)) / 2 > {{ threshold('drift_shares_moved') }}
