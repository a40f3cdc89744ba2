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
        models.model_name,
        models.product_subcategory_key,
        models.subcategory_name,
        models.product_category_key,
        models.category_name,
        models.products,
        {{ product_group_figures('models', 'advice') }}
    from models
    inner join advice on models.product_group_key = advice.product_group_key

)

select * from final
