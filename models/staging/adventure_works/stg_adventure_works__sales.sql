with

renamed as (

    select
        order_number,
        order_line_item as order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        source_file,
        record_number
    from {{ source('adventure_works', 'sales') }}

)

select * from renamed
