{%- set unknown = versioned_columns('customers') -%}
{%- set columns = unknown | reject('in', person_columns()) | list -%}
with

versions as (

    select
        customers.{{ columns | join(',\n        customers.') }},
        customers.version_number,
        customers.valid_from,
        customers.valid_to,
        customers.is_current,
        customers.is_deleted,
        coalesce(income_brackets.income_bracket, 'Unknown') as income_bracket,
        coalesce(income_brackets.income_bracket_order, 99) as income_bracket_order
    from {{ ref('int_customers__history') }} as customers
    left join {{ ref('income_brackets') }} as income_brackets
        on
            customers.annual_income >= income_brackets.lower_income
            and customers.annual_income < income_brackets.upper_income

),

-- No version has this key: NULLs that come from a join have their type.
unknown_member as (

    select
        {%- for column in columns %}
        {{ unknown[column] or 'versions.' ~ column }} as {{ column }},
        {%- endfor %}
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        false as is_deleted,
        cast('Unknown' as varchar(64)) as income_bracket,
        99 as income_bracket_order
    from (select -1 as customer_key) as members
    left join versions on members.customer_key = versions.customer_key

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
