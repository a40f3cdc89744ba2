with

pairs as (

    select
        product_level,
        product_group_a_key,
        product_group_b_key,
        segment_type,
        segment_value,
        orders
    from {{ ref('int_orders__item_pairs') }}

),

named_items as (

    select
        cast('product' as varchar(64)) as product_level,
        product_key as product_group_key,
        product_name as product_group_name,
        category_name
    from {{ ref('dim_products') }}
    union all
    select
        'subcategory' as product_level,
        product_subcategory_key as product_group_key,
        subcategory_name as product_group_name,
        category_name
    from {{ ref('dim_product_subcategories') }}

),

-- A pair of an item with itself counts the orders that contain the item.
items as (

    select
        pairs.*,
        named_items.product_group_name,
        named_items.category_name
    from pairs
    inner join named_items
        on
            pairs.product_level = named_items.product_level
            and pairs.product_group_a_key = named_items.product_group_key
    where pairs.product_group_a_key = pairs.product_group_b_key

),

compared as (

    select
        pairs.product_level,
        pairs.product_group_a_key,
        items_a.product_group_name as product_group_a_name,
        items_a.category_name as category_a_name,
        pairs.product_group_b_key,
        items_b.product_group_name as product_group_b_name,
        items_b.category_name as category_b_name,
        pairs.segment_type,
        pairs.segment_value,
        segments.orders,
        items_a.orders as orders_with_a,
        items_b.orders as orders_with_b,
        pairs.orders as orders_together,
        {{ safe_divide('pairs.orders', 'segments.orders') }} as support,
        {{ safe_divide('pairs.orders', 'items_a.orders') }} as confidence_a_to_b,
        {{ safe_divide('pairs.orders', 'items_b.orders') }} as confidence_b_to_a,
        -- Orders with both items, divided by the number expected if the items were independent.
        {{ safe_divide('pairs.orders * segments.orders', 'items_a.orders * items_b.orders') }} as lift
    from pairs
    inner join {{ ref('int_orders__by_segment') }} as segments
        on
            pairs.segment_type = segments.segment_type
            and pairs.segment_value = segments.segment_value
    {% for item in ['a', 'b'] -%}
    inner join items as items_{{ item }}
        on
            pairs.product_level = items_{{ item }}.product_level
            and pairs.product_group_{{ item }}_key = items_{{ item }}.product_group_a_key
            and pairs.segment_type = items_{{ item }}.segment_type
            and pairs.segment_value = items_{{ item }}.segment_value
    {% endfor -%}
    where
        pairs.product_group_a_key < pairs.product_group_b_key
        and pairs.orders >= {{ threshold('cross_sell_orders') }}

),

final as (

    select *
    from compared
    where support >= {{ threshold('cross_sell_support') }}

)

select * from final
