with

models as (

    select *
    from {{ ref('int_product_groups__sales_periods') }}
    where product_level = 'model'

),

advice as (

    select *
    from {{ ref('int_product_groups__advice') }}
    where product_level = 'model'

),

final as (

    select
        models.product_group_key as product_model_key,
        products.model_name,
        products.product_subcategory_key,
        products.subcategory_name,
        products.product_category_key,
        products.category_name,
        models.products,
        {{ product_group_figures('models', 'advice') }}
    from models
    inner join advice on models.product_group_key = advice.product_group_key
    -- The key of a model is that of one of its products.
    inner join {{ ref('dim_products') }} as products on models.product_group_key = products.product_key

)

select * from final
