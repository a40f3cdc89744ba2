-- A file was delivered again with an earlier last date: it is probably an old copy.
select
    delivery,
    column_name,
    last_date,
    last_date_before
from {{ ref('load_changes') }}
where
    column_name in ('calendar_date', 'order_date', 'return_date')
    and last_date < last_date_before
