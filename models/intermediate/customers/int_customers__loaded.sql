with

customers as (

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
    from {{ ref('stg_adventure_works__customers') }} as customers
    inner join {{ ref('int_load_log__current') }} as loads
        on
            customers.source_file = loads.source_file
            and loads.table_name = 'customers'

)

select * from customers
