with

products as (

    select
        product_key,
        product_subcategory_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_price,
        product_cost,
        source_file
    from {{ ref('stg_adventure_works__products') }}

),

loads as (

    select
        source_file,
        lake_id,
        load_id,
        as_of_date
    from {{ ref('int_load_log__current') }}
    where table_name = 'products'

),

dated as (

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
    from products
    inner join loads on products.source_file = loads.source_file

)

select * from dated
