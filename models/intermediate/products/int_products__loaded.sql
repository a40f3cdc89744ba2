with

products as (

    select
        loads.lake_id,
        loads.load_id,
        loads.as_of_date + 1 as holds_from,
        products.product_key,
        products.product_subcategory_key,
        products.product_sku,
        products.product_name,
        products.model_name,
        products.product_description,
        products.product_color,
        products.product_size,
        products.product_style,
        products.product_price,
        products.product_cost
    from {{ ref('stg_adventure_works__products') }} as products
    inner join {{ ref('int_load_log__current') }} as loads
        on
            products.source_file = loads.source_file
            and loads.table_name = 'products'

)

select * from products
