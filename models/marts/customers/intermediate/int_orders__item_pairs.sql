{% set product_levels = {'product': 'product_key', 'subcategory': 'product_subcategory_key'} %}
{% set segment_types = {'all': "'all'", 'age_group': 'age_group', 'income_bracket': 'income_bracket'} %}

with

sales as (

    select
        order_number,
        product_key
    from {{ ref('fact_sales') }}

),

products as (

    select
        product_key,
        product_subcategory_key
    from {{ ref('dim_products') }}

),

orders as (

    select
        order_number,
        customer_key,
        age_group
    from {{ ref('fact_orders') }}

),

customers as (

    select
        customer_key,
        income_bracket
    from {{ ref('dim_customers') }}

),

-- However many lines or units of an item an order has, the item is in it once.
items as (
    {% for product_level, product_group_key in product_levels.items() %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        sales.order_number,
        products.{{ product_group_key }} as product_group_key
    from sales
    inner join products on sales.product_key = products.product_key
    group by
        sales.order_number,
        products.{{ product_group_key }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Each pair once, the smaller key first; an item with itself counts the orders of the item.
pairs as (

    select
        items_a.product_level,
        items_a.order_number,
        items_a.product_group_key as product_group_a_key,
        items_b.product_group_key as product_group_b_key
    from items as items_a
    inner join items as items_b
        on
            items_a.product_level = items_b.product_level
            and items_a.order_number = items_b.order_number
            and items_a.product_group_key <= items_b.product_group_key

),

counted as (

    select
        pairs.product_level,
        pairs.product_group_a_key,
        pairs.product_group_b_key,
        orders.age_group,
        customers.income_bracket,
        count(*) as orders
    from pairs
    inner join orders on pairs.order_number = orders.order_number
    inner join customers on orders.customer_key = customers.customer_key
    group by
        pairs.product_level,
        pairs.product_group_a_key,
        pairs.product_group_b_key,
        orders.age_group,
        customers.income_bracket

),

segmented as (
    {% for segment_type, segment_value in segment_types.items() %}
    select
        product_level,
        product_group_a_key,
        product_group_b_key,
        cast('{{ segment_type }}' as varchar(64)) as segment_type,
        cast({{ segment_value }} as varchar(256)) as segment_value,
        orders
    from counted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (

    select
        product_level,
        product_group_a_key,
        product_group_b_key,
        segment_type,
        segment_value,
        cast(sum(orders) as bigint) as orders
    from segmented
    group by
        product_level,
        product_group_a_key,
        product_group_b_key,
        segment_type,
        segment_value

)

select * from summed
