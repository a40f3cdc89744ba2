with

segment_types as (
    {% for segment_type in segment_types('buyers') %}
    select '{{ segment_type }}' as segment_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Join first, then multiply by ten segment types: the join of ten times as many rows is much slower.
segmented as (

    select
        purchases.product_level,
        purchases.product_group_key,
        purchases.customer_key,
        buyers.has_single_profile,
        segment_types.segment_type,
        coalesce(
            case segment_types.segment_type
                {%- for segment_type, (value, position) in segment_types('buyers').items() %}
                when '{{ segment_type }}' then {{ value }}
                {%- endfor %}
            end,
            'Unknown'
        ) as segment_value,
        purchases.units,
        purchases.revenue,
        purchases.cost,
        purchases.profit
    from {{ ref('int_buyers__by_product_group') }} as purchases
    inner join {{ ref('int_buyers') }} as buyers
        on
            purchases.customer_key = buyers.customer_key
            and purchases.territory_key = buyers.territory_key
            and purchases.age_group = buyers.age_group
    cross join segment_types

),

-- Distinct counts take much memory, so only customers with several rows are counted that way.
summed as (

    select
        product_level,
        product_group_key,
        cast(segment_type as varchar(64)) as segment_type,
        cast(segment_value as varchar(256)) as segment_value,
        count(case when has_single_profile then nullif(customer_key, -1) end)
        + count(distinct case when not has_single_profile then nullif(customer_key, -1) end) as customers,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit
    from segmented
    group by
        product_level,
        product_group_key,
        segment_type,
        segment_value

)

select * from summed
