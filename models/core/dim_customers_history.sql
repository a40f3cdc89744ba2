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

unknown_member as (

    select
        {%- for column in columns %}
        {{ unknown[column] }} as {{ column }},
        {%- endfor %}
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        false as is_deleted,
        'Unknown' as income_bracket,
        99 as income_bracket_order

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
