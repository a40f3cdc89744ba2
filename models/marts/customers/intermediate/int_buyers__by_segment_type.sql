with

segmented as (
    {% for segment_type, (value, position) in segment_types().items() %}
    select
        buyers.customer_key,
        buyers.territory_key,
        buyers.age_group,
        buyers.has_single_profile,
        '{{ segment_type }}' as segment_type,
        coalesce({{ value }}, 'Unknown') as segment_value,
        {{ position }} as segment_position,
        buyers.orders,
        buyers.units,
        buyers.revenue,
        buyers.cost,
        buyers.profit,
        buyers.premium_revenue
    -- Not imported once for all types: each reads the few columns that it needs, and nothing is set aside.
    from {{ ref('int_buyers') }} as buyers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        customer_key,
        territory_key,
        age_group,
        has_single_profile,
        cast(segment_type as varchar(64)) as segment_type,
        cast(segment_value as varchar(256)) as segment_value,
        case when segment_value = 'Unknown' then 99 else segment_position end as segment_order,
        orders,
        units,
        revenue,
        cost,
        profit,
        premium_revenue
    from segmented

)

select * from final
