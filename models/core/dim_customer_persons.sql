{%- set unknown = versioned_columns('customers') -%}
with

versions as (

    select
        {{ person_columns() | join(',\n        ') }},
        customer_key,
        version_number,
        valid_from,
        valid_to,
        is_current
    from {{ ref('int_customers__history') }}

),

-- No version has this key: NULLs that come from a join have their type.
unknown_member as (

    select
        {%- for column in person_columns() %}
        {{ unknown[column] or 'versions.' ~ column }} as {{ column }},
        {%- endfor %}
        members.customer_key,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current
    from (select -1 as customer_key) as members
    left join versions on members.customer_key = versions.customer_key

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
