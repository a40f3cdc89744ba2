-- Exact duplicates: a file or part of one was probably delivered twice.
select
    source_file,
    record_number,
    order_number,
    order_line_number
from {{ ref('int_sales__repeated') }}
where verdict = 'duplicate'
