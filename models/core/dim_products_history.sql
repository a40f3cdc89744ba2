{%- set unknown = versioned_columns('products') -%}
{%- set attributes = unknown | reject('in', ['product_key', 'product_subcategory_key']) | list -%}
with

versions as (

    select
        products.{{ attributes | join(',\n        products.') }},
        products.product_key,
        products.version_number,
        products.valid_from,
        products.valid_to,
        products.is_current,
        products.is_deleted,
        coalesce(subcategories.product_subcategory_key, -1) as product_subcategory_key,
        coalesce(subcategories.subcategory_name, 'Unknown') as subcategory_name,
        coalesce(subcategories.product_category_key, -1) as product_category_key,
        coalesce(subcategories.category_name, 'Unknown') as category_name,
        {{ safe_divide('products.product_price - products.product_cost', 'products.product_price') }}
            as profit_margin
    from {{ ref('int_products__history') }} as products
    left join {{ ref('dim_product_subcategories') }} as subcategories
        on products.product_subcategory_key = subcategories.product_subcategory_key

),

-- No version has this key: NULLs that come from a join have their type.
unknown_member as (

    select
        {%- for attribute in attributes %}
        {{ unknown[attribute] or 'versions.' ~ attribute }} as {{ attribute }},
        {%- endfor %}
        members.product_key,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        false as is_deleted,
        -1 as product_subcategory_key,
        cast('Unknown' as varchar(256)) as subcategory_name,
        -1 as product_category_key,
        cast('Unknown' as varchar(256)) as category_name,
        versions.profit_margin
    from (select -1 as product_key) as members
    left join versions on members.product_key = versions.product_key

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
