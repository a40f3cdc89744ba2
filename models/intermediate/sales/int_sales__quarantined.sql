with

quarantined as (

    select
        source_file,
        record_number,
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        unit_price,
        unit_cost,
        quarantine_reason,
        quarantine_reasons
    from {{ ref('int_sales__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('sales') }}

)

select * from quarantined
