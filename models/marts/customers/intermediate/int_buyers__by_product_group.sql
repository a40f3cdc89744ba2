{% set product_levels = {'category': 'product_category_key', 'subcategory': 'product_subcategory_key'} %}

with

lines as (

    select
        orders.customer_key,
        orders.territory_key,
        orders.age_group,
        products.product_category_key,
        products.product_subcategory_key,
        sales.order_quantity,
        sales.revenue,
        sales.cost,
        sales.profit,
        case when premium.is_premium then sales.revenue else 0 end as premium_revenue
    from {{ ref('fact_sales') }} as sales
    inner join {{ ref('fact_orders') }} as orders on sales.order_number = orders.order_number
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    inner join {{ ref('int_products__premium') }} as premium on sales.product_key = premium.product_key

),

summed as (
    {% for product_level, product_group_key in product_levels.items() %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        {{ product_group_key }} as product_group_key,
        customer_key,
        territory_key,
        age_group,
        cast(sum(order_quantity) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(premium_revenue) as numeric(18, 4)) as premium_revenue
    from lines
    group by
        {{ product_group_key }},
        customer_key,
        territory_key,
        age_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from summed
