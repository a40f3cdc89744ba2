with

current_versions as (

    select
        {{ versioned_columns('products') | join(',\n        ') }},
        subcategory_name,
        product_category_key,
        category_name,
        profit_margin,
        is_deleted
    from {{ ref('dim_products_history') }}
    where is_current

)

select * from current_versions
