with

product_categories as (

    select
        product_category_key,
        category_name,
        source_file,
        record_number
    from {{ source('adventure_works', 'product_categories') }}

)

select * from product_categories
