with

products as (

    select
        loads.lake_id,
        loads.load_id,
        loads.as_of_date + 1 as holds_from,
        products.{{ versioned_columns('products') | join(',\n        products.') }}
    from {{ ref('stg_adventure_works__products') }} as products
    inner join {{ ref('int_load_log__current') }} as loads
        on
            products.source_file = loads.source_file
            and loads.table_name = 'products'

)

select * from products
