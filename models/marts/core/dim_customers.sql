with

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
        is_deleted
    from {{ ref('dim_customers_history') }}
    where
        is_current
        and customer_key <> -1

),

bands as (

    select
        customer_key,
        age,
        age_group,
        age_group_order,
        income_bracket,
        income_bracket_order
    from {{ ref('int_customers__bands') }}

),

described as (

    select
        customers.customer_key,
        customers.prefix,
        customers.first_name,
        customers.last_name,
        customers.full_name,
        customers.email_address,
        customers.birth_date,
        bands.age,
        bands.age_group,
        bands.age_group_order,
        customers.gender,
        customers.marital_status,
        customers.is_home_owner,
        customers.total_children,
        customers.education_level,
        customers.occupation,
        customers.annual_income,
        bands.income_bracket,
        bands.income_bracket_order,
        customers.is_deleted
    from customers
    left join bands on customers.customer_key = bands.customer_key

),

unknown_member as (

    select
        -1 as customer_key,
        cast(null as varchar(64)) as prefix,
        'Unknown' as first_name,
        'Unknown' as last_name,
        'Unknown' as full_name,
        cast(null as varchar(256)) as email_address,
        cast(null as date) as birth_date,
        cast(null as integer) as age,
        'Unknown' as age_group,
        99 as age_group_order,
        'Unknown' as gender,
        'Unknown' as marital_status,
        cast(null as boolean) as is_home_owner,
        cast(null as integer) as total_children,
        'Unknown' as education_level,
        'Unknown' as occupation,
        cast(null as numeric(18, 4)) as annual_income,
        'Unknown' as income_bracket,
        99 as income_bracket_order,
        false as is_deleted

),

final as (

    select * from described
    union all
    select * from unknown_member

)

select * from final
