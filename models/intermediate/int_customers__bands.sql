with

customers as (

    select
        customer_key,
        birth_date,
        annual_income
    from {{ ref('int_customers__history') }}
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

income_brackets as (

    select
        income_bracket,
        lower_income,
        upper_income,
        income_bracket_order
    from {{ ref('income_brackets') }}

),

aged as (

    select
        customers.customer_key,
        customers.annual_income,
        {{ completed_years('customers.birth_date', 'as_of.as_of_date') }} as age
    from customers
    cross join as_of

),

banded as (

    select
        aged.customer_key,
        aged.age,
        coalesce(age_groups.age_group, 'Unknown') as age_group,
        coalesce(age_groups.age_group_order, 99) as age_group_order,
        coalesce(income_brackets.income_bracket, 'Unknown') as income_bracket,
        coalesce(income_brackets.income_bracket_order, 99) as income_bracket_order
    from aged
    left join age_groups
        on
            aged.age >= age_groups.lower_age
            and aged.age < age_groups.upper_age
    left join income_brackets
        on
            aged.annual_income >= income_brackets.lower_income
            and aged.annual_income < income_brackets.upper_income

)

select * from banded
