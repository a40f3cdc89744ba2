with

product_groups as (

    select
        'category' as product_level,
        product_category_key as product_group_key,
        category_name,
        cast(null as varchar(256)) as subcategory_name
    from {{ ref('dim_product_categories') }}
    union all
    select
        'subcategory' as product_level,
        product_subcategory_key as product_group_key,
        category_name,
        subcategory_name
    from {{ ref('dim_product_subcategories') }}

),

with_shares as (

    select
        *,
        {{ share_of('profit', 'segment_profit') }} as profit_share,
        {{ share_of('product_profit', 'all_profit') }} as overall_profit_share,
        {{ safe_divide('customers', 'segment_customers') }} as penetration,
        {{ safe_divide('product_customers', 'all_customers') }} as overall_penetration,
        {{ safe_divide('product_customers * segment_customers', 'all_customers') }} as expected_customers,
        {{ safe_divide('product_profit', 'product_customers') }} as profit_per_customer
    from {{ ref('int_customer_segments__product_groups') }}

),

indexed as (

    select
        *,
        case
            when overall_profit_share > 0
                then {{ safe_divide('100 * profit_share', 'overall_profit_share') }}
        end as profit_index,
        expected_customers < {{ threshold('segment_small_base') }} as is_small_base
    from with_shares

),

final as (

    select
        indexed.product_level,
        indexed.product_group_key,
        product_groups.category_name,
        product_groups.subcategory_name,
        indexed.segment_type,
        indexed.segment_value,
        indexed.segment_order,
        indexed.customers,
        indexed.units,
        indexed.revenue,
        indexed.cost,
        indexed.profit,
        {{ safe_divide('indexed.profit', 'indexed.revenue') }} as profit_margin,
        indexed.profit_share,
        indexed.overall_profit_share,
        indexed.profit_index,
        indexed.segment_customers,
        indexed.penetration,
        indexed.overall_penetration,
        cast((indexed.expected_customers - indexed.customers) * indexed.profit_per_customer as numeric(18, 4))
            as profit_to_overall_penetration,
        indexed.is_small_base,
        coalesce(
            indexed.segment_value <> 'Unknown'
            and not indexed.is_small_base
            and indexed.overall_profit_share >= {{ threshold('untapped_profit_share') }}
            and indexed.profit_index < {{ threshold('untapped_profit_index') }}
            and indexed.penetration < {{ threshold('untapped_penetration') }} * indexed.overall_penetration,
            false
        ) as is_untapped
    from indexed
    inner join product_groups
        on
            indexed.product_level = product_groups.product_level
            and indexed.product_group_key = product_groups.product_group_key

)

select * from final
