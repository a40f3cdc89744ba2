with

sold_products as (

    select
        product_key,
        min(order_date) as first_sale_date,
        max(order_date) as last_sale_date
    from {{ ref('int_sales_days') }}
    group by product_key

),

grouped as (
    {% for product_level, (key, name) in product_levels().items() %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        products.{{ key }} as product_group_key,
        cast(min(products.{{ name }}) as varchar(256)) as product_group_name,
        min(products.product_category_key) as product_category_key,
        cast(min(products.category_name) as varchar(256)) as category_name,
        min(sold_products.first_sale_date) as first_sale_date,
        max(sold_products.last_sale_date) as last_sale_date
    from sold_products
    inner join {{ ref('dim_products') }} as products on sold_products.product_key = products.product_key
    group by products.{{ key }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        grouped.*,
        as_of.as_of_date - grouped.last_sale_date > {{ threshold('ended_days') }} as has_ended,
        case
            when as_of.as_of_date - grouped.last_sale_date > {{ threshold('ended_days') }}
                then grouped.last_sale_date
            else as_of.as_of_date
        end as last_day_on_sale
    from grouped
    cross join {{ ref('int_as_of_date') }} as as_of

)

select * from final
