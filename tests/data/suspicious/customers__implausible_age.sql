-- Customers younger than 16 or older than 110: the century of the birth date is probably wrong.
select
    customer_key,
    full_name,
    birth_date,
    age
from {{ ref('dim_customers') }}
where
    age < 16
    or age > 110
