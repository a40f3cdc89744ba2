-- A shop with sales and without a single return: the file of returns may have lost its records.
with

sales as (

    select coalesce(sum(order_lines), 0) as order_lines
    from {{ ref('int_sales_days') }}

),

returns as (

    select count(*) as return_records
    from {{ source('adventure_works', 'returns') }}

)

select
    sales.order_lines,
    returns.return_records
from sales
cross join returns
where
    sales.order_lines > 0
    and returns.return_records = 0
