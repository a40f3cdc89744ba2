with

-- Grouping by ten types takes much memory. Nearly every customer has a single profile and is not grouped.
final as (
    {% for segment_type, (value, position) in segment_types('buyers').items() %}
    {%- set segment_value = "coalesce(" ~ value ~ ", 'Unknown')" %}
    {%- set segment_order = "case when " ~ segment_value ~ " = 'Unknown' then 99 else " ~ position ~ " end" %}
    select
        cast('{{ segment_type }}' as varchar(64)) as segment_type,
        cast({{ segment_value }} as varchar(256)) as segment_value,
        {{ segment_order }} as segment_order,
        buyers.customer_key,
        true as has_single_profile,
        buyers.first_order_quarter,
        buyers.last_order_date,
        buyers.orders,
        buyers.units,
        buyers.revenue,
        buyers.cost,
        buyers.profit,
        buyers.premium_revenue
    from {{ ref('int_buyers') }} as buyers
    where buyers.has_single_profile
    union all
    select
        cast('{{ segment_type }}' as varchar(64)) as segment_type,
        cast({{ segment_value }} as varchar(256)) as segment_value,
        min({{ segment_order }}) as segment_order,
        buyers.customer_key,
        false as has_single_profile,
        min(buyers.first_order_quarter) as first_order_quarter,
        max(buyers.last_order_date) as last_order_date,
        cast(sum(buyers.orders) as bigint) as orders,
        cast(sum(buyers.units) as bigint) as units,
        cast(sum(buyers.revenue) as numeric(18, 4)) as revenue,
        cast(sum(buyers.cost) as numeric(18, 4)) as cost,
        cast(sum(buyers.profit) as numeric(18, 4)) as profit,
        cast(sum(buyers.premium_revenue) as numeric(18, 4)) as premium_revenue
    from {{ ref('int_buyers') }} as buyers
    where not buyers.has_single_profile
    group by
        buyers.customer_key,
        {{ segment_value }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
