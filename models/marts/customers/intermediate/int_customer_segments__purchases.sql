{% set measures = ['units', 'revenue', 'cost', 'profit', 'premium_revenue'] %}

with

segment_types as (
    {% for segment_type in segment_types('buyers') %}
    select cast('{{ segment_type }}' as varchar(64)) as segment_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Join first, then multiply by ten segment types: the join of ten times as many rows is much slower. Distinct
-- counts take much memory, so the few customers with several rows are summed first.
{% for is_single, branch in {true: 'single_profiles', false: 'several_profiles'}.items() %}
{{ branch }} as (

    select
        purchases.*,
        buyers.first_order_quarter,
        segment_types.segment_type,
        coalesce(
            case segment_types.segment_type
                {%- for segment_type, (value, position) in segment_types('buyers').items() %}
                when '{{ segment_type }}' then {{ value }}
                {%- endfor %}
            end,
            'Unknown'
        ) as segment_value
    from {{ ref('int_buyers__by_product_group') }} as purchases
    inner join {{ ref('int_buyers') }} as buyers
        on
            purchases.customer_key = buyers.customer_key
            and purchases.territory_key = buyers.territory_key
            and purchases.age_group = buyers.age_group
    cross join segment_types
    where {{ 'not ' if not is_single }}buyers.has_single_profile

),
{% endfor %}
segmented as (

    select
        product_level,
        product_group_key,
        segment_type,
        segment_value,
        first_order_quarter,
        customer_key,
        {{ period_columns(measures, '[column]') }}
    from single_profiles
    union all
    select
        product_level,
        product_group_key,
        segment_type,
        segment_value,
        first_order_quarter,
        customer_key,
        {{ period_columns(measures, 'cast(sum([column]) as [type]) as [column]') }}
    from several_profiles
    group by
        product_level,
        product_group_key,
        segment_type,
        segment_value,
        first_order_quarter,
        customer_key

),

-- Only all customers are counted by the quarter of their first order: segments are compared with these.
summed as (

    select
        product_level,
        product_group_key,
        cast(segment_type as varchar(64)) as segment_type,
        cast(segment_value as varchar(256)) as segment_value,
        case when segment_type = 'all' then first_order_quarter end as first_order_quarter,
        {% for prefix in period_prefixes().values() -%}
        count(case when {{ prefix }}units > 0 then nullif(customer_key, -1) end) as {{ prefix }}customers,
        count(case when {{ prefix }}premium_revenue > 0 then nullif(customer_key, -1) end)
            as {{ prefix }}premium_customers,
        {% endfor -%}
        {{ period_columns(measures[:4], 'cast(coalesce(sum([column]), 0) as [type]) as [column]') }}
    from segmented
    group by
        product_level,
        product_group_key,
        segment_type,
        segment_value,
        case when segment_type = 'all' then first_order_quarter end

)

select * from summed
