with

subcategories as (

    select
        subcategories.product_subcategory_key,
        subcategories.subcategory_name,
        coalesce(categories.product_category_key, -1) as product_category_key,
        coalesce(categories.category_name, 'Unknown') as category_name
    from {{ ref('stg_adventure_works__product_subcategories') }} as subcategories
    left join {{ ref('stg_adventure_works__product_categories') }} as categories
        on subcategories.product_category_key = categories.product_category_key

),

unknown_member as (

    select
        -1 as product_subcategory_key,
        cast('Unknown' as varchar(256)) as subcategory_name,
        -1 as product_category_key,
        cast('Unknown' as varchar(256)) as category_name

),

final as (

    select * from subcategories
    union all
    select * from unknown_member

)

select * from final
