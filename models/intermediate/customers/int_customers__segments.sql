{#- Each way to divide the customers: the value, and its position where values have an order of their own. -#}
{% set segment_types = {
    'all': ["'all'", 1],
    'age_group': ['buyers.age_group', 'buyers.age_group_order'],
    'income_bracket': ['customers.income_bracket', 'customers.income_bracket_order'],
    'gender': ['customers.gender', 1],
    'marital_status': ['customers.marital_status', 1],
    'education_level': ['customers.education_level', 1],
    'occupation': ['customers.occupation', 1],
    'is_home_owner': ["case customers.is_home_owner when true then 'Yes' when false then 'No' end", 1],
    'total_children': ['cast(customers.total_children as varchar(64))', 'customers.total_children + 1'],
    'country': ['territories.country', 1],
} %}

with

orders as (

    select
        customer_key,
        territory_key,
        age_group,
        age_group_order
    from {{ ref('fact_orders') }}

),

customers as (

    select
        customer_key,
        income_bracket,
        income_bracket_order,
        gender,
        marital_status,
        education_level,
        occupation,
        is_home_owner,
        total_children
    from {{ ref('dim_customers') }}

),

territories as (

    select
        territory_key,
        country
    from {{ ref('dim_territories') }}

),

buyers as (

    select
        customer_key,
        territory_key,
        age_group,
        age_group_order
    from orders
    group by
        customer_key,
        territory_key,
        age_group,
        age_group_order

),

segmented as (
    {% for segment_type, (value, position) in segment_types.items() %}
    select
        buyers.customer_key,
        buyers.territory_key,
        buyers.age_group,
        '{{ segment_type }}' as segment_type,
        coalesce({{ value }}, 'Unknown') as segment_value,
        {{ position }} as segment_position
    from buyers
    inner join customers on buyers.customer_key = customers.customer_key
    inner join territories on buyers.territory_key = territories.territory_key
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        customer_key,
        territory_key,
        age_group,
        cast(segment_type as varchar(64)) as segment_type,
        cast(segment_value as varchar(256)) as segment_value,
        case when segment_value = 'Unknown' then 99 else segment_position end as segment_order
    from segmented

)

select * from final
