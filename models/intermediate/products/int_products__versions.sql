with

-- A product that the files no longer name has no price until they name it again.
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
