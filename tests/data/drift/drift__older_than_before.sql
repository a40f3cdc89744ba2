-- A file came again, but ends before the one that it replaces: an old copy was probably delivered.
select
    delivery,
    column_name,
    last_date,
    last_date_before
from {{ ref('load_changes') }}
where
    column_name in ('calendar_date', 'order_date', 'return_date')
    and last_date < last_date_before
