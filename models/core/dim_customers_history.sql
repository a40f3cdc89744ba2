with

versions as (

    select
        customers.customer_key,
        customers.version_number,
        customers.valid_from,
        customers.valid_to,
        customers.is_current,
        customers.is_deleted,
        customers.prefix,
        customers.first_name,
        customers.last_name,
        customers.full_name,
        customers.email_address,
        customers.birth_date,
        customers.gender,
        customers.marital_status,
        customers.is_home_owner,
        customers.total_children,
        customers.education_level,
        customers.occupation,
        customers.annual_income,
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
        -1 as customer_key,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current,
        false as is_deleted,
        cast(null as varchar(64)) as prefix,
        'Unknown' as first_name,
        'Unknown' as last_name,
        'Unknown' as full_name,
        cast(null as varchar(256)) as email_address,
        cast(null as date) as birth_date,
        'Unknown' as gender,
        'Unknown' as marital_status,
        cast(null as boolean) as is_home_owner,
        cast(null as integer) as total_children,
        'Unknown' as education_level,
        'Unknown' as occupation,
        cast(null as numeric(18, 4)) as annual_income,
        'Unknown' as income_bracket,
        99 as income_bracket_order

),

final as (

    select * from versions
    union all
    select * from unknown_member

)

select * from final
