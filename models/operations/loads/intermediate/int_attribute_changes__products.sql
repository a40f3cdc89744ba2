with

{{ changed_attributes(
    'product',
    sales='int_sales_days',
    identity=[
        'product_subcategory_key', 'product_sku', 'product_name', 'model_name', 'product_color', 'product_size',
        'product_style',
    ],
    names=['product_sku', 'product_name'],
    also_compared=['product_price', 'product_cost']
) }},

-- A price list changes prices, but hardly those of one category by half.
prices as (

    select
        products.product_category_key,
        max(products.category_name) as category_name,
        count(*) as products,
        count(changed.product_key) as changed_products,
        {%- for column in ('product_price', 'product_cost') %}
        sum(products.{{ column }}) as {{ column }},
        sum(
            case
                when changed.product_key is null then products.{{ column }}
                else changed.{{ column }}_before
            end
        ) as {{ column }}_before,
        {%- endfor %}
        sum(coalesce(revenue_by_member.revenue, 0)) as revenue
    from {{ ref('dim_products') }} as products
    left join changed on products.product_key = changed.product_key
    left join revenue_by_member on products.product_key = revenue_by_member.product_key
    where
        products.product_key <> -1
        and not products.is_deleted
    group by products.product_category_key

),

moved_prices as (
    {%- for column in ('product_price', 'product_cost') %}

    select
        cast('products' as varchar(64)) as table_name,
        cast('{{ column }}' as varchar(64)) as column_name,
        product_category_key as member_key,
        cast(
            category_name || ': ' || cast(cast({{ column }}_before as numeric(18, 2)) as varchar(32))
            as varchar(256)
        ) as value_before,
        cast(cast({{ column }} as numeric(18, 2)) as varchar(256)) as value_now,
        cast(products as bigint) as members,
        cast(changed_products as bigint) as changed_members,
        cast(0 as bigint) as emptied_members,
        cast(revenue as numeric(18, 4)) as revenue,
        true as is_large,
        true as is_unusual
    from prices
    where
        {{ column }} > {{ column }}_before * (1 + {{ threshold('drift_mean_moved') }})
        or {{ column }} * (1 + {{ threshold('drift_mean_moved') }}) < {{ column }}_before
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select * from judged
    union all
    select * from moved_prices

)

select * from final
