-- More than 100 units on one line of a retail order.
select
    source_file,
    record_number,
    order_number,
    order_line_number,
    product_key,
    order_quantity
from {{ ref('fact_sales') }}
where order_quantity > 100
