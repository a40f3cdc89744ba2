with

product_subcategories as (

    select
        product_subcategory_key,
        subcategory_name,
        product_category_key,
        source_file,
        record_number
    from {{ source('adventure_works', 'product_subcategories') }}

)

select * from product_subcategories
