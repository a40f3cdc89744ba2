-- Customers with a code that the staging model maps to Unknown. Who has no code at all lacks values, or is
-- forgotten.
with

customers as (

    select
        customer_key,
        gender,
        marital_status,
        home_owner,
        source_file,
        record_number
    from {{ source('adventure_works', 'customers') }}

)

select
    customer_key,
    gender,
    marital_status,
    home_owner,
    source_file,
    record_number
from customers
where
    coalesce(gender, marital_status, home_owner) is not null
    and (
        coalesce(gender, '') not in ('F', 'M', 'NA')
        or coalesce(marital_status, '') not in ('M', 'S')
        or coalesce(home_owner, '') not in ('Y', 'N')
    )
