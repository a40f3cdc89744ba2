{%- set unknown = versioned_columns('customers') -%}
with

versions as (

    select
        customer_key,
        version_number,
        valid_from,
        valid_to,
        is_current,
        {{ person_columns() | join(',\n        ') }}
    from {{ ref('int_customers__history') }}

),

unknown_member as (

    select
        {{ unknown['customer_key'] }} as customer_key,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        {%- for column in person_columns() %}
        {{ unknown[column] }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
