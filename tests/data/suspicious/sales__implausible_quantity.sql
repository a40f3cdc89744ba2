-- More units on one line than a retail order has.
select
    source_file,
    record_number,
    order_number,
    order_line_number,
    product_key,
    order_quantity
from {{ ref('fact_sales') }}
where order_quantity > {{ threshold('suspicious_order_quantity') }}
