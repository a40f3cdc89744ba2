{% set product_levels = {'product': 'product_key', 'subcategory': 'product_subcategory_key'} %}

with

lines as (

    select
        sales.customer_key,
        sales.order_number,
        products.product_key,
        products.product_subcategory_key
    from {{ ref('fact_sales') }} as sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key

),

-- One row per item in an order, also if the order has several lines or units of it.
items as (
    {% for product_level, product_group_key in product_levels.items() %}
    select
        cast('{{ product_level }}' as varchar(64)) as product_level,
        customer_key,
        order_number,
        {{ product_group_key }} as product_group_key
    from lines
    group by
        customer_key,
        order_number,
        {{ product_group_key }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Each pair once, the smaller key first; an item with itself counts the orders of the item. Only these are
-- counted by range: a pair has no orders outside the days on which both its items were on sale.
pairs as (

    select
        items_a.product_level,
        items_a.customer_key,
        items_a.order_number,
        items_a.product_group_key as product_group_a_key,
        items_b.product_group_key as product_group_b_key
    from items as items_a
    inner join items as items_b
        on
            items_a.product_level = items_b.product_level
            and items_a.customer_key = items_b.customer_key
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
        case
            when pairs.product_group_a_key = pairs.product_group_b_key
                then dates.range_from_date
        end as range_from_date,
        count(*) as orders
    from pairs
    inner join {{ ref('fact_orders') }} as orders
        on
            pairs.customer_key = orders.customer_key
            and pairs.order_number = orders.order_number
    inner join {{ ref('dim_customers') }} as customers on orders.customer_key = customers.customer_key
    inner join {{ ref('int_product_range__dates') }} as dates on orders.order_date = dates.order_date
    group by
        pairs.product_level,
        pairs.product_group_a_key,
        pairs.product_group_b_key,
        orders.age_group,
        customers.income_bracket,
        case
            when pairs.product_group_a_key = pairs.product_group_b_key
                then dates.range_from_date
        end

),

segmented as (
    {% for segment_type, segment_value in basket_segment_types('counted').items() %}
    select
        product_level,
        product_group_a_key,
        product_group_b_key,
        cast('{{ segment_type }}' as varchar(64)) as segment_type,
        cast({{ segment_value }} as varchar(256)) as segment_value,
        range_from_date,
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
        range_from_date,
        cast(sum(orders) as bigint) as orders
    from segmented
    group by
        product_level,
        product_group_a_key,
        product_group_b_key,
        segment_type,
        segment_value,
        range_from_date

)

select * from summed
