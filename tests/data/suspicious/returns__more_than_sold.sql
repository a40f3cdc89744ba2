-- Products with more units returned than ever sold.
with

sold as (

    select
        product_key,
        sum(units) as units
    from {{ ref('int_sales_days') }}
    group by product_key

),

returned as (

    select
        product_key,
        sum(return_quantity) as units
    from {{ ref('fact_returns') }}
    group by product_key

)

select
    returned.product_key,
    returned.units as units_returned,
    coalesce(sold.units, 0) as units_sold
from returned
left join sold on returned.product_key = sold.product_key
where returned.units > coalesce(sold.units, 0)
