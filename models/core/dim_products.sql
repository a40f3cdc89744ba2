with

current_versions as (

    select
        product_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_subcategory_key,
        subcategory_name,
        product_category_key,
        category_name,
        product_price,
        product_cost,
        profit_margin,
        is_deleted
    from {{ ref('dim_products_history') }}
    where is_current

)

select * from current_versions
