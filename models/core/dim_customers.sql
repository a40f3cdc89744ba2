with

-- The Unknown member among them: without a day of birth it falls into the Unknown group by itself.
customers as (

    select
        customer_key,
        prefix,
        first_name,
        last_name,
        full_name,
        email_address,
        birth_date,
        gender,
        marital_status,
        is_home_owner,
        total_children,
        education_level,
        occupation,
        annual_income,
        income_bracket,
        income_bracket_order,
        is_deleted
    from {{ ref('dim_customers_history') }}
    where is_current

),

as_of as (

    select as_of_date
    from {{ ref('int_as_of_date') }}

),

age_groups as (

    select
        age_group,
        lower_age,
        upper_age,
        age_group_order
    from {{ ref('age_groups') }}

),

aged as (

    select
        customers.customer_key,
        customers.prefix,
        customers.first_name,
        customers.last_name,
        customers.full_name,
        customers.email_address,
        customers.birth_date,
        {{ completed_years('customers.birth_date', 'as_of.as_of_date') }} as age,
        customers.gender,
        customers.marital_status,
        customers.is_home_owner,
        customers.total_children,
        customers.education_level,
        customers.occupation,
        customers.annual_income,
        customers.income_bracket,
        customers.income_bracket_order,
        customers.is_deleted
    from customers
    cross join as_of

),

final as (

    select
        aged.customer_key,
        aged.prefix,
        aged.first_name,
        aged.last_name,
        aged.full_name,
        aged.email_address,
        aged.birth_date,
        aged.age,
        coalesce(age_groups.age_group, 'Unknown') as age_group,
        coalesce(age_groups.age_group_order, 99) as age_group_order,
        aged.gender,
        aged.marital_status,
        aged.is_home_owner,
        aged.total_children,
        aged.education_level,
        aged.occupation,
        aged.annual_income,
        aged.income_bracket,
        aged.income_bracket_order,
        aged.is_deleted
    from aged
    left join age_groups
        on
            aged.age >= age_groups.lower_age
            and aged.age < age_groups.upper_age

)

select * from final
