with

current_versions as (

    select
        {{ versioned_columns('products') | join(',\n        ') }},
        -- Products without a model name are models of their own.
        case
            when model_name = 'Unknown' then product_key
            else min(product_key) over (partition by product_subcategory_key, model_name)
        end as product_model_key,
        subcategory_name,
        product_category_key,
        category_name,
        profit_margin,
        is_deleted
    from {{ ref('dim_products_history') }}
    where is_current

)

select * from current_versions
