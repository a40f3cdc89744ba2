-- An order line with more units than is plausible in retail.
select
    source_file,
    record_number,
    order_number,
    order_line_number,
    product_key,
    order_quantity
from {{ ref('fact_sales') }}
where order_quantity > {{ threshold('suspicious_order_quantity') }}
