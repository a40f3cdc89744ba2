with

standardised as (

    select
        customer_key,
        prefix,
        coalesce(first_name, 'Unknown') as first_name,
        coalesce(last_name, 'Unknown') as last_name,
        cast(
            coalesce(nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), ''), 'Unknown')
            as varchar(513)
        ) as full_name,
        cast(lower(email_address) as varchar(256)) as email_address,
        birth_date,
        cast(
            case gender
                when 'F' then 'Female'
                when 'M' then 'Male'
                else 'Unknown'
            end as varchar(64)
        ) as gender,
        cast(
            case marital_status
                when 'M' then 'Married'
                when 'S' then 'Single'
                else 'Unknown'
            end as varchar(64)
        ) as marital_status,
        case home_owner when 'Y' then true when 'N' then false end as is_home_owner,
        total_children,
        coalesce(education_level, 'Unknown') as education_level,
        coalesce(occupation, 'Unknown') as occupation,
        annual_income,
        source_file,
        record_number
    from {{ source('adventure_works', 'customers') }}

)

select * from standardised
