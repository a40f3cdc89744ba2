with

categories as (

    select
        product_category_key,
        category_name
    from {{ ref('stg_adventure_works__product_categories') }}

),

unknown_member as (

    select
        -1 as product_category_key,
        cast('Unknown' as varchar(256)) as category_name

),

final as (

    select * from categories
    union all
    select * from unknown_member

)

select * from final
