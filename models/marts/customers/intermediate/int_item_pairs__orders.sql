with

counted as (

    select *
    from {{ ref('int_orders__item_pairs') }}

),

pairs as (

    select
        counted.product_level,
        counted.product_group_a_key,
        counted.product_group_b_key,
        counted.segment_type,
        counted.segment_value,
        greatest(items_a.first_sale_date, items_b.first_sale_date) as both_on_sale_from,
        least(items_a.last_day_on_sale, items_b.last_day_on_sale) as both_on_sale_to,
        counted.orders as orders_together
    from counted
    {% for item in ['a', 'b'] -%}
    inner join {{ ref('int_product_groups__on_sale') }} as items_{{ item }}
        on
            counted.product_level = items_{{ item }}.product_level
            and counted.product_group_{{ item }}_key = items_{{ item }}.product_group_key
    {% endfor -%}
    where
        counted.product_group_a_key < counted.product_group_b_key
        and counted.orders >= {{ threshold('cross_sell_orders') }}

),

-- Many pairs have the same days, so that each item is counted once for them.
item_windows as (
    {% for item in ['a', 'b'] %}
    select
        product_level,
        product_group_{{ item }}_key as product_group_key,
        both_on_sale_from,
        both_on_sale_to
    from pairs
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

item_orders as (

    select
        item_windows.product_level,
        item_windows.product_group_key,
        item_windows.both_on_sale_from,
        item_windows.both_on_sale_to,
        counted.segment_type,
        counted.segment_value,
        cast(sum(counted.orders) as bigint) as orders
    from item_windows
    inner join counted
        on
            item_windows.product_level = counted.product_level
            and item_windows.product_group_key = counted.product_group_a_key
            and item_windows.both_on_sale_from <= counted.range_from_date
            and item_windows.both_on_sale_to >= counted.range_from_date
    group by
        item_windows.product_level,
        item_windows.product_group_key,
        item_windows.both_on_sale_from,
        item_windows.both_on_sale_to,
        counted.segment_type,
        counted.segment_value

),

windows as (

    select
        both_on_sale_from,
        both_on_sale_to
    from item_windows
    group by
        both_on_sale_from,
        both_on_sale_to

),

all_orders as (

    select
        windows.both_on_sale_from,
        windows.both_on_sale_to,
        segments.segment_type,
        segments.segment_value,
        cast(sum(segments.orders) as bigint) as orders
    from windows
    inner join {{ ref('int_orders__by_segment') }} as segments
        on segments.range_from_date between windows.both_on_sale_from and windows.both_on_sale_to
    group by
        windows.both_on_sale_from,
        windows.both_on_sale_to,
        segments.segment_type,
        segments.segment_value

),

final as (

    select
        pairs.*,
        all_orders.orders,
        orders_a.orders as orders_with_a,
        orders_b.orders as orders_with_b
    from pairs
    inner join all_orders
        on
            pairs.both_on_sale_from = all_orders.both_on_sale_from
            and pairs.both_on_sale_to = all_orders.both_on_sale_to
            and pairs.segment_type = all_orders.segment_type
            and pairs.segment_value = all_orders.segment_value
    {% for item in ['a', 'b'] -%}
    inner join item_orders as orders_{{ item }}
        on
            pairs.product_level = orders_{{ item }}.product_level
            and pairs.product_group_{{ item }}_key = orders_{{ item }}.product_group_key
            and pairs.both_on_sale_from = orders_{{ item }}.both_on_sale_from
            and pairs.both_on_sale_to = orders_{{ item }}.both_on_sale_to
            and pairs.segment_type = orders_{{ item }}.segment_type
            and pairs.segment_value = orders_{{ item }}.segment_value
    {% endfor %}
)

select * from final
