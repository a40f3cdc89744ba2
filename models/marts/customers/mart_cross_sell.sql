{% set family = 'product_level, segment_type, segment_value' -%}

with

items as (

    select
        product_level,
        product_group_key,
        product_group_name,
        category_name
    from {{ ref('int_product_groups__on_sale') }}

),

pairs as (

    select
        *,
        {{ safe_divide('orders_together', 'orders') }} as support,
        {{ safe_divide('orders_together', 'orders_with_a') }} as confidence_a_to_b,
        {{ safe_divide('orders_together', 'orders_with_b') }} as confidence_b_to_a
    from {{ ref('int_item_pairs__lift') }}

),

-- The tests of a product level and segment are a family, those of chance and those of differences apart.
ranked as (

    select
        *,
        count(p_value) over (partition by {{ family }}) as lift_tests,
        row_number() over (partition by {{ family }} order by p_value nulls last) as lift_rank,
        count(difference_p_value) over (partition by {{ family }}) as difference_tests,
        row_number() over (partition by {{ family }} order by difference_p_value nulls last)
            as difference_rank
    from pairs
    where support >= {{ threshold('cross_sell_support') }}

),

adjusted as (

    select
        *,
        {{ benjamini_hochberg_p_value('p_value', [family], 'lift_rank', 'lift_tests') }}
            as adjusted_p_value,
        {{ benjamini_hochberg_p_value(
            'difference_p_value', [family], 'difference_rank', 'difference_tests'
        ) }} as adjusted_difference_p_value
    from ranked

),

final as (

    select
        adjusted.product_level,
        adjusted.product_group_a_key,
        items_a.product_group_name as product_group_a_name,
        items_a.category_name as category_a_name,
        adjusted.product_group_b_key,
        items_b.product_group_name as product_group_b_name,
        items_b.category_name as category_b_name,
        adjusted.segment_type,
        adjusted.segment_value,
        adjusted.both_on_sale_from,
        adjusted.both_on_sale_to,
        adjusted.orders,
        adjusted.orders_with_a,
        adjusted.orders_with_b,
        adjusted.orders_together,
        adjusted.support,
        adjusted.confidence_a_to_b,
        adjusted.confidence_b_to_a,
        adjusted.lift,
        adjusted.lift_low,
        adjusted.lift_high,
        adjusted.p_value,
        cast(adjusted.adjusted_p_value as numeric(18, 10)) as adjusted_p_value,
        coalesce(
            adjusted.lift > 1 and adjusted.adjusted_p_value < {{ threshold('significance_level') }},
            false
        ) as is_above_chance,
        adjusted.rest_lift,
        adjusted.difference_p_value,
        cast(adjusted.adjusted_difference_p_value as numeric(18, 10)) as adjusted_difference_p_value,
        coalesce(
            adjusted.adjusted_difference_p_value < {{ threshold('significance_level') }},
            false
        ) as differs_from_rest
    from adjusted
    {% for item in ['a', 'b'] -%}
    inner join items as items_{{ item }}
        on
            adjusted.product_level = items_{{ item }}.product_level
            and adjusted.product_group_{{ item }}_key = items_{{ item }}.product_group_key
    {% endfor %}
)

select * from final
