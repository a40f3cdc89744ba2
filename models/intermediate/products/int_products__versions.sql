with

-- A product that is missing from the current file has no price until it is in a file again.
versions as (

    select
        product_key,
        version_number,
        product_price,
        product_cost,
        valid_from,
        valid_to
    from {{ ref('int_products__history') }}
    where not is_deleted

)

select * from versions
