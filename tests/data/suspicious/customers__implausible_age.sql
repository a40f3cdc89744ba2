-- Customers too young or too old: the century of the birth date is probably wrong.
select
    customer_key,
    age
from {{ ref('dim_customers') }}
where
    age < {{ threshold('suspicious_lowest_age') }}
    or age > {{ threshold('suspicious_highest_age') }}
