with

products as (

    select
        product_key,
        product_price,
        product_cost
    from {{ ref('stg_adventure_works__products') }}

),

-- The files give one price and one cost per product, so there is one version, in force since ever and until
-- further notice. A first version that began on the day of a load would leave every earlier sale unpriced.
versions as (

    select
        product_key,
        cast(1 as integer) as version_number,
        product_price,
        product_cost,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to
    from products

)

select * from versions
