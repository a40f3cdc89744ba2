-- Order lines with more units than is plausible in retail, or a customer or territory that is missing from
-- the files.
select
    case
        when order_quantity > {{ threshold('suspicious_order_quantity') }} then 'implausible_quantity'
        else 'unknown_member'
    end as finding,
    source_file,
    record_number,
    order_number,
    order_line_number,
    product_key,
    customer_key,
    territory_key,
    order_quantity
from {{ ref('fact_sales') }}
where
    order_quantity > {{ threshold('suspicious_order_quantity') }}
    or customer_key = -1
    or territory_key = -1
