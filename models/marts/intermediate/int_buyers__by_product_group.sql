{% set product_levels = {'category': 'product_category_key', 'subcategory': 'product_subcategory_key'} %}

{% set measures = ['units', 'revenue', 'cost', 'profit', 'premium_revenue'] %}

with

-- One row: the first day of each period.
starts as (

    select
        max(case when period = 'current_range' then first_date end) as current_range_from,
        max(case when period = 'last_12' then first_date end) as last_12_from
    from {{ ref('int_spans') }}

),

lines as (

    select
        orders.customer_key,
        orders.territory_key,
        orders.age_group,
        products.product_category_key,
        products.product_subcategory_key,
        orders.order_date,
        sales.order_quantity as units,
        sales.revenue,
        sales.cost,
        sales.profit,
        case when premium.is_premium then sales.revenue else 0 end as premium_revenue,
        starts.current_range_from,
        starts.last_12_from
    from {{ ref('fact_sales') }} as sales
    inner join {{ ref('fact_orders') }} as orders
        on
            sales.customer_key = orders.customer_key
            and sales.order_number = orders.order_number
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key
    inner join {{ ref('int_products__premium') }} as premium on sales.product_key = premium.product_key
    cross join starts

),

summed as (
    {% for product_level, product_group_key in product_levels.items() %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        {{ product_group_key }} as product_group_key,
        customer_key,
        territory_key,
        age_group,
        {{ period_columns(measures, 'cast(sum([lines]) as [type]) as [column]') }}
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
