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
        source_file
    from {{ ref('stg_adventure_works__customers') }}

),

loads as (

    select
        source_file,
        lake_id,
        load_id,
        as_of_date
    from {{ ref('int_load_log__current') }}
    where table_name = 'customers'

),

dated as (

    select
        loads.lake_id,
        loads.load_id,
        loads.as_of_date + 1 as holds_from,
        customers.customer_key,
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
        customers.annual_income
    from customers
    inner join loads on customers.source_file = loads.source_file

)

select * from dated
