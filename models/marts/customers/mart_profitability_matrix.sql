{% set row = 'product_level, product_group_key, segment_type, segment_value' -%}

with

items as (

    select
        product_level,
        product_group_key,
        product_group_name,
        category_name,
        has_ended
    from {{ ref('int_product_groups__on_sale') }}

),

-- Exact quotients of the sums, in floating point: a product of two amounts has too many digits.
with_ratios as (

    select
        sold.*,
        items.product_group_name,
        items.category_name,
        items.has_ended,
        expected.customers_who_could_buy,
        coalesce(expected.expected_customers, 0) as expected_customers,
        (sold.customers - expected.expected_customers) / sqrt(nullif(expected.variance, 0)) as score,
        {{ share_of('sold.product_profit', 'sold.all_profit') }} as overall_profit_share,
        case
            when sold.segment_profit > 0 and sold.product_profit > 0 and sold.all_profit > 0
                then {{ safe_divide('cast(sold.profit as double precision) * sold.all_profit * 100',
                    'cast(sold.segment_profit as double precision) * sold.product_profit') }}
        end as profit_index
    from {{ ref('int_customer_segments__product_groups') }} as sold
    inner join items
        on
            sold.product_level = items.product_level
            and sold.product_group_key = items.product_group_key
    left join {{ ref('int_customer_segments__expected_buyers') }} as expected
        on
            sold.period = expected.period
            and sold.product_level = expected.product_level
            and sold.product_group_key = expected.product_group_key
            and sold.segment_type = expected.segment_type
            and sold.segment_value = expected.segment_value

),

-- Where too few buyers are expected, and for Unknown, there is no test.
tested as (

    select
        *,
        expected_customers < {{ threshold('segment_small_base') }} as is_small_base,
        case
            when segment_value <> 'Unknown' and expected_customers >= {{ threshold('segment_small_base') }}
                then cast({{ two_sided_p_value('score') }} as numeric(18, 10))
        end as p_value
    from with_ratios

),

ranked as (

    select
        *,
        count(p_value) over (partition by product_level, period) as tests,
        row_number() over (partition by product_level, period order by p_value nulls last) as p_rank
    from tested

),

adjusted as (

    select
        *,
        {{ holm_p_value('p_value', ['product_level', 'period']) }} as holm_p_value
    from ranked

),

judged as (

    select
        *,
        coalesce(
            customers < expected_customers and holm_p_value < {{ threshold('significance_level') }},
            false
        ) as is_short_of_buyers
    from adjusted

),

-- Who bought before the period is not untapped, so that all sales must show the shortage as well.
compared as (

    select
        *,
        max(case when period = 'all' and is_short_of_buyers then 1 else 0 end) over (partition by {{ row }})
            as short_over_all,
        cast(product_customers as double precision) * segment_customers / nullif(all_customers, 0)
            as customers_at_overall_penetration
    from judged

),

final as (

    select
        period,
        product_level,
        product_group_key,
        product_group_name,
        category_name,
        segment_type,
        segment_value,
        segment_order,
        customers,
        units,
        revenue,
        cost,
        profit,
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        {{ share_of('profit', 'segment_profit') }} as profit_share,
        overall_profit_share,
        profit_index,
        premium_customers,
        {{ safe_divide('premium_customers', 'customers') }} as premium_buyer_share,
        segment_customers,
        {{ safe_divide('customers', 'segment_customers') }} as penetration,
        {{ safe_divide('product_customers', 'all_customers') }} as overall_penetration,
        cast(coalesce(customers_who_could_buy, 0) as bigint) as customers_who_could_buy,
        {{ safe_divide('expected_customers', '1') }} as expected_customers,
        {{ safe_divide('customers', 'expected_customers') }} as observed_to_expected,
        p_value,
        cast(holm_p_value as numeric(18, 10)) as adjusted_p_value,
        is_short_of_buyers,
        {{ safe_divide('(customers_at_overall_penetration - customers) * profit', 'customers') }}
            as profit_to_overall_penetration,
        {{ safe_divide('(expected_customers - customers) * profit', 'customers') }}
            as profit_to_expected_customers,
        is_small_base,
        coalesce(
            is_short_of_buyers
            and short_over_all = 1
            and not has_ended
            and overall_profit_share >= {{ threshold('untapped_profit_share') }}
            and profit_index < {{ threshold('untapped_profit_index') }}
            and customers < {{ threshold('untapped_penetration') }} * customers_at_overall_penetration,
            false
        ) as is_untapped
    from compared

)

select * from final
