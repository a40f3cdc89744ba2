-- Sales with a customer or territory that is missing from the files.
select
    source_file,
    record_number,
    order_number,
    order_line_number,
    customer_key,
    territory_key
from {{ ref('fact_sales') }}
where
    customer_key = -1
    or territory_key = -1
